"""A finished study in a project that is moved, copied or edited: what runs again, and what does not."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from workflow.test_bad_input import pictures_study

pytestmark = pytest.mark.study
PAGE = {"report", "provenance"}
PARTS = ("Snakefile", "workflow", "scripts", "config", "envs", "profiles", "CITATION.cff")


def copied_project(folder: Path) -> Path:
    """A copy of the project without anything that it made."""
    for part in PARTS:
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, folder / part)
    for cache in folder.rglob("__pycache__"):
        shutil.rmtree(cache)
    return folder


def small_study(folder: Path) -> dict:
    """Ten pictures beside the study, one short training of them, one encoder of random weights."""
    study = pictures_study(folder)
    study["corpora"]["pictures"]["file"] = "pictures.csv"
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    run = {"corpus": "pictures", "split": "test", "validation": "test"}
    study["training"] = {
        "short": default["training"]["vit"]
        | run
        | {"seeds": [0], "epochs": 1, "batch_size": 5, "evaluations": 1, "precision": "float32"}
        | {"temperature": {"policy": "fixed", "value": 0.07}}
    }
    quantization = {"encoders": ["random"], "kept_variance": 0.9, "schemes": {"fixed_range": [6]}}
    quantization |= {"alphas": [0, 1], "k": 2, "queries": 10, "seed": 0}
    return study | {"quantization": quantization}


class Project:
    """A copy of the project, run from its own folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def snakemake(self, *options: str) -> str:
        """What a run printed; it must end well."""
        command = [sys.executable, "-m", "snakemake", "--configfile", "study.yaml", "--cores", "2"]
        done = subprocess.run(
            [*command, *options],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def planned(self) -> set[str]:
        """The rules of which a dry run shows jobs."""
        output = self.snakemake("--quiet", "host", "--dry-run")
        if "Nothing to be done" in output:
            return set()
        return set(re.findall(r"^(?:local)?rule (\w+):$", output, re.M)) - {"all", "figures"}

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a part of a file, which must be there."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file}: no {old!r}"
        path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first") / "project"
    folder.mkdir()
    project = Project(copied_project(folder))
    (folder / "study.yaml").write_text(yaml.safe_dump(small_study(folder), sort_keys=False))
    project.snakemake()
    assert project.planned() == set()
    return project


@pytest.fixture
def copy(done, tmp_path):
    """The finished study, copied elsewhere with its times kept."""
    subprocess.run(["cp", "-a", str(done.folder), str(tmp_path / "copy")], check=True)
    return Project(tmp_path / "copy")


def test_a_moved_or_copied_project_has_nothing_to_do(copy):
    assert copy.planned() == set()
    copy.folder.rename(copy.folder.with_name("another name"))
    assert Project(copy.folder.with_name("another name")).planned() == set()


def test_a_copy_has_its_own_pictures(done, copy):
    """Not those of the project that it was copied from, which may be gone."""
    away = done.folder.with_name("away")
    done.folder.rename(away)
    try:
        assert copy.planned() == set()
        (copy.folder / "3.png").write_bytes((copy.folder / "4.png").read_bytes())
        assert "read_table" in copy.planned()
    finally:
        away.rename(done.folder)


def test_results_in_a_fresh_clone_are_taken_over_by_touch(done, tmp_path):
    clone = Project(copied_project(tmp_path))
    for part in ("results", "pictures.csv", "study.yaml"):
        path = done.folder / part
        (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / part)
    for picture in done.folder.glob("*.png"):
        shutil.copy(picture, tmp_path)
    clone.snakemake("--touch", "--forceall")
    assert clone.planned() == set()
    clone.edit("workflow/report/gap.rst", "", "Another text. ")
    assert clone.planned() == PAGE


def test_comments_and_docstrings_run_nothing_again(copy):
    library = "scripts/modality_gap"
    copy.edit(f"{library}/measures/gap.py", '"""', '"""Worded anew. ')
    copy.edit(f"{library}/training/loop.py", "\n\n\n", "\n\n\n# A remark.\n")
    copy.edit("scripts/job.py", "import logging\n", "import logging  # a remark\n")
    copy.edit("scripts/embed.py", "with job", "# A remark.\nwith job")
    copy.edit("config/README.md", "#", "##")
    assert copy.planned() == set()


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("plots/retrieval.py", {"plot_recall"}),
        ("data/corpora/table.py", {"read_table"}),
        ("claims/quantization.py", {"judge_claims"}),
        ("claims/verdicts.py", {"judge_claims"}),
        ("training/policies/fixed.py", {"train"}),
        ("training/policies/linear.py", set()),
        ("data/corpora/coco.py", set()),
    ],
)
def test_changed_code_runs_what_reaches_it(copy, file, rules):
    (copy.folder / "scripts/modality_gap" / file).open("a").write("\nCHANGED = 1\n")
    output = copy.snakemake("--quiet", "host", "--dry-run")
    jobs = re.split(r"^(?:local)?rule ", output, flags=re.M)[1:]
    begun = {job.partition(":")[0] for job in jobs if "Params have changed" in job.split("\n\n")[0]}
    assert begun == rules


def test_jobs_use_the_library_beside_them(copy, tmp_path, monkeypatch):
    """Not one that is installed where they run, which may be another version."""
    (tmp_path / "installed/modality_gap").mkdir(parents=True)
    (tmp_path / "installed/modality_gap/__init__.py").write_text("raise ImportError('installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    copy.snakemake("--force", "--", "results/mine/gap/random/pictures/test.parquet")


def test_another_title_makes_the_report_again(copy):
    copy.edit("workflow/rules/gap.smk", '"Modality gap"', '"The gap"')
    assert copy.planned() == PAGE


def test_another_style_draws_every_figure_again_and_measures_nothing(copy):
    copy.edit("scripts/modality_gap/plots/modality_gap.mplstyle", "\n", "\nlines.linewidth: 3\n")
    rules = copy.planned()
    drawn = {rule for rule in rules if rule.startswith(("plot_", "view", "shift_view"))}
    assert {"plot_gap", "plot_examples", "plot_recall", "plot_trajectories"} <= drawn
    assert rules - drawn <= PAGE


def test_what_surrounds_every_script_runs_everything(copy):
    (copy.folder / "scripts/job.py").open("a").write("\nCHANGED = 1\n")
    assert {"read_table", "train", "embed", "measure_gap", "report"} <= copy.planned()


READER = '''"""Three squares."""


def read_squares(folder, splits):
    """Nothing yet."""
'''
POLICY = '''"""A temperature that is one."""

from modality_gap.training.policies import fixed


class Temperature(fixed.Temperature):
    """τ = 1."""

    def __init__(self):
        super().__init__(1.0)
'''
SECTION = '''"""A section of one number."""

from modality_gap.study.base import Count, Keys


class Section(Keys):
    """A number."""

    number: Count
'''
RULES = '''rule count_up:
    """Numbers from one on."""
    output:
        "<results>/counting/numbers.csv",
    log:
        "<logs>/count_up.log",
    params:
        number=config["counting"]["number"],
        code=code_of("count_up"),
    script:
        "../../scripts/count_up.py"


rule plot_counting:
    """Them, drawn."""
    input:
        "<results>/counting/numbers.csv",
    output:
        figure("<results>/figures/counting/counting", "Counting", "9 Counting"),
    log:
        "<logs>/plot_counting.log",
    params:
        code=code_of("count_up"),
    script:
        "../../scripts/count_up.py"
'''


def test_a_new_section_runs_its_own_jobs_and_the_report(copy):
    """Its keys, rules, script and caption are a file each, and nothing else is edited."""
    for file, text in (
        ("scripts/modality_gap/study/sections/counting.py", SECTION),
        ("workflow/rules/counting.smk", RULES),
        ("workflow/report/counting.rst", "Numbers."),
        ("scripts/count_up.py", '"""Count."""\n'),
    ):
        (copy.folder / file).write_text(text)
    assert copy.planned() == PAGE  # another caption is there to show
    study = yaml.safe_load((copy.folder / "study.yaml").read_text())
    study["counting"] = {"number": 3}
    (copy.folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    # The page says what was run, the new section too.
    assert copy.planned() == {"count_up", "plot_counting", *PAGE}


def test_a_new_reader_and_a_new_temperature_policy_run_nothing_else(copy):
    library = copy.folder / "scripts/modality_gap"
    (library / "data/corpora/squares.py").write_text(READER)
    (library / "training/policies/one.py").write_text(POLICY)
    copy.edit(
        "scripts/modality_gap/study/corpora.py",
        "READERS: dict[str, type[Corpus]] = {",
        'class Squares(Source):\n    """Squares."""\n\n    folder: Text\n    splits: Names\n\n\n'
        'READERS: dict[str, type[Corpus]] = {\n    "squares": Squares,',
    )
    copy.edit(
        "scripts/modality_gap/study/training.py",
        "POLICIES: dict[str, type[Keys]] = {",
        'class One(Keys):\n    """τ = 1."""\n\n    policy: str\n\n\n'
        'POLICIES: dict[str, type[Keys]] = {\n    "one": One,',
    )
    assert copy.planned() == set()
    study = yaml.safe_load((copy.folder / "study.yaml").read_text())
    study["training"]["another"] = study["training"]["short"] | {"temperature": {"policy": "one"}}
    squares = {"reader": "squares", "folder": ".", "splits": ["all"], "evaluate": ["all"]}
    study["corpora"]["squares"] = squares
    study["encoders"]["random"]["corpora"] = ["pictures"]
    study["encoders"]["other"] = study["encoders"]["random"] | {"corpora": ["squares"]}
    (copy.folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    output = copy.snakemake("--quiet", "host", "--dry-run")
    jobs = re.findall(r"^(?:local)?rule (\w+):$.*?^    wildcards: (.*?)$", output, re.M | re.S)
    made = {(rule, *re.findall(r"(?:run|corpus)=(\w+)", wildcards)) for rule, wildcards in jobs}
    assert {("read_corpus", "squares"), ("train", "another")} <= made
    assert not {("read_table", "pictures"), ("train", "short"), ("embed", "pictures")} & made
