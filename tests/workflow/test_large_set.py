"""A study of more pairs than `sample.pairs`: what is sampled is said, in tables, figures and on the first page."""

import benchmark_scale
import pandas as pd
import pytest
import yaml
from conftest import ROOT

from workflow.conftest import Workplace, told_by

pytestmark = pytest.mark.study
ASKED = 200


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """400 pairs; once more with a larger bound."""
    folder = tmp_path_factory.mktemp("large")
    benchmark_scale.write_cones(folder / "pairs.npy", 400, 16)
    ours = yaml.safe_load((ROOT / "config/precomputed.yaml").read_text())
    study = {"study": "large", "title": "Many pairs", "sample": {"pairs": ASKED}}
    study["encoders"] = {
        "mine": {"kind": "precomputed", "corpus": "pairs", "file": str(folder / "pairs.npy")}
    }
    study["views"] = {"methods": ["pca"], "pairs": 8, "seed": 0}
    study["shift_landscape"] = {
        "shifts": {"first": -1, "last": 1, "number": 3},
        "logit_scales": [100],
        "batch_size": 50,
    }
    few = {"shifted_recall": {"shifts": {"first": -1, "last": 1, "number": 3}, "bootstrap": 100}}
    few["quantization"] = {"schemes": {"fixed_range": [6]}}
    few["robustness"] = few["mitigations"] = {"draws": 2}
    study |= {name: ours[name] | keys | {"encoders": ["mine"]} for name, keys in few.items()}
    place = Workplace(folder, study)
    place.succeeds()
    place.study = study | {"study": "whole", "sample": {"pairs": 400}}
    place.succeeds("--", "results/whole/remarks.csv")
    return place


def test_every_sample_is_said_on_the_first_page(done):
    remarks = pd.read_csv(done.results / "remarks.csv").set_index("table").remark
    for table, said in (
        ("gap/mine/pairs/all", "margin and matched share: of 200 of 400 pairs, drawn with seed 0"),
        ("cone/mine/pairs/all/statistics", "of 200 of 400 images, drawn with seed 0"),
        ("retrieval/mine/pairs/all", "image→text: 200 of 400 queries, drawn with seed 0"),
        ("shift/mine/pairs/all", "loss in a batch of all pairs: of 200 of 400 pairs"),
        ("shifted_recall/mine/pairs/all/curves", "measured on 200 of 400 images"),
        ("quantization/mine/pairs/all", "measured on 200 of 400 images"),
        ("mitigations/mine/pairs/all", "measured on 200 of 400 images"),
        ("robustness/mine/pairs/all/noises", "measured on 200 of 400 images"),
    ):
        assert said in " ".join(remarks[[table]]), table
    assert "200 of 400 queries" in told_by(done.results / "report.html")


@pytest.mark.parametrize(
    "name",
    [
        *("cosines", "cone", "recall", "shift_landscape_whole", "quantization", "ways_to_close"),
        "../../shifted_recall/shifted_recall",
        "../../robustness/mine/pairs/all/robustness",
    ],
)
def test_figures_of_a_sample_say_so(done, name):
    figure = (done.results / f"figures/pairs/all/{name}.svg").read_text()
    assert "drawn with seed 0" in figure


def test_figures_of_all_say_nothing(done):
    for name in ("gap", "gap_cosines", "shift_landscape_batches"):
        assert "drawn with" not in (done.results / f"figures/pairs/all/{name}.svg").read_text()


def test_samples_agree_with_all_within_their_intervals(done):
    whole = done.folder / "results/whole"
    assert "drawn with" not in (whole / "remarks.csv").read_text()
    for table in ("gap", "retrieval", "shift"):
        file = f"{table}/mine/pairs/all.parquet"
        sampled, exact = (pd.read_parquet(at / file) for at in (done.results, whole))
        # Of all there is no sample's interval; the gap's is that of other pairs, a change's of batches.
        of_samples = exact.columns.str.endswith(("low", "high"))
        assert not (of_samples & ~exact.columns.str.startswith(("modality_gap", "change"))).any()
        if table == "gap":
            assert sampled.modality_gap[0] == pytest.approx(exact.modality_gap[0], abs=1e-6)
            own, low, high = (
                exact.matched_share,
                sampled.matched_share_low,
                sampled.matched_share_high,
            )
        else:
            own = exact["recall" if table == "retrieval" else "loss"]
            low, high = sampled.low, sampled.high
        assert (low - 1e-6 <= own).mean() > 0.9
        assert (own <= high + 1e-6).mean() > 0.9


def test_the_benchmark_has_a_row_a_stage():
    stages = pd.DataFrame(
        {"cpu_time": 5.0, "max_rss": 1500.0},
        index=[*benchmark_scale.STAGES.values(), benchmark_scale.OTHERS],
    )
    lines = benchmark_scale.section({1000: benchmark_scale.Run(stages, 41.0, 90.0)}, 8)
    assert "| loss landscape | 5 s, 1.5 GB |" in lines
