"""The tensors of a TorchScript file, read as data: the code that is archived with them never runs.

`torch.jit.load` compiles and may run that code, and `torch.load` refuses such files. What is read
here: the tree of modules (pickled, with classes that only hold attributes in place of the archived
ones), the bytes of the tensors, and of the code the two lines that say which attributes are
parameters and buffers.
"""

import collections
import pickle
import re
import zipfile
from pathlib import Path

import torch

STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class Scripted:
    """An archived module, or another archived object: its attributes and nothing else."""

    qualified_name: str


def strided(storage: torch.Tensor, offset: int, size: tuple, stride: tuple, *_) -> torch.Tensor:
    """A tensor of a storage's numbers; torch raises where it would reach beyond them."""
    return torch.as_strided(storage, size, stride, offset)


def first_argument(value, *_):
    """What a list of numbers, or a value with a type, stands for."""
    return value


KNOWN = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): strided,
    **{
        ("torch.jit._pickle", name): first_argument
        for name in (
            "build_intlist",
            "build_doublelist",
            "build_boollist",
            "build_tensorlist",
            "restore_type_tag",
        )
    },
}


class Reader(pickle.Unpickler):
    """Unpickles the tree of modules; anything that is not on the list above is an error."""

    def __init__(self, archive: zipfile.ZipFile, root: str):
        super().__init__(archive.open(f"{root}data.pkl"))
        self.archive, self.root, self.storages = archive, root, {}

    def find_class(self, module: str, name: str):
        """An archived class as one that only holds attributes, or one of the known names."""
        if module.startswith("__torch__"):
            return type(name, (Scripted,), {"qualified_name": f"{module}.{name}"})
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if (module, name) in KNOWN:
            return KNOWN[module, name]
        raise ValueError(f"its pickle asks for {module}.{name}, which is not run")

    def persistent_load(self, identifier: tuple) -> torch.Tensor:
        """The numbers of a storage, shape (n,)."""
        _, dtype, key, _, _ = identifier
        if key not in self.storages:
            content = bytearray(self.archive.read(f"{self.root}data/{key}"))
            empty = torch.empty(0, dtype=dtype)
            self.storages[key] = torch.frombuffer(content, dtype=dtype) if content else empty
        return self.storages[key]


def is_torchscript(path: str | Path) -> bool:
    """Whether a file is a TorchScript archive."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def read_torchscript(path: str | Path) -> dict[str, torch.Tensor]:
    """Parameters and buffers of a TorchScript file by their names in the module.

    Raises ValueError for an archive that holds more than modules, numbers and tensors.
    """
    with zipfile.ZipFile(path) as archive:
        root = next(n for n in archive.namelist() if n.endswith("/data.pkl"))
        root = root.removesuffix("data.pkl")
        found: dict[str, torch.Tensor] = {}
        collect(Reader(archive, root).load(), "", archive, root, found)
    return found


def collect(module, prefix: str, archive: zipfile.ZipFile, root: str, found: dict) -> None:
    """Put the parameters and buffers of a module, and of the modules in it, into `found`."""
    state = state_names(module, archive, root)
    for name, value in vars(module).items():
        if isinstance(value, torch.Tensor) and name in state:
            found[f"{prefix}{name}"] = value
        elif isinstance(value, Scripted):
            collect(value, f"{prefix}{name}.", archive, root, found)


def state_names(module: Scripted, archive: zipfile.ZipFile, root: str) -> set[str]:
    """The attributes of a module that its archived class lists as parameters and buffers."""
    place, _, name = module.qualified_name.rpartition(".")
    code = archive.read(f"{root}code/{place.replace('.', '/')}.py").decode()
    own = re.search(rf"^class {re.escape(name)}\(Module\):\n((?:  __\w+__ = .*\n)*)", code, re.M)
    lists = re.findall(r"__(?:parameters|buffers)__ = \[(.*)\]", own[1]) if own else []
    return {name for line in lists for name in re.findall(r'"([^"]+)"', line)}
