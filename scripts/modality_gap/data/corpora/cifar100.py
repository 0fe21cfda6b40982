"""CIFAR-100: 32 × 32 photographs of 100 classes, in the binary version."""

from pathlib import Path

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.cifar import HOME, labelled, read_binary
from modality_gap.data.corpora.originals import check_splits, original

CIFAR100 = {"train": ["train.bin"], "test": ["test.bin"]}


def read_cifar100(folder: Path, splits: list[str]) -> Corpus:
    """CIFAR-100 from `cifar-100-binary.tar.gz`; splits: train (50,000 images), test (10,000).

    The classes are those of the column `fine_label`; `coarse_label` names one of 20 superclasses.
    """
    check_splits(splits, tuple(CIFAR100), "cifar100")
    archive = original(folder, "cifar-100-binary.tar.gz", HOME)
    members = {split: [f"cifar-100-binary/{file}" for file in CIFAR100[split]] for split in splits}
    # In the order of the two bytes before an image's pixels.
    names = {
        column: f"cifar-100-binary/{column}_names.txt" for column in ("coarse_label", "fine_label")
    }
    images, classes = read_binary(archive, members, names)
    images["coarse_label"] = [classes["coarse_label"][row] for row in images.coarse_label]
    return labelled(images, "fine_label", classes["fine_label"])
