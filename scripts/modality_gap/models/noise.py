"""Noise as input (liang2022, Figs. 2a, 5): normal noise for images, uniformly random tokens for texts."""

from collections.abc import Callable

import numpy as np
import open_clip
import torch

from modality_gap.models.embed import device_of, embed_batches

TOKENS = 77


def normal_pixels(model: torch.nn.Module, items: int, generator: torch.Generator) -> torch.Tensor:
    """Images whose pixels, as the network gets them, are N(0, 1), shape (n, 3, height, width)."""
    size = model.visual.preprocess_cfg["size"]
    height, width = (size, size) if isinstance(size, int) else size
    return torch.randn((items, 3, height, width), generator=generator)


def random_tokens(model: torch.nn.Module, items: int, generator: torch.Generator) -> torch.Tensor:
    """Sequences of uniformly random tokens, as long as a text can be, shape (n, length)."""
    if isinstance(model, open_clip.CLIP):
        vocabulary, length = model.vocab_size, model.context_length
    elif isinstance(model, open_clip.CustomTextCLIP):
        vocabulary, length = model.text.vocab_size, model.context_length
    else:
        vocabulary, length = model.vocabulary, TOKENS
    return torch.randint(vocabulary, (items, length), generator=generator)


def noise_batches(draw: Callable, items: int, seed: int, batch_size: int):
    """Batches of noise, `draw` of a number and a generator, one after the other from one seed."""
    generator = torch.Generator().manual_seed(seed)
    for first in range(0, items, batch_size):
        yield draw(min(batch_size, items - first), generator)


def embed_noise_images(
    model: torch.nn.Module, items: int, seed: int, batch_size: int, precision: str
) -> np.ndarray:
    """Raw embeddings of images whose pixels, as the network gets them, are N(0, 1); shape (n, d).

    The same seed gives the same images to every network of one image size.
    """
    device = device_of(model)
    draws = noise_batches(lambda *how: normal_pixels(model, *how), items, seed, batch_size)
    return embed_batches(
        lambda pixels: model.encode_image(pixels.to(device)), draws, device, precision
    )


def embed_noise_texts(
    model: torch.nn.Module, items: int, seed: int, batch_size: int, precision: str
) -> np.ndarray:
    """Raw embeddings of sequences of uniformly random tokens, as long as a text can be.

    Shape (n, d). An open_clip tower pools where it always does: at the largest token id, for most.
    """
    device = device_of(model)
    draws = noise_batches(lambda *how: random_tokens(model, *how), items, seed, batch_size)
    return embed_batches(
        lambda tokens: model.encode_text(tokens.to(device)), draws, device, precision
    )
