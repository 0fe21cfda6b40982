"""Figures of the data."""

import math
import textwrap

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.data.corpora import decode

COLUMNS, ROWS = 8, 3


def plot_examples(images: pd.DataFrame, captions: pd.DataFrame, seed: int) -> Figure:
    """A random handful of a split's images, each over the caption it is matched with.

    images, captions: the tables of a corpus.
    """
    sample = images.sample(min(COLUMNS * ROWS, len(images)), random_state=seed)
    texts = captions[captions.matched].drop_duplicates("image_id").set_index("image_id").text
    rows = math.ceil(len(sample) / COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(11, 1.75 * rows))
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image in zip(axes.flat, sample.itertuples(), strict=False):
        axis.imshow(decode(image.image, image.image_id))
        caption = textwrap.shorten(texts[image.image_id], 60, placeholder="…")
        axis.set_title(
            textwrap.fill(caption, 20),
            fontsize=7.5,
            weight="normal",
            loc="center",
            y=-0.02,
            va="top",
        )
    return figure
