"""The default study, small, from the packages to the report."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from clip_benchmark_metrics import own_metrics, package_metrics
from conftest import ROOT
from rehearsal.webdataset_files import write_classification, write_retrieval

from modality_gap.claims.register import PAPERS, read_register
from modality_gap.data.corpora import decode, read_split
from modality_gap.data.embeddings import read_embeddings, read_metadata
from modality_gap.models.build import register_architectures
from modality_gap.page.claims import JUDGED, STATUSES
from workflow.conftest import Workplace, small_emoji_study, told_by
from workflow.test_clip_benchmark import needs_package

pytestmark = pytest.mark.study
SPLITS = ("held_out_concepts", "held_out_vendor")


@pytest.fixture(scope="module")
def done(tmp_path_factory, archives):
    """The study, run once."""
    folder = tmp_path_factory.mktemp("study")
    shutil.copytree(archives, folder / "results/downloads")
    workplace = Workplace(folder, small_emoji_study(archives))
    workplace.succeeds()
    return workplace


def test_there_is_one_report_that_needs_no_network(done):
    html = (done.results / "report.html").read_text()
    page = told_by(done.results / "report.html")
    assert done.study["title"] in page
    for caption in (
        "modality gap on emoji",
        "Cosine similarity of all pairs",
        "Contrastive loss while",
    ):
        assert caption in page
    for outside in ('src="http', 'href="http', "@import"):
        assert outside not in html
    assert len(html) < 15e6


def test_every_figure_is_there_as_vector_and_pixels(done):
    figures = {path.relative_to(done.results / "figures") for path in done.results.rglob("*.svg")}
    names = ["gap", "cosines", "recall", "view_pca", "examples"]
    names += ["shift_view", "shift_landscape_batches", "shift_landscape_whole"]
    names += ["gap_cosines", "cone", "quantization", "rephrasing", "ways_to_close"]
    for split in SPLITS:
        own = {path.stem for path in figures if path.parent == Path("emoji") / split}
        assert own == set(names)
    flow = ("gradient_flow", "gap_and_logit_scale", "slow_closing", "initial_growth")
    descent = ("descent_plane", "collapsed_start", "descent_sphere", "descent_assumptions")
    loss = ("loss_without_alignment", "gradient_prediction", "shared_caption")
    experiments = {
        "seed_cones/resnet": {"cones", "spread"},
        "seed_cones/vit": {"cones"},
        "seed_cones/vit_trained": {"cones", "spread"},
        "gradient_flow": {*flow, "temperature_rates", "margin"},
        "free_embeddings": {*descent, *loss, "gap_after_descent"},
        "run_comparisons": {"gap_by_temperature", "starts", "mitigations", "task_correlations"},
        "training": set(done.study["training"]),
        "zero_shot": {"zero_shot", "shift_gains"},
        "robustness": {"two_class"},
        "robustness/trained/emoji/held_out_concepts": {
            "robustness",
            "noise_kinds",
            "threshold_tradeoff",
        },
    }
    fairness = {f"fairness_{name}" for name in ("rates", "gaps", "changes", "confusion")}
    experiments |= {"fairness/trained/people": fairness}
    own_name = ("mlp_depth", "layer_theorems", "first_steps", "sphere")
    own_name += ("shifted_recall", "linear_probe")
    experiments |= {name: {name} for name in own_name}
    for folder, names in experiments.items():
        assert {path.stem for path in figures if str(path.parent) == folder} == names, folder
    assert all(
        (done.results / "figures" / path).with_suffix(".png").stat().st_size for path in figures
    )


def test_a_second_run_has_nothing_to_do(done):
    assert "Nothing to be done" in done.succeeds()


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("encoder", ["initial", "trained"])
def test_the_gap_is_that_of_the_embeddings(done, encoder, split):
    folder = done.results / f"embeddings/{encoder}/emoji/{split}"
    images, image_ids = read_embeddings(folder / "images.parquet")
    texts, text_ids = read_embeddings(folder / "texts.parquet")
    pairs = pd.read_parquet(folder / "pairs.parquet")
    x, y = (a.astype(np.float64) for a in (images, texts))
    x, y = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (x, y))
    y = y[[text_ids.index(text) for text in pairs.text_id]]
    assert list(pairs.image_id) == image_ids
    summary = pd.read_csv(done.results / "summary.csv").set_index(["encoder", "split"])
    row = summary.loc[(encoder, split)]
    assert row.modality_gap == pytest.approx(
        np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)), abs=1e-6
    )


def test_initial_and_trained_weights_stand_side_by_side(done):
    summary = pd.read_csv(done.results / "summary.csv")
    held_out = summary[summary.split == "held_out_vendor"]
    assert list(held_out.encoder) == ["initial", "trained"]
    assert len(summary) == 5
    trained = summary[summary.encoder == "trained"]
    initial = summary[summary.encoder == "initial"]
    expected = 1 - trained.modality_gap.to_numpy() / initial.modality_gap.to_numpy()
    np.testing.assert_allclose(trained.share_closed, expected, rtol=1e-9)
    page = told_by(done.results / "report.html")
    assert page.count(f"{trained.modality_gap.iloc[0]:.3f}") >= 2


def test_claims_of_the_papers_are_judged_and_shown(done):
    claims = pd.read_csv(done.results / "claims.csv")
    assert set(claims.status) <= set(STATUSES)
    registers = [read_register(ROOT / f"config/claims/{paper}.csv") for paper in PAPERS]
    assert list(claims.id) == [name for register in registers for name in register.id]
    assert claims.status.isin(JUDGED).sum() > 100
    page = told_by(done.results / "report.html")
    assert all(" ".join(claim.split()) in page for claim in claims.claim)


def test_what_came_of_each_run_is_that_of_its_embeddings(done):
    """The gap of the final weights, told by the trajectory, the measures and the embeddings."""
    folder = done.results / "training/vit_fixed_0.1"
    measures = pd.read_parquet(folder / "measures.parquet").set_index("measure").value
    last = pd.read_csv(folder / "0/trajectory.csv").iloc[-1]
    assert measures["modality_gap"] == pytest.approx(last.modality_gap, abs=1e-5)
    assert measures["recall@1_image_to_text"] == pytest.approx(last.image_to_text_recall_at_1)
    assert 0 <= measures["zero_shot_top_1"] <= 1
    assert last.temperature == pytest.approx(0.1)


@needs_package
def test_a_trained_checkpoint_scores_as_in_clip_benchmark(done, tmp_path):
    """The drawings that the study's model has not seen, as a webdataset of classes and captions."""
    drawings, captions = read_split(done.results / "corpora/emoji", "held_out_vendor")
    images = [decode(row.image, row.image_id) for row in drawings.itertuples()]
    texts = captions[~captions.training_only].set_index("image_id").text.loc[drawings.image_id]
    names = [*sorted(set(texts)), "a class of no drawing"]
    labels = [names.index(text) for text in texts]
    first = ~texts.duplicated().to_numpy()
    kept = [image for image, own in zip(images, first, strict=True) if own]
    folders = {
        "zeroshot_classification": write_classification(
            tmp_path / "classes", {"test": (images, labels)}, names, ["{c}", "a drawing of {c}"]
        ),
        "zeroshot_retrieval": write_retrieval(
            tmp_path / "captions", {"test": (kept, [[text] for text in texts[first]])}
        ),
    }
    register_architectures(ROOT / "config/architectures")
    model = ("emoji-resnet", done.results / "training/emoji/0/final.pt")
    expected, _ = package_metrics(ROOT / "config/architectures", *model, folders, tmp_path)
    found, _ = own_metrics(*model, folders)
    assert found == pytest.approx({name: expected[name] for name in found}, abs=1e-6)


def test_fine_tuning_goes_on_from_the_trained_model(done):
    trained = torch.load(done.results / "training/emoji/0/final.pt", weights_only=True)
    begun = torch.load(done.results / "training/tuned_0.01/0/initial.pt", weights_only=True)
    weights = begun.pop("state_dict")
    assert all(torch.equal(weights[name], v) for name, v in trained.pop("state_dict").items())
    assert begun == trained


def test_embeddings_say_where_they_come_from(done):
    folder = done.results / "embeddings"
    facts = [
        read_metadata(folder / f"{encoder}/emoji/held_out_vendor/images.parquet")
        for encoder in ("initial", "trained")
    ]
    assert facts[0]["architecture"] == "emoji-resnet"
    assert facts[0]["weights_sha256"] != facts[1]["weights_sha256"]
    assert set(facts[0]["versions"]) == {"torch", "open_clip"}


def jobs_of(output: str) -> set[str]:
    """The rules that a dry run would run."""
    table = output.split("Job stats:")[-1].split("total")[0]
    return {line.split()[0] for line in table.splitlines()[3:] if line.strip()}


def test_another_temperature_re_runs_what_depends_on_it(done):
    study = small_emoji_study(done.folder)
    study["local_files"] = done.study["local_files"]
    study["shift_landscape"]["logit_scales"] = [100, 50, 1]
    more = Workplace(done.folder, study)
    assert jobs_of(more.succeeds("--dry-run")) == {
        "shift_landscape",
        "plot_shift_landscape",
        "judge_claims",
        "summarize",
        "provenance",
        "report",
        "all",
    }


def test_parts_of_an_experiment_are_all_there_and_repeatable(done):
    """Seeds are shared out among jobs, and each job makes only its own."""
    parts = [
        pd.read_parquet(done.results / f"seed_cones/resnet/{part}.parquet")
        for part in ("1-of-2", "2-of-2")
    ]
    assert [sorted(set(part.seed)) for part in parts] == [[0, 2, 4], [1, 3]]
    table = pd.read_parquet(done.results / "first_steps/gaps.parquet")
    assert sorted(set(table.seed)) == list(range(5))
    target = "results/small/seed_cones/resnet/2-of-2.parquet"
    done.succeeds("--force", "--", target)
    pd.testing.assert_frame_equal(pd.read_parquet(done.folder / target), parts[1])


def test_without_gpu_jobs_the_cpu_is_used(done):
    target = "results/small/gap/trained/emoji/held_out_vendor.parquet"
    before = pd.read_parquet(done.folder / target)
    done.succeeds("--resources", "gpu=0", "--forcerun", "embed", "--", target)
    pd.testing.assert_frame_equal(pd.read_parquet(done.folder / target), before)
