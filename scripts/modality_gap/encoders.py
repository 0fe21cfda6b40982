"""Encoders: open_clip models, from a tag, a file, a seed or a training run, and what they embed."""

import difflib
import gzip
import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import open_clip
import pandas as pd
import torch
from open_clip.factory import load_state_dict
from open_clip.tokenizer import SimpleTokenizer, default_bpe
from open_clip.transform import PreprocessCfg, image_transform_v2
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose

from modality_gap.corpora import decode

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
    cache: str | Path | None = None,
    dimension: int | None = None,
) -> open_clip.CLIP:
    """An open_clip model in evaluation mode, with random, pretrained or stored weights.

    seed: random weights; tag: open_clip's name of pretrained weights, which `fetch_pretrained`
    put into the folder `cache`; checkpoint: a file with a state dict (.pt or .safetensors).
    Exactly one of the three is given. dimension: of the shared space, where it is not the
    architecture's own.
    Raises ValueError, naming the culprit, for an unknown architecture or tag, a file that is
    not a checkpoint, or weights of another architecture.
    """
    check_known("architecture", architecture, open_clip.list_models())
    if tag is not None:
        check_tag(architecture, tag)
    torch.manual_seed(0 if seed is None else seed)
    model = open_clip.create_model(
        architecture,
        pretrained=tag,
        pretrained_text=False,
        cache_dir=cache and str(cache),
        **({} if dimension is None else {"embed_dim": dimension}),
    )
    if checkpoint is not None:
        load_weights(model, checkpoint)
    return model.eval()


def build_encoder(entry: dict, architecture: str, weights: str | Path) -> open_clip.CLIP:
    """An open_clip encoder of a study.

    entry: its `kind`, with `seed`, `tag` and `dimension` where it has them, and whether its
    normalisation layers are kept (`normalization`). weights: its checkpoint, or what `download_weights` wrote.
    """
    source = weights_source(entry, weights)
    model = build_model(architecture, dimension=entry.get("dimension"), **source)
    if not entry.get("normalization", True):
        disable_normalization(model)
    return model


def weights_source(entry: dict, weights: str | Path) -> dict:
    """Where an encoder's weights come from, as `build_model` takes it; see `build_encoder`."""
    if "tag" in entry:
        return {"tag": entry["tag"], "cache": Path(weights).parents[1]}
    if entry["kind"] != "run" and "seed" in entry:
        return {"seed": entry["seed"]}
    return {"checkpoint": weights}


def fetch_pretrained(architecture: str, tag: str, cache: str | Path) -> Path:
    """Download open_clip's pretrained weights into the folder `cache`; the path of their file.

    Raises ValueError for an unknown architecture or tag, OSError where the download fails.
    """
    check_known("architecture", architecture, open_clip.list_models())
    check_tag(architecture, tag)
    try:
        config = open_clip.get_pretrained_cfg(architecture, tag)
        return Path(open_clip.download_pretrained(config, cache_dir=str(cache)))
    except (OSError, RuntimeError) as error:
        raise OSError(f"weights {tag} of {architecture}: download failed ({error})") from error


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


def check_tag(architecture: str, tag: str) -> None:
    """Raise ValueError where an architecture has no pretrained weights of this name.

    The same where they were trained with another activation: open_clip would load them all the
    same, and give other embeddings.
    """
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    check_known(f"tag of {architecture}", tag, tags)
    trained_with = open_clip.get_pretrained_cfg(architecture, tag).get("quick_gelu", False)
    if trained_with and not open_clip.get_model_config(architecture).get("quick_gelu", False):
        raise ValueError(
            f"tag {tag} of {architecture} was trained with QuickGELU, expected the architecture "
            f"{architecture}-quickgelu"
        )


def check_known(kind: str, name: str, known: list[str]) -> None:
    """Raise ValueError, with the names most like it, where a name is not among those known."""
    if name not in known:
        close = difflib.get_close_matches(name, known, n=5, cutoff=0) or ["(there is none)"]
        raise ValueError(
            f"unknown {kind}: {name!r}, expected a known one, such as {', '.join(close)}"
        )


def load_weights(model: torch.nn.Module, path: str | Path) -> None:
    """Load a state dict without running any pickled code, with a one-line error where it fails."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint file")
    try:
        if isinstance(model, open_clip.CLIP | open_clip.CustomTextCLIP):
            open_clip.load_checkpoint(model, str(path), weights_only=True)
        else:
            model.load_state_dict(load_state_dict(str(path), weights_only=True))
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{path}: not a checkpoint of {type(model).__name__} with this architecture ({reason})"
        ) from error


def weights_fingerprint(model: torch.nn.Module) -> str:
    """SHA-256 over names and values of all weights: the same numbers, the same fingerprint."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def build_tokenizer(architecture: str):
    """The tokenizer of an open_clip architecture.

    An architecture whose `vocab_size` is below CLIP's 49,408 gets the first merges of CLIP's own
    byte-pair encoding: merges are ordered by frequency, so fewer of them are a coarser encoding.
    """
    text = open_clip.get_model_config(architecture)["text_cfg"]
    size = text.get("vocab_size", FULL_VOCABULARY)
    if text.get("hf_tokenizer_name") or size >= FULL_VOCABULARY:
        return open_clip.get_tokenizer(architecture)
    merges = gzip.decompress(Path(default_bpe()).read_bytes()).decode().split("\n")
    kept = merges[: 1 + size - BYTE_TOKENS - SPECIAL_TOKENS]
    with tempfile.NamedTemporaryFile(suffix=".gz") as file:
        file.write(gzip.compress("\n".join(kept).encode()))
        file.flush()
        return SimpleTokenizer(file.name, context_length=text.get("context_length", 77))


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


@torch.inference_mode()
def embed_texts(
    model: torch.nn.Module, tokenizer, texts: list[str], batch_size: int, precision: str
) -> np.ndarray:
    """Projected text embeddings, raw, shape (n, d), float32, in the order of the texts.

    Texts are encoded in order of length, so that a batch is cut to texts of like length.
    """
    device = device_of(model)
    features = [None] * len(texts)
    for rows in batches_by_length(texts, batch_size):
        tokens = tokenizer([texts[row] for row in rows])
        with autocast(device, precision):
            batch = encode_text(model, tokens).float().cpu()
        for row, feature in zip(rows, batch, strict=True):
            features[row] = feature
    return torch.stack(features).numpy()


def by_length(texts: list[str]) -> list[int]:
    """Rows of the texts, shortest first, equally long ones in their order."""
    return sorted(range(len(texts)), key=lambda row: len(texts[row]))


def batches_by_length(texts: list[str], batch_size: int) -> Iterator[list[int]]:
    """Rows of the texts, shortest first, in batches."""
    order = by_length(texts)
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def rows_of_part(n: int, batch_size: int, part: int, parts: int) -> slice:
    """The rows that one of several jobs embeds: whole batches, the same ones as of a single job.

    part: from 1 to parts. A batch's numbers may depend on what else is in it, in their last bits.
    """
    batches = -(-n // batch_size)
    first, last = (batches * k // parts * batch_size for k in (part - 1, part))
    return slice(first, last)


def embed_part(
    model: torch.nn.Module,
    architecture: str,
    images: pd.DataFrame,
    texts: list[str],
    settings: dict,
    workers: int,
    part: tuple[int, int] = (1, 1),
) -> dict[str, np.ndarray]:
    """Raw embeddings of one of several parts of a split, with their rows in it.

    images, texts: of the whole split; settings: `batch_size` and `precision`. part: which one, from
    1, and of how many. Returns image_rows, images, text_rows and texts: shapes (k,), (k, d), (l,)
    and (l, d), by name, where images or texts are missing if the part has none of them.
    """
    how = (settings["batch_size"], settings["precision"])
    image_rows = range(len(images))[rows_of_part(len(images), how[0], *part)]
    text_rows = by_length(texts)[rows_of_part(len(texts), how[0], *part)]
    found = {"image_rows": np.array(image_rows, int), "text_rows": np.array(text_rows, int)}
    if image_rows:
        found["images"] = embed_images(model, Pixels(images.iloc[image_rows], model), *how, workers)
    if text_rows:
        tokenizer = build_tokenizer(architecture)
        found["texts"] = embed_texts(model, tokenizer, [texts[row] for row in text_rows], *how)
    return found


def describe(model: torch.nn.Module, **encoder) -> dict:
    """What a file of embeddings says of its encoder: name, weights, preprocessing, versions."""
    return {
        **encoder,
        "weights_sha256": weights_fingerprint(model),
        "device": device_of(model).type,
        "preprocessing": dict(model.visual.preprocess_cfg) if hasattr(model, "visual") else {},
        "versions": {"torch": torch.__version__, "open_clip": open_clip.__version__},
    }


# Random weights are what the caller asked for, when open_clip warns of them.
logging.getLogger().addFilter(lambda record: "No pretrained weights" not in str(record.msg))
