"""What a study was made of is recorded, and what is no longer as recorded is named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rocrate.rocrate import ROCrate

from modality_gap.data.embeddings import write_embeddings
from modality_gap.data.watched import write_record
from modality_gap.provenance import (
    CRATE,
    check_unaltered,
    code_version,
    describe,
    differences,
    inputs_of,
)

PROJECT = Path(__file__).parents[2]
CONFIG = {"study": "small", "title": "A small study", "encoders": {"clip": {"file": "clip.pt"}}}


def sha256(file) -> str:
    """As coreutils has it."""
    return subprocess.run(["sha256sum", file], capture_output=True, text=True).stdout.split()[0]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A finished study of two tables, weights, one embedding, a download and a picture."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results/small")
    for place in ("gap", "corpora/photos", "embeddings/clip/photos/test"):
        (folder / place).mkdir(parents=True)
    for place in ("results/downloads/web/train", "benchmarks/small"):
        Path(place).mkdir(parents=True)
    pd.DataFrame({"modality_gap": [0.8]}).to_parquet(folder / "gap/clip.parquet")
    (folder / "claims.csv").write_text("id,status\nL001,holds\n")
    images = folder / "embeddings/clip/photos/test/images.parquet"
    write_embeddings(images, "image_id", ["a"], np.ones((1, 2)), {"device": "cuda:1"})
    Path("clip.pt").write_bytes(b"weights")
    Path("mine.yaml").write_text("study: small\n")
    Path("results/downloads/noto.tgz").write_bytes(b"art")
    Path("results/downloads/web/train.complete").touch()
    Path("results/downloads/web/train/0.tar").write_bytes(b"shard")
    Path("picture.png").write_bytes(b"picture")
    write_record(folder / "corpora/photos/files.json", "x", ["picture.png"])
    Path("benchmarks/small/one.tsv").write_text("s\th:m:s\n2.5\t0:00:02\n")
    Path("benchmarks/small/two.tsv").write_text("s\th:m:s\n4.5\t0:00:04\n")
    downloads = ["results/downloads/noto.tgz", "results/downloads/web/train.complete"]
    inputs = inputs_of(CONFIG, ["mine.yaml"], downloads)
    crate = describe(folder, CONFIG, inputs, Path("benchmarks/small"), PROJECT)
    (folder / CRATE).write_text(json.dumps(crate), "utf-8")
    return folder


def test_the_record_is_a_crate_with_the_hash_of_every_table_and_input(study):
    crate = ROCrate(study)
    hashes = {
        entry.id: entry["sha256"]
        for entry in crate.get_entities()
        if "sha256" in entry.properties()
    }
    files = [
        "embeddings/clip/photos/test/images.parquet", "gap/clip.parquet", "claims.csv", "corpora/photos/files.json", "../../mine.yaml", "../../clip.pt",
        "../downloads/noto.tgz", "../downloads/web/train.complete", "../downloads/web/train/0.tar",
    ]  # fmt: skip
    assert hashes == {file: sha256(study / file) for file in files}
    (action,) = (one for one in crate.get_entities() if one.type == "CreateAction")
    assert (action["totalTime"], action["name"]) == ("PT7S", "snakemake, 2 jobs")
    assert {one.id for one in action["object"]} == {file for file in files if ".." in file}
    software = action["instrument"]
    assert software["version"] == code_version(PROJECT)
    assert f"pandas=={pd.__version__}" in software["softwareRequirements"]
    assert action["processor"] == ["cuda:1"]
    assert action["location"]["numberOfCores"] > 0
    assert differences(study) == []


def test_what_is_no_longer_as_recorded_is_named(study):
    (study / "claims.csv").write_text("id,status\nL001,fails\n")
    (study / "gap/clip.parquet").unlink()
    (study / "gap/other.parquet").write_bytes(b"")
    Path("results/downloads/noto.tgz").write_bytes(b"ar")
    Path("picture.png").write_bytes(b"another")
    found = differences(study)
    assert [line.split(": ")[0] for line in found] == [
        str(study / "gap/clip.parquet"),
        str(study / "claims.csv"),
        str(study / "../downloads/noto.tgz"),
        str(study / "gap/other.parquet"),
        "picture.png",
    ]
    assert "is not there" in found[0]
    assert "is another file: SHA-256" in found[1]
    assert "not in the record" in found[3]


def test_a_file_that_was_only_touched_is_the_same(study):
    Path("picture.png").touch()
    (study / "claims.csv").touch()
    assert differences(study) == []


@pytest.mark.parametrize("content", ["", "[]", "{", '{"@graph": [1]}'])
def test_a_record_that_is_none_is_one_line(study, content):
    (study / CRATE).write_text(content)
    with pytest.raises(ValueError, match=f"{CRATE}: no RO-Crate"):
        differences(study)


def test_the_command_says_it_in_lines_and_by_its_status(study):
    command = [sys.executable, str(PROJECT / "scripts/verify_study.py"), "mine.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{study}: every file is as recorded\n")
    (study / "claims.csv").write_text("id\n")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    (study / CRATE).unlink()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == f"{study / CRATE}: no such file: the study has not finished\n"


def test_the_version_of_the_code_says_whether_it_was_changed(tmp_path):
    assert code_version(tmp_path).startswith("unknown")
    (tmp_path / "Snakefile").write_text("rule all:\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "Snakefile"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True)
    clean = code_version(tmp_path)
    assert len(clean) == 40
    (tmp_path / "notes.txt").write_text("x")
    assert code_version(tmp_path) == clean
    (tmp_path / "Snakefile").write_text("rule other:\n")
    assert code_version(tmp_path) == f"{clean}, changed"
    (tmp_path / "below").mkdir()
    assert code_version(tmp_path / "below").startswith("unknown")


def test_a_table_that_changed_without_its_time_is_named(study):
    def check():
        check_unaltered(study, describe(study, CONFIG, [], Path("benchmarks/small"), PROJECT))

    check()
    table = study / "gap/clip.parquet"
    told, content = table.stat(), table.read_bytes()
    table.write_bytes(content[:-20] + b"\0" + content[-19:])
    check()  # newer than the record: made anew
    # Of before the second in which the study was recorded.
    os.utime(table, (told.st_atime, told.st_mtime - 60))
    with pytest.raises(ValueError, match="results/small/gap/clip.parquet: altered since it was"):
        check()
    table.unlink()
    check()
