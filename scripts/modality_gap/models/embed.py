"""What an encoder makes of images and texts: raw embeddings, in batches, and what their file says."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial

import numpy as np
import open_clip
import pandas as pd
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose

from modality_gap.data.corpora import decode
from modality_gap.data.embeddings import first_equal_rows
from modality_gap.models.text_tokens import tokenize

TEXTS_OF_LIKE_LENGTH = 32
# What the two towers of a model are made of, as open_clip and transformers call their parts.
TOWERS = {
    "images": ("visual", "vision_model", "visual_projection"),
    "texts": (
        *("text", "text_model", "text_projection"),
        *("transformer", "token_embedding", "positional_embedding", "ln_final"),
    ),
}


def weights_fingerprint(model: torch.nn.Module) -> str:
    """SHA-256 over names and values of all weights: the same numbers, the same fingerprint."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def parameter_counts(model: torch.nn.Module) -> dict[str, int | None]:
    """How many parameters a model has: `images` and `texts`, of its towers, and `whole`.

    None for a tower that it does not have under a known name; the whole has more than both, such
    as the temperature or CoCa's decoder. What several parts share counts once.
    """
    counts: dict[str, int] = {}
    for name, values in model.named_parameters():
        part = name.partition(".")[0]
        counts[part] = counts.get(part, 0) + values.numel()
    towers = {
        tower: sum(counts.get(part, 0) for part in parts) or None for tower, parts in TOWERS.items()
    }
    return {**towers, "whole": sum(counts.values())}


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
    if not ends_at_its_end_token(model):
        return model.encode_text(tokens.to(device, non_blocking=True))
    length = int(tokens.argmax(dim=1).max()) + 1
    cut = {
        "clip.positional_embedding": model.positional_embedding[:length],
        "clip.attn_mask": model.attn_mask[:length, :length],
    }
    tokens = tokens[:, :length].to(device, non_blocking=True)
    return torch.func.functional_call(TextTower(model), cut, (tokens,))


def ends_at_its_end_token(model: torch.nn.Module) -> bool:
    """Whether what stands after a text's end token has no influence: CLIP's own text tower."""
    causal = isinstance(model, open_clip.CLIP) and model.attn_mask is not None
    return causal and model.text_pool_type == "argmax"


def encode_distinct_texts(model: torch.nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    """`encode_text` of a batch in which texts occur several times: each once, with those of its length.

    Nobody pays for the longest text of the batch but its neighbours in length. On a GPU one large
    call is faster than several small ones. The features keep their gradients. Other towers than
    CLIP's own see the batch as it is: they may drop parts of a text at random.
    """
    if not ends_at_its_end_token(model):
        return encode_text(model, tokens)
    distinct, rows = torch.unique(tokens, dim=0, return_inverse=True)
    order = distinct.argmax(dim=1).argsort(stable=True)
    at_a_time = TEXTS_OF_LIKE_LENGTH if device_of(model).type == "cpu" else len(order)
    features = [encode_text(model, distinct[own]) for own in order.split(at_a_time)]
    places = torch.empty_like(order).scatter_(0, order, torch.arange(len(order)))
    return torch.cat(features)[places[rows].to(features[0].device)]


class Pixels(Dataset):
    """A corpus's images, resized and cropped as the model wants: (3, height, width), uint8.

    model: the one that takes them, or open_clip's description of how one does. `way`: how they are
    resized and cropped, in words, the same for two that give the same pixels.
    """

    def __init__(self, images: pd.DataFrame, model: torch.nn.Module | PreprocessCfg):
        self.images, self.names = list(images.image), list(images.image_id)
        described = isinstance(model, PreprocessCfg)
        config = model if described else PreprocessCfg(**model.visual.preprocess_cfg)
        *resize, _to_tensor, _normalize = image_transform_v2(config, is_train=False).transforms
        self.transform = Compose(resize)
        size = config.size
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.way = f"{self.size} {config.resize_mode} {config.interpolation} {config.fill_color}"

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> torch.Tensor:
        image = decode(self.images[row], self.names[row])
        pixels = np.asarray(self.transform(image))
        return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


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


def device_name(device: torch.device) -> str:
    """What a device is, in words: `cpu`, or the make of a GPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Mixed precision: `auto` is bfloat16 on a GPU that has it, and float32 elsewhere."""
    if precision == "auto":
        mixed = device.type == "cuda" and torch.cuda.is_bf16_supported()
        precision = "bfloat16" if mixed else "float32"
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


@torch.inference_mode()
def embed_batches(
    encode: Callable, batches: Iterable, device: torch.device, precision: str
) -> np.ndarray:
    """What `encode` makes of all batches, shape (n, d), float32: a tensor of shape (k, d) of each."""
    features = []
    for batch in batches:
        with autocast(device, precision):
            found = encode(batch)
        features.append(found.float().cpu())
    return torch.cat(features).numpy()


def embed_images(
    model: torch.nn.Module, pixels: Dataset, batch_size: int, precision: str, workers: int
) -> np.ndarray:
    """Projected image embeddings, raw, shape (n, d), float32.

    pixels: `Pixels`, decoded by `workers` processes, or what `decode_once` made of them.
    """
    decoded = isinstance(pixels, torch.Tensor)
    loader = DataLoader(pixels, batch_size, num_workers=0 if decoded else workers)

    def encode(batch):
        return model.encode_image(scale_pixels(batch, model))

    return embed_batches(encode, loader, device_of(model), precision)


def embed_texts(
    model: torch.nn.Module, tokenizer, texts: list[str], batch_size: int, precision: str
) -> np.ndarray:
    """Projected text embeddings, raw, shape (n, d), float32, in the order of the texts.

    Texts of the same tokens, as those that differ in capitals alone, are embedded once.
    """
    tokens = tokenize(tokenizer, texts).ids
    embed = partial(embed_tokens, model, batch_size=batch_size, precision=precision)
    return embed_distinct(embed, tokens, first_equal_rows(tokens), texts)


def embed_distinct(
    embed: Callable, tokens: np.ndarray, first: np.ndarray, texts: list[str]
) -> np.ndarray:
    """What `embed` makes of all rows of tokens, each that is as another one embedded once.

    first: for each row the first one like it. In order of length, so that a batch has texts of like
    length.
    """
    rows = by_length(texts, np.unique(first))
    found = embed(tokens[rows])
    features = np.empty((len(texts), found.shape[1]), dtype=np.float32)
    features[rows] = found
    return features[first]


def embed_tokens(
    model: torch.nn.Module, tokens: np.ndarray, batch_size: int, precision: str
) -> np.ndarray:
    """Raw embeddings, shape (n, d), float32, of token ids, shape (n, context length), in batches."""
    starts = range(0, len(tokens), batch_size)
    batches = (tokens[start : start + batch_size].astype(np.int64) for start in starts)

    def encode(batch):
        return encode_text(model, torch.from_numpy(batch))

    return embed_batches(encode, batches, device_of(model), precision)


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


def describe(model: torch.nn.Module, **encoder) -> dict:
    """What a file of embeddings says of its encoder: name, size, weights, preprocessing, versions."""
    return {
        **encoder,
        "parameters": parameter_counts(model),
        "weights_sha256": weights_fingerprint(model),
        "device": device_name(device_of(model)),
        "preprocessing": dict(model.visual.preprocess_cfg) if hasattr(model, "visual") else {},
        **getattr(model, "loading", {}),
        "versions": {"torch": torch.__version__, "open_clip": open_clip.__version__},
    }
