import pickle

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from modality_gap.precomputed import read_precomputed


@pytest.fixture
def pair(random):
    return tuple(random.normal(size=(6, 4)).astype(np.float32) for _ in "xy")


def write(folder, form, images, texts):
    if form == "npy":
        np.save(folder / "both.npy", np.stack([images, texts]))
        return [folder / "both.npy"]
    if form == "two npy":
        np.save(folder / "images.npy", images)
        np.save(folder / "texts.npy", texts)
        return [folder / "images.npy", folder / "texts.npy"]
    if form == "npz":
        np.savez(folder / "both.npz", images=images, texts=texts)
        return [folder / "both.npz"]
    if form == "safetensors":
        save_file({"images": images, "texts": texts}, folder / "both.safetensors")
        return [folder / "both.safetensors"]
    pd.DataFrame({"images": list(images), "texts": list(texts)}).to_parquet(folder / "both.parquet")
    return [folder / "both.parquet"]


FORMS = ["npy", "two npy", "npz", "safetensors", "parquet"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_arrays(tmp_path, pair, form):
    found = read_precomputed(write(tmp_path, form, *pair))
    np.testing.assert_array_equal(found, pair)


def test_double_precision_becomes_single(tmp_path, pair):
    files = write(tmp_path, "npy", *(array.astype(np.float64) for array in pair))
    assert read_precomputed(files)[0].dtype == np.float32


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda x: x * np.array([[np.nan]] + [[1]] * 5), "row 0 holds NaN or infinity"),
        (lambda x: x * np.array([[1]] * 4 + [[0]] * 2), "row 4 is a zero vector"),
    ],
)
def test_useless_rows_are_named_with_their_file(tmp_path, pair, form, change, complaint):
    files = write(tmp_path, form, pair[0], change(pair[1]).astype(np.float32))
    with pytest.raises(ValueError, match=f"{files[0].name}.*texts: {complaint}"):
        read_precomputed(files)


@pytest.mark.parametrize("form", ["two npy", "npz", "safetensors"])
@pytest.mark.parametrize(
    ("change", "complaint"),
    [(lambda x: x[:, :3], "4 wide and texts 3"), (lambda x: x[:5], "6 images and 5 texts")],
)
def test_another_width_or_count_is_named(tmp_path, pair, form, change, complaint):
    files = write(tmp_path, form, pair[0], np.ascontiguousarray(change(pair[1])))
    with pytest.raises(ValueError, match=complaint):
        read_precomputed(files)


def test_nothing_pickled_is_loaded(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "y.npy").write_bytes(pickle.dumps([1, 2, 3]))
    for name in ("x.npy", "y.npy"):
        with pytest.raises(ValueError, match=f"{name}: not a .npy file of numbers"):
            read_precomputed([tmp_path / name])


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.safetensors", "x.parquet"])
def test_a_damaged_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"not what the ending says")
    with pytest.raises(ValueError, match=name):
        read_precomputed([tmp_path / name])


def test_other_shapes_endings_and_missing_files_are_named(tmp_path, pair):
    np.save(tmp_path / "flat.npy", pair[0])
    with pytest.raises(ValueError, match=r"flat.npy: shape \(6, 4\), expected \(2, n, d\)"):
        read_precomputed([tmp_path / "flat.npy"])
    (tmp_path / "x.txt").write_text("1 2 3")
    with pytest.raises(ValueError, match=r"x.txt: unknown ending '.txt'"):
        read_precomputed([tmp_path / "x.txt"])
    with pytest.raises(FileNotFoundError, match="none.npy: no such file of embeddings"):
        read_precomputed([tmp_path / "none.npy"])
    np.savez(tmp_path / "x.npz", images=pair[0])
    with pytest.raises(ValueError, match=r"x.npz: not readable .*texts"):
        read_precomputed([tmp_path / "x.npz"])
