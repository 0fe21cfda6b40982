import io

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import (
    Pixels,
    embed_images,
    embed_texts,
    encode_distinct_texts,
    encode_text,
    scale_pixels,
)
from modality_gap.models.prepared import decode_once, fits, read_prepared, write_prepared

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


def test_equal_and_short_texts_are_encoded_once_with_the_same_features_and_gradients(model):
    texts = [f"a drawing of {'very ' * (row % 9)}old cat {row % 50}" for row in range(120)]
    tokens = build_tokenizer(ARCHITECTURE)(texts)
    found, expected = encode_distinct_texts(model, tokens), model.encode_text(tokens)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(0))
    own, plain = (
        torch.autograd.grad((features * weights).sum(), model.token_embedding.weight)[0]
        for features in (found, expected)
    )
    torch.testing.assert_close(own, plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))


def test_a_tower_that_is_not_clips_own_sees_the_batch_as_it_is():
    class Tower(torch.nn.Module):
        weight = torch.nn.Parameter(torch.zeros(()))

        def encode_text(self, tokens):
            return tokens[:, :1].float() + torch.arange(len(tokens))[:, None]

    model, tokens = Tower(), torch.ones(3, 4, dtype=torch.long)
    model.register_parameter("own", torch.nn.Parameter(torch.zeros(())))
    assert encode_distinct_texts(model, tokens).ravel().tolist() == [1, 2, 3]


def test_prepared_images_are_what_a_network_would_decode(model, images, tmp_path):
    prepared, some = tmp_path / "own.arrow", images.iloc[[3, 0, 4]]
    write_prepared(prepared, images, Pixels(images, model).size[0])
    expected = decode_once(Pixels(some, model))
    assert torch.equal(read_prepared(prepared, Pixels(some, model)), expected)
    assert torch.equal(decode_once(Pixels(some, model), prepared), expected)


def test_images_that_are_prepared_in_another_way_are_decoded_anew(images, tmp_path):
    other = PreprocessCfg(size=32, interpolation="bilinear")
    write_prepared(tmp_path / "own.arrow", images, 32)
    pixels = Pixels(images, other)
    assert read_prepared(tmp_path / "own.arrow", pixels) is None
    assert torch.equal(decode_once(pixels, tmp_path / "own.arrow"), decode_once(pixels))


def test_a_network_may_take_images_that_are_no_squares(images, tmp_path):
    write_prepared(tmp_path / "own.arrow", images, 32)
    for size in ([24, 32], (24, 32)):
        pixels = Pixels(images, PreprocessCfg(size=size))
        assert decode_once(pixels, tmp_path / "own.arrow").shape == (5, 3, 24, 32)
    square = Pixels(images, PreprocessCfg(size=[32, 32]))
    assert read_prepared(tmp_path / "own.arrow", square).shape == (5, 3, 32, 32)


def test_prepared_images_that_lack_one_name_it_and_too_many_are_left_out(
    images, tmp_path, monkeypatch
):
    pixels = Pixels(images, PreprocessCfg(size=32))
    write_prepared(tmp_path / "one.arrow", images.iloc[:1], 32)
    with pytest.raises(ValueError, match="one.arrow: no image 'image 1', expected all of its"):
        read_prepared(tmp_path / "one.arrow", pixels)
    monkeypatch.setattr("modality_gap.models.prepared.MAX_DECODED_BYTES", 4 * 3 * 32**2)
    assert (fits(4, 32), fits(5, 32)) == (True, False)
    write_prepared(tmp_path / "none.arrow", images.iloc[:0], 32)
    assert read_prepared(tmp_path / "none.arrow", pixels) is None
