import pickle
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from modality_gap.data.precomputed import (
    distinct_items,
    merged_notes,
    modalities_in,
    nearly_equal_notes,
    read_modalities,
    read_precomputed,
    read_vector,
    unread_notes,
)


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
    if form == "one tensor":
        torch.save(torch.from_numpy(np.stack([images, texts])), folder / "both.pt")
        return [folder / "both.pt"]
    if form == "two tensors":
        torch.save(torch.from_numpy(images), folder / "images.pt")
        torch.save(torch.from_numpy(texts), folder / "texts.PT")
        return [folder / "images.pt", folder / "texts.PT"]
    if form == "tensors":
        named = {"images": torch.from_numpy(images), "texts": torch.from_numpy(texts)}
        torch.save(named, folder / "both.pth")
        return [folder / "both.pth"]
    pd.DataFrame({"images": list(images), "texts": list(texts)}).to_parquet(folder / "both.parquet")
    return [folder / "both.parquet"]


FORMS = ["npy", "two npy", "npz", "safetensors", "parquet", "one tensor", "two tensors", "tensors"]


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
        with pytest.raises(ValueError, match=f"{name} is not a .npy file of numbers"):
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
    with pytest.raises(IsADirectoryError, match="a folder, expected files of embeddings"):
        read_precomputed([tmp_path])
    np.savez(tmp_path / "x.npz", images=pair[0])
    with pytest.raises(ValueError, match=r"x.npz: no array .texts. among images, expected"):
        read_precomputed([tmp_path / "x.npz"])


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (np.uint8, "images: uint8 values, whole numbers.*dequantise them first, low"),
        (np.int8, "images: int8 values, whole numbers.*scale × code"),
        (np.int64, "images: int64 values, whole numbers"),
        (bool, "images: bool values, bits"),
        (np.complex64, "images: complex64 values, complex numbers"),
        ("S3", "images: .S3 values, no numbers"),
        ("datetime64[s]", "images: datetime64.s. values, no numbers"),
    ],
)
def test_what_is_no_embedding_is_refused(tmp_path, pair, kind, complaint):
    spoiled = [np.round(100 * rows).astype(np.int64).astype(kind) for rows in pair]
    np.savez(tmp_path / "x.npz", images=spoiled[0], texts=spoiled[1])
    with pytest.raises(ValueError, match=f"^[^\n]*x.npz: {complaint}"):
        read_precomputed([tmp_path / "x.npz"])


def test_whole_numbers_are_refused_in_every_form(tmp_path, pair):
    whole = [np.round(100 * rows).astype(np.int8) for rows in pair]
    for form in FORMS:
        with pytest.raises(ValueError, match="dequantise"):
            read_precomputed(write(tmp_path, form, *whole))
    packed = np.packbits(np.stack(pair) > 0, axis=2)
    np.save(tmp_path / "packed.npy", packed)
    with pytest.raises(ValueError, match="unpackbits"):
        read_precomputed([tmp_path / "packed.npy"])


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64])
def test_half_and_double_precision_are_read(tmp_path, pair, kind):
    tensors = [torch.from_numpy(rows).to(kind) for rows in pair]
    save_torch(dict(zip(("images", "texts"), tensors, strict=True)), tmp_path / "x.safetensors")
    found = read_precomputed([tmp_path / "x.safetensors"])
    for tensor, rows in zip(tensors, found, strict=True):
        np.testing.assert_array_equal(rows, tensor.float().numpy())


def test_other_orders_of_bytes_and_memory_are_read(tmp_path, pair):
    np.savez(tmp_path / "x.npz", images=pair[0].astype(">f8"), texts=np.asfortranarray(pair[1]))
    np.testing.assert_array_equal(read_precomputed([tmp_path / "x.npz"]), pair)


def test_safetensors_of_eight_bits_are_refused(tmp_path, pair):
    tensors = {
        name: torch.from_numpy(pair[0]).to(torch.float8_e4m3fn) for name in ("images", "texts")
    }
    save_torch(tensors, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="x.safetensors: images: F8_E4M3 values"):
        read_precomputed([tmp_path / "x.safetensors"])


@pytest.mark.parametrize(
    ("images", "complaint"),
    [
        (pa.array([[1.0, 2], [3.0, 4, 5]]), "row 1 has 3 values, row 0 has 2"),
        (pa.array([[1.0, 2], None]), "row 1 holds NaN or infinity, or no"),
        (pa.array([[1.0, None], [3.0, 4]]), "row 0 holds NaN or infinity, or no"),
        (pa.array([[[1.0], [2.0]], [[3.0], [4.0]]]), "lists of list<.*>, expected numbers"),
        (pa.array(["[1, 2]", "[3, 4]"]), "holds string, expected a list of numbers"),
        (pa.array([["1", "2"], ["3", "4"]]), "lists of string, expected numbers"),
        (pa.array([[1, 2], [3, 4]]), "int64 values, whole numbers"),
    ],
)
def test_columns_that_are_no_embeddings_are_named(tmp_path, images, complaint):
    table = pa.table({"images": images, "texts": pa.array([[1.0, 2], [3.0, 4]])})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=f"x.parquet: .*images.*{complaint}"):
        read_precomputed([tmp_path / "x.parquet"])


def test_lists_of_fixed_size_and_half_precision_are_read(tmp_path, pair):
    columns = {
        name: pa.FixedSizeListArray.from_arrays(pa.array(rows.astype(np.float16).ravel()), 4)
        for name, rows in zip(("images", "texts"), pair, strict=True)
    }
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    found = read_precomputed([tmp_path / "x.parquet"])
    np.testing.assert_array_equal(found, np.array(pair).astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("scale", [1e60, 1e20, 1e-20, 1e-44, 1e-60])
def test_lengths_that_single_precision_does_not_hold_are_refused(tmp_path, pair, scale):
    np.savez(tmp_path / "x.npz", images=pair[0].astype(float) * scale, texts=pair[1])
    with pytest.raises(ValueError, match="x.npz: images: row 0 is .* long, expected embeddings of"):
        read_precomputed([tmp_path / "x.npz"])


def test_files_of_another_kind_than_their_name_says_are_named(tmp_path, pair):
    np.savez(tmp_path / "x.npz", images=pair[0], texts=pair[1])
    np.save(tmp_path / "y.npy", pair[0])
    whole = (tmp_path / "x.npz").read_bytes()
    for name, content in (
        ("a.npy", whole),
        ("b.npz", (tmp_path / "y.npy").read_bytes()),
        ("c.npz", whole[:200]),
        ("d.npz", whole[:150] + bytes([whole[150] ^ 255]) + whole[151:]),
        ("e.npy", b""),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name}: ") as caught:
            read_precomputed([tmp_path / name])
        assert "\n" not in str(caught.value)
        with pytest.raises(ValueError, match=f"{name}: "):
            read_vector(tmp_path / name)
    np.savez(tmp_path / "x.npz", images=pair[0].astype(np.longdouble), texts=pair[1])
    with pytest.raises(ValueError, match="x.npz: images: (float128|longdouble) values"):
        read_precomputed([tmp_path / "x.npz"])


def test_arrays_beside_the_two_are_told(tmp_path, pair):
    np.savez(tmp_path / "x.npz", images=pair[0], texts=pair[1], labels=np.arange(6))
    save_file(dict(images=pair[0], texts=pair[1], ids=pair[0]), tmp_path / "x.safetensors")
    assert unread_notes([tmp_path / "x.npz"]) == [
        "x.npz: not read, beside images and texts: labels"
    ]
    assert unread_notes([tmp_path / "x.safetensors"])[0].endswith("ids")
    for form in FORMS:
        assert unread_notes(write(tmp_path, form, *pair)) == []


def test_other_arrays_of_a_file_and_capital_endings(tmp_path, pair):
    np.savez(tmp_path / "x.NPZ", image=pair[0], texts=pair[1])
    (tmp_path / "x.NPZ.npz").rename(tmp_path / "x.NPZ")
    with pytest.raises(ValueError, match="x.NPZ: no array 'images' among image, texts"):
        read_precomputed([tmp_path / "x.NPZ"])
    np.savez(tmp_path / "y.npz", images=pair[0], texts=pair[1])
    with pytest.raises(ValueError, match="y.npz: an .npz archive, expected a .npy file"):
        read_precomputed([tmp_path / "y.npz"] * 2)


def test_repeated_rows_are_one_item(pair):
    """As a table lists them: five captions of an image, one caption of two images."""
    images, texts = pair
    images[[1, 2]] = images[0]
    texts[5] = texts[4]
    images[3, 0], images[4] = 0.0, images[3]
    images[4, 0] = -0.0
    found = {"images": distinct_items(images), "texts": distinct_items(texts)}
    assert found["images"].places.tolist() == [0, 0, 0, 1, 1, 2]
    assert found["texts"].places.tolist() == [0, 1, 2, 3, 4, 4]
    for each, rows in zip(found.values(), pair, strict=True):
        np.testing.assert_array_equal(each.rows[each.places], rows)
    notes = [*merged_notes("images", found["images"]), *merged_notes("texts", found["texts"])]
    assert notes[0].startswith("3 of 6 images repeat another row")
    assert "among 3 distinct images, the gap is of all 6 pairs" in notes[0]
    assert notes[1].startswith("1 of 6 texts repeat")
    assert merged_notes("texts", distinct_items(texts[:4])) == []


@pytest.mark.parametrize(
    ("vector", "complaint"),
    [
        (np.ones((2, 2)), r"v.npy: shape \(2, 2\), expected a vector"),
        (np.array([1, 0]), "v.npy: vector: int64 values, whole numbers"),
        (np.array([1.0, np.nan]), "v.npy: vector: row 0 holds NaN"),
        (np.zeros(2), "v.npy: vector: row 0 is a zero vector"),
    ],
)
def test_a_direction_that_is_none_is_named(tmp_path, vector, complaint):
    np.save(tmp_path / "v.npy", vector)
    with pytest.raises(ValueError, match=complaint):
        read_vector(tmp_path / "v.npy")
    np.save(tmp_path / "v.npy", np.array([0.5, -1.5]))
    assert read_vector(tmp_path / "v.npy").tolist() == [0.5, -1.5]


def test_rows_that_rounding_alone_tells_apart_are_told(random):
    rows = random.normal(size=(200, 32)).astype(np.float32)
    again = rows[:30] * (1 + 1e-7 * random.normal(size=(30, 32)).astype(np.float32))
    assert (again != rows[:30]).any(axis=1).all()
    near, apart = (np.concatenate([rows, others]) for others in (again, rows[:30] + 0.01))
    notes = nearly_equal_notes("images", distinct_items(near))
    assert [note.split(" distinct")[0] for note in notes] == ["30 of 230"]
    assert nearly_equal_notes("texts", distinct_items(apart)) == []


@pytest.mark.parametrize("form", ["npy", "npz", "pt", "tensor"])
def test_images_may_come_alone(tmp_path, pair, form):
    images, _ = pair
    file = tmp_path / f"images.{'pt' if form == 'tensor' else form}"
    if form == "npy":
        np.save(file, images)
    elif form == "npz":
        np.savez(file, images=images)
    else:
        tensor = torch.from_numpy(images)
        torch.save(tensor if form == "tensor" else {"images": tensor}, file)
    assert modalities_in([file]) == ("images",)
    ((name, rows),) = read_modalities([file], ("images",))
    assert name == "images"
    np.testing.assert_array_equal(rows, images)
    with pytest.raises(ValueError, match=file.name):
        read_precomputed([file])


@pytest.mark.parametrize("form", FORMS)
def test_texts_are_there_where_a_file_holds_them(tmp_path, pair, form):
    assert modalities_in(write(tmp_path, form, *pair)) == ("images", "texts")


def write_parts(folder, images, texts, cuts):
    """As clip-retrieval does: parts numbered over, with leading zeros where there are many."""
    files = []
    for kind, rows in (("img", images), ("text", texts)):
        (folder / f"{kind}_emb").mkdir(exist_ok=True)
        for number, part in enumerate(np.split(rows, cuts)):
            files.append(folder / f"{kind}_emb/{kind}_emb_{number}.npy")
            np.save(files[-1], part)
    return files


def test_parts_are_read_in_the_order_of_their_numbers(tmp_path, random):
    pair = random.normal(size=(2, 30, 4)).astype(np.float16)
    files = write_parts(tmp_path, *pair, range(2, 30, 2))
    assert files[10].name == "img_emb_10.npy"
    found = read_precomputed(sorted(files))
    np.testing.assert_array_equal(found, pair.astype(np.float32))
    assert modalities_in(files) == ("images", "texts")
    assert modalities_in(files[:15]) == ("images",)
    assert unread_notes(files[:1]) == []


@pytest.mark.parametrize("kind", ["missing", "width", "none"])
def test_parts_that_do_not_fit_are_named_with_their_folder(tmp_path, pair, kind):
    files = write_parts(tmp_path, *pair, [2, 4])
    if kind == "width":
        np.save(files[-1], np.ones((2, 3), dtype=np.float32))
    files = {"missing": files[:-1], "none": files[3:]}.get(kind, files)
    expected = {
        "missing": "part 2 is there of images or of texts alone",
        "width": r"text_emb_2\.npy: shape \(2, 3\), expected \(n, 4\), as the others",
        "none": "no part of images",
    }[kind]
    with pytest.raises(ValueError, match=expected) as caught:
        read_precomputed(files)
    assert str(caught.value).startswith(f"{tmp_path}: ")


@pytest.mark.parametrize(
    ("sizes", "complaint"),
    [
        ({"img": {0: 3, 1: 5}, "text": {0: 4, 1: 4}}, "part 0 has 3 images and 4 texts"),
        ({"img": {0: 3, 2: 3}, "text": {0: 3, 2: 3}}, "no part 1, expected every number from 0"),
        ({"img": {0: 3, "00": 3}, "text": {0: 3}}, "are both part 0"),
    ],
)
def test_parts_that_do_not_belong_together_are_named(tmp_path, random, sizes, complaint):
    for kind, parts in sizes.items():
        (tmp_path / f"{kind}_emb").mkdir()
        for number, rows in parts.items():
            array = random.normal(size=(rows, 4)).astype(np.float32)
            np.save(tmp_path / f"{kind}_emb/{kind}_emb_{number}.npy", array)
    with pytest.raises(ValueError, match=complaint):
        read_precomputed(sorted(tmp_path.rglob("*.npy")))


def test_what_stands_behind_an_array_or_twice_is_refused(tmp_path, pair):
    """As where batches are saved into one file, one after another: the first alone would be read."""
    both = np.stack(pair)
    for version in ((1, 0), (2, 0)):
        with (tmp_path / "batches.npy").open("wb") as file:
            np.lib.format.write_array(file, both, version)
        read_precomputed([tmp_path / "batches.npy"])
        with (tmp_path / "batches.npy").open("ab") as file:
            np.save(file, both)
        behind = both.nbytes + 128
        with pytest.raises(ValueError, match=f"batches.npy: {behind} bytes behind its array"):
            read_precomputed([tmp_path / "batches.npy"])
    np.savez(tmp_path / "twice.npz", images=pair[0], texts=pair[1])
    np.save(tmp_path / "images.npy", pair[1])
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        ZipFile(tmp_path / "twice.npz", "a") as members,
    ):
        members.write(tmp_path / "images.npy", "images.npy")
    with pytest.raises(ValueError, match="twice.npz: images.npy stands twice in it"):
        read_precomputed([tmp_path / "twice.npz"])
