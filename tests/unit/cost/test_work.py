"""What jobs of our studies have to do, counted by hand."""

import pytest
from conftest import ROOT
from made_up_jobs import Parameters, job

from modality_gap.cost.disk import bytes_of
from modality_gap.cost.networks import network
from modality_gap.cost.work import Facts
from modality_gap.models.architectures import architecture_config
from modality_gap.study import Study
from modality_gap.study.errors import read_yaml

OWN = ROOT / "config/architectures"


@pytest.fixture
def facts(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = ROOT / f"config/{request.param}.yaml"
    return Facts(Study.read(read_yaml(file), [file], OWN), OWN)


def built(name):
    return network(architecture_config(name, OWN))


@pytest.mark.parametrize("facts", ["yaras2024"], indirect=True)
def test_training(facts):
    """118,287 images, a text each, 100 epochs, forward and back; too many to be kept decoded."""
    places = {"run": "baseline", "learning_rate": "1e-05"}
    settings = facts.config["training"]["baseline"]
    one = job("train_candidate", params={"settings": settings}, inputs={"prepared": "x"}, **places)
    found, size = facts.work(one), built("RN50")
    each = size.images.operations + size.texts.operations
    assert found.amount == pytest.approx(3 * 100 * 118_287 * each)
    assert (found.kind, found.images, found.precision) == ("train", 11_828_700, "auto")
    pieces = job("train", params={"settings": settings | {"accumulation": 2}}, **places)
    assert facts.work(pieces).amount == pytest.approx(4 * 100 * 118_287 * each)
    few = job("train", params={"settings": settings | {"pairs": 1_000, "epochs": 2}}, **places)
    assert facts.work(few).amount == pytest.approx(6 * 1_000 * each)
    rows = 5_000 + 25_000
    assert bytes_of(one, facts) == pytest.approx(4 * (2 * size.parameters + rows * 1_024))
    assert facts.work(job("prepare_images", corpus="coco", size="224")).amount == 0


@pytest.mark.parametrize("facts", ["yaras2024"], indirect=True)
def test_measures_elsewhere(facts):
    places = {"run": "baseline", "seed": "0"}
    classes = job("embed_run", measure="classes", outputs=["none.parquet"], **places)
    assert facts.work(classes).amount == pytest.approx(60_000 * built("RN50").images.operations)
    assert bytes_of(classes, facts) == 60_000 * 1_024 * 4
    pairs = facts.work(job("embed_run", measure="pair_matching", **places))
    assert pairs.images == 270


@pytest.mark.parametrize("facts", ["chowers2026"], indirect=True)
def test_embedding(facts):
    place = {"encoder": "clip_l14", "corpus": "coco", "split": "val"}
    size = built("ViT-L-14-quickgelu")
    whole, quarter = (
        facts.work(job("embed", outputs=["a", "b"], **place, **more))
        for more in ({}, {"scatteritem": "2-of-4"})
    )
    expected = 5_000 * size.images.operations + 25_000 * size.texts.operations
    assert whole.amount == pytest.approx(expected)
    assert (quarter.amount, quarter.images) == pytest.approx((expected / 4, 1_250))
    assert bytes_of(job("embed", outputs=["a"], **place), facts) == 30_000 * 768 * 4
    assert facts.work(job("recall", **place)).amount == 30_000
    assert facts.work(job("report")).unit == "jobs"
    prompts = facts.work(job("embed_prompts", encoder="clip_l14", section="zero_shot"))
    assert (prompts.unit, prompts.amount) == ("operations", None)


@pytest.mark.parametrize("facts", ["chowers2026"], indirect=True)
def test_descents(facts):
    """35 descents of 10⁷ steps in the plane."""
    free = facts.config["free_embeddings"]
    plane = job("descend_plane", params={"settings": free["plane"]})
    assert facts.work(plane).amount == 35 * 10**7
    one = {"steps": 10, "pairs": 3, "gaps": [1, 2], "temperatures": [1], "seeds": 4}
    sweep = one | {"dimensions": [2, 3, 4]}
    sphere = job("descend_sphere", params=Parameters(runs={"a": one}, sweep=sweep))
    assert facts.work(sphere).amount == 10 * 9 * 2 * 4 * (1 + 3)


@pytest.mark.parametrize("facts", ["liang2022"], indirect=True)
def test_networks_of_one_side_and_many(facts):
    numbers = {"number": 5_000, "networks": {"seeds": [0, 1, 2]}}
    cones = facts.work(job("random_cones", params=numbers, family="resnet18"))
    assert cones.amount == pytest.approx(3 * 5_000 * 2 * 1.814e9)
    assert (cones.images, cones.family) == (5_000, "convolutions")
    unknown = facts.work(job("recall", encoder="clip_features", corpus="videos", split="all"))
    assert unknown.amount is None


@pytest.mark.parametrize("facts", ["config"], indirect=True)
def test_a_file_that_is_there_has_its_own_size(facts, tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"123")
    place = {"encoder": "emoji_trained", "corpus": "emoji", "split": "held_out_vendor"}
    assert bytes_of(job("embed", outputs=["a.parquet"], **place), facts) == 3
