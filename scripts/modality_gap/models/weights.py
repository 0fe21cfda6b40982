"""Weights in files: read without running any code, fitted to a model name by name, and written."""

import argparse
import logging
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.convert import convert_state_dict, load_big_vision_weights
from open_clip.model import (
    convert_to_custom_text_state_dict,
    resize_pos_embed,
    resize_text_pos_embed,
)
from open_clip.transform import PreprocessCfg
from safetensors.torch import load_file

from modality_gap.data.file_kinds import read_zip
from modality_gap.models.architectures import PREPROCESSING
from modality_gap.models.torchscript import is_torchscript, read_torchscript

log = logging.getLogger(__name__)

# Modules that hold a model and add a part to the names of its weights, wherever they stand.
WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
# What training programs put beside weights, and that is data when it is unpickled.
HARMLESS = [
    argparse.Namespace,
    Counter,
    np.dtype,
    np.ndarray,
    np._core.multiarray.scalar,
    np._core.multiarray._reconstruct,
    (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),
    (np._core.multiarray._reconstruct, "numpy.core.multiarray._reconstruct"),
    *(type(np.dtype(code)) for code in "?bhilBHILefdFDSUO"),
]
# OpenAI's TorchScript files tell three numbers of the model as weights.
OPENAI_NUMBERS = ("input_resolution", "context_length", "vocab_size")
IMAGE_POSITIONS = (
    "visual.positional_embedding",
    "visual.trunk.pos_embed",
    "visual.attnpool.positional_embedding",
)
TEXT_POSITIONS = ("positional_embedding", "text.positional_embedding")
RESNET_PATCH = 32  # pixels to a position of the attention pool
# What embeddings do not use: zero where it is missing.
UNUSED = ("logit_bias", "num_batches_tracked")
BIG_VISION = (".npz", ".npy")  # Google's own files of SigLIP: NumPy arrays by JAX's names
NAMED = 3  # so many weights are named where names or shapes do not agree
SET = 0.1  # of the model's names: fewer of them are no set of its weights
ALTERNATIVE = 0.5  # of the names of the fullest set: what holds as many is a set of its own


@dataclass(frozen=True)
class Stored:
    """What a file of weights holds.

    tensors: by name, those of nested dictionaries with a dot between; preprocessing and quick_gelu:
    how images are prepared and which activation the weights were trained with, where the file says
    it, else None.
    """

    path: str
    tensors: dict[str, torch.Tensor]
    preprocessing: dict | None = None
    quick_gelu: bool | None = None


def read_weights(path: str | Path) -> Stored:
    """Read a file of weights: .safetensors, a file of torch, or a TorchScript archive.

    Of a .npz file of big_vision the name alone: only the model tells what its arrays are.

    Raises FileNotFoundError, or ValueError with one line, where the file is none of these, holds no
    tensors, or asks for code to be run.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint file")
    if str(path).endswith(BIG_VISION):
        return Stored(str(path), {})
    try:
        check_archive(path)
        if str(path).lower().endswith(".safetensors"):
            return Stored(str(path), load_file(path))
        if is_torchscript(path):
            return read_scripted(path)
        content = read_torch(path)
    except Exception as error:
        raise ValueError(f"{path}: not a checkpoint ({reason_of(error, path)})") from error
    tensors = dict(flatten(content))
    if not tensors:
        raise ValueError(
            f"{path}: not a checkpoint: {describe_content(content)}, expected a state dict"
        )
    if not isinstance(content, Mapping):
        content = {}
    ways = content.get("preprocess_cfg"), content.get("quick_gelu")
    return Stored(str(path), tensors, *ways)


def check_archive(path: str | Path) -> None:
    """Raise ValueError where a .zip, as torch writes it, is damaged: torch itself checks no sums."""
    if zipfile.is_zipfile(path):
        read_zip(path)


def read_torch(path: str | Path):
    """What torch saved, unpickled with torch's own short list of classes and `HARMLESS`."""
    with torch.serialization.safe_globals(HARMLESS):
        return torch.load(path, map_location="cpu", weights_only=True)


def read_scripted(path: str | Path) -> Stored:
    """The weights of a TorchScript file; those of OpenAI are known by three numbers in them."""
    tensors = read_torchscript(path)
    if not all(name in tensors for name in OPENAI_NUMBERS):
        return Stored(str(path), tensors)
    tensors = {name: value for name, value in tensors.items() if name not in OPENAI_NUMBERS}
    return Stored(str(path), tensors, vars(PreprocessCfg()), True)


def reason_of(error: Exception, path: str | Path) -> str:
    """Why a file could not be read, in one line."""
    with Path(path).open("rb") as file:
        begin = file.read(40)
    if not begin:
        return "the file is empty"
    if begin.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS, expected the file that it stands for: `git lfs pull`"
    if begin.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "a web page"
    if begin.startswith(b"PK") and not zipfile.is_zipfile(path):
        return "the file is truncated or damaged"
    text = " ".join(str(error).split())
    if asked := re.search(r"(?:GLOBAL|class) ([\w.]+)", text):
        return (
            f"it holds a pickled {asked[1]}, whose code is not run; expected tensors alone: "
            "torch.save(model.state_dict(), file)"
        )
    if isinstance(error, ValueError):
        return text
    return f"not a file of torch: {type(error).__name__}"


def describe_content(content) -> str:
    """What a file holds that has no dictionary of tensors."""
    if isinstance(content, Mapping) and content:
        return f"a dictionary without tensors ({', '.join(map(str, list(content)[:NAMED]))})"
    return "an empty dictionary" if isinstance(content, Mapping) else f"a {type(content).__name__}"


def flatten(content, prefix: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """All tensors in nested dictionaries, with the way to them as their name."""
    for name, value in content.items() if isinstance(content, Mapping) else ():
        if isinstance(value, torch.Tensor):
            yield f"{prefix}{name}", value
        else:
            yield from flatten(value, f"{prefix}{name}.")


def load_weights(
    model: torch.nn.Module, stored: Stored, part: str | None = None, interpolate: bool = False
) -> list[str]:
    """Put stored weights into a model, in place, each under its own name.

    part: which of several sets of weights in the file, as the error names them. interpolate: bring
    the embeddings of positions to the model's number of them where it differs. Returns what was
    interpolated, in words. Raises ValueError, naming weights and shapes, where they do not agree.
    """
    if stored.path.endswith(BIG_VISION):
        load_big_vision(model, stored.path)
        return []
    tensors = chosen_part(model, stored, part)
    tensors = in_names_of(model, tensors)
    said = match_positions(model, tensors, stored.path, interpolate)
    check_fit(model, tensors, stored.path)
    model.load_state_dict(tensors)
    return said


def load_big_vision(model: torch.nn.Module, path: str) -> None:
    """Put the arrays of a .npz file of big_vision into a model, in place, by open_clip's table.

    Raises ValueError where an array is missing or does not fit.
    """
    try:
        load_big_vision_weights(model, path)
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ValueError(
            f"{path}: not a checkpoint of {type(model).__name__} with this architecture, in the "
            f"form of big_vision ({reason})"
        ) from error


def chosen_part(
    model: torch.nn.Module, stored: Stored, part: str | None
) -> dict[str, torch.Tensor]:
    """Those of a file's tensors that are one set of the model's weights, under bare names.

    A set is all tensors behind one prefix, which is a key of the file (`state_dict`, `ema`), what
    held the model in training (`module`, `model`), or both.
    """
    tensors = {without_wrappers(name): value for name, value in stored.tensors.items()}
    if len(tensors) < len(stored.tensors):
        raise ValueError(f"{stored.path}: two weights of one name but for {', '.join(WRAPPERS)}")
    sets = sets_of_weights(model, tensors)
    if part is not None:
        sets = {p: names for p, names in sets.items() if f"{p.rstrip('.')}.".startswith(f"{part}.")}
        if not sets:
            found = ", ".join(sorted({name.partition(".")[0] for name in tensors})[:NAMED])
            raise ValueError(
                f"{stored.path}: part {part!r} holds no weights of this architecture, expected a "
                f"key of the file (it begins with {found})"
            )
    if len(sets) > 1:
        names = ", ".join(prefix.rstrip(".") or '""' for prefix in sets)
        raise ValueError(
            f"{stored.path}: {len(sets)} sets of weights, expected `part` to name one of {names}"
        )
    prefix = next(iter(sets), only_dictionary(tensors))
    inside = {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
    if len(inside) < len(tensors):
        log.warning(
            "%s: read %d tensors of %s, not the %d beside them",
            stored.path,
            len(inside),
            prefix.rstrip("."),
            len(tensors) - len(inside),
        )
    return inside


def without_wrappers(name: str) -> str:
    """The name of a weight without the parts that compiling and sharding add to it."""
    for wrapper in WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def sets_of_weights(model: torch.nn.Module, tensors: Mapping) -> dict[str, dict[str, str]]:
    """The sets of the model's weights in a file by their prefix: its names, with the file's."""
    known = set(model.state_dict())
    known |= {name.removeprefix("text.") for name in known}
    found: dict[str, dict[str, str]] = {}
    for full in tensors:
        parts = full.split(".")
        for start in range(len(parts)):
            name = ".".join(parts[start:])
            if name in known:
                found.setdefault(full.removesuffix(name), {})[name] = full
    best = max(found.values(), key=len, default={})
    if len(best) < SET * len(known):
        return {}
    return {
        prefix: names
        for prefix, names in found.items()
        if names is best or is_alternative(names, best)
    }


def is_alternative(names: dict[str, str], best: dict[str, str]) -> bool:
    """Whether a set holds most weights of the fullest one, in other tensors of the file.

    One side of a model has names of the other side too, but in the same tensors.
    """
    many = len(names.keys() & best.keys()) >= ALTERNATIVE * len(best)
    return many and not set(names.values()) & set(best.values())


def only_dictionary(tensors: Mapping) -> str:
    """The prefix of a file whose tensors all lie in one dictionary; else none."""
    first = {name.partition(".")[0] for name in tensors}
    return f"{first.pop()}." if first in ({"state_dict"}, {"model"}, {"module"}) else ""


def in_names_of(model: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> dict:
    """The same weights as this version of open_clip names and shapes them."""
    if isinstance(model, open_clip.CustomTextCLIP | open_clip.CoCa):
        tensors = convert_state_dict(model, tensors)
        if "positional_embedding" in tensors and not hasattr(model, "positional_embedding"):
            tensors = convert_to_custom_text_state_dict(tensors)
    own = model.state_dict()
    constant = {name for name, _ in model.named_buffers()} - set(own)
    # Older versions of transformers, and TorchScript, store what the architecture makes itself.
    tensors = {
        name: value
        for name, value in tensors.items()
        if name not in constant and not (name.endswith(".position_ids") and name not in own)
    }
    for name in ("logit_scale", "logit_bias"):
        if name in tensors and name in own and tensors[name].numel() == own[name].numel():
            tensors[name] = tensors[name].reshape(own[name].shape)
    unused = {n: torch.zeros_like(v) for n, v in own.items() if n.endswith(UNUSED)}
    if absent := unused.keys() - tensors.keys():
        log.warning("%d weights that embeddings do not use are missing: zero", len(absent))
    return unused | tensors


def match_positions(
    model: torch.nn.Module, tensors: dict, path: str, interpolate: bool
) -> list[str]:
    """Bring embeddings of positions to the model's number of them, in place, where it is asked."""
    own, said = model.state_dict(), []
    for name in (*IMAGE_POSITIONS, *TEXT_POSITIONS):
        if name not in own or name not in tensors or own[name].shape == tensors[name].shape:
            continue
        if own[name].shape[-1] != tensors[name].shape[-1]:
            continue  # another width, which `check_fit` tells
        size = "image size" if name in IMAGE_POSITIONS else "context length"
        stored, expected = (size_of(model, name, value[name]) for value in (tensors, own))
        if not interpolate:
            raise ValueError(
                f"{path}: trained at {size} {stored} ({name}), expected {expected} of this "
                "architecture; with `interpolate: true` positions are interpolated"
            )
        resize_positions(model, tensors, name)
        said.append(f"{name}: {size} {stored} to {expected}")
        log.warning("%s: interpolated %s", path, said[-1])
    return said


def grid_of(model: torch.nn.Module, name: str) -> tuple[int, int]:
    """Pixels to a patch, and patches to a side, of an image tower's embedding of positions."""
    visual = model.visual
    patch = {
        "visual.positional_embedding": lambda: visual.patch_size[0],
        "visual.trunk.pos_embed": lambda: visual.trunk.patch_embed.patch_size[0],
        "visual.attnpool.positional_embedding": lambda: RESNET_PATCH,
    }[name]()
    size = visual.image_size
    return patch, (size if isinstance(size, int) else size[0]) // patch


def size_of(model: torch.nn.Module, name: str, embedding: torch.Tensor) -> int:
    """Image size (pixels to a side) or context length that an embedding of positions is for."""
    number = embedding.shape[-2]
    if name not in IMAGE_POSITIONS:
        return number
    patch, side = grid_of(model, name)
    others = model.state_dict()[name].shape[-2] - side**2  # the class token
    return patch * math.isqrt(max(0, number - others))


def resize_positions(model: torch.nn.Module, tensors: dict, name: str) -> None:
    """Interpolate one embedding of positions, in place, as its library does."""
    if name == "visual.positional_embedding":
        resize_pos_embed(tensors, model)
    elif name in TEXT_POSITIONS:
        resize_text_pos_embed(tensors, model)
    else:
        # Imported here: few weights need it, and no network of a job's own.
        from timm.layers import resample_abs_pos_embed

        _, side = grid_of(model, name)
        own = model.state_dict()[name]
        old = tensors[name].reshape(1, -1, own.shape[-1])
        others = own.shape[-2] - side**2
        new = resample_abs_pos_embed(old, [side, side], num_prefix_tokens=others)
        tensors[name] = new.reshape(own.shape)


def check_fit(model: torch.nn.Module, tensors: dict, path: str) -> None:
    """Raise ValueError with one line where names, shapes or kinds differ, or a number is none."""
    own = model.state_dict()
    missing, extra = ([n for n in a if n not in b] for a, b in ((own, tensors), (tensors, own)))
    both = [name for name in own if name in tensors]
    shapes = [
        f"{n} {tuple(tensors[n].shape)}, expected {tuple(own[n].shape)}"
        for n in both
        if tensors[n].shape != own[n].shape
    ]
    kinds = [
        f"{n} of {tensors[n].dtype}, expected {own[n].dtype}"
        for n in both
        if tensors[n].is_floating_point() != own[n].is_floating_point()
    ]
    found = {"missing": missing, "not of this architecture": extra}
    found |= {"of another shape": shapes, "of another kind": kinds}
    faults = [
        f"{len(names)} {fault} ({'; '.join(names[:NAMED])}{'; …' if len(names) > NAMED else ''})"
        for fault, names in found.items()
        if names
    ]
    if faults:
        raise ValueError(
            f"{path}: not a checkpoint of {type(model).__name__} with this architecture: "
            f"of its {len(own)} weights {', '.join(faults)}"
        )
    for name in both:
        if tensors[name].is_floating_point() and not tensors[name].isfinite().all():
            raise ValueError(f"{path}: {name} holds a NaN or an infinity, expected numbers")


def save_weights(
    weights: dict[str, torch.Tensor], model: torch.nn.Module, path: str | Path
) -> None:
    """Write weights, with what else their use depends on, in a form that open_clip reads too.

    weights: of the model, by open_clip's names.
    """
    facts = {
        "preprocess_cfg": dict(model.visual.preprocess_cfg),
        "quick_gelu": model.loading["quick_gelu"],
    }
    torch.save({"state_dict": weights, **facts}, path)


def with_preprocessing(model: torch.nn.Module, way: dict | None) -> None:
    """Prepare a model's images in this way, in place; None: as they were."""
    own = dict(model.visual.preprocess_cfg)
    stated = {key: way[key] for key in (*PREPROCESSING, "fill_color") if key in way} if way else {}
    for key in ("mean", "std"):
        if key in stated:
            stated[key] = tuple(stated[key])
    open_clip.model.set_model_preprocess_cfg(model, own | stated)
