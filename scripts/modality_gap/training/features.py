"""What is done to the features of a batch before the loss (yaras2024, Sec. 4.1, App. D.2)."""

import torch
from torch.nn.functional import normalize

from modality_gap.training.augmentation import step_generator

Features = tuple[torch.Tensor, torch.Tensor]


def swap_entries(images: torch.Tensor, texts: torch.Tensor, generator) -> Features:
    """Exchange each entry of an image's and its text's features with probability one half (HS)."""
    chosen = (torch.rand(images.shape, generator=generator) < 0.5).to(images.device)
    return torch.where(chosen, texts, images), torch.where(chosen, images, texts)


def swap_rows(images: torch.Tensor, texts: torch.Tensor, generator) -> Features:
    """Exchange the whole features of a pair with probability one half (Hard Swap Feature)."""
    chosen = (torch.rand(len(images), 1, generator=generator) < 0.5).to(images.device)
    return torch.where(chosen, texts, images), torch.where(chosen, images, texts)


def mix_entries(images: torch.Tensor, texts: torch.Tensor, generator) -> Features:
    """Mix each entry of a pair's features by a share of its own, uniform in [0, 1] (SS)."""
    share = torch.rand(images.shape, generator=generator).to(images.device)
    return share * images + (1 - share) * texts, share * texts + (1 - share) * images


CHANGES = {"swap_entries": swap_entries, "swap_rows": swap_rows, "mix_entries": mix_entries}


class FeatureChange:
    """What a run does to its features: unit length or not, and a change on some of the steps.

    change: a name of `CHANGES`, or None; share: the share p of steps on which it happens, drawn
    with the change itself from the seed and the step's number, so that an interrupted run goes on
    as it would have. What a change leaves is not normalised again.
    """

    def __init__(
        self, seed: int, normalized: bool = True, change: str | None = None, share: float = 1.0
    ):
        self.seed, self.normalized, self.share = seed, normalized, share
        self.change = CHANGES[change] if change else None

    def __call__(self, images: torch.Tensor, texts: torch.Tensor, step: int) -> Features:
        """images, texts: raw features of matched pairs, both of shape (n, d)."""
        if self.normalized:
            images, texts = normalize(images, dim=-1), normalize(texts, dim=-1)
        if self.change is None:
            return images, texts
        generator = step_generator(self.seed, step)
        if torch.rand((), generator=generator) >= self.share:
            return images, texts
        return self.change(images, texts, generator)
