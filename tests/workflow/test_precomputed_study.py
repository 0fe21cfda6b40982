"""config/precomputed.yaml, on real embeddings that are served from this machine."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import REAL, ROOT, SHARED
from rehearsal.local_server import serve

from modality_gap.closing.projection import close_gap
from modality_gap.data.embeddings import read_embeddings, read_normalized
from workflow.conftest import Workplace, told_by

pytestmark = pytest.mark.study
NAMES = dict(zip(("clip", "clip_random"), REAL, strict=True))


@pytest.fixture(scope="module")
def study():
    """The published study, with its two CLIP entries pointing at what is here."""
    if not SHARED.is_dir():
        pytest.skip("real embeddings are not here")
    study = yaml.safe_load((ROOT / "config/precomputed.yaml").read_text())
    study["encoders"] = {name: study["encoders"][name] for name in NAMES}
    study["robustness"]["draws"] = 8
    for name, file in NAMES.items():
        content = (SHARED / f"{file}.npy").read_bytes()
        study["encoders"][name]["sha256"] = hashlib.sha256(content).hexdigest()
    return study


@pytest.fixture(scope="module")
def done(tmp_path_factory, study):
    with serve(SHARED) as address:
        for name, file in NAMES.items():
            study["encoders"][name]["url"] = f"{address}/{file}.npy"
        workplace = Workplace(tmp_path_factory.mktemp("precomputed"), study)
        workplace.succeeds()
    return workplace


@pytest.mark.parametrize("name", NAMES)
def test_the_gap_equals_brute_force(done, name):
    x, y = np.load(SHARED / f"{NAMES[name]}.npy").astype(np.float64)
    x, y = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (x, y))
    summary = pd.read_csv(done.results / "summary.csv").set_index("encoder")
    gap = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
    assert summary.modality_gap[name] == pytest.approx(gap, abs=1e-6)
    recall = (np.argmax(x @ y.T, axis=1) == np.arange(500)).mean()
    assert summary["recall@1_image_to_text"][name] == pytest.approx(recall)


def test_random_weights_stand_before_trained_ones(done):
    assert list(pd.read_csv(done.results / "summary.csv").encoder) == ["clip_random", "clip"]


def test_fig_1_fig_3_and_the_report_are_there(done):
    figures = done.results / "figures/mscoco/all"
    for name in ("view_umap", "view_svd", "shift_landscape_batches", "cosines"):
        assert (figures / f"{name}.svg").stat().st_size > 10_000
    assert (done.results / "report.html").is_file()


def test_the_published_study_is_valid_and_complete():
    study = yaml.safe_load((ROOT / "config/precomputed.yaml").read_text())
    assert len(study["encoders"]) == 8
    for name, encoder in study["encoders"].items():
        assert encoder["url"].endswith(f"/main/Figure_1_Modality_Gap/features_{name}.npy")
        if not name.endswith("_random"):
            assert encoder["initial"] == f"{name}_random"


def test_robustness_rises_as_the_gap_closes_and_accuracy_stays(done):
    """chowers2026, Fig. 8, on real CLIP: α = −1, 0, 1."""
    table = pd.read_parquet(done.results / "robustness/clip/mscoco/all/controlled.parquet")
    table = table[(table.distance == "euclidean") & (table.deviation == 0.025)]
    for _, task in table.groupby("task"):
        robust = task.set_index("alpha").robustness
        assert robust[1] > robust[0] > robust[-1]
        assert task.set_index("alpha").accuracy_change.abs().max() < 0.03


def test_the_first_page_says_whether_to_close_the_gap(done):
    page = told_by(done.results / "report.html")
    assert "clip on mscoco, all" in page
    assert "Should this model be moved?" in page


def test_moved_texts_are_written_where_they_are_asked_for(done):
    folder = done.results / "embeddings/clip/mscoco/all"
    target = "projected/clip/mscoco/all/texts.parquet"
    done.succeeds("--", f"results/precomputed/{target}")
    images, _ = read_normalized(folder / "images.parquet")
    texts, keys = read_normalized(folder / "texts.parquet")
    moved, moved_keys = read_embeddings(done.results / target)
    assert keys == moved_keys
    np.testing.assert_allclose(moved, close_gap(images, texts, 1, 0.95), atol=1e-6)


def test_what_the_page_says_of_500_real_pairs_is_measured(done):
    page = (ROOT / "docs/papers.md").read_text()
    rows = page.partition("## On 500 real pairs")[2].partition("\n## ")[0].splitlines()
    cells = [row.split("|")[4] for row in rows if row.startswith("| ")][2:]
    said = [float(cell.split(",")[0]) for cell in cells]
    gap = pd.read_csv(done.results / "summary.csv").set_index("encoder").modality_gap
    cones = [
        pd.read_parquet(done.results / f"cone/{name}/mscoco/all/statistics.parquet").set_index(
            "pairs"
        )
        for name in NAMES
    ]
    losses = pd.read_parquet(done.results / "shift/clip/mscoco/all.parquet")
    losses = losses[(losses.scope == "batches") & (losses.direction == "symmetric")]
    least = losses.loc[losses.groupby("temperature").loss.idxmin()].centre_distance.to_numpy()
    moved = pd.read_parquet(done.results / "robustness/clip/mscoco/all/controlled.parquet")
    moved = moved[(moved.distance == "euclidean") & (moved.deviation == 0.025)]
    moved = moved[moved.task == "image_to_text"].set_index("alpha")
    kinds = ["image_image", "text_text"]
    found = [
        gap["clip"],
        *cones[0]["mean"][kinds],
        *cones[0]["min"][kinds],
        *cones[1]["mean"][kinds],
        least[0],
        least[-1],
        *moved.robustness[[-1, 0, 1]],
        moved.accuracy_change[1],
    ]
    # Of robustness so few draws are taken here that its third decimal is open.
    np.testing.assert_allclose(found[:9], said[:9], atol=5.1e-4)
    np.testing.assert_allclose(found[9:12], said[9:12], atol=0.02)
    assert found[12] == pytest.approx(said[12], abs=5.1e-4)
