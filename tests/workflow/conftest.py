import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from rehearsal.emoji_archives import write_archives


class Workplace:
    """A folder of its own in which the workflow runs on one study."""

    def __init__(self, folder: Path, study: dict):
        self.folder, self.study = folder, study
        self.results = folder / "results" / study["study"]

    def snakemake(self, *options: str) -> subprocess.CompletedProcess:
        """Run the workflow as a user does; the study is written anew for every run."""
        (self.folder / "study.yaml").write_text(yaml.safe_dump(self.study, sort_keys=False))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += [
            "--directory",
            str(self.folder),
            "--configfile",
            str(self.folder / "study.yaml"),
        ]
        command += ["--cores", "2", "--resources", "gpu=1", *options]
        environment = {**os.environ, "NO_COLOR": "1"}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env=environment
        )

    def succeeds(self, *options: str) -> str:
        """What the run printed; it must end well."""
        done = self.snakemake(*options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def fails(self, *options: str) -> str:
        """What the run printed; it must not end well."""
        done = self.snakemake(*options)
        assert done.returncode != 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def told_by(report: Path) -> str:
    """What a study's page says to a reader, its texts alone."""
    html = report.read_text("utf-8")
    html = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


# The runs of the default study that a small one keeps, and how many seeds of each.
SEEDS = {"emoji": 1, "vit": 2, "vit_procrustes": 1, "vit_swap_entries": 1, "tuned_0.01": 1}
SEEDS |= {"vit_fixed_0.01": 1, "vit_fixed_0.04": 1, "vit_fixed_0.1": 1}


def small_emoji_study(archives: Path) -> dict:
    """The default study's own keys, on a corpus of two hundred small drawings."""
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    study |= {"study": "small", "local_files": str(archives)}
    study["corpora"]["emoji"] |= {"image_size": 24, "held_out_concepts": 0.25}
    study["corpora"]["emoji"]["classes"]["train_items"] = 40
    study["training"] = {
        name: run | {"epochs": 2, "batch_size": 16, "seeds": run["seeds"][:seeds], "evaluations": 2}
        for name, run in study["training"].items()
        if (seeds := SEEDS.get(name))
    }
    study["training"]["tuned_0.01"] |= {"pairs": 32, "epochs": 1, "evaluations": 1}
    study["run_comparisons"] |= {
        "gap_by_temperature": ["vit_fixed_0.01", "vit_fixed_0.04", "vit_fixed_0.1"],
        "mitigations": ["vit", "vit_fixed_0.04", "vit_swap_entries"],
    }
    for name in ("vit_initial", "vit_trained"):
        del study["encoders"][name]
    study["run_measures"] |= {"pool": 8, "draws": 2}
    study["views"] |= {"pairs": 16, "methods": ["pca"]}
    study["shift_landscape"]["shifts"] = {"first": -2, "last": 2, "number": 9}
    study["shift_landscape"]["logit_scales"] = [100, 1]
    return study | small_tasks(study) | small_experiments(study)


def small_tasks(study: dict) -> dict:
    """What the gap does to users, on drawings of two groups and two subgroups."""
    zero_shot = study["zero_shot"]
    task = {key: zero_shot["tasks"]["groups"][key] for key in ("corpus", "splits", "templates")}
    tasks = {
        "groups": task | {"label": "group", "splits": ["held_out_vendor"]},
        "shapes": task | {"label": "label", "where": {"subgroup": ["geometric"]}},
    }
    few = {"shifts": {"first": -1, "last": 1, "number": 5}}
    people = {"people": study["fairness"]["people"] | few | {"splits": ["all"]}}
    two_class = {"dimension": 16, "queries": 4, "draws": 5}
    return {
        "zero_shot": zero_shot | few | {"bootstrap": 100, "tasks": tasks},
        "shifted_recall": study["shifted_recall"] | few | {"bootstrap": 100, "k": [1, 2]},
        "linear_probe": study["linear_probe"] | {"regularizations": [1, 10], "train_items": 40},
        "fairness": people,
        "robustness": study["robustness"]
        | {"draws": 3, "thresholds": [0, 0.5], "noises": ["gaussian", "laplace"]}
        | {"zero_shot": "shapes"}
        | {"two_class": study["robustness"]["two_class"] | two_class},
        "quantization": study["quantization"] | {"schemes": {"fixed_range": [6]}, "k": 2},
        "mitigations": study["mitigations"] | {"draws": 2},
    }


def small_experiments(study: dict) -> dict:
    """The study's experiments, each as small as shows whether it runs."""
    families = study["seed_cones"]["families"]
    families["resnet"]["seeds"] = 5
    families["vit"] = {"library": "timm", "architecture": "test_vit", "seeds": 5}
    flow = study["gradient_flow"]
    flow["flow"] |= {"pairs": 4, "starts": 3, "duration": 10}
    flow["slow_closing"] |= {"pairs": 6, "duration": 100}
    flow["initial_growth"] |= {"pairs": [8], "draws": 3, "dimensions": [2, 512]}
    flow["temperature_rates"] |= {"learned_duration": 100, "scheduled_duration": 5}
    free = study["free_embeddings"]
    for start in ("isotropic", "collapsed"):
        free["plane"][start] |= {"steps": 100, "snapshots": [0, 100]}
    for run in free["sphere"].values():
        run |= {"pairs": 6, "steps": 20, "snapshots": [0, 20] if run["snapshots"] else []}
    return {
        "noise": {"items": 20, "seed": 0},
        "seed_cones": study["seed_cones"] | {"items": 20, "view_items": 10},
        "mlp_depth": study["mlp_depth"] | {"width": 16, "inputs": 20, "layers": 3, "repeats": 2},
        "layer_theorems": study["layer_theorems"]
        | {
            "widths": [8],
            "trials": 20,
            "variance": {"width": 8, "inputs": 10, "layers": 3, "networks": 5},
        },
        "first_steps": study["first_steps"]
        | {"seeds": 5, "steps": 3, "batch_size": 16, "pairs": 64},
        "sphere": study["sphere"] | {"step": 15},
        "gradient_flow": flow,
        "free_embeddings": free
        | {"sweep": free["sweep"] | {"dimensions": [2, 64], "gaps": [0, 2], "steps": 20}},
    }


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    """The emoji packages under their real names; their hashes are of course others."""
    folder = tmp_path_factory.mktemp("archives")
    write_archives(folder)
    return folder


@pytest.fixture
def workplace(tmp_path):
    """Makes a workplace from a study."""
    return lambda study: Workplace(tmp_path, study)
