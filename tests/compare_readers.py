"""What this project and other tools of the field read from the same odd pictures and tables.

make compare-readers: writes the tables of docs/readers.md, from the line of the page that says so.
It takes a minute, and for that long half a gigabyte of disk: Hugging Face's datasets are installed
into an environment of their own, which is removed again. A tool that cannot be had is said to be so.
"""

import argparse
import importlib.metadata
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
from odd_pictures import PICTURES, REFUSED, difference, medians, shown, write_pictures
from odd_tables import GROUPS, TABLES, Table, write_tables
from PIL import Image

from modality_gap.data.corpora import orientation_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/readers.md"
MARK = "<!-- From here on the page is written by `make compare-readers`. -->"
PACKAGE = ROOT / ".peers"
DATASETS = "datasets==5.2.0"
# Every tool reads these; where one does not, it was not driven as it wants to be.
PLAIN = ("rgb.png", "blanks.csv")
# Of these, the tool in an environment of its own gets the versions that the others have.
SAME = ("numpy", "pandas", "pillow", "pyarrow")
TOLERANCE = 8  # of 255: JPEG and LAB lose a few steps


class Tool(NamedTuple):
    """A column of the page: its title, what was called, whether `.peers` must be there."""

    title: str
    how: str
    packaged: bool = False


TOOLS = {
    "project": Tool("this project", "`decode` for pictures, `read_table` for tables"),
    "open_clip_csv": Tool(
        "open_clip, csv",
        "`open_clip_train.data.CsvDataset` (`--dataset-type csv --csv-separator ,`), in the folder of "
        "the pictures, with `image_transform` at the picture's own size. It knows images and captions "
        "only: where a label is asked for, that column was named as the caption's",
        packaged=True,
    ),
    "open_clip_webdataset": Tool(
        "open_clip, webdataset",
        "`open_clip_train.data.get_wds_dataset` (`--dataset-type webdataset`), a shard a picture",
        packaged=True,
    ),
    "clip_benchmark": Tool(
        "clip-benchmark",
        '`build_dataset("wds/…")`, a shard a picture, because an error ends the whole run',
        packaged=True,
    ),
    "torchvision": Tool("torchvision", "`datasets.ImageFolder` with its default loader"),
    "datasets": Tool(
        "datasets",
        "Hugging Face's `load_dataset` with `imagefolder`, `csv` or `parquet`. It hands pictures over "
        'as they are: `convert("RGB")` was called, as its users do',
    ),
}
TABLE_TOOLS = ("project", "open_clip_csv", "datasets")
ABSENT = "not installed here"
AS_SHOWN = ("as shown", "first frame")
SEVERAL = "Several frames or pages"
PICTURE_GROUPS = ("Colour", "Turned by EXIF", "Transparent", SEVERAL, "Without colour")
PICTURE_GROUPS += ("Without a common meaning, too large, or broken",)
AS_IT_STANDS = "as it stands"
TURNED = {
    Image.Transpose.FLIP_LEFT_RIGHT: "mirrored",
    Image.Transpose.FLIP_TOP_BOTTOM: "mirrored, head down",
    Image.Transpose.ROTATE_180: "head down",
    Image.Transpose.ROTATE_90: "lies on its side",
    Image.Transpose.ROTATE_270: "lies on its side",
    Image.Transpose.TRANSPOSE: "lies on its side, mirrored",
    Image.Transpose.TRANSVERSE: "lies on its side, mirrored",
}


# Words for what came of it


def group_of(name: str) -> str:
    """What is odd in a picture, which its file tells: one of PICTURE_GROUPS."""
    colour, turned, transparent, several, grey, broken = PICTURE_GROUPS
    if name in REFUSED:
        return broken
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Corrupt EXIF data")
        with Image.open(io.BytesIO(PICTURES[name]())) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                return several
            if orientation_of(picture) != 1:
                return turned
            if picture.has_transparency_data:
                return transparent
            return grey if picture.mode in ("1", "L", "I;16") else colour


def picture_verdict(name: str, picture: Image.Image) -> str:
    """A short word for a picture that was read, beside what a viewer shows of its file."""
    if difference(name, picture) <= TOLERANCE:
        return AS_SHOWN[group_of(name) == SEVERAL]
    for turn, word in TURNED.items():
        if difference(name, picture.transpose(turn)) <= TOLERANCE:
            return word
    found, right = medians(picture), shown(name)
    if found is None:
        return f"of another size, {picture.width} × {picture.height}"
    white = (right == 255).all(axis=-1, keepdims=True)
    altered = {
        "black ground": np.where(white, 0, right),
        "clipped to white": np.where(right.any(axis=-1, keepdims=True), 255, 0),
        "all black": 0,
        "inverted": 255 - right,
    }
    for word, expected in altered.items():
        if np.abs(found - expected).max() <= TOLERANCE:
            return word
    return f"off by {difference(name, picture)} of 255"


def cells_verdict(table: Table, cells: list) -> str:
    """A short word for the cells that were read, or the cells as Python writes them."""
    # As written, because 3 == 3.0 and True == 1.
    if table.stands is not None and list(map(repr, cells)) == list(map(repr, table.stands)):
        return AS_IT_STANDS
    return ", ".join(f"`{cell!r}`" for cell in cells) or "no cells"


def verdict(name: str, outcome: dict, folder: Path) -> str:
    """What the page says of an outcome of `readers.py`; bold where it is wrong, and not said."""
    if "refused" in outcome:
        return f"refused: {outcome['refused']}"
    if "unread" in outcome:
        return outcome["unread"]
    if "left out" in outcome:
        told = f"left out, {outcome['left out']}"
        return f"**{told}**" if outcome["left out"] == "not said" else told
    if "picture" in outcome:
        with Image.open(folder / outcome["picture"]) as picture:
            word = picture_verdict(name, picture)
        return word if word in AS_SHOWN else f"**{word}**"
    word = cells_verdict(TABLES[name], outcome["cells"])
    if outcome.get("note"):
        return f"{word} ({outcome['note']})"
    known = TABLES[name].stands is not None
    return f"**{word}**" if known and word != AS_IT_STANDS else word


# Running the tools


def install_datasets(folder: Path) -> str | None:
    """An environment with Hugging Face's datasets: its Python, or None where it cannot be made."""
    same = [f"{package}=={importlib.metadata.version(package)}" for package in SAME]
    python = str(folder / "bin/python")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", DATASETS, *same],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"datasets: {ABSENT} ({last})", file=sys.stderr)
            return None
    return python


def run_tool(name: str, python: str, folder: Path, output: Path) -> dict:
    """Outcomes and versions of one tool, as `readers.py` writes them, in words of the page.

    Raises RuntimeError where the tool itself cannot be run.
    """
    output.mkdir()
    path = [str(PACKAGE)] * TOOLS[name].packaged + [str(ROOT / "scripts"), str(ROOT / "tests")]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(output / "home")}
    done = subprocess.run(
        [python, str(ROOT / "tests/readers.py"), name, str(folder), str(output)],
        capture_output=True,
        text=True,
        env={**os.environ, **offline, "PYTHONPATH": os.pathsep.join(path)},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    found = json.loads((output / "outcomes.json").read_text())
    words = {file: verdict(file, outcome, output) for file, outcome in found["outcomes"].items()}
    for file in PLAIN:
        if words.get(file, AS_IT_STANDS) not in (*AS_SHOWN, AS_IT_STANDS):
            raise RuntimeError(f"{name}: {file} is {words[file]}, expected every tool to read it")
    return {"words": words, "versions": found["versions"]}


def run_all(work: Path) -> dict[str, dict]:
    """What each tool that is here makes of the files; `work` is an empty folder."""
    folder = work / "odd"
    for part in ("pictures", "tables"):
        (folder / part).mkdir(parents=True)
    write_pictures(folder / "pictures")
    write_tables(folder / "tables")
    results = {}
    for name, tool in TOOLS.items():
        python = install_datasets(work / "environment") if name == "datasets" else sys.executable
        if tool.packaged and not PACKAGE.is_dir():
            print(f"{name}: {ABSENT} (no .peers)", file=sys.stderr)
            python = None
        if python is not None:
            results[name] = run_tool(name, python, folder, work / name)
    return results


# The page


def markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a table."""
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def page_tables(results: dict[str, dict]) -> str:
    """The part of the page that the command writes."""

    def words(name, tools):
        return [results[tool]["words"][name] if tool in results else ABSENT for tool in tools]

    versions = {k: v for found in results.values() for k, v in found["versions"].items()}
    told = ", ".join(f"{package} {version}" for package, version in sorted(versions.items()))
    lines = [MARK, "", "## What was called", ""]
    lines += [f"- **{tool.title}**: {tool.how}." for tool in TOOLS.values()]
    lines += ["", f"With {told}.", "", "## Pictures", ""]
    for group in PICTURE_GROUPS:
        header = [group, *(tool.title for tool in TOOLS.values())]
        names = [name for name in PICTURES if group_of(name) == group]
        lines += markdown(header, [[f"`{name}`", *words(name, TOOLS)] for name in names])
    lines += ["## Tables", ""]
    for group, tables in GROUPS.items():
        header = [group, "what", *(TOOLS[tool].title for tool in TABLE_TOOLS)]
        rows = [
            [f"`{name}`", table.what, *words(name, TABLE_TOOLS)] for name, table in tables.items()
        ]
        lines += markdown(header, rows)
    return "\n".join(lines)


def main() -> None:
    """Write the page anew, its introduction as it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    introduction = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    try:
        with tempfile.TemporaryDirectory() as work:
            tables = page_tables(run_all(Path(work)))
    except RuntimeError as error:
        sys.exit(str(error))
    PAGE.write_text(introduction + tables.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
