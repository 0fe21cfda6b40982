"""Which rows of arrays a split has, and which of its texts are one."""

import numpy as np
import pandas as pd
import pytest

from modality_gap.data.corpora import write_corpus
from modality_gap.data.corpora.arrays import read_arrays
from modality_gap.data.described_arrays import (
    Rows,
    merged_texts_notes,
    paired,
    repeated_notes,
    same_texts,
    taken,
    unasked_notes,
)


@pytest.fixture
def corpus(tmp_path):
    """Four images of two splits with six texts, of which one stands twice."""
    (tmp_path / "labels.csv").write_text("image,split\na,test\nb,train\nc,test\nd,train\n")
    words = ["d,one", "a,two", "c,three", "c,two", "b,four", "a,five"]
    (tmp_path / "texts.csv").write_text("\n".join(["image,caption", *words]) + "\n")
    write_corpus(tmp_path, read_arrays(tmp_path / "labels.csv", tmp_path / "texts.csv"))
    return tmp_path


def test_a_split_knows_its_rows(corpus):
    split = Rows(corpus, "test")
    assert list(split.images.image_id) == ["a", "c"]
    assert split.image_rows.tolist() == [0, 2]
    assert split.text_rows.tolist() == [1, 2, 3, 5]
    assert split.numbers == {"images": 4, "texts": 6}
    everything = Rows(corpus, "all")
    assert everything.image_rows.tolist() == [0, 1, 2, 3]
    array = np.eye(4)
    assert taken(array, everything.image_rows) is array
    np.testing.assert_array_equal(taken(array, split.image_rows), array[[0, 2]])


def test_another_number_of_rows_is_refused_with_both(corpus):
    split = Rows(corpus, "test")
    split.check("texts", 6, "x.npy")
    with pytest.raises(ValueError, match=r"x\.npy: 5 rows of images, but the tables .* list 4"):
        split.check("images", 5, "x.npy")


def test_equal_words_are_one_text(corpus):
    split = Rows(corpus, "test")
    rows = np.eye(4)[[0, 1, 0, 2]]
    firsts, ids, pairs = paired(split.images, same_texts(split.captions, rows, "x.npy"))
    assert firsts.tolist() == [0, 1, 3]
    assert ids == ["text 0", "text 1", "text 2"]
    told = pairs.groupby("image_id").text.agg(set)
    assert told["a"] == {"two", "five"}
    assert told["c"] == {"three", "two"}
    assert pairs.matched.sum() == 2


def test_one_text_with_two_embeddings_is_refused(corpus):
    split = Rows(corpus, "test")
    expected = r"text 1 and text 3 are both 'two' and lie 1\.41 apart"
    with pytest.raises(ValueError, match=expected):
        same_texts(split.captions, np.eye(4), "x.npy")
    near = np.eye(4)[[0, 1, 0, 2]] + 1e-7
    same_texts(split.captions, near, "x.npy")


def test_texts_without_words_are_one_where_their_rows_are(random):
    images = pd.DataFrame({"image_id": ["a", "b"]})
    captions = pd.DataFrame(
        {"image_id": ["a", "b", "b"], "text": [None] * 3, "matched": [True] * 3}
    )
    rows = random.normal(size=(3, 4))[[0, 1, 0]]
    firsts, _, pairs = paired(images, same_texts(captions, rows, "x.npy"))
    assert firsts.tolist() == [0, 1]
    assert list(zip(pairs.image_id, pairs.text_id, strict=True)) == [
        ("a", "text 0"),
        ("b", "text 1"),
        ("b", "text 0"),
    ]


def test_texts_that_nobody_brought(corpus):
    split = Rows(corpus, "test")
    split.check_words("x.npy", ["prompts.npz"])
    with pytest.raises(ValueError, match=r"x\.npy: no texts, expected them, or `prompts`"):
        split.check_words("x.npy", [])
    split.captions["text"] = None
    with pytest.raises(ValueError, match="no words by which to find them among the prompts"):
        split.check_words("x.npy", ["prompts.npz"])


def test_what_is_repeated_or_not_asked_for_is_counted():
    rows = np.eye(3)[[0, 1, 0, 0]]
    assert repeated_notes(rows)[0].startswith("2 of 4 images repeat another row")
    assert repeated_notes(np.eye(3)) == []
    assert merged_texts_notes(8, 8) == []
    assert merged_texts_notes(8, 3)[0].startswith("5 of 8 texts repeat another: ")
    assert unasked_notes(["a", "b"], ["b", "c"]) == ["1 of 2 prompts are not asked for here: a"]
    assert unasked_notes(["a"], ["a"]) == []
