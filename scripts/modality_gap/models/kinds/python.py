"""A user's own file: `encode_images` and `encode_texts`, as functions or as methods of a class."""

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.utils.data import Dataset

from modality_gap.data.watched import hash_file
from modality_gap.models.embed import device_name
from modality_gap.models.encoder import Encoder, Pictures
from modality_gap.models.text_tokens import Tokens

ENCODE = ("encode_images", "encode_texts")
LOAD = "load"


class OwnModel(Encoder):
    """The functions of a user's file, whose every fault is told by file, function and line.

    arguments: for its class, or for `load` where it has functions. Raises ValueError in one line
    where the file does not run, or lacks one of the two functions.
    """

    collate = list
    mixed = False

    def __init__(self, file: str | Path, arguments: Mapping[str, Any]):
        self.file, self.arguments = Path(file), dict(arguments)
        self.found = holder(self.file, run_file(self.file))
        self.width: tuple[str, int] | None = None

    def to(self, device: torch.device) -> None:
        """Make its class, where it has one, and call its `load`, where it has one."""
        self.device, arguments = device, self.arguments
        if isinstance(self.found, type):
            self.found = self._run(self.found.__name__, self.found, **arguments)
            arguments = {}
        load = getattr(self.found, LOAD, None)
        if load is not None:
            self._run(LOAD, load, device.type, **arguments)
        elif arguments:
            raise ValueError(
                f"{self.file}: no function {LOAD}, expected one that takes the study's `arguments` "
                f"({', '.join(arguments)})"
            )

    def images(self, images: pd.DataFrame) -> Dataset | list[str]:
        """A corpus's images, decoded; of one whose items are files, their absolute paths."""
        if images.attrs.get("items") == "files":
            return [os.path.abspath(file) for file in images.image]
        return Pictures(images, lambda image: image)

    def encode_images(self, batch: list[Image.Image] | list[str]) -> torch.Tensor:
        """What `encode_images` gives, checked."""
        return self._encode(ENCODE[0], batch)

    def tokenize(self, texts: list[str]) -> Tokens:
        """The texts themselves: whether any is cut, nobody can say."""
        ids = np.empty((len(texts), 1), dtype=object)
        ids[:, 0] = texts
        return Tokens(ids, np.zeros(len(texts), dtype=int))

    def first_equal(self, tokens: np.ndarray) -> np.ndarray:
        """For each text the first that is the same."""
        first: dict[str, int] = {}
        return np.array([first.setdefault(text, row) for row, (text,) in enumerate(tokens)], int)

    def encode_texts(self, tokens: np.ndarray) -> torch.Tensor:
        """What `encode_texts` gives, checked."""
        return self._encode(ENCODE[1], list(tokens[:, 0]))

    def facts(self) -> dict:
        """What its files of embeddings say of it."""
        return {
            "architecture": "own code",
            "file": str(self.file),
            "file_sha256": hash_file(self.file),
            "arguments": self.arguments,
            "device": device_name(self.device),
            "versions": {"torch": torch.__version__, "numpy": np.__version__},
        }

    def _run(self, name: str, function: Callable, *given, **arguments) -> Any:
        """What a function of the user's gives. Raises ValueError with one line where it fails."""
        try:
            return function(*given, **arguments)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise ValueError(told(self.file, error, name, line_of(function))) from error

    def _encode(self, name: str, items: list) -> torch.Tensor:
        """Embeddings of a batch, shape (n, d). Raises ValueError for any other thing."""
        function = getattr(self.found, name)
        found = self._run(name, function, items)
        fault, rows = None, None
        try:
            rows = as_rows(found, len(items))
            if self.width is not None and rows.shape[1] != self.width[1]:
                fault = (
                    f"gave {rows.shape[1]} dimensions, expected {self.width[1]} as {self.width[0]} "
                    "gave before"
                )
        except ValueError as error:
            fault = str(error)
        if fault is not None:
            raise ValueError(f"{self.file}: {name}, {line_of(function)}: {fault}")
        self.width = self.width or (name, rows.shape[1])
        return rows


def build(entry: dict, weights: str | Path, architecture: None) -> OwnModel:
    """The encoder of an entry. weights: the user's file."""
    return OwnModel(weights, entry.get("arguments", {}))


def run_file(file: Path) -> ModuleType:
    """A user's file as a module, which may import others beside it."""
    name = f"own_{file.stem}"
    spec = spec_from_file_location(name, file)
    if spec is None:
        raise ValueError(f"{file}: not a file of Python, expected one that ends in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise ValueError(told(file, error)) from error
    return module


def holder(file: Path, module: ModuleType) -> ModuleType | type:
    """What has the two functions: the module itself, or the one class in it.

    Raises ValueError where there is neither, or several.
    """
    if any(callable(getattr(module, name, None)) for name in ENCODE):
        missing = [name for name in ENCODE if not callable(getattr(module, name, None))]
        if missing:
            raise ValueError(
                f"{file}: no function {missing[0]}, expected both {' and '.join(ENCODE)}"
            )
        return module
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and value.__module__ == module.__name__
        and all(callable(getattr(value, name, None)) for name in ENCODE)
    ]
    if len(classes) != 1:
        names = ", ".join(found.__name__ for found in classes) or "none"
        raise ValueError(
            f"{file}: expected the functions {' and '.join(ENCODE)}, or one class with these "
            f"methods; such classes: {names}"
        )
    return classes[0]


def line_of(function: Callable) -> str:
    """Where a function begins, in words."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"line {code.co_firstlineno}" if code else "line unknown"


def told(file: Path, error: BaseException, name: str = "", begin: str = "") -> str:
    """An error of the user's own code in one line: file, function, line, what it says.

    name, begin: the function that was called and where it begins, for an error that none of the
    file's own lines raised.
    """
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == file.resolve()
    ]
    if own:
        # A comprehension and a lambda are in some function.
        functions = [frame.name for frame in own if not frame.name.startswith("<")]
        name, begin = (functions or [""])[-1], f"line {own[-1].lineno}"
    elif isinstance(error, SyntaxError) and error.lineno is not None:
        begin = f"line {error.lineno}"
    where = ", ".join(part for part in (name, begin) if part)
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{file}: {where}: {reason}" if where else f"{file}: {reason}"


def as_rows(found: Any, number: int) -> torch.Tensor:
    """Embeddings as the user's function gave them, shape (n, d), float32, on the CPU.

    number: of the items that it was given. Raises ValueError, without file and function, for another
    shape or number, what is no floating-point number, and NaN.
    """
    if isinstance(found, torch.Tensor):
        if found.layout != torch.strided or found.is_meta:
            raise ValueError(
                f"gave a tensor of layout {found.layout} on {found.device}, expected numbers"
            )
        floating, array = found.is_floating_point(), found.detach().cpu()
        kind = str(found.dtype).removeprefix("torch.")
    else:
        try:
            array = np.asarray(found)
        except Exception as error:
            raise ValueError(f"gave no array ({' '.join(str(error).split())})") from error
        floating, kind = array.dtype.kind == "f", str(array.dtype)
    shape = tuple(array.shape)
    if len(shape) != 2 or shape[1] == 0:
        raise ValueError(f"gave shape {shape} for {number} items, expected ({number}, d)")
    if shape[0] != number:
        raise ValueError(f"gave {shape[0]} rows for {number} items, expected as many")
    if not floating:
        raise ValueError(f"gave {kind} values, expected floating-point ones")
    rows = (
        # A copy: the user's function may fill the same buffer for the next batch.
        array.float().clone()
        if isinstance(array, torch.Tensor)
        else torch.from_numpy(array.astype("f4"))
    )
    wrong = (~rows.isfinite().all(dim=1)).nonzero().ravel()
    if len(wrong):
        raise ValueError(f"gave a NaN or an infinity in row {int(wrong[0])}, expected numbers")
    return rows
