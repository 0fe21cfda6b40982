"""Tensors read without torch, against torch itself; what else a pickle asks for is refused."""

import collections
import os
from zipfile import ZipFile

import numpy as np
import pytest
import torch

from modality_gap.data.precomputed import read_precomputed, unread_notes
from modality_gap.data.prompt_arrays import read_prompts
from modality_gap.data.tensors import read_tensor, tensors_of

KINDS = [
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
]


def saved(folder, what, **how):
    torch.save(what, folder / "x.pt", **how)
    return folder / "x.pt"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_numbers_is_what_torch_has(tmp_path, random, kind):
    tensor = torch.from_numpy(random.normal(size=(5, 3)) * 9).to(getattr(torch, kind))
    file = saved(tmp_path, tensor)
    found = read_tensor(file, tensors_of(file))
    expected = tensor.float() if kind == "bfloat16" else tensor
    assert found.dtype == expected.numpy().dtype
    np.testing.assert_array_equal(found, expected.numpy())


def test_views_and_shared_storages_are_what_torch_has(tmp_path, random):
    whole = torch.from_numpy(random.normal(size=(6, 4)))
    views = {
        "turned": whole.T,
        "part": whole[1:4, 2:],
        "steps": whole[::2],
        "row": whole[3],
        "parameter": torch.nn.Parameter(whole),
        "repeated": whole[:1].expand(3, 4),
        "none": whole[:0],
        "number": whole[0, 0],
    }
    file = saved(tmp_path, collections.OrderedDict(views))
    found = tensors_of(file)
    assert list(found) == list(views)
    for name, tensor in views.items():
        np.testing.assert_array_equal(read_tensor(file, found[name]), tensor.detach().numpy())


def test_another_name_of_the_file_changes_nothing(tmp_path):
    file = saved(tmp_path, torch.ones(2, 2)).rename(tmp_path / "other name.pth")
    np.testing.assert_array_equal(read_tensor(file, tensors_of(file)), np.ones((2, 2)))


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("kind", ["zip", "old", "array", "model", "list", "nested", "number"])
def test_anything_else_is_refused_and_not_run(tmp_path, kind):
    place = tmp_path / "made"
    what = {
        "array": {"images": np.ones(2)},
        "model": torch.nn.Linear(2, 2),
        "list": [torch.ones(2)],
        "nested": {"images": {"a": torch.ones(2)}, "texts": torch.ones(2)},
        "number": {3: torch.ones(2)},
    }.get(kind, {"images": Touch(place)})
    file = saved(tmp_path, what, _use_new_zipfile_serialization=kind != "old")
    expected = {
        "zip": r"holds \w+\.mkdir, expected tensors alone: nothing pickled is run",
        "old": r"no \.zip, as torch\.save writes since torch 1\.6",
        "array": r"holds numpy\.\S+, expected tensors alone",
        "model": r"holds torch\.nn\.modules\.linear\.Linear, expected tensors alone",
        "list": "holds a list, expected tensors by name, or one tensor",
        "nested": "images: a dict, expected a tensor",
        "number": "holds something named 3, expected tensors by name",
    }[kind]
    with pytest.raises(ValueError, match=expected) as caught:
        read_precomputed([file])
    assert str(caught.value).startswith(f"{file}: ")
    with pytest.raises(ValueError, match=expected):
        read_prompts([file])
    assert not place.exists()


def test_plain_values_beside_tensors_are_left_out_and_said(tmp_path):
    own = {"images": torch.eye(2), "texts": torch.eye(2), "epoch": 3, "classes": ["cat", "dog"]}
    file = saved(tmp_path, own)
    np.testing.assert_array_equal(read_precomputed([file])[1], np.eye(2))
    assert unread_notes([file]) == ["x.pt: not read, beside images and texts: epoch, classes"]


def test_what_is_damaged_is_refused(tmp_path):
    file = saved(tmp_path, {"images": torch.ones(4, 4), "texts": torch.ones(4, 4)})
    (tmp_path / "cut.pt").write_bytes(file.read_bytes()[:-40])
    with ZipFile(tmp_path / "other.pt", "w") as other:
        other.writestr("x/y", b"")
    with ZipFile(file) as members, ZipFile(tmp_path / "short.pt", "w") as short:
        for name in members.namelist():
            content = members.read(name)
            short.writestr(name, content[:8] if "/data/" in name else content)
    with ZipFile(file) as members, ZipFile(tmp_path / "pickle.pt", "w") as broken:
        for name in members.namelist():
            content = members.read(name)
            broken.writestr(name, content[:50] if name.endswith("data.pkl") else content)
    for name, expected in {
        "cut": "no .zip",
        "other": "no data.pkl in it",
        "short": "reaches beyond its 2 numbers",
        "pickle": "not readable as embeddings|damaged",
    }.items():
        with pytest.raises(ValueError, match=expected) as caught:
            read_precomputed([tmp_path / f"{name}.pt"])
        assert "\n" not in str(caught.value)


def test_classes_may_be_tensors_by_name(tmp_path, random):
    rows = torch.from_numpy(random.normal(size=(3, 4)))
    found = read_prompts([saved(tmp_path, {"cat": rows[0], "dog": rows[1:]})])
    assert found.texts == ["cat", "dog"]
    np.testing.assert_allclose(found.rows[0], rows[0], atol=1e-6)
    alone = read_prompts([saved(tmp_path, rows)])
    assert alone.texts == ["0", "1", "2"]


def test_a_tensor_that_is_negated_as_it_is_read_is_refused(tmp_path):
    numbers = torch.complex(torch.randn(3, 2), torch.randn(3, 2)).conj().imag
    torch.save({"images": numbers, "texts": torch.randn(3, 2)}, tmp_path / "x.pt")
    with pytest.raises(ValueError, match=r"numbers are changed as they are read"):
        read_precomputed([tmp_path / "x.pt"])
