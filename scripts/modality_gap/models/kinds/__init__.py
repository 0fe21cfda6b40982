"""Encoders of both modalities: a module a kind, or `clip` for the kinds that open_clip builds.

A module has `build(entry, weights, architecture)`, which gives the `Encoder` of a study's entry.
entry: as the study has it, without what does not change its embeddings; weights: the file of its
weights, or the first file of the folder that it is read from; architecture: the name of open_clip's,
where it has one.
"""

from importlib import import_module
from pathlib import Path


def module_of(kind: str) -> str:
    """The module that builds a kind of encoder; it is found by its file."""
    own = Path(__file__).with_name(f"{kind}.py").is_file()
    return f"{__name__}.{kind if own else 'clip'}"


def build(entry: dict, weights: str | Path | list, architecture: str | None):
    """The encoder of a study's entry, in evaluation mode, on the CPU.

    Raises ValueError, with what to install, where the package is not there that a kind is made with.
    """
    try:
        module = import_module(module_of(entry["kind"]))
    except ModuleNotFoundError as error:
        raise ValueError(
            f"kind {entry['kind']}: {error.name} is not installed, expected it: pip install {error.name}"
        ) from error
    return module.build(entry, weights, architecture)
