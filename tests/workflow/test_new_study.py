"""A study that `make new` writes: valid as it stands, and told what it lacks in one line."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT

from workflow.conftest import Workplace, told_by

MODEL = ("--architecture", "ViT-B-32-quickgelu")


def new(folder, *options, answers=""):
    command = [sys.executable, str(ROOT / "scripts/new_study.py"), "mine.yaml", *options]
    return subprocess.run(command, cwd=folder, input=answers, capture_output=True, text=True)


@pytest.fixture
def place(tmp_path, random):
    """What one may have: arrays in one file or two, a table, folders of pictures, weights."""
    sides = np.array([1, -1])[:, None, None]
    arrays = (random.normal(size=(2, 40, 8)) + sides).astype(np.float32)
    np.save(tmp_path / "e.npy", arrays)
    for name, rows in zip(("x.npy", "y.npy"), arrays, strict=True):
        np.save(tmp_path / name, rows)
    pd.DataFrame({"image": ["a.png"], "caption": ["a"]}).to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame({"image": ["a.wav"], "caption": ["a"]}).to_csv(tmp_path / "s.csv", index=False)
    for file in (
        "own.py",
        "a.png",
        "pictures/cat/a.png",
        "saved/all.parquet",
        "my weights.pt",
        "clip/config.json",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--arrays", "e.npy"], {"kind": "precomputed", "corpus": "pairs", "file": "e.npy"}),
        (["--arrays", "x.npy", "y.npy"], {"files": ["x.npy", "y.npy"]}),
        (["--table", "p.csv", *MODEL], {"kind": "random", "seed": 0}),
        (["--table", "p.csv", "--model", "clip"], {"kind": "transformers", "folder": "clip"}),
        (["--folder", "pictures", *MODEL, "--tag", "openai"], {"tag": "openai"}),
        (["--folder", "pictures", "--python", "own.py"], {"kind": "python", "file": "own.py"}),
        (
            ["--dataset", "saved", *MODEL, "--checkpoint", "my weights.pt"],
            {"file": "my weights.pt"},
        ),
    ],
)
def test_what_one_has_becomes_a_study_that_is_valid(place, options, expected):
    done = new(place, *options, "--title", 'A "gap": mine')
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("make run STUDY=mine.yaml\n\n")
    study = yaml.safe_load((place / "mine.yaml").read_text())
    assert study["title"] == 'A "gap": mine'
    assert study["encoders"]["mine"].items() >= expected.items()
    lines = (place / "mine.yaml").read_text().splitlines()
    assert sum("#" in line for line in lines) > 15


@pytest.mark.parametrize(
    ("options", "answers"),
    [
        (["--table", "s.csv", "--items", "files", "--python", "own.py"], ""),
        (["--table", "s.csv", "--items", "files"], "own.py\n"),
        ([], "2\ns.csv\nfiles\nown.py\n"),
    ],
)
def test_a_table_may_list_files_that_are_no_pictures(place, options, answers):
    done = new(place, *options, answers=answers)
    assert done.returncode == 0, done.stderr
    study = yaml.safe_load((place / "mine.yaml").read_text())
    corpus = {"reader": "table", "file": "s.csv", "items": "files", "evaluate": ["all"]}
    assert study["corpora"] == {"items": corpus}
    assert study["encoders"]["mine"] == {"kind": "python", "file": "own.py"}
    text = (place / "mine.yaml").read_text()
    named = text.replace("# modalities", "modalities")
    (place / "mine.yaml").write_text(named)
    work = Workplace(place, yaml.safe_load(named))
    assert work.study["modalities"] == ["audio", "text"]
    assert "read_files" in work.succeeds("--dry-run")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            np.eye(5, 3)[[0, 1, 2, 0, 1]],
            "5 pairs of 3 dimensions; 2 of 5 images repeat another row",
        ),
        (np.eye(1200, 4)[np.arange(1200) % 4] + np.arange(1200)[:, None], "1,200 pairs of 4 dim"),
    ],
)
def test_what_arrays_hold_is_said(place, rows, expected):
    np.save(place / "x.npy", rows)
    np.save(place / "y.npy", rows.astype(np.float16))
    done = new(place, "--arrays", "x.npy", "y.npy")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"x.npy and y.npy: {expected}")


def test_arrays_of_three_modalities_are_named(place, random):
    np.savez(place / "z.npz", text=random.normal(size=(40, 8)), other=np.ones((40, 8)))
    done = new(place, "--arrays", "image=x.npy", "audio=y.npy", "text=z.npz")
    assert done.returncode == 0, done.stderr
    assert "40 image and audio and text of 8 dimensions" in done.stdout
    study = yaml.safe_load((place / "mine.yaml").read_text())
    files = {"image": "x.npy", "audio": "y.npy", "text": "z.npz"}
    assert study["encoders"]["mine"]["arrays"] == files
    assert "modality_pairs" in Workplace(place, study).succeeds("--dry-run")
    (place / "mine.yaml").unlink()
    np.save(place / "y.npy", np.ones((39, 8)))
    done = new(place, "--arrays", "image=x.npy", "audio=y.npy", "text=z.npz")
    assert done.stderr.startswith("x.npy and y.npy: 40 images and 39 texts, expected as many")
    done = new(place, "--arrays", "x.npy", "y.npy", "z.npz")
    assert "expected one or two, or of more modalities a name each" in done.stderr


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.ones((2, 5, 3), int), "e.npy: images: int64 values, whole numbers: quantised"),
        (np.ones((3, 5, 3)), "e.npy: shape (3, 5, 3), expected (2, n, d)"),
        (np.full((2, 5, 3), np.nan), "e.npy: images: row 0"),
        (np.array([{}]), "e.npy is not a .npy file of numbers"),
    ],
)
def test_arrays_that_the_study_would_refuse_are_refused_now(place, rows, expected):
    np.save(place / "e.npy", rows)
    done = new(place, "--arrays", "e.npy")
    assert done.returncode == 1
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (place / "mine.yaml").exists()


def test_two_files_of_other_numbers_of_rows_are_refused_now(place):
    np.save(place / "x.npy", np.ones((5, 3)))
    done = new(place, "--arrays", "x.npy", "y.npy")
    assert done.returncode == 1
    assert done.stderr.startswith("x.npy and y.npy: ")
    assert not (place / "mine.yaml").exists()


def test_it_asks_where_nothing_is_said(place):
    done = new(place, answers="3\npictures\n\nRN50-quickgelu\n\nopenai\n")
    assert done.returncode == 0, done.stderr
    study = yaml.safe_load((place / "mine.yaml").read_text())
    assert study["corpora"]["pictures"]["reader"] == "folder"
    assert study["encoders"]["mine"]["tag"] == "openai"


def test_code_of_ones_own_is_told_from_a_folder_by_its_ending(place):
    done = new(place, answers="3\npictures\nown.py\n")
    assert done.returncode == 0, done.stderr
    study = yaml.safe_load((place / "mine.yaml").read_text())
    assert study["encoders"]["mine"] == {"kind": "python", "file": "own.py"}


@pytest.mark.parametrize(
    ("options", "answers", "complaint"),
    [
        (
            ["--table", "s.csv", "--items", "files", "--model", "clip"],
            "",
            "--items files beside a model that reads pictures, expected --python",
        ),
        (
            ["--folder", "pictures", "--items", "files", "--python", "own.py"],
            "",
            "--items is said of a table, expected it beside --table",
        ),
        ([], "2\ns.csv\nsounds\n", "answer 'sounds', expected nothing, or files"),
        (["--table", "s.csv", "--items", "files"], "", "nobody answers 'File of your own code"),
        (["--table", "p.csv", "--python", "no.py"], "", "encoders.mine: no such file: no.py"),
        (["--arrays", "e.npy", "--python", "own.py"], "", "--arrays beside a model, expected one"),
        ([], "", "nobody answers 'What do you have?': expected one of --arrays, --table"),
        ([], "9\n", "answer '9', expected a number from 1 to 4"),
        (["--arrays", "none.npy"], "", "encoders.mine: no such file: none.npy"),
        (["--arrays", "e.npy", "e.npy", "e.npy"], "", "3 files of arrays, expected one or two"),
        (["--folder", "none", *MODEL], "", "corpora.pictures: no such folder: none"),
        (
            ["--table", "p.csv", "--architecture", "ViT"],
            "",
            "encoders.mine: unknown architecture: 'ViT'",
        ),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_no_file(place, options, answers, complaint):
    done = new(place, *options, answers=answers)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (place / "mine.yaml").exists()


def test_a_study_that_is_there_is_not_written_over(place):
    (place / "mine.yaml").write_text("mine")
    done = new(place, "--arrays", "e.npy")
    assert done.stderr == "mine.yaml: is there already, expected a new file\n"
    assert (place / "mine.yaml").read_text() == "mine"


def test_the_terminal_tells_the_first_numbers_and_the_answer(place):
    assert new(place, "--arrays", "e.npy").returncode == 0
    work = Workplace(place, yaml.safe_load((place / "mine.yaml").read_text()))
    figures = "results/mine/figures/pairs/all"
    names = ("gap", "cone", "recall", "ways_to_close")
    told = work.succeeds("--", *(f"{figures}/{name}.svg" for name in names))
    assert "a first view of the modality gap (mine " in told
    assert "the mean cosine of all pairs: mine image-image " in told
    assert "recall@1: mine image→text " in told
    assert "should one close the gap of mine? " in told


@pytest.mark.study
def test_other_modalities_have_their_names_in_all_that_is_read(place):
    assert new(place, "--arrays", "e.npy").returncode == 0
    study = yaml.safe_load((place / "mine.yaml").read_text())
    kept = {key: study[key] for key in ("study", "title", "encoders", "mitigations")}
    work = Workplace(place, kept | {"modalities": ["audio", "text"]})
    told = work.succeeds(
        "--", "results/mine/figures/pairs/all/recall.svg", "results/mine/report.html"
    )
    assert "recall@1: mine audio→text " in told
    page = told_by(place / "results/mine/report.html")
    assert "R@1 audio→text" in page
    # The papers' claims speak of images, and so does what this software is called.
    report = (place / "results/mine/report.html").read_text("utf-8")
    own, claims = report.split('<section id="claims"')
    own += claims.partition("</section>")[2].replace("why images and texts live apart", "")
    without = place / "without_claims.html"
    without.write_text(own, "utf-8")
    assert "image" not in told_by(without)
    caption = (place / "results/mine/captions/gap.rst").read_text()
    assert "centre of the audio embeddings" in caption
    again = work.succeeds("--", "results/mine/figures/pairs/all/recall.svg")
    assert "Nothing to be done" in again
    work.study["modalities"] = ["video", "text"]
    plan = work.succeeds("--dry-run", "--", "results/mine/figures/pairs/all/recall.svg")
    assert "plot_recall" in plan
    assert "measure_gap" not in plan
    work.study["modalities"] = ["video"]
    assert "modalities: " in work.fails("--dry-run")


@pytest.mark.study
def test_every_table_is_had_for_a_spreadsheet_and_for_a_paper(place):
    assert new(place, "--arrays", "e.npy").returncode == 0
    study = yaml.safe_load((place / "mine.yaml").read_text())
    kept = {key: study[key] for key in ("study", "title", "encoders", "mitigations")}
    work = Workplace(place, kept)
    work.succeeds("--", "tables")
    folder = place / "results/mine/tables"
    names = {"summary", "claims", "gap", "cone", "recall", "shift_landscape", "mitigation_table"}
    names |= {"gap_cosines"}
    assert {file.stem for file in folder.glob("*.csv")} == names
    table = pd.read_csv(folder / "mitigation_table.csv")
    own = pd.read_parquet(place / "results/mine/mitigations/mine/pairs/all.parquet")
    assert set(table.place) == {"mine on pairs all"}
    np.testing.assert_allclose(table["mean"], own["mean"])
    latex = (folder / "mitigation_table.tex").read_text()
    assert latex.startswith("\\begin{longtable}")
    assert "change\\_low" in latex
