"""A data set of Hugging Face's package datasets: saved to disk, or in the hub's Parquet files."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.table import cells_of, class_names_of, corpus_of
from modality_gap.data.text_table import check_columns
from modality_gap.data.watched import folder_files

DICTIONARY, STATE = "dataset_dict.json", "state.json"
PROMPT = "a photo of a {}."  # CLIP's own
SHARD = re.compile(r"(.+)-([0-9]+)-of-([0-9]+)")
FORMS = (
    f"expected what save_to_disk writes ({STATE} and .arrow files, or {DICTIONARY} and a folder a "
    "split), or .parquet files named by their split"
)


def read_datasets(
    folder: str | Path,
    splits: list[str],
    image: str = "image",
    caption: str | None = None,
    label: str | None = None,
) -> Corpus:
    """Images of a saved data set, with their captions, or with their class in CLIP's prompt.

    splits: as the data set names them; `all`: all of a data set without splits. image, caption,
    label: names of columns; images as the bytes of a picture, alone or with a path, or as paths
    (from the folder of their file). Of caption and label one: texts or lists of texts, or a class. Other
    columns are labels, as in a table (`read_table`). No package datasets is needed, and none of a
    data set's own code is run. Raises ValueError, naming the file, for another form.
    """
    folder, notes, columns, names = Path(folder), [], {}, None
    for split in splits:
        for file in files_of(folder, split):
            table = read_arrow(file)
            own = class_names_of(table.schema)
            if names not in (None, own):
                raise ValueError(f"{file}: other names of classes than in the files before it")
            names = own
            cells = file_columns(table, file, image, caption, label, notes)
            if "split" in cells:
                notes.append("column 'split' is left out: splits are those of the data set")
            cells["split"] = [split] * len(cells["image"])
            if columns and set(cells) != set(columns):
                odd = sorted(set(cells) ^ set(columns))[0]
                raise ValueError(f"{file}: column {odd!r} is not in all files of the data set")
            if columns and isinstance(cells["image"][0], str) != isinstance(
                columns["image"][0], str
            ):
                raise ValueError(f"{file}: images as paths in some files and as bytes in others")
            for name, values in cells.items():
                columns.setdefault(name, []).extend(values)
    return corpus_of(columns, folder / "data set", list(dict.fromkeys(notes)))


def files_of(folder: Path, split: str) -> list[Path]:
    """The files of a split, in their order."""
    if (folder / DICTIONARY).is_file():
        known = read_json(folder / DICTIONARY).get("splits", [])
        if split not in known:
            raise ValueError(f"{folder}: no split {split!r}, expected one of {', '.join(known)}")
        return arrow_files(folder / split)
    if (folder / STATE).is_file():
        if split != "all":
            raise ValueError(f"{folder}: a data set without splits, expected splits: [all]")
        return arrow_files(folder)
    files = [Path(file) for file in folder_files(folder, [("**/*.parquet",)])]
    if split != "all":
        files = [file for file in files if name_of(file)[0] == split]
    if not files:
        raise ValueError(f"{folder}: no files of split {split!r}, {FORMS}")
    check_shards(files)
    return files


def name_of(file: Path) -> tuple[str, int, int]:
    """Split, number and how many there are, of a .parquet file; one that is alone is 0 of 1."""
    found = SHARD.fullmatch(file.stem)
    return (found[1], int(found[2]), int(found[3])) if found else (file.stem, 0, 1)


def check_shards(files: list[Path]) -> None:
    """Raise ValueError where files are of several folders, or one of those of a split is missing."""
    odd = next((file for file in files if file.parent != files[0].parent), None)
    if odd is not None:
        raise ValueError(
            f"{odd}: in another folder than {files[0]}: expected one configuration of a data set, its "
            "own folder"
        )
    names = [name_of(file) for file in files]
    for split in dict.fromkeys(name for name, *_ in names):
        own = [(number, total) for name, number, total in names if name == split]
        if own != [(number, len(own)) for number in range(len(own))]:
            there = ", ".join(f"{number} of {total}" for number, total in own)
            raise ValueError(
                f"{files[0].parent}: files of split {split!r} are not all there, or more: {there} "
                "(counted from 0)"
            )


def arrow_files(folder: Path) -> list[Path]:
    """The files that a saved data set says it is made of."""
    state = read_json(folder / STATE)
    if state.get("_indices_data_files"):
        raise ValueError(
            f"{folder}: a selection of rows is saved beside them, expected {STATE} alone"
        )
    names = [entry["filename"] for entry in state.get("_data_files", [])]
    for name in names:
        if Path(name).name != name or not (folder / name).is_file():
            raise FileNotFoundError(f"{folder / name}: no such file, which {STATE} names")
    if not names:
        raise ValueError(f"{folder / STATE}: names no files")
    return [folder / name for name in names]


def read_json(file: Path) -> dict:
    """An object of JSON; an error names the file."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise
    except ValueError as error:
        raise ValueError(f"{file}: no JSON ({error})") from error
    if not isinstance(found, dict):
        raise ValueError(f"{file}: no object of JSON, {FORMS}")
    return found


def read_arrow(file: Path) -> pa.Table:
    """A Parquet file, or a stream of Arrow's as datasets writes it."""
    try:
        if file.suffix == ".parquet":
            return pq.read_table(file)
        with pa.memory_map(str(file)) as content:
            return pa.ipc.open_stream(content).read_all()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{file}: damaged, or of another kind ({error})") from error


def file_columns(
    table: pa.Table,
    file: Path,
    image: str,
    caption: str | None,
    label: str | None,
    notes: list[str],
) -> dict[str, list]:
    """The columns of a file under the names that a corpus has; captions of a class, if it has none."""
    check_columns(table.column_names, [image, caption or label], file)
    names = {image: "image", caption: "caption"}
    for old, new in names.items():
        if old not in (None, new) and new in table.column_names:
            raise ValueError(f"{file}: column {new!r} beside {old!r}, which is to be the {new}")
    # Without them, whole numbers would lose the names of the classes that they count.
    facts = table.schema.metadata
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    table = table.replace_schema_metadata(facts)
    cells = cells_of(table, file, notes)
    for row, path in enumerate(cells["image"]):
        if isinstance(path, str):
            cells["image"][row] = str(file.parent / path)
    if label is not None:
        if label not in cells or label in ("image", "caption"):
            raise ValueError(f"{file}: column {label!r} holds no class")
        missing = [row for row, name in enumerate(cells[label], start=1) if not name]
        if missing:
            raise ValueError(f"{file}: row {missing[0]} has no {label}")
        cells["caption"] = [[PROMPT.replace("{}", name)] for name in cells[label]]
    return cells
