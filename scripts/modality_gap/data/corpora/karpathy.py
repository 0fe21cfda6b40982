"""Karpathy's splits of captioned photographs, `dataset_<name>.json` of `caption_datasets.zip`."""

import json
import zipfile
import zlib
from pathlib import Path

import pandas as pd

from modality_gap.data.archives import check_size
from modality_gap.data.corpora.originals import check_splits, original

ARCHIVE = "caption_datasets.zip"


def read_archived(folder: Path, member: str, archive: str, where: str) -> bytes:
    """A file that is in the folder, or in a .zip that is there; where: to get the archive.

    Raises FileNotFoundError where neither is there, ValueError where the archive is damaged.
    """
    if (Path(folder) / member).is_file():
        return (Path(folder) / member).read_bytes()
    file = original(folder, archive, where)
    try:
        with zipfile.ZipFile(file) as members:
            check_size(file, member, members.getinfo(member).file_size)
            return members.read(member)
    except KeyError as error:
        raise ValueError(f"{file}: no member {member!r}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ValueError(f"{file}: damaged or truncated archive ({error})") from error


def read_json(content: bytes, name: str):
    """What a JSON file holds; name: what to call it in the error."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise ValueError(f"{name}: damaged or truncated JSON ({error})") from error


def read_karpathy(
    content: bytes, splits: list[str], name: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(images, captions) of the splits, in the file's order; name: of the JSON file.

    images: columns image_id (the file's name), split, and `filepath`, the folder that holds it,
    where the file says so. captions: as a corpus has them.
    """
    images, captions = [], []
    try:
        for image in read_json(content, name)["images"]:
            if image["split"] in splits:
                file = image["filename"]
                images.append((file, image["split"], image.get("filepath")))
                captions += [
                    (str(sentence["sentid"]), file, sentence["raw"].strip())
                    for sentence in image["sentences"]
                ]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{name}: no file of Karpathy's ({error!r}), expected images with filename, split and "
            "sentences"
        ) from error
    images = pd.DataFrame(images, columns=["image_id", "split", "filepath"])
    for split in splits:
        check_splits([split], tuple(images.split.unique()), name)
    return images, pd.DataFrame(captions, columns=["caption_id", "image_id", "text"])
