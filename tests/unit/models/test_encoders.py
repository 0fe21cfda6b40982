import io
import json

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from modality_gap.models.encoders import (
    Pixels,
    build_model,
    build_tokenizer,
    choose_device,
    decode_once,
    embed_images,
    embed_texts,
    encode_text,
    register_architectures,
    scale_pixels,
    weights_fingerprint,
)

ARCHITECTURE = "emoji-resnet"
TEXTS = ["a dog", "flag: Norway", "woman rowing boat: medium-dark skin tone", "x"] * 5


@pytest.fixture(scope="module")
def model():
    register_architectures(ROOT / "config/architectures")
    return build_model(ARCHITECTURE, seed=3)


@pytest.fixture
def images(tmp_path, random):
    rows = []
    for number in range(5):
        pixels = random.integers(0, 256, size=(40, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append(
            {"image_id": f"image {number}", "image": (tmp_path / f"{number}.png").read_bytes()}
        )
    return pd.DataFrame(rows)


def test_a_seed_gives_the_same_weights(model):
    assert weights_fingerprint(build_model(ARCHITECTURE, seed=3)) == weights_fingerprint(model)
    assert weights_fingerprint(build_model(ARCHITECTURE, seed=4)) != weights_fingerprint(model)


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_a_checkpoint_gives_back_its_weights(tmp_path, model, ending):
    from safetensors.torch import save_file

    file = tmp_path / f"x.{ending}"
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    torch.save(weights, file) if ending == "pt" else save_file(weights, file)
    assert weights_fingerprint(build_model(ARCHITECTURE, checkpoint=file)) == weights_fingerprint(
        model
    )


def test_what_is_no_checkpoint_is_named(tmp_path, model):
    (tmp_path / "x.pt").write_bytes(b"no weights")
    torch.save({"visual.conv1.weight": torch.ones(2)}, tmp_path / "other.pt")
    for name in ("x.pt", "other.pt"):
        with pytest.raises(ValueError, match=f"{name}: not a checkpoint"):
            build_model(ARCHITECTURE, checkpoint=tmp_path / name)
    with pytest.raises(FileNotFoundError, match="none.pt: no such checkpoint file"):
        build_model(ARCHITECTURE, checkpoint=tmp_path / "none.pt")


def test_unknown_architectures_and_tags_are_named():
    with pytest.raises(ValueError, match="unknown architecture: 'ViT-B-23', .*ViT-B-32"):
        build_model("ViT-B-23", seed=0)
    with pytest.raises(ValueError, match="QuickGELU, expected the architecture RN50-quickgelu"):
        build_model("RN50", tag="openai")
    with pytest.raises(ValueError, match="unknown tag of ViT-B-32: 'opennai', .*openai"):
        build_model("ViT-B-32", tag="opennai")


def test_cutting_texts_changes_nothing(model):
    tokens = build_tokenizer(ARCHITECTURE)(TEXTS)
    with torch.inference_mode():
        whole, cut = model.encode_text(tokens), encode_text(model, tokens)
    torch.testing.assert_close(cut, whole, rtol=1e-5, atol=1e-5 * float(whole.abs().max()))


def test_cutting_texts_of_a_built_in_architecture_changes_nothing():
    model = build_model("RN50", seed=0)
    tokens = build_tokenizer("RN50")(TEXTS[:3])
    with torch.inference_mode():
        whole, cut = model.encode_text(tokens), encode_text(model, tokens)
    torch.testing.assert_close(cut, whole, rtol=1e-5, atol=1e-5 * float(whole.abs().max()))


def test_gradients_reach_a_cut_text_tower(model):
    tokens = build_tokenizer(ARCHITECTURE)(TEXTS)
    encode_text(model, tokens).sum().backward()
    grads = model.positional_embedding.grad, model.token_embedding.weight.grad
    model.zero_grad()
    assert all(gradient.abs().sum() > 0 for gradient in grads)


def test_the_small_vocabulary_is_clips_own_coarser():
    tokenizer, full = build_tokenizer(ARCHITECTURE), build_tokenizer("RN50")
    assert tokenizer.vocab_size == 4096
    assert tokenizer.context_length == 32
    for text in TEXTS[:4]:
        assert tokenizer.decode(tokenizer.encode(text)) == full.decode(full.encode(text))
        assert len(tokenizer.encode(text)) >= len(full.encode(text))
    tokens = tokenizer(TEXTS)
    assert (tokens.max(dim=1).values == tokenizer.eot_token_id).all()


def test_pixels_are_what_open_clips_own_transform_gives(model, images):
    transform = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)
    expected = torch.stack([transform(Image.open(io.BytesIO(image))) for image in images.image])
    found = scale_pixels(decode_once(Pixels(images, model)), model)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_embeddings_are_open_clips_own(model, images):
    with torch.inference_mode():
        expected_images = model.encode_image(
            scale_pixels(decode_once(Pixels(images, model)), model)
        )
        expected_texts = model.encode_text(build_tokenizer(ARCHITECTURE)(TEXTS))
    found_images = embed_images(model, Pixels(images, model), 2, "float32", 0)
    found_texts = embed_texts(model, build_tokenizer(ARCHITECTURE), TEXTS, 3, "float32")
    np.testing.assert_allclose(found_images, expected_images, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found_texts, expected_texts, rtol=1e-4, atol=1e-5)


def test_an_image_that_does_not_decode_is_named(model, images):
    images.loc[2, "image"] = b"\x89PNG broken"
    with pytest.raises(ValueError, match="image 'image 2' does not decode"):
        embed_images(model, Pixels(images, model), 2, "float32", 0)
    images.loc[2, "image"] = images.image[1][:200]
    with pytest.raises(ValueError, match="image 'image 2' does not decode"):
        embed_images(model, Pixels(images, model), 2, "float32", 0)


def test_no_gpu_granted_means_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(0).type == "cpu"
    assert choose_device(1).type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device(1).type == "cpu"


def test_our_architectures_are_open_clips_json():
    for file in (ROOT / "config/architectures").glob("*.json"):
        assert {"embed_dim", "vision_cfg", "text_cfg"} <= set(json.loads(file.read_text()))
