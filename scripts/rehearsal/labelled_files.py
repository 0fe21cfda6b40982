"""Original files of the true formats of the labelled sources, small."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from rehearsal.captioned_files import write_tar

CIFAR10_NAMES = [  # as published
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
]
FINE_NAMES = ["apple", "aquarium_fish", *(f"thing_{row}" for row in range(2, 100))]
COARSE_NAMES = ["aquatic_mammals", *(f"group_{row}" for row in range(1, 20))]
CIFAR100_LABELS = ((0, 1), (19, 99), (3, 0), (4, 7), (0, 1))
SYNSETS = [  # as published: number, WordNet id, words, children
    (1, "n02119789", "kit fox, Vulpes macrotis", 0),
    (2, "n02100735", "English setter", 0),
    (3, "n01440764", "tench, Tinca tinca", 0),
    (1001, "n00001740", "entity", 2),
]
FAIRFACE_ROWS = [
    ("1.jpg", "3-9", "Male", "East Asian", "False"),
    ("2.jpg", "50-59", "Female", "Latino_Hispanic", "True"),
    ("3.jpg", "more than 70", "Female", "White", "True"),
]


def pictures(number: int, side: int = 32, seed: int = 0) -> np.ndarray:
    """Random pixels, shape (number, side, side, 3)."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, size=(number, side, side, 3), dtype=np.uint8)


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    """Pixels as the bytes of a file of this kind."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=kind)
    return buffer.getvalue()


def write_zip(path: Path, members: dict[str, bytes], compression: int) -> Path:
    """An archive with an entry for each folder, and one that is of no use."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for folder in {f"{name.rsplit('/', 1)[0]}/" for name in members}:
            archive.mkdir(folder)
        archive.writestr("__MACOSX/._1.jpg", b"of no use")
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def record(labels: tuple[int, ...], pixels: np.ndarray) -> bytes:
    """An image of the binary version: labels, then the red, green and blue planes."""
    return bytes(labels) + b"".join(pixels[:, :, colour].tobytes() for colour in range(3))


def write_cifar10(
    folder: Path, per_file: int = 2, changes: dict[str, bytes] | None = None
) -> tuple[np.ndarray, list[int]]:
    """The archive with so many images a file; pixels and labels, train first, then test."""
    pixels = pictures(6 * per_file)
    labels = [(7 * row) % 10 for row in range(len(pixels))]
    files = [*(f"data_batch_{part}.bin" for part in range(1, 6)), "test_batch.bin"]
    members = {"batches.meta.txt": "\n".join([*CIFAR10_NAMES, "", ""]).encode()}
    for part, file in enumerate(files):
        rows = range(part * per_file, (part + 1) * per_file)
        members[file] = b"".join(record((labels[row],), pixels[row]) for row in rows)
    members = {f"cifar-10-batches-bin/{name}": content for name, content in members.items()}
    write_tar(folder / "cifar-10-binary.tar.gz", members | (changes or {}), "w:gz")
    return pixels, labels


def write_cifar100(
    folder: Path, labels: Sequence[tuple[int, int]] = CIFAR100_LABELS, train: int = 3
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The archive with an image of each coarse and fine label, the first ones for training."""
    pixels = pictures(len(labels), seed=1)
    records = [record(label, image) for label, image in zip(labels, pixels, strict=True)]
    members = {
        "coarse_label_names.txt": "\n".join([*COARSE_NAMES, ""]).encode(),
        "fine_label_names.txt": "\n".join([*FINE_NAMES, ""]).encode(),
        "train.bin": b"".join(records[:train]),
        "test.bin": b"".join(records[train:]),
    }
    members = {f"cifar-100-binary/{name}": content for name, content in members.items()}
    write_tar(folder / "cifar-100-binary.tar.gz", members, "w:gz")
    return pixels, list(labels)


def write_svhn(folder: Path, split: str, labels: list[int], seed: int = 2) -> np.ndarray:
    """A file with these labels, as MATLAB 5 compresses it; the pixels."""
    pixels = pictures(len(labels), seed=seed)
    arrays = {
        "X": np.moveaxis(pixels, 0, -1),
        "y": np.array(labels, dtype=np.uint8).reshape(-1, 1),
    }
    savemat(folder / f"{split}_32x32.mat", arrays, do_compression=True)
    return pixels


def write_eurosat(
    folder: Path, folders: list[str], compression: int = zipfile.ZIP_DEFLATED
) -> dict[str, bytes]:
    """The archive with images 1, 2 and 10 of each folder; their bytes by name."""
    images = {
        f"2750/{name}/{name}_{number}.jpg": encoded(
            pictures(1, 64, seed=row * 20 + number)[0], "JPEG"
        )
        for row, name in enumerate(folders)
        for number in (10, 1, 2)
    }
    write_zip(folder / "EuroSAT.zip", images, compression)
    return {name.rsplit("/", 1)[-1]: content for name, content in images.items()}


def write_devkit(folder: Path, truth: str, synsets: list[tuple] = SYNSETS) -> None:
    """The development kit with these numbers of classes, a line each."""
    fields = ("ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children")
    table = np.zeros((len(synsets), 1), dtype=[(field, object) for field in fields])
    for row, (number, wnid, words, children) in enumerate(synsets):
        table[row, 0] = (float(number), wnid, words, "", float(children), np.zeros((1, children)))
    meta = io.BytesIO()
    savemat(meta, {"synsets": table}, do_compression=True)
    name = "ILSVRC2012_devkit_t12"
    members = {
        f"{name}/readme.txt": b"",
        f"{name}/data/meta.mat": meta.getvalue(),
        f"{name}/data/ILSVRC2012_validation_ground_truth.txt": truth.encode(),
    }
    write_tar(folder / f"{name}.tar.gz", members, "w:gz")


def imagenet_images(number: int) -> dict[str, bytes]:
    """Validation images by file name, the last one first: an archive has no order to rely on."""
    return {
        f"ILSVRC2012_val_{row + 1:08d}.JPEG": encoded(pictures(1, 20, seed=row)[0], "JPEG")
        for row in reversed(range(number))
    }


def write_fairface(
    folder: Path, split: str, rows: list[tuple] = FAIRFACE_ROWS, header: str | None = None
) -> dict[str, bytes]:
    """The labels of a split; the images that belong to them, by name."""
    lines = [header or "file,age,gender,race,service_test"]
    lines += [",".join([f"{split}/{row[0]}", *row[1:]]) for row in rows]
    (folder / f"fairface_label_{split}.csv").write_text("\n".join([*lines, ""]))
    return {
        f"{split}/{row[0]}": encoded(pictures(1, 24, seed=place)[0], "JPEG")
        for place, row in enumerate(rows)
    }


def write_memes(folder: Path, split: str, memes: list[dict]) -> None:
    """A split's lines, and the images that they name."""
    (folder / "img").mkdir(exist_ok=True)
    lines = [json.dumps(meme) for meme in memes]
    (folder / f"{split}.jsonl").write_text("\n".join(lines))
    for row, meme in enumerate(memes):
        if "img" in meme:
            content = encoded(pictures(1, 16, seed=row)[0], "PNG")
            (folder / "img" / Path(meme["img"]).name).write_bytes(content)
