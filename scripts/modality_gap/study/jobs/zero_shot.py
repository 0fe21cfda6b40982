"""Zero-shot classification while images and texts move along the gap."""

from modality_gap.study.networks import stamps
from modality_gap.study.places import embedding_files


class ZeroShot:
    """The tasks of a study. config: its defaults filled in."""

    def __init__(self, config: dict):
        self.section = config["zero_shot"]

    def tables(self, name: str) -> list[str]:
        """A table of every encoder on every split with a task."""
        places = {
            (task["corpus"], split): None
            for task in self.section["tasks"].values()
            for split in task["splits"]
        }
        return [
            f"<results>/zero_shot/{encoder}/{corpus}/{split}/{name}.parquet"
            for corpus, split in places
            for encoder in self.section["encoders"]
        ]

    def directions(self, encoder: str) -> dict[str, list[str]]:
        """What each direction comes from, by its name; that of the task itself has nothing more."""
        return {
            f"direction_{name}": (
                [source["file"]]
                if "file" in source
                else embedding_files(encoder, source["corpus"], source["split"])
            )
            for name, source in self.section["directions"].items()
            if source != "task"
        }

    def stamps(self) -> list[list]:
        """Size and time of the files that directions come from."""
        sources = self.section["directions"].values()
        return stamps(
            [source["file"] for source in sources if source != "task" and "file" in source]
        )
