"""What one tool reads from the odd pictures and tables of a folder: a process a tool.

python readers.py TOOL FOLDER OUTPUT, in an environment that holds the tool. FOLDER has pictures/ and
tables/; OUTPUT gets `outcomes.json` and a PNG for each picture that was read. An outcome is
{"picture": PNG}, {"cells": values, "note": what else is known}, {"refused": name of the error},
{"left out": how}, or {"unread": why} where a tool does not read files of a form.
"""

import contextlib
import importlib.metadata
import io
import json
import logging
import os
import sys
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from odd_tables import TABLES
from PIL import Image

NO_PARQUET = {"unread": "no Parquet"}


def attempt(read: Callable[..., dict], *arguments) -> dict:
    """What came of reading; an error of any kind is an outcome, that is what is asked here.

    But for a package that is missing: then the tool was not asked.
    """
    try:
        return read(*arguments)
    except ImportError:
        raise
    except Exception as error:
        return {"refused": type(error).__name__}


def saved(picture: Image.Image, file: Path) -> dict:
    """A picture as the model gets to see it, in RGB."""
    picture.convert("RGB").save(file)
    return {"picture": file.name}


# This project


def project_picture(content: bytes, name: str) -> Image.Image:
    """As embedding and training decode it."""
    from modality_gap.data.corpora import decode

    return decode(content, name)


def project_cells(file: Path, column: str) -> dict:
    """The captions, or a label of the image of each caption."""
    from modality_gap.data.corpora.table import read_table

    corpus = read_table(file)
    note = "said" if corpus.remarks else ""
    if column in ("caption", "image"):
        cells = corpus.captions.text if column == "caption" else corpus.captions.image_id
        return {"cells": list(cells), "note": note}
    if column not in corpus.images:
        return {"left out": note or "not said"}
    labels = corpus.images.set_index("image_id")[column]
    cells = list(corpus.captions.image_id.map(labels))
    return {"cells": [cell if isinstance(cell, str) else None for cell in cells], "note": note}


def project(folder: Path, output: Path) -> dict:
    """This project."""
    return pictures_one_by_one(
        folder, output, lambda file: project_picture(file.read_bytes(), file.name)
    ) | {
        name: attempt(project_cells, folder / "tables" / name, table.column)
        for name, table in TABLES.items()
    }


def pictures_one_by_one(folder: Path, output: Path, read: Callable) -> dict:
    """Outcomes of the pictures, each read for itself; `read` may also give a dict, an outcome."""

    def outcome(file):
        found = read(file)
        return found if isinstance(found, dict) else saved(found, output / f"{file.name}.png")

    return {file.name: attempt(outcome, file) for file in sorted((folder / "pictures").iterdir())}


# open_clip


def at_own_size(picture: Image.Image):
    """open_clip's preprocessing for inference, at the picture's own size, not normalised."""
    from open_clip.transform import image_transform

    size = (picture.height, picture.width)
    scale = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    return image_transform(size, is_train=False, resize_mode="squash", **scale)(picture)


def from_tensor(pixels) -> Image.Image:
    """A picture of values in [0, 1], shape (3, h, w)."""
    return Image.fromarray((pixels * 255).round().byte().permute(1, 2, 0).numpy())


def csv_data_set(file: Path, transform: Callable, column: str = "caption"):
    """open_clip's data set of a table, whose paths go from the working directory."""
    from open_clip_train.data import CsvDataset

    return CsvDataset(
        file, transform, img_key="image", caption_key=column, sep=",", tokenizer=lambda texts: texts
    )


def open_clip_csv(folder: Path, output: Path) -> dict:
    """open_clip's data sets of tables: `--dataset-type csv --csv-separator ,`."""
    os.chdir(folder / "pictures")

    def read(file):
        table = output / "one.csv"
        table.write_text(f"image,caption\n{file.name},x\n")
        return from_tensor(csv_data_set(table, at_own_size)[0][0])

    def cells(name, column):
        if not name.endswith(".csv"):
            return NO_PARQUET
        found = csv_data_set(folder / "tables" / name, lambda picture: None, column)
        if column == "image":
            return {"cells": found.images}
        return {"cells": [found[row][1] for row in range(len(found))]}

    outcomes = pictures_one_by_one(folder, output, read)
    os.chdir(folder / "tables")
    return outcomes | {name: attempt(cells, name, table.column) for name, table in TABLES.items()}


def one_sample(file: Path, shard: Path, others: dict[str, bytes]) -> None:
    """A shard of a webdataset with one picture and what stands beside it."""
    with tarfile.open(shard, "w") as tar:
        for name, content in {f"0{file.suffix}": file.read_bytes(), **others}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def open_clip_webdataset(folder: Path, output: Path) -> dict:
    """open_clip's data sets of shards: `--dataset-type webdataset`."""
    from open_clip_train.data import get_wds_dataset

    told = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(told)

    def read(file):
        shard = output / "0.tar"
        one_sample(file, shard, {"0.txt": b"x"})
        told.setStream(io.StringIO())
        options = SimpleNamespace(
            val_data=str(shard), val_num_samples=None, batch_size=1, workers=0
        )
        data = get_wds_dataset(options, at_own_size, is_train=False, tokenizer=lambda text: [text])
        found = [pixels[0] for pixels, _ in data.dataloader]
        if found:
            return from_tensor(found[0])
        return {"left out": "logged" if told.stream.getvalue() else "not said"}

    return pictures_one_by_one(folder, output, read)


# clip-benchmark


def clip_benchmark(folder: Path, output: Path) -> dict:
    """clip-benchmark's data sets of shards: `--dataset wds/…`."""
    from clip_benchmark.datasets.builder import build_dataset

    (output / "test").mkdir()
    (output / "test/nshards.txt").write_text("1")
    (output / "classnames.txt").write_text("thing")
    (output / "zeroshot_classification_templates.txt").write_text("{c}")

    def read(file):
        one_sample(file, output / "test/0.tar", {"0.cls": b"0"})
        found = list(build_dataset("wds/odd", root=str(output), transform=at_own_size))
        return from_tensor(found[0][0]) if found else {"left out": "not said"}

    return pictures_one_by_one(folder, output, read)


# Folders of pictures


def torchvision(folder: Path, output: Path) -> dict:
    """torchvision.datasets.ImageFolder with its default loader."""
    from torchvision.datasets import ImageFolder

    data = ImageFolder(folder, allow_empty=True)
    rows = {Path(file).name: row for row, (file, _) in enumerate(data.samples)}

    def read(file):
        return data[rows[file.name]][0] if file.name in rows else {"left out": "not said"}

    return pictures_one_by_one(folder, output, read)


def datasets(folder: Path, output: Path) -> dict:
    """Hugging Face's load_dataset: imagefolder, csv and parquet."""
    from datasets import Image as ImageFeature
    from datasets import load_dataset

    def loaded(kind, cache, **options):
        return load_dataset(kind, split="train", cache_dir=str(output / cache), **options)

    data = loaded("imagefolder", "pictures", data_dir=str(folder / "pictures"))
    paths = data.cast_column("image", ImageFeature(decode=False))
    rows = {Path(cell["path"]).name: row for row, cell in enumerate(paths["image"])}

    def read(file):
        return data[rows[file.name]]["image"] if file.name in rows else {"left out": "not said"}

    def cells(name, column):
        kind = "csv" if name.endswith(".csv") else "parquet"
        data = loaded(kind, name, data_files=str(folder / "tables" / name))
        found = [plain(cell) for cell in data[column]]
        note = "names beside them" if hasattr(data.features[column], "names") else ""
        return {"cells": found, "note": note}

    return pictures_one_by_one(folder, output, read) | {
        name: attempt(cells, name, table.column) for name, table in TABLES.items()
    }


def plain(cell):
    """A cell that JSON can hold: of a picture in a table, whether it is there."""
    if not isinstance(cell, dict):
        return cell
    return f"{'no bytes' if cell['bytes'] is None else 'bytes'}, named {cell['path']}"


TOOLS: dict[str, Callable[[Path, Path], dict]] = {
    "project": project,
    "open_clip_csv": open_clip_csv,
    "open_clip_webdataset": open_clip_webdataset,
    "clip_benchmark": clip_benchmark,
    "torchvision": torchvision,
    "datasets": datasets,
}
PACKAGES = ("pillow", "pandas", "open_clip_torch", "webdataset", "clip-benchmark", "torchvision")
PACKAGES += ("datasets",)


def main(tool: str, folder: str, output: str) -> None:
    """Write the outcomes of one tool, and the versions of what it is made of."""
    warnings.simplefilter("ignore")
    outcomes = TOOLS[tool](Path(folder), Path(output))
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    found = {"outcomes": outcomes, "versions": versions}
    (Path(output) / "outcomes.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
