"""SVHN: digits of house numbers in street photographs, cropped to 32 × 32 pixels."""

from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.corpora import Corpus, class_captions
from modality_gap.data.corpora.originals import check_splits, original, png, read_matlab

SPLITS = ("train", "test", "extra")
DIGITS = [str(digit) for digit in range(10)]
TEMPLATE = "a photo of the number {}."
HOME = "get it from http://ufldl.stanford.edu/housenumbers/ (format 2, cropped digits)"


def read_svhn(folder: Path, splits: list[str]) -> Corpus:
    """SVHN's cropped digits from `<split>_32x32.mat`; an image's caption is its digit.

    splits: train (73,257 images), test (26,032), extra (531,131). Class `label` is the digit itself.
    """
    check_splits(splits, SPLITS, "svhn")
    images = pd.concat([read_digits(folder, split) for split in splits], ignore_index=True)
    captions = class_captions(images.image_id, images.label, DIGITS, TEMPLATE)
    return Corpus(images, captions, {"names": DIGITS})


def read_digits(folder: Path, split: str) -> pd.DataFrame:
    """The images of one split, with the digit 0 labelled 0 and not, as in the file, 10."""
    file = original(folder, f"{split}_32x32.mat", HOME)
    pixels, labels = read_arrays(file)
    wrong = (labels < 1) | (labels > 10)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"{file}: image {row} has label {labels[row]}, expected 1 to 10")
    return pd.DataFrame(
        {
            "image_id": [f"{split}/{row:06d}" for row in range(len(labels))],
            "image": [png(pixels[..., row]) for row in range(len(labels))],
            "split": split,
            "label": labels % 10,
        }
    )


def read_arrays(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pixels, shape (32, 32, 3, n), uint8, and labels, shape (n,), int64, of a MATLAB file."""
    arrays = read_matlab(file, ["X", "y"], str(file))
    pixels, labels = arrays["X"], np.atleast_1d(arrays["y"]).astype(np.int64)
    if pixels.dtype != np.uint8 or pixels.shape != (32, 32, 3, len(labels)):
        raise ValueError(
            f"{file}: X of {pixels.dtype} and shape {pixels.shape} with {len(labels)} labels, "
            "expected uint8 and shape (32, 32, 3, number of labels)"
        )
    return pixels, labels
