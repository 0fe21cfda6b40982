"""CIFAR-10: 32 × 32 photographs of 10 classes, in the binary version."""

from pathlib import Path

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.cifar import HOME, labelled, read_binary
from modality_gap.data.corpora.originals import check_splits, original

CIFAR10 = {"train": [f"data_batch_{part}.bin" for part in range(1, 6)], "test": ["test_batch.bin"]}


def read_cifar10(folder: Path, splits: list[str]) -> Corpus:
    """CIFAR-10 from `cifar-10-binary.tar.gz`; splits: train (50,000 images), test (10,000).

    The classes are those of the column `label`; an image's caption is its class.
    """
    check_splits(splits, tuple(CIFAR10), "cifar10")
    archive = original(folder, "cifar-10-binary.tar.gz", HOME)
    members = {
        split: [f"cifar-10-batches-bin/{file}" for file in CIFAR10[split]] for split in splits
    }
    names = {"label": "cifar-10-batches-bin/batches.meta.txt"}
    images, classes = read_binary(archive, members, names)
    return labelled(images, "label", classes["label"])
