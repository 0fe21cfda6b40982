"""The blocks of docs/your_own.md, run as they stand."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from PIL import Image
from rehearsal.transformers_folders import write_two_towers

from modality_gap.models.architectures import published
from workflow.conftest import Workplace

PAGE = (ROOT / "docs/your_own.md").read_text()
BLOCKS = {
    match["name"]: match["text"]
    for match in re.finditer(r"```yaml\n(?P<text># config/(?P<name>\S+)\n.*?)```", PAGE, re.S)
}

OWN = (ROOT / "docs/own_model.md").read_text()
TEMPLATE = re.search(r"```python\n(# my_model\.py\n.*?)```", OWN, re.S)[1]


@pytest.fixture
def place(tmp_path, random):
    """A user's folder, with the files that the page speaks of."""
    sides = np.array([0.5, -0.5]).reshape(2, 1, 1)
    np.save(tmp_path / "my_embeddings.npy", random.normal(size=(2, 40, 16)) + sides)
    numbers = random.integers(0, 10, size=800)
    words = [f"thing {number}" for number in range(10)]
    classes = random.normal(size=(10, 32))
    np.save(tmp_path / "images.npy", classes[numbers] + random.normal(size=(800, 32)) + 0.5)
    np.save(tmp_path / "classes.npy", classes - 0.5)
    pd.DataFrame({"text": words}).to_csv(tmp_path / "classes.csv", index=False)
    pd.DataFrame({"class": np.array(words)[numbers]}).to_csv(tmp_path / "labels.csv", index=False)
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


@pytest.mark.study
@pytest.mark.parametrize("name", ["mine.yaml", "trained.yaml", "own_models.yaml"])
def test_a_block_gives_a_report(place, name):
    place = place(name)
    place.succeeds()
    assert (place.results / "report.html").is_file()
    assert pd.read_csv(place.results / "summary.csv").modality_gap.gt(0).all()


@pytest.mark.study
def test_arrays_with_labels_take_fifteen_lines_to_zero_shot_and_robustness(place):
    assert len(BLOCKS["classes.yaml"].splitlines()) - 1 <= 15
    place = place("classes.yaml")
    place.succeeds()
    assert (place.results / "report.html").is_file()
    images, classes = (np.load(place.folder / f"{name}.npy") for name in ("images", "classes"))
    images, classes = (
        array / np.linalg.norm(array, axis=1, keepdims=True) for array in (images, classes)
    )
    labels = (
        pd.read_csv(place.folder / "labels.csv")["class"].str.removeprefix("thing ").astype(int)
    )
    right = ((images @ classes.T).argmax(axis=1) == labels).mean()
    curves = pd.read_parquet(place.results / "zero_shot/mine/photos/all/curves.parquet")
    curves = curves[(curves["shift"] == 0) & (curves.metric == "top_1")]
    np.testing.assert_allclose(curves.value, right, atol=1e-6)
    tradeoff = pd.read_parquet(place.results / "robustness/mine/photos/all/tradeoff.parquet")
    assert set(tradeoff.threshold) == {0, 0.05, 0.2, 1}
    evidence = pd.read_csv(place.results / "evidence.csv")
    assert evidence.judged.str.contains("more robust by more than it costs").any()


def test_the_block_with_pictures_alone_is_planned(place):
    assert "read_table" in place("pictures.yaml").succeeds("--dry-run")


def test_the_block_with_pretrained_weights_is_planned(place):
    assert "download_weights" in place("models.yaml").succeeds("--dry-run")


def test_the_block_with_many_models_is_planned(place):
    plan = place("many_models.yaml").succeeds("--dry-run")
    number = len(published("ViT-B-*", "*"))
    assert re.search(rf"^embed +{number}$", plan, re.M)
    assert number == 50, "the page says: these are fifty models"


def test_the_block_with_a_public_data_set_is_planned(place):
    plan = place("digits.yaml").succeeds("--dry-run")
    for rule in ("download", "read_corpus", "embed_prompts", "zero_shot"):
        assert rule in plan


def test_every_block_is_tested():
    names = ("mine", "classes", "pictures", "trained", "models", "own_models", "digits")
    assert set(BLOCKS) == {f"{name}.yaml" for name in (*names, "many_models")}
