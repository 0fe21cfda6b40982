"""Arrays of the files that NumPy and torch write, read without torch; nothing that is pickled is run.

A file of torch.save is a zip (since torch 1.6): `data.pkl` says which tensors there are, and `data/<key>` has
their numbers. Of what a pickle may ask for, only tensors, storages and mappings are made here.
"""

import pickle
from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

ENDINGS = (".pt", ".pth")
# torch's storages by name; NumPy has no bfloat16: its bits are those of float32 without the lower half.
BFLOAT16 = "BFloat16Storage"
STORAGES = {
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
    "HalfStorage": "f2",
    BFLOAT16: "u2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


class Tensor(NamedTuple):
    """Where a tensor's numbers stand: its storage (kind, key), offset, shape and strides in numbers."""

    storage: tuple[str, str]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def rebuilt(storage, offset, shape, strides, *others) -> Tensor:
    """What torch's pickles ask for as `torch._utils._rebuild_tensor_v2`."""
    # After whether it has a gradient and its hooks: what is done to the numbers as they are read.
    if any(others[2:]):
        raise ValueError(
            f"a tensor whose numbers are changed as they are read ({others[2]}), expected plain ones: "
            "save its .resolve_neg()"
        )
    return Tensor(storage, offset, tuple(shape), tuple(strides))


def parameter(tensor, *_) -> Tensor:
    """What they ask for as `torch._utils._rebuild_parameter`: the tensor in it."""
    return tensor


ALLOWED = {
    ("torch._utils", "_rebuild_tensor_v2"): rebuilt,
    ("torch._utils", "_rebuild_parameter"): parameter,
    ("collections", "OrderedDict"): OrderedDict,
    **{("torch", name): name for name in STORAGES},
}


class Unpickler(pickle.Unpickler):
    """Makes what is ALLOWED, and refuses the first thing that is not."""

    def find_class(self, module: str, name: str):
        """What stands for a name of a pickle."""
        if (module, name) not in ALLOWED:
            raise ValueError(
                f"holds {module}.{name}, expected tensors alone: nothing pickled is run"
            )
        return ALLOWED[module, name]

    def persistent_load(self, pid: tuple) -> tuple[str, str]:
        """A storage: its kind and the key of its numbers."""
        return pid[1], pid[2]


def tensors_of(file: str | Path) -> dict[str, object] | Tensor:
    """What a file holds: one tensor, or several by name; their numbers are not read yet.

    Beside them there may be plain numbers, texts and lists, which `read_tensor` refuses.
    Raises ValueError where anything else is in it, or it is none of torch's zip files.
    """
    try:
        with ZipFile(file) as members, members.open(member(members, "data.pkl")) as pickled:
            found = Unpickler(pickled).load()
    except BadZipFile as error:
        raise ValueError(
            "no .zip, as torch.save writes since torch 1.6: load it with torch, and save it again"
        ) from error
    except pickle.UnpicklingError as error:
        raise ValueError(f"damaged ({error})") from error
    if isinstance(found, Tensor):
        return found
    if not isinstance(found, dict):
        raise ValueError(f"holds a {type(found).__name__}, expected tensors by name, or one tensor")
    for name in found:
        if not isinstance(name, str):
            raise ValueError(f"holds something named {name!r}, expected tensors by name")
    return dict(found)


def member(members: ZipFile, name: str) -> str:
    """The full name of a member, below the folder that torch names after the file."""
    known = [one for one in members.namelist() if one == name or one.endswith(f"/{name}")]
    if not known:
        raise ValueError(f"no {name} in it, expected a file that torch.save wrote")
    return min(known, key=len)


def read_tensor(file: str | Path, tensor: object) -> np.ndarray:
    """The numbers of a tensor of `tensors_of`, bfloat16 as float32; ValueError where it is none."""
    if not isinstance(tensor, Tensor):
        raise ValueError(f"a {type(tensor).__name__}, expected a tensor")
    kind, key = tensor.storage
    with ZipFile(file) as members:
        content = members.read(member(members, f"data/{key}"))
        order = next((one for one in members.namelist() if one.endswith("byteorder")), None)
        sign = ">" if order and members.read(order) == b"big" else "<"
    numbers = np.frombuffer(content, np.dtype(STORAGES[kind]).newbyteorder(sign))
    if 0 in tensor.shape:
        return np.empty(tensor.shape, numbers.dtype)
    steps = ((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    if min((tensor.offset, *tensor.strides)) < 0 or tensor.offset + sum(steps) >= len(numbers):
        raise ValueError(
            f"a tensor of shape {tensor.shape} reaches beyond its {len(numbers)} numbers"
        )
    strides = [step * numbers.itemsize for step in tensor.strides]
    view = partial(np.lib.stride_tricks.as_strided, writeable=False)
    found = view(numbers[tensor.offset :], tensor.shape, strides)
    if kind == BFLOAT16:
        return (found.astype(np.uint32) << 16).view(np.float32)
    return found


def load_numpy(file: Path, mmap_mode: str | None = None) -> np.ndarray | NpzFile:
    """A .npy or .npz file, refused where it would need unpickling."""
    try:
        found = np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
    except ValueError as error:
        # Its other lines advise to trust the file.
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{file.name} is not a {file.suffix} file of numbers ({reason})"
        ) from error
    check_whole(file, found)
    return found


def check_whole(file: Path, found: np.ndarray | NpzFile) -> None:
    """Raise ValueError where a file holds more than is read of it."""
    if isinstance(found, NpzFile):
        members = found.zip.namelist()
        twice = next((name for name in members if members.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{file.name}: {twice} stands twice in it, expected each array once")
        return
    with file.open("rb") as content:
        start = content.read(12)
    # The length of the header: of two bytes in the first version of the format, of four in others.
    length = 10 + int.from_bytes(start[8:10], "little")
    if start[6] > 1:
        length = 12 + int.from_bytes(start[8:12], "little")
    behind = file.stat().st_size - length - found.nbytes
    if behind:
        raise ValueError(
            f"{file.name}: {behind} bytes behind its array, as where several are saved into one file; "
            "expected one"
        )


def open_npz(file: Path) -> NpzFile:
    """The arrays of an .npz file."""
    arrays = load_numpy(file)
    if not isinstance(arrays, NpzFile):
        raise ValueError("a single array, that of a .npy file, expected the arrays of an .npz")
    return arrays
