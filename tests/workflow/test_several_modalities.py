"""Arrays of several modalities, from file to report: the gap of every pair."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from workflow.conftest import Workplace, told_by

pytestmark = pytest.mark.study

SIDES = {"text": 0.0, "audio": 1.0, "image": -0.5}


@pytest.fixture(scope="module")
def arrays():
    random = np.random.default_rng(0)
    things = random.normal(size=(60, 16))
    return {
        name: (things + random.normal(size=(60, 16)) / 2 + side).astype(np.float32)
        for name, side in SIDES.items()
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory, arrays):
    folder = tmp_path_factory.mktemp("binding")
    np.save(folder / "audio.npy", arrays["audio"])
    np.savez(folder / "others.npz", text=arrays["text"], image=arrays["image"])
    files = {"text": "others.npz", "audio": "audio.npy", "image": "others.npz"}
    study = {
        "study": "binding",
        "title": "Three modalities",
        "encoders": {"mine": {"kind": "precomputed", "corpus": "clips", "arrays": files}},
        "retrieval": {"k": [1]},
        "views": {"methods": [], "pairs": 10, "seed": 0},
    }
    place = Workplace(folder, study)
    place.log = place.succeeds()
    return place


def test_every_pair_has_its_gap_cones_and_recall(place, arrays):
    table = pd.read_parquet(place.results / "modality_pairs.parquet")
    assert [*zip(table["first"], table["second"], strict=True)] == [*combinations(SIDES, 2)]
    unit = {
        name: rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
        for name, rows in arrays.items()
    }
    apart = ~np.eye(60, dtype=bool)
    for row in table.to_dict("records"):
        x, y = unit[row["first"]], unit[row["second"]]
        gap = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
        assert row["modality_gap"] == pytest.approx(gap, abs=1e-6)
        assert row["low"] < gap < row["high"]
        assert row["mean_cosine_first"] == pytest.approx((x @ x.T)[apart].mean(), abs=1e-5)
        assert row["mean_cosine_second"] == pytest.approx((y @ y.T)[apart].mean(), abs=1e-5)
        there, back = (
            (cosines.argmax(axis=1) == np.arange(60)).mean() for cosines in (x @ y.T, y @ x.T)
        )
        assert row["recall@1_first_to_second"] == pytest.approx(there)
        assert row["recall@1_second_to_first"] == pytest.approx(back)
        assert row["pairs"] == 60


def test_figures_call_each_pair_by_its_own_names(place):
    figures = place.results / "figures"
    said = (figures / "clips.text.audio/all/cosines.svg").read_text()
    assert "audio–audio" in said
    assert "text–audio" in said
    assert "image" not in said.partition("<defs>")[2].replace("image/svg", "")
    squares = (figures / "modality_pairs.svg").read_text()
    for name in SIDES:
        assert f">{name}<" in squares or f"<!-- {name} -->" in squares
    assert "first modality" not in squares
    assert "first modality" in told_by(place.results / "report.html")


def test_the_gaps_stand_on_the_terminal_and_in_the_report(place):
    assert "gaps of mine: text–audio " in place.log
    assert "Gaps of all pairs of modalities" in (place.results / "report.html").read_text()
