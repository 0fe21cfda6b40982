"""What embedding asks of an encoder of both modalities, whatever it is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from modality_gap.data.corpora import decode
from modality_gap.data.embeddings import first_equal_rows
from modality_gap.models.embed import by_length, embed_batches, embed_distinct, rows_of_part
from modality_gap.models.noise import noise_batches
from modality_gap.models.text_tokens import Tokens


class Encoder(ABC):
    """An encoder of both modalities. A kind says what stands here without a body.

    device: where it computes. collate: how prepared images make a batch, None: as torch does. mixed:
    whether the study's precision is for it to follow.
    """

    device = torch.device("cpu")
    collate: Callable[[list], Any] | None = None
    mixed = True

    @abstractmethod
    def to(self, device: torch.device) -> None:
        """Compute there from now on."""

    @abstractmethod
    def images(self, images: pd.DataFrame) -> Dataset:
        """A corpus's images, each prepared as the encoder takes it."""

    @abstractmethod
    def encode_images(self, batch) -> torch.Tensor:
        """Raw embeddings, shape (n, d), of a batch of prepared images."""

    @abstractmethod
    def tokenize(self, texts: list[str]) -> Tokens:
        """All texts as the encoder reads them."""

    @abstractmethod
    def encode_texts(self, tokens: np.ndarray) -> torch.Tensor:
        """Raw embeddings, shape (n, d), of some rows of `tokenize`'s `ids`."""

    @abstractmethod
    def facts(self) -> dict:
        """What its files of embeddings say of it: architecture, weights, preprocessing, versions."""

    def first_equal(self, tokens: np.ndarray) -> np.ndarray:
        """For each row the first one that reads the same, shape (n,)."""
        return first_equal_rows(tokens)


class TakesNoise(Encoder):
    """An encoder that can be given noise."""

    @abstractmethod
    def image_noise(self, items: int, generator: torch.Generator) -> Any:
        """A batch of images whose pixels, as the network gets them, are N(0, 1)."""

    @abstractmethod
    def text_noise(self, items: int, generator: torch.Generator) -> np.ndarray:
        """Rows of uniformly random tokens, as long as a text can be."""


class Pictures(Dataset):
    """A corpus's images, decoded as a viewer shows them and prepared by a function of one."""

    def __init__(self, images: pd.DataFrame, prepare: Callable):
        self.images, self.names = list(images.image), list(images.image_id)
        self.prepare = prepare

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int):
        return self.prepare(decode(self.images[row], self.names[row]))


def embed_part(
    encoder: Encoder,
    images: pd.DataFrame,
    tokens: Tokens,
    texts: list[str],
    settings: dict,
    workers: int,
    part: tuple[int, int] = (1, 1),
) -> dict[str, np.ndarray]:
    """Raw embeddings of one of several parts of a split, with their rows in it.

    images, texts and their tokens: of the whole split; settings: `batch_size` and `precision`.
    workers: how many processes decode images. part: which one, from 1, and of how many. Returns
    image_rows, images, text_rows and texts: shapes (k,), (k, d), (l,) and (l, d), by name, where
    images or texts are missing if the part has none of them. Texts of the same tokens are in one
    part, embedded once.
    """
    batch_size = settings["batch_size"]
    image_rows = range(len(images))[rows_of_part(len(images), batch_size, *part)]
    first = encoder.first_equal(tokens.ids)
    distinct = by_length(texts, np.unique(first))
    own = distinct[rows_of_part(len(distinct), batch_size, *part)]
    found = {"image_rows": np.array(image_rows, int)}
    if image_rows:
        chosen = images.iloc[image_rows]
        found["images"] = embed_all_images(encoder, chosen, settings, workers)
    place = np.full(len(texts), -1)
    place[own] = np.arange(len(own))
    found["text_rows"] = np.flatnonzero(place[first] >= 0)
    if len(own):
        embeddings = embed_rows(encoder, tokens.ids[own], settings)
        found["texts"] = embeddings[place[first[found["text_rows"]]]]
    return found


def embed_all_images(
    encoder: Encoder, images: pd.DataFrame, settings: dict, workers: int
) -> np.ndarray:
    """Raw embeddings of a corpus's images, shape (n, d), float32; settings, workers: see `embed_part`."""
    size, prepared = settings["batch_size"], encoder.images(images)
    loader = DataLoader(prepared, size, num_workers=workers, collate_fn=encoder.collate)
    return in_batches(encoder.encode_images, loader, encoder, settings)


def embed_all_texts(
    encoder: Encoder, tokens: Tokens, texts: list[str], settings: dict
) -> np.ndarray:
    """Raw embeddings of all texts, shape (n, d), float32; those of the same tokens embedded once."""
    embed = partial(embed_rows, encoder, settings=settings)
    return embed_distinct(embed, tokens.ids, encoder.first_equal(tokens.ids), texts)


def embed_noise(
    encoder: TakesNoise, items: int, seed: int, settings: dict
) -> tuple[np.ndarray, np.ndarray]:
    """Raw embeddings of noise as images and as texts, each of shape (items, d), float32.

    The same seed gives the same images to every network of one image size.
    """
    size, found = settings["batch_size"], []
    for draw, encode in (
        (encoder.image_noise, encoder.encode_images),
        (encoder.text_noise, encoder.encode_texts),
    ):
        batches = noise_batches(draw, items, seed, size)
        found.append(in_batches(encode, batches, encoder, settings))
    return found[0], found[1]


def embed_rows(encoder: Encoder, tokens: np.ndarray, settings: dict) -> np.ndarray:
    """Raw embeddings, shape (n, d), float32, of rows of tokens, in batches."""
    size = settings["batch_size"]
    batches = (tokens[start : start + size] for start in range(0, len(tokens), size))
    return in_batches(encoder.encode_texts, batches, encoder, settings)


def in_batches(encode: Callable, batches, encoder: Encoder, settings: dict) -> np.ndarray:
    """What an encoder makes of all batches, shape (n, d), float32."""
    precision = settings["precision"] if encoder.mixed else "float32"
    return embed_batches(encode, batches, encoder.device, precision)
