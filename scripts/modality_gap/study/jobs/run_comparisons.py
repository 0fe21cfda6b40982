"""Comparisons of training runs."""

from modality_gap.study.runs import Runs

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
    measures, and whose way through training, are compared.
    """

    def __init__(self, config: dict, runs: Runs):
        self.comparisons, self.runs = config["run_comparisons"], runs
        self.figures = {
            figure: label for name in self.comparisons for figure, label in FIGURES[name].items()
        }
        by_temperature = self.comparisons.get("gap_by_temperature", [])
        starts = self.comparisons.get("starts", {"random": None, "amended": []})
        long_run = self.comparisons.get("long_training", {}).get("run")
        others = [self.comparisons.get(name, []) for name in ("mitigations", "gap_by_dimension")]
        self.measured = self.in_order([*by_temperature, *others[0], *others[1]])
        self.followed = self.in_order(
            [*by_temperature, *starts["amended"], starts["random"], long_run]
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
        """What tells compared runs apart: policy, temperature, dimension, whether fine-tuned."""
        found = []
        for run in self.measured:
            temperature = self.runs.runs[run]["temperature"]
            start = temperature.get("start", temperature.get("first"))
            found.append(
                {
                    "run": run,
                    "policy": temperature["policy"],
                    "temperature": temperature.get("value", start),
                    "dimension": self.runs.networks.of_run(run).get("dimension"),
                    "fine_tuned": "start" in self.runs.runs[run],
                }
            )
        return found
