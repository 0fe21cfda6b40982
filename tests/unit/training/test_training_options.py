"""What a run may do otherwise: temperature, features, start, optimiser, several processes."""

import math
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from rehearsal.emoji_archives import write_archives

from modality_gap.data.corpora import Corpus, read_split, write_corpus
from modality_gap.data.corpora.emoji import read_emoji
from modality_gap.data.embeddings import read_metadata, read_pairs
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.prepared import write_prepared
from modality_gap.training import loop
from modality_gap.training.data import CaptionedImages
from modality_gap.training.features import CHANGES, FeatureChange, mix_entries
from modality_gap.training.loop import backward
from modality_gap.training.run import launch
from modality_gap.training.schedule import Schedule, build_optimizer
from modality_gap.training.starts import (
    amend_start,
    batch_statistics,
    common_centre_map,
    initial_features,
    plain_weights,
    procrustes_map,
)
from modality_gap.training.temperature import build_temperature

SETTINGS = {
    "architecture": "emoji-vit",
    "split": "train",
    "validation": "held_out_concepts",
    "seed": 0,
    "epochs": 1,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "warmup": 0.2,
    "weight_decay": 0.1,
    "betas": [0.9, 0.98],
    "eps": 1e-6,
    "augmentation": {"rotation": 0, "translation": 0, "scale": 0},
    "temperature": {"policy": "learned", "start": 0.07, "max_logit_scale": 100},
    "precision": "float32",
    "evaluations": 2,
}
OUTPUTS = ("initial.pt", "final.pt", "trajectory.parquet", "table.csv")
EMBEDDINGS = ("images.parquet", "texts.parquet", "pairs.parquet", "classes.parquet")
CLASSES = {"label": "group", "templates": ["{}", "a drawing of {}"], "train_items": 20}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    archives = write_archives(folder / "archives")
    styles = ("label", "tags", "drawing", "subgroup", "group")
    write_corpus(folder, Corpus(*read_emoji(archives, 24, "fluent-emoji-flat", 0.25, 0, styles)))
    register_architectures(ROOT / "config/architectures")
    return folder


def do(corpus, folder, processes=1, start=None, start_file="", classes=None, inputs=(), **settings):
    """A whole run on one thread, as the workflow does it; its trajectory."""
    torch.set_num_threads(1)
    folder.mkdir(exist_ok=True)
    run = {
        "settings": SETTINGS | settings,
        "start": start,
        "classes": classes,
        "architectures": str(ROOT / "config/architectures"),
        "threads": 1,
        "name": "train",
        "identity": "a",
        "log": str(folder / "log"),
        "inputs": {"images": f"{corpus}/images.parquet", "start": str(start_file), **dict(inputs)},
        "outputs": {name.partition(".")[0]: str(folder / name) for name in (*OUTPUTS, *EMBEDDINGS)},
    }
    launch(run, [torch.device("cpu")] * processes)
    return pd.read_parquet(folder / "trajectory.parquet")


def weights(folder, name="final.pt"):
    return torch.load(folder / name, weights_only=True)["state_dict"]


def small_data(corpus, model, batch_size=16):
    tokenizer = build_tokenizer("emoji-vit")
    return CaptionedImages(*read_split(corpus, "train"), model, tokenizer, batch_size, 0, 0)


def test_images_that_were_decoded_before_train_the_same_model(corpus, tmp_path):
    images = pd.read_parquet(corpus / "images.parquet")
    write_prepared(tmp_path / "32.arrow", images, 32)
    prepared = {"prepared": str(tmp_path / "32.arrow")}
    alone = do(corpus, tmp_path / "alone", classes=CLASSES)
    found = do(corpus, tmp_path / "found", classes=CLASSES, inputs=prepared)
    pd.testing.assert_frame_equal(found.drop(columns="seconds"), alone.drop(columns="seconds"))
    for name in ("classes.parquet", "images.parquet"):
        one, other = (pd.read_parquet(tmp_path / f"{run}/{name}") for run in ("alone", "found"))
        pd.testing.assert_frame_equal(one, other)
    # It reads them: without them there is nothing to train on.
    write_prepared(tmp_path / "32.arrow", images.iloc[:1], 32)
    with pytest.raises(ValueError, match=r"32.arrow: no image"):
        do(corpus, tmp_path / "without", inputs=prepared)


def test_processes_do_not_run_the_script_of_the_job_again(corpus, tmp_path, monkeypatch):
    # As in a job of Snakemake, whose script knows `snakemake` in the first process alone.
    script, main = tmp_path / "train.py", sys.modules["__main__"]
    script.write_text("snakemake")
    monkeypatch.setitem(vars(main), "__file__", str(script))
    monkeypatch.setattr(main, "__spec__", None)
    assert len(do(corpus, tmp_path / "two", processes=2)) > 1


# Temperature


@pytest.mark.parametrize(
    ("form", "scale_of"),
    [
        ({}, lambda nu: math.exp(nu)),
        ({"divisor": 10}, lambda nu: math.exp(nu / 10)),
        ({"form": "softplus"}, lambda nu: math.log(1 + math.exp(nu))),
    ],
)
def test_a_learned_temperature_starts_where_asked_and_never_leaves_its_bound(form, scale_of):
    policy = build_temperature({"policy": "learned", "start": 0.07, "max_logit_scale": 100, **form})
    assert policy.logit_scale(0.3).item() == pytest.approx(1 / 0.07, rel=1e-5)
    assert policy.logit_scale(0.3).item() == pytest.approx(scale_of(policy.nu.item()), rel=1e-5)
    with torch.no_grad():
        policy.nu += 100
    policy.after_step()
    assert policy.logit_scale(0.3).item() == pytest.approx(100, rel=1e-5)


def test_scheduled_temperatures_are_where_the_papers_put_them():
    """S3 (App. F): from 0.01 to 0.05; A1: from 0.01 to 0.04 and back."""
    linear = build_temperature({"policy": "linear", "first": 0.01, "last": 0.05})
    assert [1 / linear.logit_scale(p).item() for p in (0, 0.5, 1)] == pytest.approx(
        [0.01, 0.03, 0.05]
    )
    there_and_back = build_temperature(
        {"policy": "alternating", "first": 0.01, "last": 0.04, "cycles": 2}
    )
    found = [1 / there_and_back.logit_scale(p).item() for p in (0, 0.125, 0.25, 0.5, 0.75, 1)]
    assert found == pytest.approx([0.01, 0.025, 0.04, 0.01, 0.04, 0.01])
    fixed = build_temperature({"policy": "fixed", "value": 0.04})
    assert [fixed.logit_scale(p).item() for p in (0, 0.3, 1)] == pytest.approx([25] * 3)
    assert not list(fixed.parameters())


def test_a_smaller_learning_rate_of_temperature_moves_it_less(corpus, tmp_path):
    """Adam's first step moves a weight by the learning rate, whatever the gradient."""
    moves = {}
    for share in (1.0, 0.1):
        temperature = SETTINGS["temperature"] | {"learning_rate_share": share}
        rows = do(corpus, tmp_path / str(share), temperature=temperature, decay="none", warmup=0)
        moves[share] = abs(math.log(rows.temperature.iloc[1] / rows.temperature.iloc[0]))
    assert moves[0.1] / moves[1.0] == pytest.approx(0.1, rel=0.1)


def test_a_fixed_temperature_stays_and_is_kept_with_the_weights(corpus, tmp_path):
    rows = do(corpus, tmp_path, temperature={"policy": "fixed", "value": 0.04})
    assert list(rows.temperature) == pytest.approx([0.04] * 3)
    assert weights(tmp_path)["logit_scale"].exp().item() == pytest.approx(25)


# Features


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_moves_features_between_the_modalities_and_loses_none(random, change):
    images, texts = torch.tensor(random.normal(size=(2, 400, 6)))
    changed = FeatureChange(3, normalized=False, change=change)(images, texts, 7)
    torch.testing.assert_close(changed[0] + changed[1], images + texts)
    again = FeatureChange(3, normalized=False, change=change)(images, texts, 7)
    other = FeatureChange(3, normalized=False, change=change)(images, texts, 8)
    assert torch.equal(changed[0], again[0])
    assert not torch.equal(changed[0], other[0])
    if change != "mix_entries":
        swapped = changed[0] == texts
        assert swapped.double().mean().item() == pytest.approx(0.5, abs=0.05)
        assert (changed[0] == images)[~swapped].all()
        whole_rows = (swapped == swapped[:, :1]).all()
        assert whole_rows == (change == "swap_rows")


def test_a_mixture_lies_between(random):
    images, texts = torch.tensor(random.normal(size=(2, 50, 6)))
    x, y = mix_entries(images, texts, torch.Generator().manual_seed(0))
    share = (x - texts) / (images - texts)
    assert ((share >= 0) & (share <= 1)).all()
    torch.testing.assert_close(y, share * texts + (1 - share) * images)


def test_the_seed_decides_which_steps_are_changed(random):
    images, texts = (torch.from_numpy(random.normal(size=(4, 3))) for _ in range(2))

    def steps(seed):
        change = FeatureChange(seed, change="swap_rows", share=0.1)
        plain = FeatureChange(seed)(images, texts, 0)[0]
        return [
            step for step in range(300) if not torch.equal(change(images, texts, step)[0], plain)
        ]

    assert steps(0) == steps(0)
    assert len({*steps(0)} & {*steps(1)}) < len(steps(0)) / 2


def test_a_change_happens_on_its_share_of_the_steps(random):
    images, texts = torch.tensor(random.normal(size=(2, 4, 3)))
    hook = FeatureChange(0, change="swap_rows", share=0.2)
    plain = FeatureChange(0)(images, texts, 0)
    assert torch.allclose(plain[0].norm(dim=1), torch.ones(4, dtype=torch.float64))
    calls = []
    hook.change = lambda x, y, generator: calls.append(1) or (x, y)
    for step in range(1000):
        hook(images, texts, step)
    assert len(calls) == pytest.approx(200, abs=40)


# Start


def test_the_maps_are_orthogonal_and_take_the_gap_away(random):
    angle = np.eye(6) + 0.1 * random.normal(size=(6, 6))
    rotation = np.linalg.qr(angle)[0]
    cone = random.normal(size=(200, 6)) + 3 * random.normal(size=6)
    images = cone / np.linalg.norm(cone, axis=1, keepdims=True)
    texts = images @ rotation
    np.testing.assert_allclose(texts @ procrustes_map(images, texts), images, atol=1e-10)
    turned = common_centre_map(images, texts)
    np.testing.assert_allclose(turned.T @ turned, np.eye(6), atol=1e-12)
    assert np.linalg.det(turned) == pytest.approx(1)
    np.testing.assert_allclose((texts @ turned).mean(axis=0), images.mean(axis=0), atol=1e-10)


def test_opposite_centres_have_no_smallest_rotation(random):
    rows = np.array([[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="centres of images and texts are opposite"):
        common_centre_map(rows, -rows)


@pytest.mark.parametrize(
    ("architecture", "start"),
    [("emoji-vit", "procrustes"), ("emoji-vit", "common_centre"), ("emoji-resnet", "procrustes")],
)
def test_an_amended_start_has_all_but_lost_its_gap(corpus, architecture, start):
    """What is left is the difference of the centres' lengths, as training sees the batch."""
    model = build_model(architecture, seed=0)
    data = small_data(corpus, model)
    before = weights_of(model)

    def centres():
        sides = zip(*initial_features(model, data), strict=True)
        rows = [np.concatenate(side) for side in sides]
        return [(r / np.linalg.norm(r, axis=1, keepdims=True)).mean(axis=0) for r in rows]

    x, y = centres()
    amend_start(model, data, start)
    amended_x, amended_y = centres()
    np.testing.assert_allclose(amended_x, x, atol=1e-6)
    floor = abs(np.linalg.norm(x) - np.linalg.norm(y))
    assert np.linalg.norm(amended_x - amended_y) == pytest.approx(floor, abs=0.02)
    assert np.linalg.norm(x - y) > 4 * np.linalg.norm(amended_x - amended_y)
    for name, value in plain_weights(model).items():
        if name != "text_projection":
            assert torch.equal(value, before[name]), name


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_the_map_stays_as_it_is_and_is_in_the_weights_that_are_kept(corpus, tmp_path):
    rows = do(corpus, tmp_path, initialization="procrustes")
    plain = do(corpus, tmp_path / "plain")
    assert rows.modality_gap.iloc[0] < 0.5 * plain.modality_gap.iloc[0]
    loaded = build_model("emoji-vit", checkpoint=tmp_path / "final.pt")
    images, texts, pairs, matched = read_pairs(tmp_path)
    first = pairs[matched]
    assert first[:, 0].tolist() == list(range(len(images)))
    gap = np.linalg.norm(images[first[:, 0]].mean(axis=0) - texts[first[:, 1]].mean(axis=0))
    assert gap == pytest.approx(rows.modality_gap.iloc[-1], abs=1e-5)
    tokens = build_tokenizer("emoji-vit")(list(read_split(corpus, "held_out_concepts")[1].text)[:3])
    assert loaded.encode_text(tokens).shape == (3, 128)


def test_statistics_of_the_batch_leave_no_trace(corpus):
    model = build_model("emoji-resnet", seed=0)
    before = weights_of(model)
    with batch_statistics(model):
        assert model.training
        model.encode_image(torch.rand(4, 3, 32, 32))
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_fine_tuning_begins_with_the_weights_of_the_start(corpus, tmp_path):
    do(corpus, tmp_path / "first")
    start = {"kind": "run", "architecture": "emoji-vit"}
    file = tmp_path / "first/final.pt"
    do(corpus, tmp_path / "tuned", start=start, start_file=file, trainable=["text_projection"])
    first, begun = weights(tmp_path / "first"), weights(tmp_path / "tuned", "initial.pt")
    tuned = weights(tmp_path / "tuned")
    assert all(torch.equal(begun[name], value) for name, value in first.items())
    changed = {name for name in first if not torch.equal(tuned[name], first[name])}
    assert changed == {"text_projection", "logit_scale"}


def test_weights_that_no_name_starts_with(corpus, tmp_path):
    with pytest.raises(ValueError, match="trainable: no weight's name starts with visul"):
        do(corpus, tmp_path, trainable=["visul"])


def test_a_start_of_another_architecture(corpus, tmp_path):
    torch.save(build_model("emoji-resnet", seed=0).state_dict(), tmp_path / "other.pt")
    start = {"kind": "checkpoint", "architecture": "emoji-vit"}
    with pytest.raises(ValueError, match=r"other.pt: not a checkpoint of CLIP"):
        do(corpus, tmp_path, start=start, start_file=tmp_path / "other.pt")


def test_a_run_of_another_dimension(corpus, tmp_path):
    do(corpus, tmp_path, dimension=48)
    assert read_pairs(tmp_path)[0].shape[1] == 48
    loaded = build_model("emoji-vit", checkpoint=tmp_path / "final.pt", dimension=48)
    assert loaded.text_projection.shape[1] == 48


# Optimiser


def test_gains_biases_and_temperature_do_not_decay(corpus):
    model = build_model("emoji-vit", seed=0)
    temperature = build_temperature(SETTINGS["temperature"])
    schedule = Schedule(1, 1.0, 0.3, (0.9, 0.98), 1e-6, 0.1, "float32", 1)
    decay = {
        id(weight): group["weight_decay"]
        for group in build_optimizer(model, temperature, schedule).param_groups
        for weight in group["params"]
    }
    assert decay.pop(id(temperature.nu)) == 0
    named = {name: w for name, w in model.named_parameters() if name != "logit_scale"}
    assert len(decay) == len(named)
    for name, weight in named.items():
        assert decay[id(weight)] == (0.3 if weight.ndim >= 2 else 0), name


@pytest.mark.parametrize("pieces", [2, 4])
def test_a_batch_in_pieces_has_the_gradient_of_the_whole(corpus, pieces):
    gradients = []
    for accumulation in (1, pieces):
        model = build_model("emoji-vit", seed=0)
        pixels, tokens = next(small_data(corpus, model).batches(0))
        schedule = Schedule(
            1, 1.0, 0, (0.9, 0.98), 1e-6, 0.1, "float32", 1, accumulation=accumulation
        )
        hook = FeatureChange(0)
        loss = backward(
            model,
            pixels.float() / 255,
            tokens,
            schedule,
            lambda x, y, hook=hook: loop.contrastive_loss(*hook(x, y, 0), torch.tensor(14.0)),
        )
        named = [(name, w.grad) for name, w in model.named_parameters() if w.grad is not None]
        gradients.append((loss, dict(named)))
    (whole_loss, whole), (loss, found) = gradients
    assert loss.item() == pytest.approx(whole_loss.item(), rel=1e-5)
    assert set(found) == set(whole)
    for name, gradient in whole.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("start", ["random", "procrustes"])
def test_two_processes_train_as_one_does(corpus, tmp_path, start):
    """The loss is over the features of both; the same batches, seen in halves.

    With an `eps` above any gradient Adam's steps are proportional to gradients, and rounding stays
    rounding: seven steps of float32 sums, 1e-7 each, where weights move by 0.1. With the usual one
    the sign of a gradient that is nearly 0 decides a whole step, differently on every processor.
    """
    linear = {"initialization": start, "eps": 1.0, "learning_rate": 0.3}
    alone = do(corpus, tmp_path / "one", **linear)
    together = do(corpus, tmp_path / "two", processes=2, **linear)
    assert list(together.step) == list(alone.step)
    np.testing.assert_allclose(together.loss[1:], alone.loss[1:], rtol=1e-5)
    np.testing.assert_allclose(together.modality_gap, alone.modality_gap, atol=2e-5)
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    begun = weights(tmp_path / "one", "initial.pt")
    moved = max((value - begun[name]).abs().max() for name, value in one.items())
    assert moved > 0.1
    for name, value in one.items():
        # With fewer pairs than dimensions, a part of the map is open.
        if (start, name) != ("procrustes", "text_projection"):
            torch.testing.assert_close(two[name], value, rtol=0, atol=1e-5)


def test_what_goes_wrong_in_one_of_several_processes_is_one_line(corpus, tmp_path):
    with pytest.raises(ValueError, match="^ValueError: batch_size 15, expected a multiple of 2"):
        do(corpus, tmp_path, processes=2, batch_size=15)


def test_too_little_memory_is_said_in_one_line(corpus, tmp_path, monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(loop, "backward", fail)
    complaint = "out of memory in step 0: expected a smaller batch_size, or a larger accumulation"
    with pytest.raises(ValueError, match=complaint):
        do(corpus, tmp_path)


# What a run leaves


def test_a_run_can_train_on_some_of_the_pairs(corpus, tmp_path):
    rows = do(corpus, tmp_path, pairs=32)
    assert rows.step.max() == 2
    assert weights(tmp_path).keys() == build_model("emoji-vit", seed=0).state_dict().keys()


def test_classes_come_with_their_images_and_prompts(corpus, tmp_path):
    do(corpus, tmp_path, classes=CLASSES)
    table = pd.read_parquet(tmp_path / "classes.parquet")
    images, _ = read_split(corpus, "held_out_concepts")
    assert list(table[table.part == "test"].label) == list(images.group)
    prompts = table[table.part == "prompt"].label
    assert (prompts.value_counts() == 2).all()
    assert set(images.group) <= set(prompts)
    assert (table.part == "train").sum() == 20
    assert "weights_sha256" in read_metadata(tmp_path / "images.parquet")
    do(corpus, tmp_path / "none")
    assert pd.read_parquet(tmp_path / "none/classes.parquet").empty


def test_captions_for_training_are_not_measured(corpus, tmp_path):
    images, captions = read_split(corpus, "held_out_concepts")
    assert len(captions) > 3 * len(images)
    do(corpus, tmp_path)
    assert len(read_pairs(tmp_path)[2]) == len(images)
    assert "a drawing of" in " ".join(captions.text)
