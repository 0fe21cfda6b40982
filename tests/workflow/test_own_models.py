"""Encoders that a user brings, a folder of transformers or code, from their files to the report."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from PIL import Image
from rehearsal.hub_files import hub
from rehearsal.transformers_folders import write_two_towers

from modality_gap.data.embeddings import read_metadata
from workflow.conftest import told_by
from workflow.test_bad_input import line_with

pytestmark = pytest.mark.study

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
        found = pd.read_parquet(place.results / f"zero_shot/{name}/pictures/all/curves.parquet")
        assert sorted(found["shift"].unique()) == [-1, 0, 1]
        assert found["value"].between(0, 1).all()


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
    told = told_by(place.results / "report.html")
    assert "untrainedCLIPModelrandom weights of seed 1, weights SHA-256" in told.replace(
        " untrained", "untrained"
    )
    assert "Nothing to be done" in place.succeeds("--dry-run")
    # Other weights, of an older file: embedded again.
    other = write_two_towers(tmp_path / "other", "clip", seed=5)
    shutil.copy(other / "model.safetensors", folder / "model.safetensors")
    os.utime(folder / "model.safetensors", (1, 1))
    plan = place.succeeds("--dry-run")
    for rule, jobs in {"embed": 4, "embed_prompts": 2, "embed_noise": 2}.items():
        assert re.search(rf"^{rule} +{jobs}$", plan, re.M), plan


def test_a_folder_that_is_no_model_or_has_code_of_its_own_is_one_line(workplace, tmp_path, folder):
    study = labelled_study(tmp_path)
    study["encoders"] = {"mine": {"kind": "transformers", "folder": str(folder)}}
    place = workplace(study)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"auto_map": {"AutoModel": "a.B"}}))
    said = line_with(place.fails(), "config.json: asks for code of its own (`auto_map`)")
    assert said.startswith("embed")
    (folder / "config.json").unlink()
    line_with(
        place.fails("--dry-run"), "encoders.mine: no model of transformers (its config.json) in the"
    )


def test_a_name_of_the_hub_is_downloaded_once_and_embedded_offline(
    workplace, tmp_path, monkeypatch
):
    write_two_towers(tmp_path / "hub/someone/siglip", "siglip")
    study = labelled_study(tmp_path)
    study["encoders"] = {"mine": {"kind": "transformers", "hub": "someone/siglip"}}
    place = workplace(study)
    said = (
        "download_hub: configuration tokenizer weights of someone/siglip (in local_files: someone/"
    )
    line_with(place.succeeds("--dry-run", "--quiet", "host", "--", "downloads"), said)
    with hub(tmp_path / "hub") as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        place.succeeds("--", "downloads")
    place.succeeds("--", "results/mine/embeddings/mine/pictures/all/texts.parquet")
    facts = read_metadata(place.results / "embeddings/mine/pictures/all/texts.parquet")
    assert facts["architecture"] == "SiglipModel"
    assert facts["padding_counts"] is True


PAGE = (ROOT / "docs/own_model.md").read_text()


@pytest.fixture
def own(workplace, tmp_path):
    """The page's own study on labelled pictures, with more asked of it."""
    template = re.search(r"```python\n(# my_model\.py\n.*?)```", PAGE, re.S)[1]
    (tmp_path / "my_model.py").write_text(template)
    study = yaml.safe_load(re.search(r"```yaml\n(# config/own\.yaml\n.*?)```", PAGE, re.S)[1])
    return workplace(labelled_study(tmp_path) | study)


def test_code_of_a_users_own_comes_to_the_report(own, tmp_path):
    own.study["zero_shot"] = {"encoders": ["mine"], **ZERO_SHOT}
    own.succeeds()
    checked(own, ["mine"])
    assert not (own.results / "embeddings/mine/noise").exists()
    told = told_by(own.results / "report.html")
    assert "code of my_model.py, file SHA-256" in told
    file = tmp_path / "my_model.py"
    assert "Nothing to be done" in own.succeeds("--dry-run")
    file.write_text(file.read_text().replace("/ 255", "/ 255 + nothing"))
    expected = "my_model.py: encode_images, line 10: NameError: name 'nothing' is not defined"
    said = line_with(own.fails("--keep-going"), expected)
    assert said.startswith("embed (mine, pictures, all, ")
    own.study["encoders"]["mine"]["arguments"] = {"number": 2}
    file.write_text(file.read_text().replace("/ 255 + nothing", "/ 255"))
    assert re.search(r"^embed_prompts +1$", own.succeeds("--dry-run"), re.M)


def test_an_environment_of_its_own_is_the_encoders_alone(own, tmp_path):
    mine = own.study["encoders"]["mine"]
    mine["conda"] = "my_model.yaml"
    line_with(own.fails("--dry-run"), "encoders.mine: no such file: my_model.yaml")
    (tmp_path / "my_model.yaml").write_text("channels: [conda-forge]\ndependencies: [python]\n")
    own.study["encoders"]["random"] = {"kind": "random", "architecture": "emoji-vit", "seed": 0}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(own.study, sort_keys=False))
    command = [sys.executable, ROOT / "tests/plan.py", ROOT, tmp_path / "study.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    found = {
        job["wildcards"]["encoder"]: job["conda"]
        for job in json.loads(done.stdout)
        if job["rule"] == "embed"
    }
    assert found == {"mine": "my_model.yaml", "random": "network.yaml"}


def test_arrays_stand_beside_a_model_in_one_section(workplace, tmp_path, random):
    """Each task asks its own encoders: a network has pictures, arrays the corpus of their rows."""
    study = labelled_study(tmp_path)
    text = (ROOT / "docs/own_model.md").read_text()
    template = re.search(r"```python\n(# my_model\.py\n.*?)```", text, re.S)[1]
    (tmp_path / "my_model.py").write_text(template)
    numbers, names = np.arange(20) % 2, ["cat", "dog"]
    classes = random.normal(size=(2, 6))
    rows = classes[numbers] + random.normal(size=(20, 6)) / 2
    np.save(tmp_path / "rows.npy", rows)
    np.savez(tmp_path / "classes.npz", **dict(zip(names, classes, strict=True)))
    table = pd.DataFrame({"class": np.array(names)[numbers], "caption": np.array(names)[numbers]})
    table.assign(split=["train", "test"] * 10).to_csv(tmp_path / "rows.csv", index=False)
    study["corpora"]["rows"] = {"reader": "arrays", "file": str(tmp_path / "rows.csv")}
    study["encoders"] = {
        "own": {"kind": "python", "file": str(tmp_path / "my_model.py")},
        "arrays": {
            "kind": "precomputed",
            "corpus": "rows",
            "file": str(tmp_path / "rows.npy"),
            "prompts": str(tmp_path / "classes.npz"),
        },
    }
    tasks = ZERO_SHOT["tasks"]
    animals = {"corpus": "rows", "splits": ["all"], "label": "class", "templates": ["{}"]}
    study["zero_shot"] = {"encoders": ["own", "arrays"], **ZERO_SHOT}
    place = workplace(study)
    line_with(
        place.fails("--dry-run"), "zero_shot.tasks.colours.corpus: encoder 'arrays' does not have"
    )
    study["zero_shot"]["tasks"] = {
        "colours": tasks["colours"] | {"encoders": ["own"]},
        "animals": animals | {"encoders": ["arrays"]},
    }
    place.succeeds("--", "results/mine/figures/zero_shot/zero_shot.png", "results/mine/claims.csv")
    found = {
        name: pd.read_parquet(place.results / f"zero_shot/{name}/{corpus}/all/curves.parquet")
        for name, corpus in (("own", "pictures"), ("arrays", "rows"))
    }
    assert {name: set(curves.task) for name, curves in found.items()} == {
        "own": {"colours"},
        "arrays": {"animals"},
    }
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    sure = (unit @ (classes / np.linalg.norm(classes, axis=1, keepdims=True)).T).argmax(axis=1)
    curves = found["arrays"]
    still = curves[(curves["shift"] == 0) & (curves.metric == "top_1")].value
    np.testing.assert_allclose(still, (sure == numbers).mean())
