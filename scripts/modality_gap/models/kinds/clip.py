"""Models of open_clip: pretrained, of a checkpoint, random, or of a run."""

from pathlib import Path

import numpy as np
import open_clip
import pandas as pd
import torch
from torch.utils.data import Dataset

from modality_gap.models.build import build_encoder, build_tokenizer
from modality_gap.models.embed import Pixels, describe, device_of, encode_text, scale_pixels
from modality_gap.models.encoder import TakesNoise
from modality_gap.models.noise import normal_pixels, random_tokens
from modality_gap.models.text_tokens import Tokens, tokenize


class Clip(TakesNoise):
    """An open_clip model of an architecture, with its tokenizer."""

    def __init__(self, model: open_clip.CLIP, architecture: str):
        self.model, self.architecture = model, architecture

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return device_of(self.model)

    def to(self, device: torch.device) -> None:
        """Put its weights there."""
        self.model.to(device)

    def images(self, images: pd.DataFrame) -> Dataset:
        """A corpus's images, resized and cropped: uint8."""
        return Pixels(images, self.model)

    def encode_images(self, batch: torch.Tensor) -> torch.Tensor:
        """Raw embeddings of pixels: of uint8 as they are, or of the network's own numbers."""
        pixels = scale_pixels(batch, self.model) if batch.dtype == torch.uint8 else batch
        return self.model.encode_image(pixels.to(self.device))

    def tokenize(self, texts: list[str]) -> Tokens:
        """All texts as token ids."""
        return tokenize(build_tokenizer(self.architecture), texts)

    def encode_texts(self, tokens: np.ndarray) -> torch.Tensor:
        """Raw embeddings of token ids."""
        return encode_text(self.model, torch.from_numpy(tokens.astype(np.int64)))

    def image_noise(self, items: int, generator: torch.Generator) -> torch.Tensor:
        """Pixels as the network gets them, N(0, 1)."""
        return normal_pixels(self.model, items, generator)

    def text_noise(self, items: int, generator: torch.Generator) -> np.ndarray:
        """Uniformly random tokens; a tower pools where it always does, most at the largest id."""
        return random_tokens(self.model, items, generator).numpy()

    def facts(self) -> dict:
        """What its files of embeddings say of it."""
        return describe(self.model, architecture=self.architecture)


def build(entry: dict, weights: str | Path, architecture: str) -> Clip:
    """The encoder of an entry; see `build_encoder`."""
    return Clip(build_encoder(entry, architecture, weights), architecture)
