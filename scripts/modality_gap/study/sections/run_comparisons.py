"""Comparisons of training runs."""

from collections.abc import Iterator
from typing import Any

from modality_gap.study.base import ABSENT, Keys, Name, Names, Several, ThreeNames
from modality_gap.study.errors import unknown
from modality_gap.study.runs import Runs


class Starts(Keys):
    """Runs from random and from amended starts."""

    random: Name
    amended: Names


class LongTraining(Keys):
    """A run that is long, and where its power law begins."""

    run: Name
    first_step: Several


class Section(Keys):
    """Which runs are compared for what."""

    gap_by_temperature: ThreeNames = ABSENT
    starts: Starts = ABSENT
    mitigations: ThreeNames = ABSENT
    long_training: LongTraining = ABSENT
    gap_by_dimension: ThreeNames = ABSENT


def broken(section: dict, study: dict) -> Iterator[str]:
    """What a comparison names and the study does not have, or cannot compare."""
    if not section:
        yield "run_comparisons: 0 entries, expected at least 1"
    runs, starts = study["training"], section.get("starts", {"random": None, "amended": []})
    named = {
        "starts.random": [starts["random"]] if starts["random"] else [],
        "starts.amended": starts["amended"],
        "long_training.run": [section["long_training"]["run"]]
        if "long_training" in section
        else [],
    }
    for name in ("gap_by_temperature", "mitigations", "gap_by_dimension"):
        named[name] = section.get(name, [])
    for name, entries in named.items():
        for run in entries:
            yield from unknown(f"run_comparisons.{name}", run, runs)
    for part in ("random", "amended"):
        for run in named[f"starts.{part}"]:
            found = runs[run].get("initialization", "random")
            if (found == "random") != (part == "random"):
                expected = "random" if part == "random" else "procrustes or common_centre"
                yield (
                    f"run_comparisons.starts.{part}: {run!r} has initialization {found}, "
                    f"expected {expected}"
                )
    yield from broken_temperatures(named["gap_by_temperature"], runs)


def broken_temperatures(names: list[str], runs: dict[str, Any]) -> Iterator[str]:
    """Which runs do not make a curve of the gap against their temperature."""
    curves: dict[tuple[str, str], set[float]] = {}
    for name in names:
        temperature = runs[name]["temperature"]
        policy = temperature["policy"]
        if policy not in ("fixed", "learned"):
            yield (
                f"run_comparisons.gap_by_temperature: {name!r} has a temperature that is {policy}, "
                "expected fixed or learned"
            )
            return
        origin = "fine-tuned" if "start" in runs[name] else "from scratch"
        value = temperature["value" if policy == "fixed" else "start"]
        curves.setdefault((origin, policy), set()).add(value)
    for (origin, policy), values in curves.items():
        if len(values) < 3:
            yield (
                f"run_comparisons.gap_by_temperature: {len(values)} temperatures of runs {origin} "
                f"with a {policy} temperature, expected at least 3"
            )


# Tables and figures of each comparison, with what a figure is called.
TABLES = {
    "gap_by_temperature": ["gap_by_temperature", "temperature_correlations"],
    "starts": ["starts", "starts_means"],
    "mitigations": ["mitigations", "task_correlations"],
    "long_training": ["long_training", "long_training_fit"],
    "gap_by_dimension": ["gap_by_dimension", "gap_by_dimension_means"],
}
FIGURES = {
    "gap_by_temperature": {"gap_by_temperature": "Gap by temperature"},
    "starts": {"starts": "Initialisation or optimisation"},
    "mitigations": {
        "mitigations": "What each mitigation does",
        "task_correlations": "Gap, uniformity and tasks",
    },
    "long_training": {"long_training": "A long training"},
    "gap_by_dimension": {"gap_by_dimension": "Gap by dimension"},
}


class RunComparisons:
    """The comparisons of a study. config: its defaults filled in.

    `figures`: what each figure is called, by its name; `measured`, `followed`: the runs whose
    measures, and whose way through training, are compared; `long`: the run of a long training.
    """

    def __init__(self, config: dict, runs: Runs):
        self.comparisons, self.runs = config["run_comparisons"], runs
        self.figures = {
            figure: label for name in self.comparisons for figure, label in FIGURES[name].items()
        }
        by_temperature = self.comparisons.get("gap_by_temperature", [])
        starts = self.comparisons.get("starts", {"random": None, "amended": []})
        self.long = [found["run"] for found in [self.comparisons.get("long_training")] if found]
        others = [self.comparisons.get(name, []) for name in ("mitigations", "gap_by_dimension")]
        self.measured = self.in_order([*by_temperature, *others[0], *others[1]])
        self.followed = self.in_order(
            [*by_temperature, *starts["amended"], starts["random"], *self.long]
        )

    def in_order(self, named: list) -> list[str]:
        """Runs in the order of the study, so that nothing runs again for another order of a list."""
        return [run for run in self.runs.runs if run in named]

    def tables(self) -> dict[str, str]:
        """The tables of all comparisons, by name."""
        names = [table for name in self.comparisons for table in TABLES[name]]
        return {name: f"<results>/run_comparisons/{name}.parquet" for name in names}

    def measures(self) -> list[str]:
        """The measures of the runs that are compared by them."""
        return [f"<results>/training/{run}/measures.parquet" for run in self.measured]

    def facts(self) -> list[dict]:
        """What tells compared runs apart: policy, temperature, dimension, whether fine-tuned.

        Of `mitigations` also what `mitigation` tells.
        """
        found = []
        for run in self.measured:
            temperature = self.runs.runs[run]["temperature"]
            start = temperature.get("start", temperature.get("first"))
            own = {
                "run": run,
                "policy": temperature["policy"],
                "temperature": temperature.get("value", start),
                "dimension": self.runs.networks.of_run(run).get("dimension"),
                "fine_tuned": "start" in self.runs.runs[run],
            }
            mitigated = run in self.comparisons.get("mitigations", [])
            found.append(own | (mitigation(self.runs.runs[run]) if mitigated else {}))
        return found


def mitigation(run: dict) -> dict:
    """What a run does against the gap, as columns of its table: what it does not do is as in CLIP."""
    temperature, features = run["temperature"], run.get("features", {})
    return {
        "last_temperature": temperature.get("last"),
        "form": temperature.get("form", "exp"),
        "divisor": temperature.get("divisor", 1),
        "rate_share": temperature.get("learning_rate_share", 1),
        "change": features.get("change", "none"),
        "share": features.get("share"),
        "normalized": features.get("normalized", True),
    }
