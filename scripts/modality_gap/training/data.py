"""Training data: captioned images in a seeded order, decoded once where they fit in memory."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from modality_gap.data.embeddings import sample_pairs
from modality_gap.models.embed import Pixels
from modality_gap.models.prepared import decode_once

CAPTIONS = ("random", "first", "last", "all")


def training_pairs(captions: list[list[str]], caption: str) -> tuple[np.ndarray, list[list[str]]]:
    """What an epoch visits: the row of an image, and the captions of which it gets one.

    captions: of each image, in order; caption: one of `CAPTIONS`.
    """
    if caption not in CAPTIONS:
        raise ValueError(f"caption {caption!r}, expected one of {', '.join(CAPTIONS)}")
    if caption == "all":
        rows = np.repeat(np.arange(len(captions)), [len(own) for own in captions])
        return rows, [[text] for own in captions for text in own]
    if caption != "random":
        captions = [[own[0 if caption == "first" else -1]] for own in captions]
    return np.arange(len(captions)), captions


def sample_training(
    images: pd.DataFrame, captions: pd.DataFrame, number: int, seed: int, caption: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """So many random pairs of a split: images, or with `all` captions, and what belongs to them."""
    if caption == "all":
        captions = captions.iloc[sample_pairs(len(captions), number, seed)]
        images = images[images.image_id.isin(captions.image_id)]
        return images.reset_index(drop=True), captions
    images = images.iloc[sample_pairs(len(images), number, seed)].reset_index(drop=True)
    return images, captions[captions.image_id.isin(images.image_id)]


class CaptionedImages:
    """Batches of (pixels, tokens), the same for the same seed and epoch on every machine.

    images, captions: one split of a corpus. Each epoch visits every image once, in a new order,
    with one of its captions: another `random` one each time, or always the `first` or the `last`;
    with `all`, it visits every image once with each caption. The incomplete last batch is left out.
    Where several processes train together, each brings its part of every batch: part `process` of
    `processes`. prepared: see `decode_once`. Raises ValueError where the split is smaller than one batch, or a batch cannot be
    shared evenly.
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
        caption: str = "random",
        prepared: str | None = None,
    ):
        if batch_size % processes:
            raise ValueError(f"batch_size {batch_size}, expected a multiple of {processes} GPUs")
        own = captions.groupby("image_id", sort=False).text.agg(list)[images.image_id]
        self.image_rows, self.captions = training_pairs(list(own), caption)
        if len(self.captions) < batch_size:
            what = "images" if caption != "all" else "pairs of image and caption"
            raise ValueError(
                f"{len(self.captions)} training {what}, expected at least one batch ({batch_size})"
            )
        self.tokenizer, self.batch_size = tokenizer, batch_size
        self.seed, self.workers = seed, workers
        self.process, self.processes = process, processes
        self.pixels = decode_once(Pixels(images, model), prepared)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        return len(self.captions) // self.batch_size

    def batches(
        self, epoch: int, first_step: int = 0
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of an epoch, or this process's part of each, from `first_step` on.

        uint8 pixels, shape (n, 3, h, w), and token ids, shape (n, context length).
        """
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.captions))
        choice = random.random(len(self.captions))
        steps = range(first_step, self.steps_per_epoch)
        batches = [order[step * self.batch_size : (step + 1) * self.batch_size] for step in steps]
        rows = [np.array_split(batch, self.processes)[self.process] for batch in batches]
        images = [self.image_rows[batch] for batch in rows]
        for batch, pixels in zip(rows, self._pixel_batches(images), strict=True):
            texts = [self.captions[row] for row in batch]
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
