"""The training runs of a study: what each is trained on, from what, how."""

import re
from collections.abc import Callable, Iterable

from modality_gap.study.networks import Networks
from modality_gap.study.places import corpus_file

# What does not change a run's numbers, or is told of it in another way.
NOT_SETTINGS = ("seeds", "start", "gpus")


def run_files(folder: str) -> dict[str, str]:
    """What training leaves in the folder of a run and seed, by name."""
    embedded = {
        name: f"embeddings/{name}.parquet" for name in ("images", "texts", "pairs", "classes")
    }
    files = {"initial": "initial.pt", "final": "final.pt", "trajectory": "trajectory.parquet"}
    files |= {"table": "trajectory.csv", **embedded}
    return {name: f"<results>/training/{folder}/{file}" for name, file in files.items()}


def part_of(items: Iterable, scatteritem: str) -> list:
    """Every n-th item from the i-th on, for the part `i-of-n`.

    Raises ValueError where there are more parts than items.
    """
    items = list(items)
    part, parts = map(int, scatteritem.split("-of-"))
    if parts > len(items):
        raise ValueError(
            f"--set-scatter: {parts} jobs for {len(items)} seeds, expected at most one a seed"
        )
    return items[part - 1 :: parts]


class Runs:
    """The training runs of a study. config: its defaults filled in."""

    def __init__(self, config: dict, networks: Networks):
        self.runs, self.corpora = config["training"], config["corpora"]
        self.networks = networks
        several = [
            name for name, run in self.runs.items() if isinstance(run.get("learning_rate"), list)
        ]
        self.of_one_rate = [name for name in self.runs if name not in several]
        self.of_several_rates = several

    def settings(self, run: str, seed: str) -> dict:
        """A training run's configuration, with one of its seeds."""
        own = {key: value for key, value in self.runs[run].items() if key not in NOT_SETTINGS}
        return own | self.networks.of_run(run) | {"seed": int(seed)}

    def candidate(self, run: str, learning_rate: str) -> dict:
        """The configuration of a run at one of its learning rates, with its first seed."""
        rates = {str(rate): rate for rate in self.runs[run]["learning_rate"]}
        seed = self.seeds(run)[0]
        return self.settings(run, seed) | {"learning_rate": rates[learning_rate]}

    def learning_rates(self, run: str) -> list[float]:
        """The learning rates that the one of a run is chosen from."""
        return self.runs[run]["learning_rate"]

    def choice(self, run: str) -> str:
        """The table of the learning rates of a run and the chosen one."""
        return f"<results>/training/{run}/learning_rates.parquet"

    def candidate_files(self, run: str) -> dict[str, list[str]]:
        """What training leaves at each learning rate of a run, in their order, by name."""
        found = [run_files(f"{run}/candidates/{rate}") for rate in self.learning_rates(run)]
        return {name: [files[name] for files in found] for name in found[0]}

    def candidate_trajectories(self, run: str) -> list[str]:
        """The trajectory at each learning rate of a run, in their order."""
        return self.candidate_files(run)["trajectory"]

    def first_seed_pattern(self, first: bool) -> str:
        """A pattern of the runs of several learning rates, where the first seed follows, or another."""
        sign = "=" if first else "!"
        follows = [
            f"{re.escape(run)}(?{sign}/{self.seeds(run)[0]}/)" for run in self.of_several_rates
        ]
        return "|".join(follows) or "(?!)"

    def start(self, run: str) -> dict | None:
        """The encoder that a run goes on from, or None."""
        start = self.runs[run].get("start")
        return None if start is None else self.networks.entry(start)

    def start_weights(self, run: str) -> str | list:
        """The weights that a run goes on from, where there are any."""
        start = self.runs[run].get("start")
        return [] if start is None else self.networks.weights(start)

    def image_size(self, run: str) -> int | None:
        """The side of the images of a run's network, where it is known before it is built.

        Known it is of one that had random weights once: stored weights may say another way themselves.
        """
        start = self.runs[run].get("start")
        if start is None:
            return self.networks.image_size(self.architecture(run))
        entry = self.networks.encoders[start]
        return self.image_size(entry["run"]) if entry["kind"] == "run" else None

    def prepared_images(self, run: str) -> str | list:
        """The images that a run trains on, decoded for its network, where that is known."""
        size = self.image_size(run)
        return (
            [] if size is None else corpus_file(self.runs[run]["corpus"], f"prepared/{size}.arrow")
        )

    def classes(self, run: str) -> dict | None:
        """The classes of the corpus that a run trains on, or None."""
        return self.corpora[self.runs[run]["corpus"]].get("classes")

    def gpus(self, run: str) -> int:
        """How many GPUs a run is trained on."""
        return self.runs[run].get("gpus", 1)

    def threads(self, run: str) -> int:
        """A run that takes no GPU takes one core: two at once outrun one with two threads."""
        return 8 if self.gpus(run) else 1

    def priority(self, run: str) -> int:
        """Runs that encoders come from go first: the most waits for them."""
        entries = self.networks.encoders.values()
        return 1 if any(entry.get("run") == run for entry in entries) else 0

    def seeds(self, run: str) -> list[int]:
        """The seeds of a training run."""
        return self.runs[run]["seeds"]

    def policy(self, run: str) -> str:
        """The module of the temperature policy of a run."""
        return f"modality_gap.training.policies.{self.runs[run]['temperature']['policy']}"

    def architecture(self, run: str) -> str:
        """The name of the architecture of a run."""
        return self.networks.of_run(run)["architecture"]

    def hub_files(self, run: str) -> list[str]:
        """The downloads of the hub that a run needs."""
        return self.networks.hub_files(self.architecture(run))

    def libraries(self, run: str) -> list[str]:
        """The libraries beside open_clip that a run's network is built with."""
        start = self.runs[run].get("start")
        if start is not None:
            return self.networks.encoder_libraries(start)
        return self.networks.libraries(self.architecture(run))

    def corpus_file(self, name: str) -> Callable[[str], str]:
        """A file of the corpus that a run trains on, as a function of the run."""
        return lambda run: corpus_file(self.runs[run]["corpus"], name)

    def files_of(self, name: str) -> Callable[[str], list[str]]:
        """A file of all seeds of a run, in their order, as a function of the run."""
        return lambda run: self.files(name, [run])

    def pairs(self, runs: Iterable[str] | None = None) -> list[tuple[str, int]]:
        """(run, seed) of every training of these runs; default: of all."""
        named = self.runs if runs is None else runs
        return [(run, seed) for run in named for seed in self.runs[run]["seeds"]]

    def files(self, name: str, runs: Iterable[str] | None = None) -> list[str]:
        """A file of each of `pairs`, in their order."""
        return [f"<results>/training/{run}/{seed}/{name}" for run, seed in self.pairs(runs)]
