"""The README's blocks, run as they stand."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from PIL import Image
from transformers_folders import write_two_towers

from workflow.conftest import Workplace

README = (ROOT / "README.md").read_text()
BLOCKS = {
    match["name"]: match["text"]
    for match in re.finditer(r"```yaml\n(?P<text># config/(?P<name>\S+)\n.*?)```", README, re.S)
}

OWN = (ROOT / "docs/own_model.md").read_text()
TEMPLATE = re.search(r"```python\n(# my_model\.py\n.*?)```", OWN, re.S)[1]


@pytest.fixture
def place(tmp_path, random):
    """A user's folder, with the files that the README speaks of."""
    sides = np.array([0.5, -0.5]).reshape(2, 1, 1)
    np.save(tmp_path / "my_embeddings.npy", random.normal(size=(2, 40, 16)) + sides)
    rows = []
    for number in range(12):
        picture = Image.new("RGB", (20, 20), (20 * number, 240 - 20 * number, 90))
        picture.save(tmp_path / f"{number}.png")
        rows += [(f"{number}.png", f"colour {number}"), (f"{number}.png", "a colour")]
    pd.DataFrame(rows, columns=["image", "caption"]).to_csv(tmp_path / "pictures.csv", index=False)
    (tmp_path / "my_weights.pt").write_bytes(b"")
    write_two_towers(tmp_path / "my_clip")
    (tmp_path / "my_model.py").write_text(TEMPLATE)
    return lambda name: Workplace(tmp_path, yaml.safe_load(BLOCKS[name]))


@pytest.mark.parametrize("name", ["mine.yaml", "trained.yaml", "own_models.yaml"])
def test_a_block_gives_a_report(place, name):
    place = place(name)
    place.succeeds()
    assert (place.results / "report.html").is_file()
    assert pd.read_csv(place.results / "summary.csv").modality_gap.gt(0).all()


def test_the_block_with_pictures_alone_is_planned(place):
    assert "read_table" in place("pictures.yaml").succeeds("--dry-run")


def test_the_block_with_pretrained_weights_is_planned(place):
    assert "download_weights" in place("models.yaml").succeeds("--dry-run")


def test_the_block_with_a_public_data_set_is_planned(place):
    plan = place("digits.yaml").succeeds("--dry-run")
    for rule in ("download", "read_corpus", "embed_prompts", "zero_shot"):
        assert rule in plan


def test_every_block_is_tested():
    names = ("mine", "pictures", "trained", "models", "own_models", "digits")
    assert set(BLOCKS) == {f"{name}.yaml" for name in names}


def test_files_that_the_readme_names_exist():
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
