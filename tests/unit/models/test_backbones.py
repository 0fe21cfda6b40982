"""Encoders of one modality, on files of the true formats that the tests make."""

import json

import numpy as np
import pytest
import timm
import torch
import torchvision
from sentence_transformer_folder import WORDS, write_sentence_transformer

from modality_gap.models.backbones import SentenceTransformer, build_backbone, build_one_sided
from modality_gap.models.build import build_model, disable_normalization
from modality_gap.models.embed import embed_images
from modality_gap.models.noise import embed_noise_images, embed_noise_texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sentence transformer of a small BERT, saved as the package saves one."""
    return write_sentence_transformer(tmp_path_factory.mktemp("bert"))


@pytest.mark.parametrize(
    ("library", "architecture", "width"),
    [
        ("torchvision", "resnet18", 512),
        ("timm", "resnet18", 512),
        ("timm", "vit_tiny_patch16_224", 192),
    ],
)
def test_a_backbone_gives_what_feeds_its_classifier(library, architecture, width):
    model = build_backbone(library, architecture, seed=1)
    assert embed_noise_images(model, 3, 0, 2, "float32").shape == (3, width)


def test_a_checkpoint_of_the_whole_classifier_fits(tmp_path):
    torch.manual_seed(3)
    classifier = torchvision.models.resnet18().eval()
    torch.save(classifier.state_dict(), tmp_path / "x.pt")
    model = build_backbone("torchvision", "resnet18", checkpoint=tmp_path / "x.pt")
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        features = model.encode_image(images)
        torch.testing.assert_close(classifier.fc(features), classifier(images))


def test_timm_agrees_with_its_own_pooled_features():
    torch.manual_seed(0)
    own = timm.create_model("resnet18", num_classes=0).eval()
    ours = build_backbone("timm", "resnet18", seed=0)
    ours.visual.load_state_dict(own.state_dict(), strict=False)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours.encode_image(images), own(images))


@pytest.mark.parametrize(
    ("library", "architecture", "tag", "message"),
    [
        ("torchvision", "resnet19", None, "unknown architecture of torchvision: 'resnet19'"),
        ("timm", "resnet19", None, "unknown architecture of timm: 'resnet19'"),
        ("torchvision", "resnet18", "V9", "unknown tag of resnet18: 'V9'"),
        ("timm", "resnet18", "v9", "unknown tag of resnet18: 'v9'"),
    ],
)
def test_what_a_library_does_not_know_is_named(library, architecture, tag, message):
    with pytest.raises(ValueError, match=message):
        build_backbone(library, architecture, tag=tag)


def test_another_architectures_weights_are_named(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "x.pt")
    with pytest.raises(ValueError, match=r"x\.pt: not a checkpoint of ResNet"):
        build_backbone("timm", "resnet18", checkpoint=tmp_path / "x.pt")


def test_files_of_a_backbone_are_read_as_those_of_clip_are(tmp_path):
    classifier = torchvision.models.resnet18()
    weights = classifier.state_dict()
    content = {"model": {f"module.{name}": value for name, value in weights.items()}, "epoch": 3}
    torch.save(content, tmp_path / "x.pt")
    model = build_backbone("torchvision", "resnet18", checkpoint=tmp_path / "x.pt")
    assert torch.equal(model.visual.conv1.weight, classifier.conv1.weight)
    torch.save(content | {"model_ema": weights}, tmp_path / "x.pt")
    with pytest.raises(ValueError, match=r"expected `part` to name one of model.module, model_ema"):
        build_backbone("torchvision", "resnet18", checkpoint=tmp_path / "x.pt")
    build_backbone("torchvision", "resnet18", checkpoint=tmp_path / "x.pt", part="model_ema")
    weights["fc.weight"] = torch.zeros(10, 512)
    torch.save(weights, tmp_path / "x.pt")
    with pytest.raises(ValueError, match=r"fc.weight \(10, 512\), expected \(1000, 512\)"):
        build_backbone("torchvision", "resnet18", checkpoint=tmp_path / "x.pt")


def test_preprocessing_of_a_backbones_file_is_stated_where_the_tags_differ(tmp_path):
    name = "vit_tiny_patch16_224"
    torch.save(timm.create_model(name).state_dict(), tmp_path / "x.pt")
    assert build_backbone("timm", name, checkpoint=tmp_path / "x.pt").visual.preprocess_cfg[
        "mean"
    ] == (0.5, 0.5, 0.5)
    name = "mixer_b16_224"
    torch.save(timm.create_model(name).state_dict(), tmp_path / "x.pt")
    with pytest.raises(ValueError, match=r"x\.pt: missing preprocessing, .*miil_in21k_ft_in1k"):
        build_backbone("timm", name, checkpoint=tmp_path / "x.pt")
    model = build_backbone(
        "timm", name, checkpoint=tmp_path / "x.pt", preprocessing="miil_in21k_ft_in1k"
    )
    assert model.visual.preprocess_cfg["mean"] == (0, 0, 0)


def test_a_sentence_transformer_embeds_as_its_package_does(folder):
    from sentence_transformers import SentenceTransformer as Package

    texts = ["a red dog runs", "a cat", "blue"]
    model = build_one_sided({"kind": "sentence_transformer"}, folder / "modules.json")
    expected = Package(str(folder), device="cpu").encode(texts)
    np.testing.assert_allclose(model.embed(texts, 2), expected, rtol=1e-5, atol=1e-6)


def test_a_seed_draws_a_sentence_transformers_weights_anew(folder):
    texts = ["a red dog runs", "a cat"]
    stored, first, again, other = (
        SentenceTransformer(folder, seed).embed(texts, 2) for seed in (None, 1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert abs(first - stored).max() > 0.01
    assert abs(first - other).max() > 0.01


def test_tokens_that_spell_a_text_give_the_texts_embedding(folder):
    model = SentenceTransformer(folder)
    tokens = torch.tensor([[WORDS.index(word) for word in ("[CLS]", "a", "red", "dog", "[SEP]")]])
    found = model.encode_text(tokens).numpy()
    np.testing.assert_allclose(found, model.embed(["a red dog"], 1), rtol=1e-5, atol=1e-6)


def test_a_folder_without_a_sentence_transformer_is_named(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({}))
    with pytest.raises(FileNotFoundError, match="no sentence transformer"):
        SentenceTransformer(tmp_path)


@pytest.mark.parametrize("embed", [embed_noise_images, embed_noise_texts])
def test_noise_is_the_same_for_the_same_seed_in_batches_of_any_one_size(embed):
    model = build_model("ViT-S-32", seed=0)
    first, again, other = (embed(model, 4, seed, 2, "float32") for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert abs(first - other).max() > 1e-4
    assert first.shape[0] == 4


def test_random_tokens_reach_a_sentence_transformer(folder):
    model = SentenceTransformer(folder)
    model.network[0].auto_model.config.vocab_size = len(WORDS)
    assert embed_noise_texts(model, 3, 0, 2, "float32").shape == (3, 32)


def test_disabled_normalization_leaves_no_normalization(random):
    model = build_model("ViT-S-32", seed=0)
    pixels = torch.from_numpy(random.integers(0, 256, (2, 3, 224, 224), dtype=np.uint8))
    before = embed_images(model, pixels, 2, "float32", 0)
    disable_normalization(model)
    left = [layer for layer in model.modules() if "Norm" in type(layer).__name__]
    assert left == []
    after = embed_images(model, pixels, 2, "float32", 0)
    assert np.isfinite(after).all()
    assert abs(after / np.linalg.norm(after) - before / np.linalg.norm(before)).max() > 1e-3
    config = model.visual.preprocess_cfg
    assert (config["mean"], config["std"]) == ((0, 0, 0), (1, 1, 1))
