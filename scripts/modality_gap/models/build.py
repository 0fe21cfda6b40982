"""Encoders: open_clip models and their tokenizers, from a tag, a file, a seed or a training run."""

import gzip
import logging
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH, HFTokenizer, SimpleTokenizer, default_bpe

from modality_gap.data.watched import check_listed
from modality_gap.models.architectures import (
    PREPROCESSING,
    check_known,
    check_tag,
    hub_folder,
    hub_repositories,
    preprocessing_of,
    stated_activation,
    stated_preprocessing,
    tags_of,
)
from modality_gap.models.weights import Stored, load_weights, read_weights, with_preprocessing

FULL_VOCABULARY = 49408
BYTE_TOKENS = 512  # every byte, inside a word and at its end
SPECIAL_TOKENS = 2  # start and end of text
REMEMBERED_TEXTS = 2**17
NORMALIZATIONS = (
    torch.nn.modules.batchnorm._BatchNorm,
    torch.nn.LayerNorm,
    torch.nn.GroupNorm,
    torch.nn.RMSNorm,
)


def register_architectures(folder: str | Path) -> None:
    """Make the architecture files (open_clip's JSON form) of a folder known by their names."""
    open_clip.add_model_config(Path(folder))


def build_model(
    architecture: str,
    *,
    seed: int | None = None,
    tag: str | None = None,
    checkpoint: str | Path | None = None,
    dimension: int | None = None,
    preprocessing: str | dict | None = None,
    quick_gelu: bool | None = None,
    part: str | None = None,
    interpolate: bool = False,
) -> open_clip.CLIP:
    """An open_clip model in evaluation mode, with random or stored weights.

    seed: random weights; else checkpoint: a file of weights, with `tag` where it was downloaded as
    open_clip's weights of that name. dimension: of the shared space, where it is not the
    architecture's own. What a file does not say itself: preprocessing (a tag of the architecture,
    or mean, std, interpolation and resize_mode), quick_gelu (whether that is its activation), part
    (which of several sets of weights), interpolate (whether positions may be, to this size).
    Raises ValueError, naming the culprit, for an unknown architecture or tag, a file that is not
    a checkpoint, or weights of another architecture.
    """
    check_known("architecture", architecture, open_clip.list_models())
    own = own_activation(architecture)
    if tag is not None:
        check_tag(architecture, tag, own)
    torch.manual_seed(0 if seed is None else seed)
    if checkpoint is None:
        return create(architecture, dimension, own).eval()
    stored = read_weights(checkpoint)
    if tag is not None:
        way, activation = preprocessing_of(tags_of(architecture)[tag]), own
        interpolate = True  # as open_clip does with the weights that it offers
    else:
        way = preprocessing_for(stored, architecture, preprocessing)
        activation = activation_for(stored, architecture, quick_gelu)
    model = create(architecture, dimension, activation)
    model.loading["interpolated"] = load_weights(model, stored, part, interpolate)
    with_preprocessing(model, way)
    return model.eval()


def create(architecture: str, dimension: int | None, quick_gelu: bool) -> open_clip.CLIP:
    """A model with random weights, its parts from downloads that are there, never from a network.

    Its `loading` says what its metadata tell besides its weights.
    """
    config = open_clip.get_model_config(architecture)
    repositories = hub_repositories(architecture, config)
    changes: dict = {} if dimension is None else {"embed_dim": dimension}
    if name := config["text_cfg"].get("hf_model_name"):
        folder = str(hub_folder(name))
        changes["text_cfg"] = config["text_cfg"] | {"hf_model_name": folder}
        changes["text_cfg"]["hf_model_pretrained"] = False
    for repository in repositories:
        hub_folder(repository)
    changes["quick_gelu"] = quick_gelu
    model = open_clip.create_model(architecture, pretrained_text=False, **changes)
    model.loading = {"quick_gelu": quick_gelu, "interpolated": []}
    return model


def own_activation(architecture: str) -> bool:
    """Whether an architecture has QuickGELU."""
    return open_clip.get_model_config(architecture).get("quick_gelu", False)


def preprocessing_for(stored: Stored, architecture: str, stated: str | dict | None) -> dict | None:
    """How images are prepared for stored weights: as their file says, or else as it is stated."""
    try:
        if stored.preprocessing is None:
            return stated_preprocessing(architecture, stated)
        if stated is not None:
            own = {key: stored.preprocessing[key] for key in PREPROCESSING}
            told = stated_preprocessing(architecture, stated)
            if any(np.any(np.asarray(told[key]) != np.asarray(own[key])) for key in own):
                raise ValueError(f"preprocessing is {told}, expected that of the file: {own}")
    except ValueError as error:
        raise ValueError(f"{stored.path}: {error}") from error
    return stored.preprocessing


def activation_for(stored: Stored, architecture: str, stated: bool | None) -> bool:
    """Whether stored weights were trained with QuickGELU: as their file says, or it is stated."""
    own, known = own_activation(architecture), open_clip.list_models()
    try:
        if stored.quick_gelu is None:
            return stated_activation(architecture, stated, known, own)
        if stated not in (None, stored.quick_gelu):
            raise ValueError(f"quick_gelu is {stated}, expected {stored.quick_gelu} of the file")
        stated_activation(architecture, stored.quick_gelu, known, own)
    except ValueError as error:
        raise ValueError(f"{stored.path}: {error}") from error
    return stored.quick_gelu


# What `build_model` takes of an encoder's entry, beside its weights.
STATED = ("dimension", "preprocessing", "quick_gelu", "part", "interpolate")


def build_encoder(entry: dict, architecture: str, weights: str | Path) -> open_clip.CLIP:
    """An open_clip encoder of a study.

    entry: its `kind`, with `seed`, `tag` and the keys of `STATED` where it has them, and whether
    its normalisation layers are kept (`normalization`). weights: its checkpoint, or what
    `download_weights` wrote.
    """
    stated = {key: entry[key] for key in STATED if key in entry}
    model = build_model(architecture, **weights_source(entry, weights), **stated)
    if not entry.get("normalization", True):
        disable_normalization(model)
    return model


def weights_source(entry: dict, weights: str | Path) -> dict:
    """Where an encoder's weights come from, as `build_model` takes it; see `build_encoder`."""
    if "tag" in entry:
        return {"tag": entry["tag"], "checkpoint": downloaded_weights(weights)}
    if entry["kind"] != "run" and "seed" in entry:
        return {"seed": entry["seed"]}
    return {"checkpoint": weights}


def downloaded_weights(record: str | Path) -> Path:
    """The file that `download_weights` wrote down, beside its record.

    Raises FileNotFoundError where it is not there any more, ValueError where it is another one.
    """
    file = Path(record).parent / Path(record).read_text().strip()
    if not file.is_file():
        raise FileNotFoundError(f"{record}: {file} is gone, expected it (delete the former)")
    if (hashed := file.with_name(f"{file.name}.sha256")).is_file():
        check_listed(hashed)
    return file


def disable_normalization(model: torch.nn.Module) -> None:
    """Take the mean and scale of the input, and all normalisation layers, out of a model in place.

    liang2022, Fig. 15. What the layers learned (gains, biases, running statistics) goes with them.
    """
    config = dict(model.visual.preprocess_cfg)
    model.visual.preprocess_cfg = config | {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, NORMALIZATIONS):
                setattr(parent, name, torch.nn.Identity())


def build_tokenizer(architecture: str):
    """The tokenizer of an open_clip architecture; one of the Hugging Face hub from its download.

    CLIP's own remembers the texts that it has encoded: every epoch asks for the same ones again.

    An architecture whose `vocab_size` is below CLIP's 49,408 gets the first merges of CLIP's own
    byte-pair encoding: merges are ordered by frequency, so fewer of them are a coarser encoding.
    Raises FileNotFoundError where the download is not there, ValueError where it is no tokenizer.
    """
    text = open_clip.get_model_config(architecture)["text_cfg"]
    hub_repositories(architecture, {"text_cfg": text})
    if name := text.get("hf_tokenizer_name"):
        return downloaded_tokenizer(name, text)
    size = text.get("vocab_size", FULL_VOCABULARY)
    if size >= FULL_VOCABULARY:
        return remembering(open_clip.get_tokenizer(architecture))
    merges = gzip.decompress(Path(default_bpe()).read_bytes()).decode().split("\n")
    kept = merges[: 1 + size - BYTE_TOKENS - SPECIAL_TOKENS]
    with tempfile.NamedTemporaryFile(suffix=".gz") as file:
        file.write(gzip.compress("\n".join(kept).encode()))
        file.flush()
        return remembering(
            SimpleTokenizer(file.name, context_length=text.get("context_length", 77))
        )


def remembering(tokenizer: SimpleTokenizer) -> SimpleTokenizer:
    """The tokenizer, with the last texts that it was asked for kept as it encoded them."""
    tokenizer.encode = lru_cache(REMEMBERED_TEXTS)(tokenizer.encode)
    return tokenizer


def downloaded_tokenizer(name: str, text: dict) -> HFTokenizer:
    """A tokenizer of the Hugging Face hub, set up as open_clip does; text: the `text_cfg`."""
    folder = hub_folder(name)
    try:
        return HFTokenizer(
            str(folder),
            context_length=text.get("context_length", DEFAULT_CONTEXT_LENGTH),
            tokenizer_mode=text.get("tokenizer_mode"),
            **text.get("tokenizer_kwargs", {}),
        )
    except Exception as error:
        raise ValueError(f"{folder}: not a tokenizer of {name} ({error})") from error


# Random weights are what the caller asked for, when open_clip warns of them.
logging.getLogger().addFilter(lambda record: "No pretrained weights" not in str(record.msg))
