"""Augmentation of training images."""

import math

import torch
from torch.nn.functional import affine_grid, grid_sample


class RandomAffine:
    """A random rotation, shift and scaling of every image, seeded by the training step.

    rotation: largest angle, in degrees. translation: largest shift, as a share of the width.
    scale: largest change of size, as a share. What comes in from outside repeats the border.
    """

    def __init__(self, rotation: float, translation: float, scale: float, seed: int):
        self.rotation, self.translation, self.scale = math.radians(rotation), translation, scale
        self.seed = seed

    def __call__(self, images: torch.Tensor, step: int) -> torch.Tensor:
        """images: float, shape (n, c, h, w); the same step gives the same change."""
        generator = torch.Generator().manual_seed(self.seed * 2**32 + step)
        angle, right, down, size = torch.rand(4, len(images), generator=generator).mul_(2).sub_(
            1
        ) * torch.tensor(
            [[self.rotation], [2 * self.translation], [2 * self.translation], [self.scale]]
        )
        cos, sin = angle.cos() / (1 + size), angle.sin() / (1 + size)
        transform = torch.stack(
            [torch.stack([cos, -sin, right], dim=1), torch.stack([sin, cos, down], dim=1)], dim=1
        )
        grid = affine_grid(transform.to(images.device), list(images.shape), align_corners=False)
        return grid_sample(images, grid, padding_mode="border", align_corners=False)
