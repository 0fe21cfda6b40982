"""The files that a user brings to a study: whether they are there, and what a table must hold."""

from collections.abc import Iterator
from pathlib import Path

from modality_gap.data.text_table import DELIMITERS, check_columns, read_text_table
from modality_gap.study import corpora, encoders, training
from modality_gap.study.parts import SECTIONS, named_splits, places_of


def check_tables(study: dict) -> None:
    """Raise ValueError, naming the file, where a .csv or .tsv that a study lists is not what it needs.

    Its form, its columns, the splits that are evaluated, and the labels that tasks name.
    """
    for name, corpus in study.get("corpora", {}).items():
        if Path(corpus.get("file", "")).suffix.lower() not in DELIMITERS:
            continue
        columns = read_text_table(corpus["file"])
        check_columns(list(columns), corpora.READERS[corpus["reader"]].COLUMNS, corpus["file"])
        splits = dict.fromkeys([*columns.get("split", []), "all"])
        for path, split in splits_named(study, name):
            if split not in splits:
                raise ValueError(
                    f"{path}: no split {split!r} in {corpus['file']}, expected one of "
                    f"{', '.join(splits)}"
                )
        for path, label in labels_named(study, name):
            if label not in columns:
                raise ValueError(
                    f"{path}: no column {label!r} in {corpus['file']}, expected one of "
                    f"{', '.join(columns)}"
                )


def splits_named(study: dict, corpus: str) -> Iterator[tuple[str, str]]:
    """(key's path, split) of every split of a corpus that a study names."""
    for split in study["corpora"][corpus].get("evaluate", []):
        yield f"corpora.{corpus}.evaluate", split
    for path, place in all_places(study).items():
        if place["corpus"] == corpus:
            for key, split in named_splits(place):
                yield f"{path}.{key}", split


def all_places(study: dict) -> dict[str, dict]:
    """Everything by which training and sections name a corpus and its splits, by the key's path."""
    return training.places(study.get("training", {})) | places_of(study)


def labels_named(study: dict, corpus: str) -> Iterator[tuple[str, str]]:
    """(key's path, column) of every label of a corpus's images that a study names."""
    if "classes" in study["corpora"][corpus]:
        yield f"corpora.{corpus}.classes.label", study["corpora"][corpus]["classes"]["label"]
    for path, place in places_of(study).items():
        if place["corpus"] != corpus:
            continue
        if "label" in place:
            yield f"{path}.label", place["label"]
        for column in place.get("where", {}):
            yield f"{path}.where", column
        columns = place["classes"]["columns"] if "classes" in place else []
        for group in [*columns, *place.get("groups", [])]:
            for column in group.split(" x "):
                yield f"{path}.groups", column


def absent(file: str) -> str:
    """What is wrong with a path that is no file."""
    is_folder = Path(file).is_dir()
    return f"a folder, expected a file: {file}" if is_folder else f"no such file: {file}"


def check_files(study: dict) -> None:
    """Raise FileNotFoundError, naming the key, where a file that a study brings is not there."""
    folder = study.get("local_files")
    if folder is not None and not Path(folder).is_dir():
        raise FileNotFoundError(f"local_files: no such folder: {folder}")
    for path, file in section_files(study):
        if not Path(file).is_file():
            raise FileNotFoundError(f"{path}: {absent(file)}")
    for path, file in named_files(study):
        if "{" in file or "}" in file:
            raise ValueError(
                f"{path}: {file!r} has braces, which are wildcards to Snakemake: expected a path "
                "without them (rename it, or link to it)"
            )
    for kind in ("corpora", "encoders"):
        for name, entry in study.get(kind, {}).items():
            for _, file in own_files(kind, entry):
                if not Path(file).is_file():
                    raise FileNotFoundError(f"{kind}.{name}: {absent(file)}")
            if kind == "encoders" and "folder" in entry:
                what, file = encoders.KINDS[entry["kind"]].FOLDER
                if not (Path(entry["folder"]) / file).exists():
                    raise FileNotFoundError(
                        f"{kind}.{name}: no {what} (its {file}) in the folder {entry['folder']}"
                    )


def section_files(study: dict) -> Iterator[tuple[str, str]]:
    """(key's path, file) of everything of a user's that sections name."""
    for name, part in SECTIONS.items():
        if name in study and hasattr(part, "files"):
            yield from part.files(study[name])


def named_files(study: dict) -> Iterator[tuple[str, str]]:
    """(key's path, file or folder) of everything of a user's that jobs have as an input."""
    for kind in ("corpora", "encoders"):
        for name, entry in study.get(kind, {}).items():
            for key, file in own_files(kind, entry, "folder"):
                yield f"{kind}.{name}.{key}", file
    yield from section_files(study)


def own_files(kind: str, entry: dict, *others: str) -> Iterator[tuple[str, str]]:
    """(key, file) of the files that an entry names; kind: corpora or encoders; others: more keys."""
    known = (
        encoders.KINDS[entry["kind"]] if kind == "encoders" else corpora.READERS[entry["reader"]]
    )
    for key in (*known.FILES, *others):
        named = entry.get(key, [])
        for file in [named] if isinstance(named, str) else named:
            yield key, file
