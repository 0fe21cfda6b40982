"""Encoders named by patterns: planned one by one, and compared from published weights to the figure."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from PIL import Image
from safetensors.torch import save_file

from modality_gap.data.embeddings import read_metadata
from modality_gap.models.architectures import published
from modality_gap.models.build import build_model, register_architectures
from workflow.test_bad_input import embeddings_study, line_with, pictures_study
from workflow.test_moved import Project, copied_project

MITIGATIONS = {"reference": "same", "kept_variance": 0.95, "deviation": 0.05, "draws": 2}
MITIGATIONS |= {"scheme": "fixed_range", "bits": 6, "queries": 100, "seed": 0}
PATTERN = {"kind": "pretrained", "architecture": "ViT-B-*", "tag": "*"}


def jobs(plan: str, rule: str) -> int:
    """How many jobs of a rule a dry run says there are."""
    return int(re.search(rf"^{rule} +(\d+)$", plan, re.M)[1])


@pytest.fixture
def patterned(tmp_path):
    """A study of pictures whose encoders are a pattern."""
    return pictures_study(tmp_path) | {"encoders": {"all": PATTERN}}


def test_a_pattern_is_planned_as_one_encoder_for_each_of_its_weights(workplace, patterned):
    place = workplace(patterned | {"mitigations": MITIGATIONS | {"encoders": ["all"]}})
    plan = place.succeeds("--dry-run")
    number = len(published("ViT-B-*", "*"))
    assert number == 50
    for rule in ("download_weights", "embed", "measure_gap", "mitigations"):
        assert jobs(plan, rule) == number
    assert jobs(plan, "model_comparison") == jobs(plan, "plot_model_comparison") == 1


def test_without_a_pattern_models_are_compared_where_they_are_named(workplace, tmp_path):
    place = workplace(pictures_study(tmp_path))
    assert "model_comparison" not in place.succeeds("--dry-run")
    place.study["model_comparison"] = {"encoders": ["random"]}
    assert jobs(place.succeeds("--dry-run"), "plot_model_comparison") == 1


@pytest.fixture
def tiny(tmp_path, random):
    """A project whose RN50 is tiny, with the two sets of its weights that a pattern names."""
    project = copied_project(tmp_path)
    own = json.loads((ROOT / "config/architectures/emoji-resnet.json").read_text())
    file = project / "config/architectures/RN50-quickgelu.json"
    file.write_text(json.dumps(own | {"quick_gelu": True}))
    register_architectures(ROOT / "config/architectures")
    for seed, tag in enumerate(("cc12m", "yfcc15m")):
        folder = tmp_path / f"local/timm/resnet50_clip.{tag}"
        folder.mkdir(parents=True)
        weights = build_model("emoji-resnet", seed=seed).state_dict()
        save_file(weights, folder / "open_clip_model.safetensors")
    rows = ["image,caption,split"]
    for number in range(24):
        pixels = random.integers(0, 256, size=(2, 2, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((20, 20)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,a picture of number {number},test")
    (tmp_path / "pictures.csv").write_text("\n".join(rows))
    return project


@pytest.mark.study
def test_published_weights_are_compared_from_their_files_to_the_figure(tiny):
    pictures = {"reader": "table", "file": "pictures.csv", "evaluate": ["test"]}
    study = {"study": "mine", "title": "Published models", "local_files": "local"}
    study["corpora"] = {"pictures": pictures}
    study["encoders"] = {"all": PATTERN | {"architecture": "RN50", "tag": "[cy]*"}}
    study["mitigations"] = MITIGATIONS | {"encoders": ["all"]}
    (tiny / "study.yaml").write_text(yaml.safe_dump(study))
    names = ["RN50-quickgelu_yfcc15m", "RN50-quickgelu_cc12m"]
    figure = "results/mine/figures/pictures/test/model_comparison.png"
    said = Project(tiny).snakemake("--", figure, "results/mine/tables")
    line_with(said, "2 of 2 encoders: the tag does not say how many samples were seen")
    results = tiny / "results/mine"
    table = pd.read_parquet(results / "model_comparison.parquet").set_index("encoder")
    assert list(table.index) == names
    assert list(table.tag) == ["yfcc15m", "cc12m"]
    assert list(table.training_data) == ["YFCC-15M", "CC12M"]
    size = sum(values.numel() for values in build_model("emoji-resnet", seed=0).parameters())
    assert set(table.parameters) == {size}
    for name in names:
        facts = read_metadata(results / f"embeddings/{name}/pictures/test/texts.parquet")
        assert facts["parameters"]["whole"] == size
        gap = pd.read_parquet(results / f"gap/{name}/pictures/test.parquet")
        assert table.modality_gap[name] == gap.modality_gap[0]
    assert table.modality_gap.nunique() == 2
    assert table.advice.notna().all()
    assert (results / "figures/pictures/test/model_comparison.png").stat().st_size > 10_000
    written = pd.read_csv(results / "tables/model_comparison.csv")
    assert list(written.encoder) == names
    assert (results / "tables/model_comparison.tex").read_text().count("YFCC-15M") == 2
    assert {"gap", "cone", "recall", "shift_landscape"} <= {
        file.stem for file in (results / "tables").glob("*.tex")
    }


@pytest.mark.study
def test_arrays_are_compared_though_nobody_knows_their_size(workplace, tmp_path, random):
    np.save(
        tmp_path / "mine.npy", random.normal(size=(2, 40, 8)) + np.array([1, -1])[:, None, None]
    )
    study = embeddings_study(tmp_path / "mine.npy")
    place = workplace(study | {"model_comparison": {"encoders": ["mine"]}})
    figure = place.results / "figures/pairs/all/model_comparison.svg"
    said = place.succeeds("--", str(figure.relative_to(tmp_path)))
    line_with(said, "1 of 1 encoders: the number of parameters is not known (mine)")
    line_with(said, "1 of 1 encoders: no tag of open_clip says what it was trained on (mine)")
    (row,) = pd.read_parquet(place.results / "model_comparison.parquet").to_dict("records")
    assert pd.isna(row["parameters"])
    assert row["architecture"] is row["training_data"] is row["advice"] is None
    assert row["pairs"] == 40
    drawn = figure.read_text()
    assert "size unknown (1)" in drawn
    assert "not asked, or not defined (1)" in drawn
    assert pd.read_parquet(place.results / "model_correlations.parquet").empty
