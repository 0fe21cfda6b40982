"""Where the two encoders start: as drawn, or with the modality gap taken away first."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import open_clip
import torch
from scipy.linalg import orthogonal_procrustes
from torch.nn.utils import parametrize

from modality_gap.data.embeddings import normalize
from modality_gap.models.embed import scale_pixels
from modality_gap.training.data import CaptionedImages
from modality_gap.training.loop import batch_features, gather


def procrustes_map(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The orthogonal W that brings texts nearest to their images, ‖X − YW‖ (liang2022, Sec. 4.4).

    images, texts: matched rows of unit length, shape (n, d). Returns shape (d, d).
    """
    return orthogonal_procrustes(texts, images)[0]


def common_centre_map(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The smallest rotation that turns the texts' centre to the images' (yaras2024, Fig. 1b).

    images, texts: rows of unit length, shapes (n, d) and (m, d). Returns W, shape (d, d): texts are
    multiplied from the right. The gap that is left is the difference of the centres' lengths.
    Raises ValueError where the centres are opposite.
    """
    own, other = (rows.mean(axis=0) / np.linalg.norm(rows.mean(axis=0)) for rows in (texts, images))
    if 1 + own @ other < 1e-6:
        raise ValueError("the centres of images and texts are opposite: no smallest rotation")
    both = own + other
    return np.eye(len(own)) - np.outer(both, both) / (1 + own @ other) + 2 * np.outer(own, other)


STARTS = {"procrustes": procrustes_map, "common_centre": common_centre_map}


class OrthogonalMap(torch.nn.Module):
    """A projection, shape (width, d), followed by a matrix that does not learn, shape (d, d)."""

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        self.register_buffer("matrix", matrix)

    def forward(self, projection: torch.Tensor) -> torch.Tensor:
        """The two as one."""
        return projection @ self.matrix


def amend_start(model: open_clip.CLIP, data: CaptionedImages, start: str) -> None:
    """Put the map of a name of `STARTS` behind the texts' projection, where it stays as it is.

    It is fitted to all training pairs, as training sees them: with the statistics of the batch.
    `plain_weights` gives the weights with the map in them. Raises ValueError for a model whose
    texts are not projected by one matrix.
    """
    projection = getattr(model, "text_projection", None)
    if not isinstance(projection, torch.nn.Parameter):
        raise ValueError(f"initialization {start}: this architecture has no matrix text_projection")
    images, texts = (
        np.concatenate(side) for side in zip(*initial_features(model, data), strict=True)
    )
    matrix = STARTS[start](normalize(images), normalize(texts))
    matrix = torch.from_numpy(matrix).to(projection.device, projection.dtype)
    parametrize.register_parametrization(model, "text_projection", OrthogonalMap(matrix))


def initial_features(
    model: open_clip.CLIP, data: CaptionedImages
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Raw image and text features of each batch of an epoch, of all processes' parts; (n, d)."""
    with batch_statistics(model), torch.no_grad():
        for pixels, tokens in data.batches(0):
            features = batch_features(model, scale_pixels(pixels, model), tokens, "float32")
            yield tuple(gather(side).double().cpu().numpy() for side in features)


@contextmanager
def batch_statistics(model: torch.nn.Module) -> Iterator[None]:
    """Normalise by the statistics of the batch, as training does, and leave no trace of it."""
    state, training = copy.deepcopy(model.state_dict()), model.training
    model.train()
    try:
        yield
    finally:
        model.load_state_dict(state)
        model.train(training)


def plain_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The model's weights by open_clip's names, with the map of `amend_start` multiplied in."""
    weights = model.state_dict()
    if parametrize.is_parametrized(model):
        weights = {k: v for k, v in weights.items() if not k.startswith("parametrizations.")}
        weights["text_projection"] = model.text_projection
    return {name: value.detach().cpu().contiguous() for name, value in weights.items()}
