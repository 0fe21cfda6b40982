import numpy as np
import pytest

from modality_gap.data.embeddings import (
    check_pair,
    matched_pairs,
    normalize,
    read_embeddings,
    read_matched,
    read_metadata,
    read_pairs,
    write_embeddings,
)
from modality_gap.data.file_kinds import damaged_files


def test_a_file_gives_back_matrix_keys_and_metadata(tmp_path, random):
    matrix = random.normal(size=(5, 3)).astype(np.float32)
    write_embeddings(tmp_path / "x.parquet", "image_id", list("abcde"), matrix, {"tag": "openai"})
    found, keys = read_embeddings(tmp_path / "x.parquet")
    np.testing.assert_array_equal(found, matrix)
    assert keys == list("abcde")
    assert read_metadata(tmp_path / "x.parquet") == {"tag": "openai"}


def test_reading_makes_no_second_copy(tmp_path, random):
    matrix = random.normal(size=(2000, 64)).astype(np.float32)
    write_embeddings(tmp_path / "x.parquet", "image_id", list(map(str, range(2000))), matrix, {})
    found, _ = read_embeddings(tmp_path / "x.parquet")
    assert not found.flags.owndata
    assert not found.flags.writeable


@pytest.mark.parametrize(
    ("value", "complaint"),
    [(np.nan, "row 2 holds NaN or infinity"), (np.inf, "row 2 holds NaN or infinity")],
)
def test_a_value_that_is_not_finite_is_named_by_its_row(tmp_path, random, value, complaint):
    matrix = random.normal(size=(4, 3)).astype(np.float32)
    matrix[2, 1] = value
    with pytest.raises(ValueError, match=complaint):
        write_embeddings(tmp_path / "x.parquet", "image_id", list("abcd"), matrix, {})
    assert not (tmp_path / "x.parquet").exists()


def test_a_zero_vector_is_named_by_its_row(random):
    matrix = random.normal(size=(4, 3))
    matrix[3] = 0
    with pytest.raises(ValueError, match="images: row 3 is a zero vector"):
        check_pair(matrix, matrix[:2])


def test_widths_and_counts_must_agree(random):
    with pytest.raises(ValueError, match="images are 3 wide and texts 4"):
        check_pair(random.normal(size=(2, 3)), random.normal(size=(2, 4)))
    with pytest.raises(ValueError, match="2 images and 5 texts"):
        check_pair(random.normal(size=(2, 3)), random.normal(size=(5, 3)), paired=True)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,)])
def test_an_empty_or_flat_array_is_refused(shape):
    with pytest.raises(ValueError, match="expected a non-empty array"):
        check_pair(np.ones(shape), np.ones((2, 3)))


def test_normalize_keeps_direction_and_precision(random):
    matrix = random.normal(size=(6, 5)).astype(np.float32) * 1e-3
    unit = normalize(matrix)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(unit * np.linalg.norm(matrix, axis=1)[:, None], matrix, rtol=1e-5)


def test_pairs_are_found_by_their_ids(tmp_path, random):
    import pandas as pd

    images, texts = (random.normal(size=(3, 4)).astype(np.float32) for _ in "xy")
    write_embeddings(tmp_path / "images.parquet", "image_id", ["a", "b", "c"], images, {})
    write_embeddings(tmp_path / "texts.parquet", "text_id", ["s", "t", "u"], texts, {})
    pairs = pd.DataFrame({"image_id": ["a", "a", "b", "c"], "text_id": ["u", "s", "t", "u"]})
    pairs["matched"] = [True, False, True, True]
    pairs.to_parquet(tmp_path / "pairs.parquet")
    *_, rows, matched = read_pairs(tmp_path)
    assert rows.tolist() == [[0, 2], [0, 0], [1, 1], [2, 2]]
    assert matched.tolist() == [True, False, True, True]
    assert matched_pairs(rows, matched).tolist() == [[0, 2], [1, 1], [2, 2]]
    assert matched_pairs(rows[::-1], np.ones(4, dtype=bool)).tolist() == [
        *([0, 0], [0, 2]),
        *([1, 1], [2, 2]),
    ]
    x, y = read_matched(tmp_path)
    np.testing.assert_allclose(x, normalize(images))
    np.testing.assert_allclose(y, normalize(texts)[[2, 1, 2]])


def test_a_byte_that_changed_on_the_disk_is_an_error(tmp_path, random):
    file = tmp_path / "images.parquet"
    write_embeddings(file, "image_id", list(map(str, range(50))), random.normal(size=(50, 8)), {})
    for place in (file.stat().st_size // 3, file.stat().st_size // 2):
        content = bytearray(file.read_bytes())
        content[place] ^= 0xFF
        (tmp_path / "changed.parquet").write_bytes(content)
        with pytest.raises(OSError, match="CRC"):
            read_embeddings(tmp_path / "changed.parquet")
        assert list(damaged_files([tmp_path / "changed.parquet", file])) == [
            tmp_path / "changed.parquet"
        ]
