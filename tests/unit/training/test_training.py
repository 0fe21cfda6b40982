import math
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
from conftest import ROOT
from rehearsal.emoji_archives import write_archives

from modality_gap.data.corpora import Corpus, read_split, write_corpus
from modality_gap.data.corpora.emoji import read_emoji
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import scale_pixels, weights_fingerprint
from modality_gap.training.augmentation import RandomAffine
from modality_gap.training.data import CaptionedImages, sample_training, training_pairs
from modality_gap.training.evaluation import Evaluation
from modality_gap.training.features import FeatureChange
from modality_gap.training.first_steps import first_steps
from modality_gap.training.loop import train
from modality_gap.training.policies import learned
from modality_gap.training.schedule import Schedule

SCHEDULE = Schedule(
    epochs=3,
    learning_rate=1e-3,
    weight_decay=0.1,
    betas=(0.9, 0.98),
    eps=1e-6,
    warmup=0.2,
    precision="float32",
    evaluations=3,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    archives = write_archives(folder / "archives")
    write_corpus(folder, Corpus(*read_emoji(archives, 24, "fluent-emoji-flat", 0.25, 0)))
    return folder


def run(
    corpus,
    checkpoint,
    schedule=SCHEDULE,
    identity="a",
    seed=0,
    report=lambda row: None,
    change=None,
    **how,
):
    """A small run on one thread, as the workflow does it."""
    torch.set_num_threads(1)
    register_architectures(ROOT / "config/architectures")
    model = build_model("emoji-resnet", seed=seed)
    tokenizer = build_tokenizer("emoji-resnet")
    data = CaptionedImages(*read_split(corpus, "train"), model, tokenizer, 16, seed, 0)
    evaluation = Evaluation(
        *read_split(corpus, "held_out_concepts"), model, tokenizer, 16, "float32", 0
    )
    rows = train(
        model,
        data,
        schedule,
        learned.Temperature(start=0.07, max_logit_scale=100),
        change or FeatureChange(seed),
        evaluation,
        checkpoint,
        identity,
        augment=RandomAffine(10, 0.1, 0.1, seed),
        report=report,
        **how,
    )
    return model, pd.DataFrame(rows)


def without_time(rows):
    return rows.drop(columns="seconds")


@pytest.fixture(scope="module")
def whole_run(corpus, tmp_path_factory):
    return run(corpus, tmp_path_factory.mktemp("run") / "progress.pt")


def test_the_trajectory_tells_step_loss_temperature_gap_and_recall(whole_run):
    _, rows = whole_run
    assert list(rows.epoch) == [0, 1, 2, 3]
    assert math.isnan(rows.loss[0])
    assert rows.loss.iloc[-1] < rows.loss.iloc[1]
    assert rows.temperature[0] == pytest.approx(0.07)
    assert rows.modality_gap.between(0, 2).all()
    assert rows.image_to_text_recall_at_1.between(0, 1).all()
    assert rows.matched_share.between(0, 1).all()
    assert rows.gaussian_uniformity.between(-(2**0.5), 0).all()


def test_the_model_keeps_the_logit_scale_that_training_reached(whole_run):
    model, rows = whole_run
    assert model.logit_scale.exp().item() == pytest.approx(1 / rows.temperature.iloc[-1])
    assert rows.temperature.iloc[-1] != rows.temperature[0]


def test_the_gap_is_also_measured_as_training_sees_it(whole_run):
    """A random ResNet with running statistics that were never updated is one point."""
    rows = whole_run[1]
    assert abs(rows.training_modality_gap[0] - rows.modality_gap[0]) > 0.05


def test_the_same_seed_gives_the_same_numbers_and_another_others(corpus, whole_run, tmp_path):
    again = run(corpus, tmp_path / "progress.pt")
    assert weights_fingerprint(again[0]) == weights_fingerprint(whole_run[0])
    pd.testing.assert_frame_equal(without_time(again[1]), without_time(whole_run[1]))
    other = run(corpus, tmp_path / "other.pt", seed=1)
    assert weights_fingerprint(other[0]) != weights_fingerprint(whole_run[0])


class InterruptedRunError(Exception):
    """Stands for whatever ends a run."""


def test_an_interrupted_run_goes_on_to_the_same_numbers(corpus, whole_run, tmp_path):
    def stop(row):
        if row["epoch"] == 2:
            raise InterruptedRunError

    with pytest.raises(InterruptedRunError):
        run(corpus, tmp_path / "progress.pt", report=stop)
    model, rows = run(corpus, tmp_path / "progress.pt")
    assert weights_fingerprint(model) == weights_fingerprint(whole_run[0])
    pd.testing.assert_frame_equal(without_time(rows), without_time(whole_run[1]))


def test_a_run_interrupted_within_an_epoch_goes_on_to_the_same_numbers(corpus, whole_run, tmp_path):
    often = Schedule(**{**SCHEDULE.__dict__, "evaluations": 6})

    def stop(row):
        if row["epoch"] > 1.2:
            assert row["epoch"] % 1
            raise InterruptedRunError

    with pytest.raises(InterruptedRunError):
        run(corpus, tmp_path / "progress.pt", often, report=stop)
    model, rows = run(corpus, tmp_path / "progress.pt", often)
    assert len(rows) == 7
    assert weights_fingerprint(model) == weights_fingerprint(whole_run[0])


def test_a_killed_run_goes_on_to_the_same_numbers(corpus, whole_run, tmp_path):
    """SIGKILL, in a process of its own, at some moment after the first checkpoint."""
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'scripts')!r}, {str(ROOT / 'tests')!r}, "
        f"{str(ROOT / 'tests/unit/training')!r}]\n"
        f"from test_training import run\nrun({str(corpus)!r}, {str(tmp_path / 'progress.pt')!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not (tmp_path / "progress.pt").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / "progress.pt").exists()
    model, rows = run(corpus, tmp_path / "progress.pt")
    assert weights_fingerprint(model) == weights_fingerprint(whole_run[0])
    pd.testing.assert_frame_equal(without_time(rows), without_time(whole_run[1]))


def test_a_checkpoint_of_another_run_is_not_used(corpus, whole_run, tmp_path):
    run(corpus, tmp_path / "progress.pt", identity="another", seed=5)
    model, _ = run(corpus, tmp_path / "progress.pt")
    assert weights_fingerprint(model) == weights_fingerprint(whole_run[0])


@pytest.mark.parametrize("damage", [lambda content: content[:-9], lambda content: b"no checkpoint"])
def test_a_damaged_checkpoint_is_named_and_not_used(corpus, whole_run, tmp_path, damage, caplog):
    run(corpus, tmp_path / "progress.pt", identity="a", seed=5)
    content = (tmp_path / "progress.pt").read_bytes()
    (tmp_path / "progress.pt").write_bytes(damage(content))
    model, rows = run(corpus, tmp_path / "progress.pt")
    assert f"{tmp_path}/progress.pt: damaged (" in caplog.text
    assert weights_fingerprint(model) == weights_fingerprint(whole_run[0])
    assert set(rows.device) == {"cpu"}


def test_the_loss_is_clips_own(corpus, tmp_path):
    """The first step's loss, recomputed with open_clip's own forward pass and cross entropy."""
    register_architectures(ROOT / "config/architectures")
    model, tokenizer = build_model("emoji-resnet", seed=0), build_tokenizer("emoji-resnet")
    data = CaptionedImages(*read_split(corpus, "train"), model, tokenizer, 16, 0, 0)
    pixels, tokens = next(data.batches(epoch=0))
    model.train()
    images, texts, _ = model(RandomAffine(10, 0.1, 0.1, 0)(scale_pixels(pixels, model), 0), tokens)
    logits = images @ texts.T / 0.07
    target = torch.arange(16)
    cross_entropy = torch.nn.functional.cross_entropy
    expected = (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2
    losses = []
    one_step = Schedule(**{**SCHEDULE.__dict__, "epochs": 1, "evaluations": data.steps_per_epoch})
    run(corpus, tmp_path / "progress.pt", one_step, report=lambda row: losses.append(row["loss"]))
    assert losses[1] == pytest.approx(expected.item(), rel=1e-4)


def test_features_can_be_changed_before_the_loss(corpus, tmp_path):
    """Swapped modalities give the transposed logits: the symmetric loss cannot tell."""
    calls, unit_length = [], FeatureChange(0)

    def swap(images, texts, step):
        calls.append(step)
        return unit_length(images, texts, step)[::-1]

    one_epoch = Schedule(**{**SCHEDULE.__dict__, "epochs": 1, "evaluations": 1})
    swapped = run(corpus, tmp_path / "a.pt", one_epoch, change=swap)[1]
    plain = run(corpus, tmp_path / "b.pt", one_epoch)[1]
    assert swapped.loss[1] == pytest.approx(plain.loss[1], rel=1e-4)
    assert calls == list(range(plain.step[1]))


def test_a_diverged_run_says_so_and_keeps_its_last_good_state(corpus, tmp_path):
    wild = Schedule(**{**SCHEDULE.__dict__, "learning_rate": 1e30})
    with pytest.raises(ValueError, match=r"not finite after step \d+: training diverged"):
        run(corpus, tmp_path / "progress.pt", wild)
    state = torch.load(tmp_path / "progress.pt", weights_only=True)
    assert all(value.isfinite().all() for value in state["model"].values())


def test_every_epoch_visits_every_image_in_a_new_order(corpus):
    register_architectures(ROOT / "config/architectures")
    model, tokenizer = build_model("emoji-resnet", seed=0), build_tokenizer("emoji-resnet")
    images, captions = read_split(corpus, "train")
    data = CaptionedImages(images, captions, model, tokenizer, 8, 0, 0)
    seen = [torch.cat([tokens for _, tokens in data.batches(epoch)]) for epoch in (0, 1, 0)]
    assert torch.equal(seen[0], seen[2])
    assert not torch.equal(seen[0], seen[1])
    later = [tokens for _, tokens in data.batches(0, first_step=2)]
    assert torch.equal(torch.cat(later), seen[0][16:])


@pytest.mark.parametrize("caption", ["first", "last", "random", "all"])
def test_which_captions_an_epoch_visits_is_a_choice(corpus, caption):
    """Each picture goes with a caption of its own, for all epochs, and as many times as asked."""
    register_architectures(ROOT / "config/architectures")
    model = build_model("emoji-resnet", seed=0)
    images = read_split(corpus, "train")[0][:6]
    numbers = [3, 1, 2, 4, 1, 3]
    rows = [
        (image, f"{row} {number}")
        for row, (image, several) in enumerate(zip(images.image_id, numbers, strict=True))
        for number in range(several)
    ]
    captions = pd.DataFrame(rows, columns=["image_id", "text"])

    def words(texts):
        return torch.tensor([list(map(int, text.split())) for text in texts])

    data = CaptionedImages(images, captions, model, words, 2, 0, 0, caption=caption)
    assert data.steps_per_epoch == {"all": 7}.get(caption, 3)
    own = [data.pixels[row] for row in range(6)]
    seen = [[], []]
    for epoch in (0, 1):
        for pixels, tokens in data.batches(epoch):
            for picture, (row, number) in zip(pixels, tokens.tolist(), strict=True):
                assert torch.equal(picture, own[row])
                seen[epoch].append((row, number))
    if caption == "all":
        assert sorted(seen[0]) == sorted(seen[1])
        assert sorted(seen[0]) == [
            (r, n) for r, several in enumerate(numbers) for n in range(several)
        ]
        assert seen[0] != seen[1]
        return
    assert sorted(row for row, _ in seen[0]) == list(range(6))
    ends = {"first": [0] * 6, "last": [several - 1 for several in numbers]}
    for visited in seen:
        if caption == "random":
            assert all(number < numbers[row] for row, number in visited)
        else:
            assert [number for _, number in sorted(visited)] == ends[caption]
    assert (sorted(seen[0]) == sorted(seen[1])) == (caption != "random")


def test_random_pairs_of_a_split_are_pairs_of_the_choice(corpus):
    images, captions = read_split(corpus, "train")
    captions = pd.concat([captions, captions.assign(text=captions.text + ", again")])
    few, own = sample_training(images, captions, 7, 0, "random")
    assert len(few) == 7
    assert len(own) == captions.image_id.isin(few.image_id).sum() > 7
    few, own = sample_training(images, captions, 7, 0, "all")
    assert len(own) == 7
    assert set(few.image_id) == set(own.image_id)
    with pytest.raises(ValueError, match="caption 'any', expected one of random, first, last, all"):
        training_pairs([["a"]], "any")


def test_too_few_images_for_a_batch_are_named(corpus):
    register_architectures(ROOT / "config/architectures")
    model = build_model("emoji-resnet", seed=0)
    images, captions = read_split(corpus, "held_out_both")
    with pytest.raises(
        ValueError, match=r"\d+ training images, expected at least one batch \(512\)"
    ):
        CaptionedImages(images, captions, model, build_tokenizer("emoji-resnet"), 512, 0, 0)


def test_no_change_of_the_images_is_no_change():
    images = torch.rand(3, 3, 16, 16)
    torch.testing.assert_close(RandomAffine(0, 0, 0, 1)(images, 7), images)


def test_a_quarter_turn_is_a_quarter_turn(monkeypatch):
    images = torch.rand(1, 3, 16, 16)
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor([[1.0], [0.5], [0.5], [0.5]]))
    turned = RandomAffine(90, 0.1, 0.1, 1)(images, 0)
    error = min((turned - torch.rot90(images, k, (2, 3))).abs().max().item() for k in (1, 3))
    assert error < 1e-4


def first_rows(corpus, steps, learning_rate):
    """The first steps of a small model, at some learning rate."""
    torch.set_num_threads(1)
    register_architectures(ROOT / "config/architectures")
    model = build_model("emoji-resnet", seed=1)
    data = CaptionedImages(
        *read_split(corpus, "train"), model, build_tokenizer("emoji-resnet"), 16, 0, 0
    )
    schedule = Schedule(**{**vars(SCHEDULE), "learning_rate": learning_rate})
    temperature = learned.Temperature(start=0.07, max_logit_scale=100)
    return model, data, pd.DataFrame(first_steps(model, data, schedule, temperature, steps))


def test_the_first_row_is_the_first_batch_as_training_sees_it(corpus):
    model, data, rows = first_rows(corpus, 3, 0.0)
    pixels, tokens = next(iter(data.batches(0)))
    model.train()
    with torch.no_grad():
        images = model.encode_image(scale_pixels(pixels, model), normalize=True)
        texts = model.encode_text(tokens, normalize=True)
    gap = (images.mean(dim=0) - texts.mean(dim=0)).norm().item()
    assert rows.modality_gap.iloc[0] == pytest.approx(gap, rel=1e-4)
    assert list(rows.step) == [1, 2, 3]


def test_first_steps_learn_and_go_over_epochs(corpus):
    _, data, rows = first_rows(corpus, 40, 1e-3)
    assert len(rows) == 40 > data.steps_per_epoch
    assert rows.loss.iloc[-5:].mean() < rows.loss.iloc[:5].mean()
    assert rows.temperature.iloc[0] == pytest.approx(0.07)
    assert rows.temperature.iloc[-1] != rows.temperature.iloc[0]
