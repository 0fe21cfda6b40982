"""What runs again in a finished study, and that nothing else does: after every kind of change.

The default study, each of its files made empty and taken over by `--touch`: what is planned is told by
names, times and recorded parameters, never by what is in a table.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from workflow.test_moved import Project, copied_project

pytestmark = pytest.mark.study
PAGE = {"report": 1, "provenance": 1}
JUDGED = {"judge_claims": 1, **PAGE}


class Finished(Project):
    """A copy of the project with the default study in it, finished."""

    def jobs(self, *options: str) -> dict[str, int]:
        """How many jobs of each rule a dry run shows."""
        output = self.snakemake("--quiet", "host", "--dry-run", *options)
        found = Counter(re.findall(r"^(?:local)?rule (\w+):$", output, re.M))
        return {rule: number for rule, number in found.items() if rule not in ("all", "figures")}

    def change(self, change) -> None:
        """Write the study anew, changed."""
        file = self.folder / "study.yaml"
        study = yaml.safe_load(file.read_text())
        change(study)
        file.write_text(yaml.safe_dump(study, sort_keys=False))


PLANNED = """
import json, sys
from pathlib import Path
sys.path.insert(0, "scripts")
from modality_gap.cost.jobs import plan
jobs = plan(Path("Snakefile").resolve(), Path("study.yaml").resolve(), everything=True).jobs
print(json.dumps([str(file) for job in jobs for file in job.output]))
"""


def outputs(project: Path) -> list[str]:
    """Every file that the jobs of a study make."""
    command = [sys.executable, "-c", PLANNED]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("increments") / "project"
    folder.mkdir()
    project = Finished(copied_project(folder))
    shutil.copy(ROOT / "config/config.yaml", folder / "study.yaml")
    for file in outputs(folder):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    project.snakemake("--touch", "--forceall")
    assert project.jobs() == {}
    return project


@pytest.fixture
def copy(finished, tmp_path):
    """It, copied elsewhere with its times kept."""
    subprocess.run(["cp", "-a", str(finished.folder), str(tmp_path / "copy")], check=True)
    return Finished(tmp_path / "copy")


def after(*rules: str, **numbers: int) -> dict[str, int]:
    """Jobs by rule: one of each that is named alone, and those that follow from any change of a table."""
    return dict.fromkeys(rules, 1) | numbers | {"summarize": 1} | JUDGED


ADDED = {
    "a step of λ": (
        lambda study: study["zero_shot"]["shifts"].update(number=102),
        after("plot_zero_shot", zero_shot=2),
    ),
    "a temperature": (
        lambda study: study["shift_landscape"]["logit_scales"].append(5),
        after(shift_landscape=7, plot_shift_landscape=4),
    ),
    "a move along the gap": (
        lambda study: study["quantization"]["alphas"].append(0.33),
        after(quantization=2, plot_quantization=2),
    ),
    "a seed": (
        lambda study: study["training"]["vit"].update(seeds=[0, 1, 2, 3]),
        after("train", "measure_run", "compare_runs", "plot_run_comparisons", "plot_trajectories")
        # Trained networks of several seeds are compared as random ones are.
        | after("trained_cones", "seed_cone_statistics", "plot_seed_cones", "plot_seed_spread"),
    ),
    "a prompt": (
        lambda study: study["zero_shot"]["tasks"]["groups"]["templates"].append("a picture of {}"),
        # The task whose choices are perturbed is the same one.
        after("embed_prompts", "plot_zero_shot", "robustness", "plot_robustness", zero_shot=2),
    ),
    "a class": (
        lambda study: study["fairness"]["people"]["probes"]["villain"].update(witch="a witch"),
        after("embed_prompts", fairness=2, plot_fairness=2),
    ),
    "a title": (lambda study: study.update(title="Another"), PAGE),
}


@pytest.mark.parametrize("what", ADDED)
def test_what_is_added_runs_its_own_jobs_and_what_shows_them(copy, what):
    change, jobs = ADDED[what]
    copy.change(change)
    assert copy.jobs() == jobs


def test_another_corpus_is_read_and_measured_and_the_first_one_is_left_alone(copy):
    copy.change(
        lambda study: study["corpora"].update(
            other=study["corpora"]["emoji"] | {"seed": 1, "image_size": 32}
        )
    )
    output = copy.snakemake("--quiet", "host", "--dry-run")
    jobs = re.findall(r"^rule (\w+):\n((?:    .*\n)*)", output, re.M)
    of = {
        corpus: {rule for rule, told in jobs if f"corpus={corpus}" in told}
        for corpus in ("emoji", "other")
    }
    assert {"read_emoji", "embed", "measure_gap", "plot_gap", "recall"} <= of["other"]
    # The texts of a section are one file, of all corpora.
    assert of["emoji"] == {"rephrasing", "plot_rephrasing"}
    assert not {"train", "first_steps", "random_cones", "measure_run"} & set(copy.jobs())


def test_another_style_of_captions_runs_whatever_reads_them(copy):
    copy.change(lambda study: study["corpora"]["emoji"]["captions"].remove("group"))
    jobs = copy.jobs()
    assert jobs["train"] == 40
    theory = {
        "gradient_flow",
        "layer_theorems",
        "mlp_depth",
        "descend_plane",
        "sphere",
        "two_class",
    }
    assert not theory & jobs.keys()
    assert {"read_emoji", "prepare_images", "embed", "measure_gap"} <= jobs.keys()


EDITED = {
    "scripts/measure_gap.py": after(measure_gap=7, plot_gap=2, plot_gap_cosines=2),
    "scripts/modality_gap/plots/gap.py": {"plot_gap": 2, "plot_gap_cosines": 2, **PAGE},
    "scripts/modality_gap/claims/views.py": JUDGED,
    "scripts/modality_gap/page/uses.py": PAGE,
    "scripts/modality_gap/provenance.py": {"provenance": 1},
    "workflow/report/recall.rst": PAGE,
    "docs/papers.md": {},
}


@pytest.mark.parametrize("file", EDITED)
def test_edited_code_runs_what_it_reaches(copy, file):
    path = copy.folder / file
    path.parent.mkdir(exist_ok=True)
    path.open("a").write("\nCHANGED = 1\n")
    assert copy.jobs() == EDITED[file]
    if path.suffix == ".py":
        path.write_text((ROOT / file).read_text() + "\n# A remark.\n")
        assert copy.jobs() == {}


def test_code_of_jobs_without_inputs_is_watched_too(copy):
    (copy.folder / "scripts/gradient_flow.py").open("a").write("\nCHANGED = 1\n")
    assert copy.jobs() == {"gradient_flow": 1, "plot_gradient_flow": 1, **JUDGED}


PLACE = "emoji/held_out_vendor"
DELETED = {
    f"gap/trained/{PLACE}.parquet": after("measure_gap", "plot_gap", "plot_gap_cosines"),
    f"figures/{PLACE}/gap.png": {"plot_gap": 1, **PAGE},
    f"figures/{PLACE}/gap.svg": {"plot_gap": 1, **PAGE},
    "claims.csv": JUDGED,
    "report.html": PAGE,
    "ro-crate-metadata.json": {"provenance": 1},
    # Weights that nothing is to be made of any more.
    "training/vit_mix_entries/1/final.pt": {},
}


@pytest.mark.parametrize("file", DELETED)
def test_a_result_that_is_gone_is_made_again(copy, file):
    (copy.folder / "results/emoji" / file).unlink()
    assert copy.jobs() == DELETED[file]


def test_embeddings_that_are_gone_are_made_again(copy):
    (copy.folder / f"results/emoji/embeddings/trained/{PLACE}/texts.parquet").unlink()
    jobs = copy.jobs()
    assert jobs["embed"] == 1
    assert jobs["measure_gap"] == 1
    assert "train" not in jobs


def test_a_download_that_is_replaced_is_read_again(copy):
    (copy.folder / "results/downloads/iconify-json-openmoji-1.2.29.tgz").write_text("another")
    jobs = copy.jobs()
    assert jobs["read_emoji"] == 1
    assert jobs["train"] == 40
    assert "download" not in jobs


def test_another_machine_or_folder_runs_nothing(copy):
    assert copy.jobs("--cores", "7") == {}
    copy.folder.rename(copy.folder.with_name("another name"))
    assert Finished(copy.folder.with_name("another name")).jobs() == {}


def test_another_profile_runs_only_what_it_cuts_otherwise(copy):
    slurm = ("--workflow-profile", "profiles/slurm")
    assert copy.jobs(*slurm, "--set-scatter", "seed_cones=2", "first_steps=2") == {}
    jobs = copy.jobs(*slurm)
    assert (jobs.pop("first_steps"), jobs.pop("random_cones")) == (5, 10)
    assert jobs == {
        "gather_first_steps": 1, "plot_first_steps": 1, "seed_cone_statistics": 2,
        "plot_seed_cones": 2, "plot_seed_spread": 2, **JUDGED,
    }  # fmt: skip
