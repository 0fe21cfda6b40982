"""Webdatasets in CLIP_benchmark's layout, small."""

import io
import tarfile
from pathlib import Path

from PIL import Image

from rehearsal.emoji_archives import add_member

FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}


def encode_image(image: Image.Image, ending: str = "png") -> bytes:
    """The bytes of an image file; PNG and WebP keep every pixel."""
    file = io.BytesIO()
    image.save(file, FORMATS[ending], **({"lossless": True} if ending == "webp" else {}))
    return file.getvalue()


def write_shard(path: Path, samples: list[dict[str, bytes]], first: int = 0) -> None:
    """A tar whose samples are numbered from `first`; a sample: content by ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for row, sample in enumerate(samples, first):
            for ending, content in sample.items():
                add_member(tar, f"s{row:07d}.{ending}", content)


def write_split(folder: Path, split: str, samples: list[dict[str, bytes]], per_shard: int) -> None:
    """A split's shards and how many they are."""
    shards = range(0, len(samples), per_shard)
    for number, first in enumerate(shards):
        write_shard(
            folder / split / f"{number}.tar", samples[first : first + per_shard], first=first
        )
    (folder / split / "nshards.txt").write_text(f"{len(shards)}\n")


def write_classification(
    folder: Path,
    splits: dict[str, tuple[list[Image.Image], list[int]]],
    names: list[str],
    templates: list[str] | None = None,
    per_shard: int = 1000,
    ending: str = "png",
) -> Path:
    """A folder of images with classes; splits: (images, classes) by name."""
    for split, (images, classes) in splits.items():
        samples = [
            {ending: encode_image(image, ending), "cls": str(label).encode()}
            for image, label in zip(images, classes, strict=True)
        ]
        write_split(folder, split, samples, per_shard)
    (folder / "classnames.txt").write_text("\n".join(names) + "\n", "utf-8")
    if templates:
        file = folder / "zeroshot_classification_templates.txt"
        file.write_text("\n".join(templates) + "\n", "utf-8")
    return folder


def write_retrieval(
    folder: Path,
    splits: dict[str, tuple[list[Image.Image], list[list[str]]]],
    per_shard: int = 1000,
    ending: str = "png",
) -> Path:
    """A folder of images with captions; splits: (images, captions of each) by name."""
    for split, (images, captions) in splits.items():
        samples = [
            {ending: encode_image(image, ending), "txt": "\n".join(texts).encode()}
            for image, texts in zip(images, captions, strict=True)
        ]
        write_split(folder, split, samples, per_shard)
    (folder / "dataset_type.txt").write_text("retrieval\n")
    return folder
