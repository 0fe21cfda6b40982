"""What a study will cost is said of every study of ours before anything of it is there."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

pytestmark = pytest.mark.study  # it plans every study, twice
COMMAND = [sys.executable, ROOT / "scripts/plan_study.py"]


def told(command, folder):
    """What a command prints in a folder; it must end well."""
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dry_run(study, folder, *options):
    """How many jobs of each rule Snakemake would run."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--dry-run"]
    command += ["--configfile", study, "--cores", "2", "--resources", "gpu=1", *options]
    table = told(command, folder).rpartition("Job stats:")[2].partition("\n\n")[0]
    return {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", table, re.M)}


STUDIES = {
    "config": "5 files, 14 MB",
    "liang2022": "of unknown size",
    "yaras2024": "4 files, 21 GB",
    "chowers2026": "of unknown size",
    "precomputed": "Downloads: 8 of unknown size",
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_has_its_page(tmp_path, name):
    """Jobs are those of a dry run; nothing is written but Snakemake's own."""
    study = ROOT / f"config/{name}.yaml"
    page = told([*COMMAND, study, "--gpus", "1", "--cores", "16"], tmp_path)
    assert not [file for file in tmp_path.iterdir() if file.name != ".snakemake"]
    jobs = dry_run(study, tmp_path)
    number = jobs.pop("total") - jobs.pop("all")
    assert page.startswith(f"{name.replace('config', 'emoji')}: {number:,} of {number:,} jobs")
    rows = dict(re.findall(r"^  (\w+) +([\d,]+) +\d+ ", page, re.M))
    assert len(rows) == 18
    assert {rule: int(own.replace(",", "")) for rule, own in rows.items()}.items() <= jobs.items()
    others, rest = map(int, re.search(r"^  (\d+) other rules +(\d+) ", page, re.M).groups())
    assert others == len(jobs) - len(rows)
    assert rest == number - sum(jobs[rule] for rule in rows)
    assert STUDIES[name] in re.search(r"^Downloads: .*", page, re.M)[0]
    for part in ("Disk: ", "Memory: at most ", "Time on 16 cores and 1 GPU (H100): "):
        assert f"\n{part}" in page
    by_hand = page.partition("By hand:\n")[2].partition("\n\n")[0].splitlines()
    licensed = [line for line in by_hand if "not there yet" in line]
    assert len(licensed) == len(by_hand) / 2
    assert all("[" in line for line in licensed)
    assert len(page.splitlines()) <= 60


def test_without_a_part_there_is_less(tmp_path):
    study = ROOT / "config/liang2022.yaml"
    page = told([*COMMAND, study, "--without", "imagenet,hateful_memes,cc3m"], tmp_path)
    options = ("--config", "without=imagenet,hateful_memes,cc3m")
    jobs = dry_run(study, tmp_path, *options)
    assert page.startswith(f"liang2022: {jobs['total'] - 1} of ")
    assert "By hand" not in page
    assert "ask for a GPU; without one they run on cores, one at a time" in page


def test_another_study_that_was_measured_here_counts(tmp_path):
    """Its recalls took 60 s each; of a third study nobody knows what it was."""
    file = tmp_path / "benchmarks/emoji/recall/trained/emoji/held_out_vendor.tsv"
    for one in (file, tmp_path / "benchmarks/lost/recall/a.tsv"):
        one.parent.mkdir(parents=True)
        one.write_text("s\tmax_rss\n60\t1\n")
    # What lies beside the study, and is none.
    study = shutil.copy(ROOT / "config/precomputed.yaml", tmp_path)
    odd = ("study: [a]", "d: 2024-13-45", "a: " + "[" * 3000)
    for number, text in enumerate(odd):
        (tmp_path / f"odd{number}.yaml").write_text(text)
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "folder.yaml").mkdir()
    done = subprocess.run([*COMMAND, study], capture_output=True, text=True, cwd=tmp_path)
    assert re.search(r"^  recall +8 .* 8 min$", done.stdout, re.M), done.stdout
    assert "the median of measured jobs of its rule (8 jobs)" in done.stdout
    assert done.stderr.startswith("benchmarks/lost: not counted: no study of this name in ")


def test_what_cannot_be_planned_is_one_line(tmp_path):
    for arguments, line in (
        (["none.yaml"], "none.yaml"),
        ([ROOT / "config/config.yaml", "--without", "nothing"], "without: unknown name 'nothing'"),
        ([ROOT / "config/config.yaml", "--finished"], "expected a study that has run whole"),
    ):
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 1, done.stdout
        assert line in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
