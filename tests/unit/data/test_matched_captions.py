"""Each choice of the matched caption, from the corpus through embeddings to the measures."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from PIL import Image
from rehearsal.webdataset_files import encode_image

from modality_gap.data.corpora import Corpus, distinct_texts, read_split, write_corpus
from modality_gap.data.embeddings import matched_pairs, normalize, read_matched, read_pairs
from modality_gap.measures.gap import gap_measures
from modality_gap.measures.retrieval import recall_at_k
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.split_embeddings import write_split
from modality_gap.training.evaluation import Evaluation
from modality_gap.training.run_measures import run_measures

NUMBERS = [2, 1, 3, 4, 2, 1]  # captions of each image; the last one's is the first one's first
WORDS = [[f"text {row} {n}" for n in range(several)] for row, several in enumerate(NUMBERS)]
WORDS[-1] = [WORDS[0][0]]


PICTURE = encode_image(Image.new("RGB", (4, 4), "red"))


def vector(key: str) -> np.ndarray:
    """What a network would make of it: always the same, of the length that it has."""
    random = np.random.default_rng(list(key.encode()))
    return random.normal(size=5) + (0.6 if key.startswith("image") else -0.6)


def embedded(tmp_path, **choice):
    """The files of a split's embeddings."""
    ids = [f"image {row}" for row in range(6)]
    images = pd.DataFrame({"image_id": ids, "image": [PICTURE] * 6, "split": "test"})
    rows = [
        (f"{key}#{n}", key, text)
        for key, texts in zip(ids, WORDS, strict=True)
        for n, text in enumerate(texts)
    ]
    captions = pd.DataFrame(rows, columns=["caption_id", "image_id", "text"])
    # Captions come in no order of their images.
    captions = captions.sort_values("caption_id", key=lambda ids: ids.str[-1], kind="stable")
    write_corpus(tmp_path, Corpus(images, captions), **choice)
    texts, *_ = distinct_texts(*read_split(tmp_path, "test"))
    part = {
        "image_rows": np.arange(6),
        "images": np.stack([vector(key) for key in ids]).astype(np.float32),
        "text_rows": np.arange(len(texts)),
        "texts": np.stack([vector(text) for text in texts]).astype(np.float32),
    }
    files = {
        name: str(tmp_path / f"embedded/{name}.parquet") for name in ("images", "texts", "pairs")
    }
    (tmp_path / "embedded").mkdir()
    write_split(files, tmp_path, "test", [part], {})
    return tmp_path / "embedded"


def expected(choice):
    """The matched pairs as vectors of unit length."""
    own = {"first": lambda texts: texts[:1], "last": lambda texts: texts[-1:], "all": list}[choice]
    pairs = [(f"image {row}", text) for row, texts in enumerate(WORDS) for text in own(texts)]
    return [normalize(np.stack([vector(pair[side]) for pair in pairs])) for side in (0, 1)]


@pytest.mark.parametrize("choice", ["first", "last", "all"])
def test_the_gap_is_of_the_matched_pairs_and_recall_of_all(tmp_path, choice):
    folder = embedded(tmp_path, choice=choice)
    for found, asked in zip(read_matched(folder), expected(choice), strict=True):
        np.testing.assert_allclose(found, asked, atol=1e-6)
    images, texts, pairs, matched = read_pairs(folder)
    x, y = expected(choice)
    centres = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
    rows = matched_pairs(pairs, matched)
    measured = gap_measures(images[rows[:, 0]], texts[rows[:, 1]], rows[:, 1], rows[:, 0])
    assert measured["modality_gap"] == pytest.approx(centres, abs=1e-6)
    table = run_measures(images, texts, pairs, matched, 100, 1, 0, [1]).set_index("measure").value
    assert table["modality_gap"] == table["modality_gap_pool"] == pytest.approx(centres, abs=1e-6)
    assert table["matched_share"] == measured["matched_share"]
    assert len(pairs) == sum(NUMBERS)
    recall = recall_at_k(images, texts, pairs, [1])
    assert table["recall@1_image_to_text"] == recall["image_to_text", 1]
    assert table["recall@1_text_to_image"] == recall["text_to_image", 1]


def test_recall_is_the_same_whatever_is_matched(tmp_path):
    found = set()
    for choice in ("first", "last", "random", "all"):
        (tmp_path / choice).mkdir()
        images, texts, pairs, _ = read_pairs(embedded(tmp_path / choice, choice=choice))
        found.add(json.dumps(list(recall_at_k(images, texts, pairs, [1, 2]).values())))
    assert len(found) == 1


def test_a_random_choice_is_one_caption_an_image(tmp_path):
    drawn = set()
    for seed in range(4):
        (tmp_path / str(seed)).mkdir()
        folder = embedded(tmp_path / str(seed), choice="random", seed=seed)
        table = pd.read_parquet(folder / "pairs.parquet")
        own = table[table.matched]
        assert list(own.image_id) == [f"image {row}" for row in range(6)]
        assert all(text in WORDS[row] for row, text in enumerate(own.text))
        drawn.add(tuple(own.text))
    assert len(drawn) > 1


@pytest.mark.parametrize("choice", ["first", "last", "all"])
def test_training_is_measured_on_the_same_pairs(tmp_path, choice):
    folder = embedded(tmp_path, choice=choice)
    register_architectures(ROOT / "config/architectures")
    model, tokenizer = build_model("emoji-resnet", seed=0), build_tokenizer("emoji-resnet")
    evaluation = Evaluation(*read_split(tmp_path, "test"), model, tokenizer, 4, "float32", 0)
    x, y, *_ = read_pairs(folder)
    for found, asked in zip(evaluation.matched(x, y), read_matched(folder), strict=True):
        np.testing.assert_array_equal(found, asked)
