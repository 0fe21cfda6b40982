"""Files of weights as training programs write them: what is read, and what is said of the rest."""

import argparse
import io
import json
import logging
import os
import zipfile

import numpy as np
import open_clip
import pandas as pd
import pytest
import torch
from conftest import ROOT
from PIL import Image
from safetensors.torch import save_file

from modality_gap.models.build import build_encoder, build_model, register_architectures
from modality_gap.models.embed import Pixels, describe, scale_pixels, weights_fingerprint
from modality_gap.models.torchscript import read_torchscript
from modality_gap.models.weights import read_weights, save_weights

ARCHITECTURE = "emoji-vit"
SIGLIP = {"mean": (0.5,) * 3, "std": (0.5,) * 3, "interpolation": "bicubic"}
SIGLIP |= {"resize_mode": "squash"}


@pytest.fixture(scope="module")
def model():
    register_architectures(ROOT / "config/architectures")
    return build_model(ARCHITECTURE, seed=3)


@pytest.fixture
def loads(tmp_path, model):
    """Saves a content and loads it; what the model then holds must be the weights of `model`."""

    def load(content, **stated):
        torch.save(content, tmp_path / "x.pt")
        found = build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt", **stated)
        assert weights_fingerprint(found) == weights_fingerprint(model)

    return load


@pytest.fixture
def complaint(tmp_path):
    """Saves a content, and gives the one line that says why it is no checkpoint."""

    def complain(content, **stated):
        torch.save(content, tmp_path / "x.pt")
        with pytest.raises(ValueError, match=r"x\.pt: ") as caught:
            build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt", **stated)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return complain


def renamed(weights, prefix):
    return {f"{prefix}{name}": value for name, value in weights.items()}


def other(weights):
    return {n: v + 1 if v.is_floating_point() else v for n, v in weights.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda w: w,
        lambda w: renamed(w, "module."),
        lambda w: renamed(w, "_orig_mod."),
        lambda w: renamed(w, "module._orig_mod."),
        lambda w: {name.replace("visual.", "visual._orig_mod."): v for name, v in w.items()},
        lambda w: {"state_dict": renamed(w, "model.")},
        lambda w: {"model": w, "epoch": 1},
        lambda w: {"teacher": renamed(w, "backbone.")},
        lambda w: {"ema": {"module": w, "updates": 3}},
        lambda w: {"epoch": 3, "loss": np.float64(1.2), "best": np.int64(3), "state_dict": w},
        lambda w: {"curve": np.arange(3.0), "state_dict": w},
        lambda w: {"args": argparse.Namespace(lr=1, betas=(0.9, 0.98)), "state_dict": w},
        lambda w: {"n_averaged": torch.tensor(3), **renamed(w, "module.")},
    ],
)
def test_what_training_programs_write_around_weights_is_read(loads, model, wrap):
    loads(wrap(model.state_dict()))


def test_a_training_state_with_its_optimizer_is_read(loads, model):
    optimizer = torch.optim.AdamW(build_model(ARCHITECTURE, seed=0).parameters())
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = torch.ones_like(weight)
    optimizer.step()
    content = {"epoch": 1, "name": "run", "state_dict": renamed(model.state_dict(), "module.")}
    loads(content | {"optimizer": optimizer.state_dict()})


def test_one_of_several_sets_is_picked_by_name(loads, complaint, model):
    weights = model.state_dict()
    content = {"model": other(weights), "model_ema": renamed(weights, "module.")}
    assert "2 sets of weights, expected `part` to name one of model, model_ema.module" in complaint(
        content
    )
    loads(content, part="model_ema")
    loads(content, part="model_ema.module")
    assert "part 'ema' holds no weights of this architecture" in complaint(content, part="ema")
    flat = renamed(other(weights), "student.") | renamed(weights, "teacher.")
    assert "name one of student, teacher" in complaint(flat)
    loads(flat, part="teacher")


def test_sides_of_one_model_are_not_several_sets(variant):
    """Both towers have layers of the same names; here as many as the whole has others."""
    file = variant("even-vit", "emoji-vit", vision_cfg__layers=2, text_cfg__layers=3)
    weights = torch.load(file, weights_only=True)
    torch.save({"state_dict": renamed(weights, "model.")}, file)
    found = build_model("even-vit", checkpoint=file)
    assert all(torch.equal(value, weights[name]) for name, value in found.state_dict().items())


def test_what_is_beside_the_weights_is_said(loads, model, caplog):
    content = {"state_dict": renamed(model.state_dict(), "model.") | {"loss.w": torch.ones(1)}}
    with caplog.at_level(logging.WARNING):
        loads(content)
    assert "read 62 tensors of state_dict.model, not the 1 beside them" in caplog.text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda w: {}, "an empty dictionary, expected a state dict"),
        (lambda w: [w], "a list, expected a state dict"),
        (lambda w: {"epoch": 3}, "a dictionary without tensors (epoch), expected a state dict"),
        (
            lambda w: {n: v for n, v in w.items() if not n.startswith("ln_final")},
            "of its 62 weights 2 missing (ln_final.weight; ln_final.bias)",
        ),
        (
            lambda w: w | {f"head.{i}": torch.zeros(3) for i in range(5)},
            "of its 62 weights 5 not of this architecture (head.0; head.1; head.2; …)",
        ),
        (
            lambda w: w | {"token_embedding.weight": torch.zeros(49408, 64)},
            "1 of another shape (token_embedding.weight (49408, 64), expected (4096, 64))",
        ),
        (
            lambda w: w | {"ln_final.bias": torch.zeros(64, dtype=torch.int8)},
            "1 of another kind (ln_final.bias of torch.int8, expected torch.float32)",
        ),
        (
            lambda w: w | {"ln_final.bias": torch.full((64,), torch.nan)},
            "ln_final.bias holds a NaN or an infinity",
        ),
        (
            lambda w: {"text_model.embeddings.token_embedding.weight": torch.zeros(3, 3)},
            "1 not of this architecture (text_model.embeddings.token_embedding.weight)",
        ),
    ],
)
def test_what_does_not_fit_is_named(complaint, model, change, expected):
    assert expected in complaint(change(dict(model.state_dict())))


class Trap:
    """Runs code when it is unpickled by a reader that lets it."""

    def __reduce__(self):
        return os.mkdir, ("trap",)


def test_no_pickled_code_is_run(complaint, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "it holds a pickled posix.mkdir, whose code is not run" in complaint(
        model.state_dict() | {"x": Trap()}
    )
    assert "it holds a pickled open_clip.model.CLIP, whose code is not run" in complaint(model)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"hello", "not a file of torch"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"PK\x03\x04 and no more", "truncated or damaged"),
    ],
)
@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_what_is_no_file_of_weights(tmp_path, content, expected, ending):
    file = tmp_path / f"x.{ending}"
    file.write_bytes(content)
    if ending == "safetensors" and expected == "not a file of torch":
        expected = "not a checkpoint"
    with pytest.raises(ValueError, match=rf"x\.{ending}: not a checkpoint \(.*") as caught:
        read_weights(file)
    assert expected in str(caught.value)


def test_arrays_of_another_model_are_named(tmp_path, model):
    np.savez(tmp_path / "x.npz", **{"params/img/embedding/kernel": np.zeros((8, 8, 3, 64))})
    with pytest.raises(ValueError, match=r"x\.npz: not a checkpoint of CLIP .* of big_vision"):
        build_model(ARCHITECTURE, checkpoint=tmp_path / "x.npz")


# TorchScript


def scripted(model, file, **numbers):
    """A traced model, as OpenAI's files: with the numbers of the model among its buffers."""
    for name, value in numbers.items():
        vars(model).pop(name, None)
        model.register_buffer(name, torch.tensor(value))
    inputs = {"encode_image": torch.zeros(1, 3, 32, 32)}
    torch.jit.save(torch.jit.trace_module(model, inputs, check_trace=False), file)


def test_a_torchscript_file_is_read_without_running_it(tmp_path, model, monkeypatch):
    scripted(model, tmp_path / "x.pt")
    expected = torch.jit.load(tmp_path / "x.pt").state_dict()
    monkeypatch.setattr(torch.jit, "load", None)
    found = read_torchscript(tmp_path / "x.pt")
    assert found.keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in found.items())
    loaded = build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt")
    assert weights_fingerprint(loaded) == weights_fingerprint(model)


def test_openais_torchscript_is_known_to_have_quick_gelu(tmp_path):
    numbers = {"input_resolution": 32, "context_length": 32, "vocab_size": 4096}
    own = build_model(ARCHITECTURE, seed=3)
    scripted(own, tmp_path / "x.pt", **numbers)
    loaded = build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt")
    plain = build_model(ARCHITECTURE, seed=3)
    assert weights_fingerprint(loaded) == weights_fingerprint(plain)
    assert describe(loaded)["quick_gelu"] is True
    images = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert not torch.allclose(loaded.encode_image(images), plain.encode_image(images))
    with pytest.raises(ValueError, match="quick_gelu is False, expected True of the file"):
        build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt", quick_gelu=False)


def test_a_torchscript_file_that_asks_for_more_is_refused(tmp_path, model):
    scripted(model, tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as old, zipfile.ZipFile(tmp_path / "y.pt", "w") as new:
        for name in old.namelist():
            evil = b"cos\nmkdir\n(S'trap'\ntR."
            new.writestr(name, evil if name.endswith("data.pkl") else old.read(name))
    with pytest.raises(ValueError, match="its pickle asks for os.mkdir, which is not run"):
        read_weights(tmp_path / "y.pt")


# Preprocessing


def test_weights_of_a_run_carry_their_preprocessing_and_activation(tmp_path):
    start = build_model(ARCHITECTURE, seed=1)
    torch.save(start.state_dict(), tmp_path / "start.pt")
    stated = {"preprocessing": SIGLIP, "quick_gelu": True}
    tuned = build_model(ARCHITECTURE, checkpoint=tmp_path / "start.pt", **stated)
    save_weights(tuned.state_dict(), tuned, tmp_path / "final.pt")
    for kind in ("run", "checkpoint"):
        found = build_encoder({"kind": kind}, ARCHITECTURE, tmp_path / "final.pt")
        assert describe(found)["preprocessing"] == describe(tuned)["preprocessing"]
        assert describe(found)["preprocessing"]["mean"] == (0.5, 0.5, 0.5)
        assert describe(found)["quick_gelu"] is True
    with pytest.raises(ValueError, match=r"final\.pt: preprocessing is .*, expected that of the"):
        build_model(
            ARCHITECTURE,
            checkpoint=tmp_path / "final.pt",
            preprocessing=SIGLIP | {"resize_mode": "shortest"},
        )
    # open_clip itself reads the file.
    plain = open_clip.create_model(ARCHITECTURE)
    open_clip.load_checkpoint(plain, str(tmp_path / "final.pt"))
    assert weights_fingerprint(plain) == weights_fingerprint(start)


def test_preprocessing_changes_what_a_network_sees(tmp_path, random):
    model = build_model(ARCHITECTURE, seed=1)
    torch.save(model.state_dict(), tmp_path / "x.pt")
    squashed = build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt", preprocessing=SIGLIP)
    file = io.BytesIO()
    wide = np.zeros((20, 80, 3), np.uint8)
    wide[:, :20] = 255
    Image.fromarray(wide).save(file, "PNG")
    images = pd.DataFrame({"image_id": ["wide"], "image": [file.getvalue()]})
    cropped, whole = (scale_pixels(Pixels(images, m)[0][None], m) for m in (model, squashed))
    assert cropped[0, 0, :, 2].mean() == pytest.approx(cropped[0, 0, :, -1].mean())
    assert whole[0, 0, :, 2].mean() == pytest.approx(1)
    assert whole[0, 0, :, -1].mean() == pytest.approx(-1)


def test_where_the_tags_agree_theirs_is_the_default(tmp_path, monkeypatch):
    torch.save(build_model("ViT-S-32", seed=0).state_dict(), tmp_path / "x.pt")
    tags = {"one": SIGLIP, "two": SIGLIP}
    monkeypatch.setattr("modality_gap.models.architectures.tags_of", lambda name: tags)
    found = build_model("ViT-S-32", checkpoint=tmp_path / "x.pt")
    assert found.visual.preprocess_cfg["resize_mode"] == "squash"
    assert found.visual.preprocess_cfg["size"] in (224, (224, 224))
    tags["two"] = SIGLIP | {"mean": (0.1, 0.2, 0.3)}
    with pytest.raises(ValueError, match=r"x\.pt: missing preprocessing, .*one \(mean 0.5, 0.5"):
        build_model("ViT-S-32", checkpoint=tmp_path / "x.pt")
    found = build_model("ViT-S-32", checkpoint=tmp_path / "x.pt", preprocessing="two")
    assert found.visual.preprocess_cfg["mean"] == (0.1, 0.2, 0.3)
    with pytest.raises(ValueError, match=r"x\.pt: unknown tag of ViT-S-32: 'three'"):
        build_model("ViT-S-32", checkpoint=tmp_path / "x.pt", preprocessing="three")


# Other variants of an architecture


@pytest.fixture
def variant(tmp_path):
    """An architecture of ours with other settings, under a name of its own."""

    def make(name, base, **changes):
        config = json.loads((ROOT / f"config/architectures/{base}.json").read_text())
        for key, value in changes.items():
            part, _, own = key.partition("__")
            config[part][own] = value
        (tmp_path / "own").mkdir(exist_ok=True)
        (tmp_path / f"own/{name}.json").write_text(json.dumps(config))
        register_architectures(tmp_path / "own")
        file = tmp_path / f"{name}.pt"
        torch.save(build_model(name, seed=2).state_dict(), file)
        return file

    return make


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        ("emoji-vit", {"vision_cfg__image_size": 64}, "trained at image size 64 .*, expected 32"),
        ("emoji-vit", {"vision_cfg__image_size": 16}, "trained at image size 16 .*, expected 32"),
        ("emoji-resnet", {"vision_cfg__image_size": 64}, "trained at image size 64 .*expected 32"),
        (
            "emoji-vit",
            {"text_cfg__context_length": 77},
            "trained at context length 77 .*, expected 32",
        ),
        (
            "emoji-resnet",
            {"text_cfg__context_length": 16},
            "trained at context length 16 .*, expected 32",
        ),
    ],
)
def test_another_size_is_an_error_unless_interpolation_is_asked_for(
    variant, base, change, expected, caplog
):
    file = variant(f"sized-{base}", base, **change)
    with pytest.raises(ValueError, match=expected):
        build_model(base, checkpoint=file)
    model = build_model(base, checkpoint=file, interpolate=True)
    (said,) = describe(model)["interpolated"]
    assert " to 32" in said
    assert said in caplog.text
    if "attnpool" not in said:
        reference = open_clip.create_model(base)
        open_clip.load_checkpoint(reference, str(file))
        assert weights_fingerprint(reference) == weights_fingerprint(model)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text_cfg__vocab_size": 8192}, r"token_embedding.weight \(8192, 64\), expected \(4096"),
        ({"text_cfg__width": 128}, r"of another shape \(positional_embedding \(32, 128\)"),
        ({"vision_cfg__layers": 7}, "not of this architecture"),
    ],
)
def test_other_sizes_cannot_be_interpolated(variant, change, expected):
    file = variant("other-vit", "emoji-vit", **change)
    with pytest.raises(ValueError, match=expected):
        build_model("emoji-vit", checkpoint=file, interpolate=True)


def test_the_activation_is_as_stated(tmp_path, model):
    torch.save(model.state_dict(), tmp_path / "x.pt")
    images = torch.randn(2, 3, 32, 32)
    plain, quick, default = (
        build_model(ARCHITECTURE, checkpoint=tmp_path / "x.pt", quick_gelu=stated)
        for stated in (False, True, None)
    )
    with torch.inference_mode():
        features = [m.encode_image(images) for m in (plain, quick, default)]
    assert torch.equal(features[0], features[2])
    assert not torch.allclose(features[0], features[1])
    assert [describe(m)["quick_gelu"] for m in (plain, quick)] == [False, True]


def test_the_activation_must_be_stated_where_weights_of_both_kinds_exist(tmp_path):
    save_file(build_model("RN50", seed=0).state_dict(), tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match=r"x\.safetensors: missing quick_gelu, expected true or"):
        build_model("RN50", checkpoint=tmp_path / "x.safetensors")
    found = build_model("RN50-quickgelu", checkpoint=tmp_path / "x.safetensors")
    assert describe(found)["quick_gelu"] is True
    with pytest.raises(ValueError, match="with RN50-quickgelu, expected architecture RN50"):
        build_model("RN50-quickgelu", checkpoint=tmp_path / "x.safetensors", quick_gelu=False)


def test_weights_that_embeddings_do_not_use_may_be_missing(tmp_path, caplog):
    model = build_model("emoji-resnet", seed=0)
    kept = {n: v for n, v in model.state_dict().items() if not n.endswith("batches_tracked")}
    torch.save(kept, tmp_path / "x.pt")
    found = build_model("emoji-resnet", checkpoint=tmp_path / "x.pt")
    assert weights_fingerprint(found) == weights_fingerprint(model)
    assert "weights that embeddings do not use are missing: zero" in caplog.text


def test_a_file_of_torch_with_a_changed_bit_is_refused(tmp_path):
    """Torch does not check the sums that its own files hold."""
    torch.save({"weight": torch.ones(4096)}, tmp_path / "w.pt")
    content = bytearray((tmp_path / "w.pt").read_bytes())
    content[content.index(torch.ones(64).numpy().tobytes()) + 40] ^= 1
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(ValueError, match="w.pt: not a checkpoint .*damaged: .* another checksum"):
        read_weights(tmp_path / "w.pt")
