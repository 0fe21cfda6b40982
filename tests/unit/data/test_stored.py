import numpy as np
import pandas as pd
import pytest

from modality_gap.data import embeddings
from modality_gap.data.embeddings import normalize, read_matched, read_pairs, write_embeddings
from modality_gap.data.stored import Stored, open_pairs, read_pool, read_sample


@pytest.fixture
def folder(tmp_path, random, monkeypatch):
    """40 images, each with a text that its neighbour shares, in groups of 7 rows on the disk."""
    monkeypatch.setattr(embeddings, "ROWS_TOGETHER", 7)
    names = [f"i{row}" for row in range(40)], [f"t{row}" for row in range(20)]
    for side, keys in zip(("image", "text"), names, strict=True):
        rows = random.normal(size=(len(keys), 5)).astype(np.float32)
        write_embeddings(tmp_path / f"{side}s.parquet", f"{side}_id", keys, rows, {})
    pairs = {"image_id": names[0], "text_id": [names[1][row // 2] for row in range(40)]}
    pd.DataFrame(pairs | {"matched": True}).to_parquet(tmp_path / "pairs.parquet")
    return tmp_path


def test_rows_on_the_disk_are_those_in_memory(folder, random):
    images, texts, pairs, matched = read_pairs(folder)
    x, y, *others = open_pairs(folder)
    assert isinstance(x, Stored)
    assert x.shape == (40, 5)
    np.testing.assert_array_equal(others[0], pairs)
    np.testing.assert_array_equal(others[1], matched)
    for key in (
        slice(None),
        slice(5, 30),
        slice(39, 99),
        np.array([33, 2, 2, 0]),
        np.array([], int),
    ):
        np.testing.assert_array_equal(x[key], images[key])
    order = random.permutation(40)
    taken = x.take(order, axis=0)
    np.testing.assert_array_equal(taken[3:17], images[order][3:17])
    np.testing.assert_array_equal(taken.take(np.array([8, 1]), axis=0)[:], images[order][[8, 1]])
    np.testing.assert_array_equal(y[:], texts)


def test_a_row_that_is_none_is_named_when_it_is_read(folder, random, monkeypatch):
    monkeypatch.setattr(embeddings, "check_embeddings", lambda *_: None)
    rows = random.normal(size=(20, 5)).astype(np.float32)
    rows[16, 2] = np.nan
    write_embeddings(folder / "texts.parquet", "text_id", [f"t{i}" for i in range(20)], rows, {})
    stored = Stored(folder / "texts.parquet")
    assert len(stored[:14]) == 14
    with pytest.raises(ValueError, match="texts.parquet, from row 14: row 2 holds NaN"):
        stored[14:]


def test_a_sample_is_the_same_from_the_disk(folder):
    x, y = read_matched(folder)
    for found, expected in zip(read_sample(folder / "images.parquet", 10, 3), (x, y), strict=True):
        rows = embeddings.sample_pairs(40, 10, 3)
        np.testing.assert_array_equal(found, expected[rows])


def test_a_pool_holds_some_images_and_their_texts(folder):
    whole, told = read_pool(folder, 40, 0)
    assert told == []
    *whole, units = whole
    for found, expected in zip(whole, read_pairs(folder), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(units, np.arange(40))
    (images, texts, pairs, matched, units), (told,) = read_pool(folder, 10, 0)
    np.testing.assert_array_equal(units, np.arange(10))
    assert len(images) == len(pairs) == len(matched) == 10
    assert told.startswith("measured on 10 of 40 images, drawn with seed 0")
    chosen = embeddings.sample_pairs(40, 10, 0)
    all_images, all_texts, *_ = read_pairs(folder)
    np.testing.assert_array_equal(images[pairs[:, 0]], all_images[chosen])
    np.testing.assert_array_equal(texts[pairs[:, 1]], all_texts[chosen // 2])
    assert len(texts) == len(np.unique(chosen // 2))
    np.testing.assert_allclose(normalize(images), images, rtol=1e-6)
