"""Noise as input (liang2022, Figs. 2a, 5): normal noise for images, uniformly random tokens for texts."""

import numpy as np
import open_clip
import torch

from modality_gap.models.embed import autocast, device_of

TOKENS = 77


@torch.inference_mode()
def embed_noise_images(
    model: torch.nn.Module, items: int, seed: int, batch_size: int, precision: str
) -> np.ndarray:
    """Raw embeddings of images whose pixels, as the network gets them, are N(0, 1); shape (n, d).

    The same seed gives the same images to every network of one image size.
    """
    size = model.visual.preprocess_cfg["size"]
    height, width = (size, size) if isinstance(size, int) else size
    random = torch.Generator().manual_seed(seed)
    device, batches = device_of(model), []
    for first in range(0, items, batch_size):
        shape = (min(batch_size, items - first), 3, height, width)
        noise = torch.randn(shape, generator=random).to(device)
        with autocast(device, precision):
            batches.append(model.encode_image(noise).float().cpu())
    return torch.cat(batches).numpy()


@torch.inference_mode()
def embed_noise_texts(
    model: torch.nn.Module, items: int, seed: int, batch_size: int, precision: str
) -> np.ndarray:
    """Raw embeddings of sequences of uniformly random tokens, as long as a text can be.

    Shape (n, d). An open_clip tower pools where it always does: at the largest token id, for most.
    """
    if isinstance(model, open_clip.CLIP):
        vocabulary, length = model.vocab_size, model.context_length
    elif isinstance(model, open_clip.CustomTextCLIP):
        vocabulary, length = model.text.vocab_size, model.context_length
    else:
        vocabulary, length = model.vocabulary, TOKENS
    random = torch.Generator().manual_seed(seed)
    device, batches = device_of(model), []
    for first in range(0, items, batch_size):
        shape = (min(batch_size, items - first), length)
        tokens = torch.randint(vocabulary, shape, generator=random).to(device)
        with autocast(device, precision):
            batches.append(model.encode_text(tokens).float().cpu())
    return torch.cat(batches).numpy()
