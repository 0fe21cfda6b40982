"""A network on data that it did not train on, beside its own towers called one item at a time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT
from rehearsal.captioned_files import write_mmvp_vlm
from rehearsal.labelled_files import write_cifar10

from modality_gap.data.corpora import Corpus, read_classes, read_split, write_corpus
from modality_gap.data.corpora.cifar10 import read_cifar10
from modality_gap.data.corpora.mmvp_vlm import read_mmvp_vlm
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import Pixels, scale_pixels
from modality_gap.models.kinds.clip import Clip
from modality_gap.training.other_corpora import class_table, pair_table

SETTINGS = {"batch_size": 7, "precision": "float32", "equal_when_cut": False}
CIFAR = {"train": "train", "test": "test", "label": "label", "templates": ["a {}.", "one {}"]}
FEW = {"train_items": 9}
KINDS = ["Color and Appearance", "Structural"]


@pytest.fixture(scope="module")
def encoder():
    register_architectures(ROOT / "config/architectures")
    return Clip(build_model("emoji-vit", seed=3).eval(), "emoji-vit")


@pytest.fixture(scope="module")
def cifar(tmp_path_factory):
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("cifar10")
    write_cifar10(raw, per_file=6)
    write_corpus(folder, read_cifar10(raw, ["train", "test"]))
    return folder


@pytest.fixture(scope="module")
def statements(tmp_path_factory):
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("mmvp")
    rows = [(n, KINDS[(n - 1) // 6], f"the thing is {n}") for n in range(1, 13)]
    write_mmvp_vlm(raw, rows)
    write_corpus(folder, read_mmvp_vlm(raw, ["test"]))
    return folder


def one_by_one(model, images=None, texts=None):
    """Raw embeddings by the towers themselves."""
    with torch.inference_mode():
        if images is None:
            tokens = [build_tokenizer("emoji-vit")([text]) for text in texts]
            return np.concatenate([model.encode_text(own).numpy() for own in tokens])
        pixels = Pixels(images, model)
        rows = [scale_pixels(pixels[row][None], model) for row in range(len(pixels))]
        return np.concatenate([model.encode_image(own).numpy() for own in rows])


def test_classes_of_another_corpus_with_their_images_and_prompts(encoder, cifar):
    table = class_table(encoder, cifar, CIFAR, SETTINGS, 0, 0)
    for part in ("train", "test"):
        images, _ = read_split(cifar, part)
        own = table[table.part == part]
        assert list(own.label) == list(images.label.astype(str))
        expected = one_by_one(encoder.model, images)
        np.testing.assert_allclose(np.stack(own.embedding), expected, atol=1e-4)
    prompts = table[table.part == "prompt"]
    names = read_classes(cifar)["names"]
    assert list(prompts.label) == [str(row) for row in range(10) for _ in range(2)]
    texts = [form.replace("{}", name) for name in names for form in CIFAR["templates"]]
    expected = one_by_one(encoder.model, texts=texts)
    np.testing.assert_allclose(np.stack(prompts.embedding), expected, atol=1e-4)
    assert table.attrs == {"remarks": []}


def test_the_probe_learns_from_as_many_images_as_asked(encoder, cifar):
    whole, some, again, others = (
        class_table(encoder, cifar, CIFAR | asked, SETTINGS, seed, 0)
        for asked, seed in [({}, 0), (FEW, 0), (FEW, 0), (FEW, 1)]
    )
    assert (whole.part == "train").sum() == 30
    assert (some.part == "train").sum() == 9
    assert (some.part == "test").sum() == (whole.part == "test").sum()
    pd.testing.assert_frame_equal(some, again)
    assert list(some.label) != list(others.label)


def test_what_is_left_out_or_cut_is_told(encoder, cifar, tmp_path):
    images = pd.read_parquet(cifar / "images.parquet")
    captions = pd.read_parquet(cifar / "captions.parquet").drop(columns="matched")
    words = images.label.map(lambda label: f"thing {label}")
    images["thing"] = words.where(np.arange(len(images)) > 1)
    write_corpus(tmp_path, Corpus(images, captions, {}))
    long = "a very " * 90 + "odd {}"
    task = CIFAR | {"label": "thing", "templates": ["{}", f"{{}} is {long}"]}
    remarks = class_table(encoder, tmp_path, task, SETTINGS, 0, 0).attrs["remarks"]
    assert remarks[0] == "2 of 30 images have no thing and are left out (train)"
    assert len(remarks) == 2
    assert "prompts are longer than the model's context" in remarks[1]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"label": "kind"}, "no column 'kind'"),
        ({"templates": ["a very " * 90 + "odd {}"]}, "prompts become one with another"),
    ],
)
def test_what_cannot_be_asked(encoder, cifar, asked, expected):
    with pytest.raises(ValueError, match=expected):
        class_table(encoder, cifar, CIFAR | asked, SETTINGS, 0, 0)


def test_pairs_that_differ_in_one_pattern(encoder, statements):
    table = pair_table(encoder, statements, {"split": "test"}, SETTINGS, 0)
    images, captions = read_split(statements, "test")
    assert list(table.columns) == ["pattern", "pair", "image", "text"]
    assert list(table.pattern) == list(images.pattern)
    assert (table.groupby(["pattern", "pair"]).size() == 2).all()
    expected = one_by_one(encoder.model, images)
    np.testing.assert_allclose(np.stack(table.image), expected, atol=1e-4)
    texts = captions.set_index("image_id").text.loc[images.image_id]
    expected = one_by_one(encoder.model, texts=list(texts))
    np.testing.assert_allclose(np.stack(table.text), expected, atol=1e-4)


def test_a_corpus_without_pairs(encoder, cifar):
    with pytest.raises(ValueError, match="no column 'pattern'"):
        pair_table(encoder, cifar, {"split": "test"}, SETTINGS, 0)


def test_an_image_with_several_statements(encoder, statements, tmp_path):
    images = pd.read_parquet(statements / "images.parquet")
    captions = pd.read_parquet(statements / "captions.parquet").drop(columns="matched")
    captions = pd.concat(
        [captions, captions.assign(text="another", caption_id="x" + captions.caption_id)]
    )
    write_corpus(Path(tmp_path), Corpus(images, captions), "all")
    with pytest.raises(ValueError, match="12 images with 24 matched captions, expected one each"):
        pair_table(encoder, tmp_path, {"split": "test"}, SETTINGS, 0)
