"""Arrays that hardly define anything: what they do not define is said, and the study goes on."""

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT

from workflow.conftest import told_by

pytestmark = pytest.mark.study
CASES = {
    "one_pair": lambda random: random.normal(size=(2, 1, 6)),
    "two_pairs": lambda random: random.normal(size=(2, 2, 6)),
    "one_dimension": lambda random: random.normal(size=(2, 12, 1)),
    "one_point": lambda random: np.ones((2, 9, 4)),
    "no_gap": lambda random: np.repeat(random.normal(size=(1, 12, 4)), 2, axis=0),
    "opposite": lambda random: np.stack([np.ones((9, 4)), -np.ones((9, 4))]),
    "one_image": lambda random: np.stack([np.ones((9, 4)), random.normal(size=(9, 4))]),
}


@pytest.fixture
def place(workplace, tmp_path, random):
    """All of them in one study, with what asks whether to close the gap."""
    ours = yaml.safe_load((ROOT / "config/precomputed.yaml").read_text())
    sections = ("shifted_recall", "robustness", "quantization", "mitigations")
    few = {"shifted_recall": {"shifts": {"first": -1, "last": 1, "number": 3}, "bootstrap": 100}}
    few["quantization"] = {"schemes": {"fixed_range": [6]}, "k": 2}
    few["robustness"] = few["mitigations"] = {"draws": 2}
    study = {"study": "few", "title": "Few pairs", "encoders": {}}
    for name, make in CASES.items():
        np.save(tmp_path / f"{name}.npy", make(random).astype(np.float32))
        study["encoders"][name] = {
            "kind": "precomputed",
            "corpus": f"{name}_data",
            "file": str(tmp_path / f"{name}.npy"),
        }
    study |= {name: ours[name] | {"encoders": list(CASES)} | few[name] for name in sections}
    study["views"] = {"methods": ["pca", "svd"], "pairs": 8, "seed": 0}
    return workplace(study)


def test_every_measure_gives_its_limit_or_says_why_not(place):
    place.succeeds()
    summary = pd.read_csv(place.results / "summary.csv").set_index("encoder")
    assert list(summary.index) == list(CASES)
    gap = summary.modality_gap
    assert gap[["one_point", "no_gap"]].tolist() == [0, 0]
    assert gap["opposite"] == pytest.approx(2)
    assert summary.relative_modality_gap["opposite"] == 1
    assert summary.relative_modality_gap[["one_pair", "one_point"]].isna().all()
    for direction in ("image_to_text", "text_to_image"):
        recall = summary[f"recall@1_{direction}"]
        assert recall[["one_pair", "one_point", "no_gap", "opposite"]].tolist() == [1, 1, 1, 1]
    told = pd.read_csv(place.results / "remarks.csv")
    by_case = {name: " ".join(told.remark[told.table.str.contains(name)]) for name in CASES}
    assert "no cosines of image and image: 1 embedding" in by_case["one_pair"]
    assert "no margin" in by_case["one_pair"]
    assert "8 of 9 images repeat another row" in by_case["one_point"]
    assert "the two centres coincide: there is no gap to close" in by_case["no_gap"]
    assert "there is no gap to move along" in by_case["no_gap"]
    assert by_case["two_pairs"]
    page = told_by(place.results / "report.html")
    assert "Not defined here: a single query" in page
    assert "It makes no measurable difference: 9 of 9 ways" in page
    assert "orthogonal projection is not defined here" in page
    assert "nan" not in page
