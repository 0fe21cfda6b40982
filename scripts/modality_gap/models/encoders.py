"""Encoders: open_clip models, from a tag, a file, a seed or a training run, and what they embed."""

import gzip
import hashlib
import logging
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import open_clip
import pandas as pd
import torch
from open_clip.tokenizer import (
    DEFAULT_CONTEXT_LENGTH,
    HFTokenizer,
    SimpleTokenizer,
    default_bpe,
)
from open_clip.transform import PreprocessCfg, image_transform_v2
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose

from modality_gap.data.corpora import decode
from modality_gap.data.embeddings import first_equal_rows
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
from modality_gap.models.text_tokens import tokenize
from modality_gap.models.weights import Stored, load_weights, read_weights, with_preprocessing

FULL_VOCABULARY = 49408
BYTE_TOKENS = 512  # every byte, inside a word and at its end
MAX_DECODED_BYTES = 2 * 1024**3
SPECIAL_TOKENS = 2  # start and end of text
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

    Raises FileNotFoundError where it is not there any more.
    """
    file = Path(record).parent / Path(record).read_text().strip()
    if not file.is_file():
        raise FileNotFoundError(f"{record}: {file} is gone, expected it (delete the former)")
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


def weights_fingerprint(model: torch.nn.Module) -> str:
    """SHA-256 over names and values of all weights: the same numbers, the same fingerprint."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def build_tokenizer(architecture: str):
    """The tokenizer of an open_clip architecture; one of the Hugging Face hub from its download.

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
        return open_clip.get_tokenizer(architecture)
    merges = gzip.decompress(Path(default_bpe()).read_bytes()).decode().split("\n")
    kept = merges[: 1 + size - BYTE_TOKENS - SPECIAL_TOKENS]
    with tempfile.NamedTemporaryFile(suffix=".gz") as file:
        file.write(gzip.compress("\n".join(kept).encode()))
        file.flush()
        return SimpleTokenizer(file.name, context_length=text.get("context_length", 77))


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


class TextTower(torch.nn.Module):
    """`encode_text` of a CLIP as a module of its own, so that its buffers can be replaced."""

    def __init__(self, clip: open_clip.CLIP):
        super().__init__()
        self.clip = clip

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Raw text features, shape (n, d)."""
        return self.clip.encode_text(tokens)


def encode_text(model: torch.nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """Raw text features, shape (n, d), of token ids, shape (n, context length), on the CPU.

    Where the tower is causal and pools at the end token (CLIP's way), what stands after the end
    token has no influence: the batch is cut to its longest text, which changes nothing but time.
    """
    device = device_of(model)
    causal = isinstance(model, open_clip.CLIP) and model.attn_mask is not None
    if not (causal and model.text_pool_type == "argmax"):
        return model.encode_text(tokens.to(device, non_blocking=True))
    length = int(tokens.argmax(dim=1).max()) + 1
    cut = {
        "clip.positional_embedding": model.positional_embedding[:length],
        "clip.attn_mask": model.attn_mask[:length, :length],
    }
    tokens = tokens[:, :length].to(device, non_blocking=True)
    return torch.func.functional_call(TextTower(model), cut, (tokens,))


class Pixels(Dataset):
    """A corpus's images, resized and cropped as the model wants: (3, height, width), uint8."""

    def __init__(self, images: pd.DataFrame, model: torch.nn.Module):
        self.images, self.names = list(images.image), list(images.image_id)
        config = PreprocessCfg(**model.visual.preprocess_cfg)
        *resize, _to_tensor, _normalize = image_transform_v2(config, is_train=False).transforms
        self.transform = Compose(resize)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> torch.Tensor:
        image = decode(self.images[row], self.names[row])
        pixels = np.asarray(self.transform(image))
        return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def decode_once(pixels: Pixels) -> torch.Tensor | Pixels:
    """All images as one tensor where they fit in 2 GiB; otherwise the images as they are."""
    if len(pixels) * pixels[0].numel() > MAX_DECODED_BYTES:
        return pixels
    return torch.stack([pixels[row] for row in range(len(pixels))])


def scale_pixels(pixels: torch.Tensor, model: torch.nn.Module) -> torch.Tensor:
    """uint8 pixels (n, 3, h, w) to the model's normalised float input, on the model's device."""
    config = PreprocessCfg(**model.visual.preprocess_cfg)
    pixels = pixels.to(device_of(model), non_blocking=True)
    mean, std = (
        torch.tensor(values, device=pixels.device).view(1, 3, 1, 1)
        for values in (config.mean, config.std)
    )
    return pixels.float().div_(255).sub_(mean).div_(std)


def device_of(model: torch.nn.Module) -> torch.device:
    """Where a model's weights are."""
    return next(model.parameters()).device


def choose_device(gpus: int) -> torch.device:
    """`cuda` when the job was granted a GPU and there is one, otherwise `cpu`."""
    return torch.device("cuda" if gpus > 0 and torch.cuda.is_available() else "cpu")


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Mixed precision: `auto` is bfloat16 on a GPU that has it, and float32 elsewhere."""
    if precision == "auto":
        mixed = device.type == "cuda" and torch.cuda.is_bf16_supported()
        precision = "bfloat16" if mixed else "float32"
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


@torch.inference_mode()
def embed_images(
    model: torch.nn.Module, pixels: Dataset, batch_size: int, precision: str, workers: int
) -> np.ndarray:
    """Projected image embeddings, raw, shape (n, d), float32.

    pixels: `Pixels`, decoded by `workers` processes, or what `decode_once` made of them.
    """
    decoded = isinstance(pixels, torch.Tensor)
    loader = DataLoader(pixels, batch_size, num_workers=0 if decoded else workers)
    device = device_of(model)
    batches = []
    for batch in loader:
        with autocast(device, precision):
            features = model.encode_image(scale_pixels(batch, model))
        batches.append(features.float().cpu())
    return torch.cat(batches).numpy()


def embed_texts(
    model: torch.nn.Module, tokenizer, texts: list[str], batch_size: int, precision: str
) -> np.ndarray:
    """Projected text embeddings, raw, shape (n, d), float32, in the order of the texts.

    Texts of the same tokens, as those that differ in capitals alone, are embedded once.
    """
    tokens = tokenize(tokenizer, texts).ids
    first = first_equal_rows(tokens)
    rows = by_length(texts, np.unique(first))
    found = embed_tokens(model, tokens[rows], batch_size, precision)
    features = np.empty((len(texts), found.shape[1]), dtype=np.float32)
    features[rows] = found
    return features[first]


@torch.inference_mode()
def embed_tokens(
    model: torch.nn.Module, tokens: np.ndarray, batch_size: int, precision: str
) -> np.ndarray:
    """Raw embeddings, shape (n, d), float32, of token ids, shape (n, context length), in batches.

    In order of length, so that a batch is cut to texts of like length.
    """
    device, features = device_of(model), []
    for start in range(0, len(tokens), batch_size):
        batch = torch.from_numpy(tokens[start : start + batch_size].astype(np.int64))
        with autocast(device, precision):
            features.append(encode_text(model, batch).float().cpu())
    return torch.cat(features).numpy()


def by_length(texts: list[str], rows: np.ndarray) -> np.ndarray:
    """Some rows of the texts, shortest first, equally long ones in their order."""
    return np.array(sorted(rows, key=lambda row: len(texts[row])), dtype=int)


def rows_of_part(n: int, batch_size: int, part: int, parts: int) -> slice:
    """The rows that one of several jobs embeds: whole batches, the same ones as of a single job.

    part: from 1 to parts. A batch's numbers may depend on what else is in it, in their last bits.
    """
    batches = -(-n // batch_size)
    first, last = (batches * k // parts * batch_size for k in (part - 1, part))
    return slice(first, last)


def embed_part(
    model: torch.nn.Module,
    images: pd.DataFrame,
    texts: list[str],
    tokens: np.ndarray,
    settings: dict,
    workers: int,
    part: tuple[int, int] = (1, 1),
) -> dict[str, np.ndarray]:
    """Raw embeddings of one of several parts of a split, with their rows in it.

    images, texts, tokens: of the whole split, the latter of `tokenize`, shape (m, context length);
    settings: `batch_size` and `precision`. part: which one, from 1, and of how many. Returns
    image_rows, images, text_rows and texts: shapes (k,), (k, d), (l,) and (l, d), by name, where
    images or texts are missing if the part has none of them. Texts of the same tokens are in one
    part, embedded once.
    """
    how = (settings["batch_size"], settings["precision"])
    image_rows = range(len(images))[rows_of_part(len(images), how[0], *part)]
    first = first_equal_rows(tokens)
    distinct = by_length(texts, np.unique(first))
    own = distinct[rows_of_part(len(distinct), how[0], *part)]
    found = {"image_rows": np.array(image_rows, int)}
    if image_rows:
        found["images"] = embed_images(model, Pixels(images.iloc[image_rows], model), *how, workers)
    place = np.full(len(texts), -1)
    place[own] = np.arange(len(own))
    found["text_rows"] = np.flatnonzero(place[first] >= 0)
    if len(own):
        embeddings = embed_tokens(model, tokens[own], *how)
        found["texts"] = embeddings[place[first[found["text_rows"]]]]
    return found


def describe(model: torch.nn.Module, **encoder) -> dict:
    """What a file of embeddings says of its encoder: name, weights, preprocessing, versions."""
    return {
        **encoder,
        "weights_sha256": weights_fingerprint(model),
        "device": device_of(model).type,
        "preprocessing": dict(model.visual.preprocess_cfg) if hasattr(model, "visual") else {},
        **getattr(model, "loading", {}),
        "versions": {"torch": torch.__version__, "open_clip": open_clip.__version__},
    }


# Random weights are what the caller asked for, when open_clip warns of them.
logging.getLogger().addFilter(lambda record: "No pretrained weights" not in str(record.msg))
