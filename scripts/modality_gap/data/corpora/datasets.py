"""A data set of Hugging Face's package datasets: saved to disk, or in the hub's Parquet files."""

import json
from glob import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.table import cells_of, corpus_of
from modality_gap.data.text_table import check_columns
from modality_gap.data.watched import folder_files

DICTIONARY, STATE = "dataset_dict.json", "state.json"
PROMPT = "a photo of a {}."  # CLIP's own
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
    folder, notes, columns = Path(folder), [], {}
    for split in splits:
        for file in files_of(folder, split):
            cells = file_columns(file, image, caption, label, notes)
            if "split" in cells:
                notes.append("column 'split' is left out: splits are those of the data set")
            cells["split"] = [split] * len(cells["image"])
            if columns and set(cells) != set(columns):
                odd = sorted(set(cells) ^ set(columns))[0]
                raise ValueError(f"{file}: column {odd!r} is not in all files of the data set")
            for name, own in cells.items():
                columns.setdefault(name, []).extend(own)
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
    names = ["**/*"] if split == "all" else [f"**/{escape(split)}-*", f"**/{escape(split)}"]
    files = folder_files(folder, [(f"{name}.parquet",) for name in names])
    if not files:
        raise ValueError(f"{folder}: no files of split {split!r}, {FORMS}")
    return [Path(file) for file in files]


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
    file: Path, image: str, caption: str | None, label: str | None, notes: list[str]
) -> dict[str, list]:
    """The columns of a file under the names that a corpus has; captions of a class, if it has none."""
    table = read_arrow(file)
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
        if label not in cells:
            raise ValueError(f"{file}: column {label!r} holds no class")
        missing = [row for row, name in enumerate(cells[label], start=1) if not name]
        if missing:
            raise ValueError(f"{file}: row {missing[0]} has no {label}")
        cells["caption"] = [[PROMPT.replace("{}", name)] for name in cells[label]]
    return cells
