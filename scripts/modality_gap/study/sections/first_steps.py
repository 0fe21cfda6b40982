"""The first steps of a training run, from many initialisations."""

from collections.abc import Iterator

from modality_gap.study.base import Keys, Name, Several
from modality_gap.study.errors import unknown
from modality_gap.study.runs import NOT_SETTINGS, Runs, part_of


class Section(Keys):
    """Whose first steps, how many, from how many initialisations."""

    run: Name
    seeds: Several
    steps: Several
    batch_size: Several
    pairs: Several


def broken(section: dict, study: dict) -> Iterator[str]:
    """A run that there is not, or that has several learning rates."""
    yield from unknown("first_steps.run", section["run"], study["training"])
    if isinstance(study["training"][section["run"]]["learning_rate"], list):
        yield f"first_steps.run: {section['run']!r} has several learning rates, expected a run with one"


class FirstSteps:
    """What is watched of the first steps of `run`. config: the study, its defaults filled in."""

    def __init__(self, config: dict, runs: Runs):
        self.section = config["first_steps"]
        self.run, self.runs = self.section["run"], runs

    def settings(self) -> dict:
        """The settings of the run whose first steps are watched, with those of the section."""
        own = {key: value for key, value in self.section.items() if key != "seeds"}
        dropped = (*NOT_SETTINGS, "pairs")
        run = {key: value for key, value in self.runs.runs[self.run].items() if key not in dropped}
        return run | self.runs.networks.of_run(self.run) | own

    def seeds(self, scatteritem: str) -> list[int]:
        """The initialisations of one part."""
        return part_of(range(self.section["seeds"]), scatteritem)
