"""Encoders that a user brings: a folder of transformers, from its files to the report."""

import json
import shutil

import pandas as pd
import pytest
from PIL import Image
from transformers_folders import write_two_towers

from modality_gap.data.embeddings import read_metadata
from workflow.test_bad_input import line_with

ZERO_SHOT = {
    "shifts": {"first": -1, "last": 1, "number": 3},
    "moves": ["both"],
    "directions": {"task": "task"},
    "bootstrap": 100,
    "seed": 0,
    "tasks": {
        "colours": {
            "corpus": "pictures",
            "splits": ["all"],
            "label": "colour",
            "templates": ["a photo of a {} dog", "the {} cat"],
        }
    },
}


def labelled_study(folder) -> dict:
    """A study of twelve pictures, red or blue, with a column that says so."""
    rows = []
    for number in range(12):
        colour = ("red", "blue")[number % 2]
        shade = 100 + 12 * number
        pixels = (shade, 20, 20) if colour == "red" else (20, 20, shade)
        Image.new("RGB", (40, 36), pixels).save(folder / f"{number}.png")
        rows.append((f"{number}.png", f"a {colour} dog number {number}", colour))
    table = pd.DataFrame(rows, columns=["image", "caption", "colour"])
    table.to_csv(folder / "pictures.csv", index=False)
    corpus = {"reader": "table", "file": str(folder / "pictures.csv"), "evaluate": ["all"]}
    return {
        "study": "mine",
        "title": "My model",
        "corpora": {"pictures": corpus},
        "embedding": {"batch_size": 4, "precision": "auto", "shards": 2},
        "views": {"methods": ["pca"], "pairs": 8, "seed": 0},
        "noise": {"items": 6, "seed": 0},
    }


def checked(place, names: list[str]) -> None:
    """That a study has come to its report, with numbers of these encoders."""
    assert (place.results / "report.html").is_file()
    summary = pd.read_csv(place.results / "summary.csv").set_index("encoder")
    assert summary.modality_gap[names].gt(0).all()
    for name in names:
        found = pd.read_parquet(place.results / f"zero_shot/{name}/pictures/all/accuracy.parquet")
        assert found.accuracy.between(0, 1).all()


@pytest.fixture
def folder(tmp_path):
    return write_two_towers(tmp_path / "my_clip", "clip")


def test_a_folder_of_transformers_comes_to_the_report(workplace, tmp_path, folder):
    study = labelled_study(tmp_path)
    entry = {"kind": "transformers", "folder": str(folder)}
    study["encoders"] = {
        "untrained": entry | {"seed": 1},
        "mine": entry | {"initial": "untrained"},
    }
    study["zero_shot"] = {"encoders": ["untrained", "mine"], **ZERO_SHOT}
    place = workplace(study)
    place.succeeds()
    checked(place, ["untrained", "mine"])
    facts = read_metadata(place.results / "embeddings/mine/pictures/all/texts.parquet")
    assert facts["architecture"] == "CLIPModel"
    assert facts["context_length"] == 77
    assert "transformers" in facts["versions"]
    report = (place.results / "overview.rst").read_text() if False else ""
    assert report == ""
    assert "Nothing to be done" in place.succeeds("--dry-run")
    # Other weights, of an older file: embedded again.
    other = write_two_towers(tmp_path / "other", "clip", seed=5)
    shutil.copy(other / "model.safetensors", folder / "model.safetensors")
    import os

    os.utime(folder / "model.safetensors", (1, 1))
    plan = place.succeeds("--dry-run")
    for rule in ("embed", "embed_prompts", "embed_noise"):
        line_with(plan, f"rule {rule}:")


def test_a_folder_that_is_no_model_or_has_code_of_its_own_is_one_line(workplace, tmp_path, folder):
    study = labelled_study(tmp_path)
    study["encoders"] = {"mine": {"kind": "transformers", "folder": str(folder)}}
    place = workplace(study)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"auto_map": {"AutoModel": "a.B"}}))
    said = line_with(place.fails(), "config.json: asks for code of its own (`auto_map`)")
    assert said.startswith("embed (mine, pictures, all, ")
    (folder / "config.json").unlink()
    line_with(
        place.fails("--dry-run"), "encoders.mine: no model of transformers (its config.json) in the"
    )
