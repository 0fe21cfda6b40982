"""Training data: captioned images in a seeded order, decoded once where they fit in memory."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from modality_gap.encoders import Pixels, decode_once


class CaptionedImages:
    """Batches of (pixels, tokens), the same for the same seed and epoch on every machine.

    images, captions: one split of a corpus. Each epoch visits every image once, in a new order,
    with one of its captions; the incomplete last batch is left out. Where several processes train
    together, each brings its part of every batch: part `process` of `processes`.
    Raises ValueError where the split is smaller than one batch, or a batch cannot be shared evenly.
    """

    def __init__(
        self,
        images: pd.DataFrame,
        captions: pd.DataFrame,
        model: torch.nn.Module,
        tokenizer,
        batch_size: int,
        seed: int,
        workers: int,
        process: int = 0,
        processes: int = 1,
    ):
        if batch_size % processes:
            raise ValueError(f"batch_size {batch_size}, expected a multiple of {processes} GPUs")
        if len(images) < batch_size:
            raise ValueError(
                f"{len(images)} training images, expected at least one batch ({batch_size})"
            )
        self.captions = captions.groupby("image_id", sort=False).text.agg(list)[images.image_id]
        self.tokenizer, self.batch_size = tokenizer, batch_size
        self.seed, self.workers = seed, workers
        self.process, self.processes = process, processes
        self.pixels = decode_once(Pixels(images, model))

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        return len(self.pixels) // self.batch_size

    def batches(
        self, epoch: int, first_step: int = 0
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of an epoch, or this process's part of each, from `first_step` on.

        uint8 pixels, shape (n, 3, h, w), and token ids, shape (n, context length).
        """
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.pixels))
        choice = random.random(len(self.pixels))
        steps = range(first_step, self.steps_per_epoch)
        batches = [order[step * self.batch_size : (step + 1) * self.batch_size] for step in steps]
        rows = [np.array_split(batch, self.processes)[self.process] for batch in batches]
        for batch, pixels in zip(rows, self._pixel_batches(rows), strict=True):
            texts = [self.captions.iloc[row] for row in batch]
            chosen = [
                own[int(choice[row] * len(own))] for row, own in zip(batch, texts, strict=True)
            ]
            yield pixels, self.tokenizer(chosen)

    def _pixel_batches(self, rows: list[np.ndarray]) -> Iterator[torch.Tensor]:
        if isinstance(self.pixels, torch.Tensor):
            yield from (self.pixels[torch.from_numpy(batch)] for batch in rows)
        else:
            yield from DataLoader(
                self.pixels, batch_sampler=rows, num_workers=self.workers, pin_memory=True
            )
