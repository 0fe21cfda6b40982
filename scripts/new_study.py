"""Write a study of one's own, each key explained: python scripts/new_study.py FILE [what you have].

Without saying what you have, it asks. Imports no data library but to look into arrays, so that it
answers at once.
"""

import argparse
import json
import sys
from pathlib import Path
from shlex import quote

from check_study import check

HEAD = """\
# All keys, and what else a study may ask: config/README.md. Checked and run by
#   make run STUDY={file}
study: {study} # a name: its results are in results/{name}/
title: {title} # of the report
"""
CORPUS = """
corpora:
  {name}: # a name of yours
    reader: {reader} # {what}
{place}    evaluate: [all] # the splits that are measured; all: everything
"""
PLACES = {
    "table": "    file: {path} # columns image (a path) and caption, a row a caption\n",
    "folder": "    folder: {path} # a folder a class, or a .txt of captions beside each picture\n",
    "dataset": "    folder: {path}\n    caption: caption # the column of the captions; image: that of the images\n",
}
READERS = {
    "table": ("table", "a table that lists pictures and their captions"),
    "folder": ("folder", "pictures in folders"),
    "dataset": ("datasets", "what save_to_disk of Hugging Face's datasets writes"),
}
FILES = "    items: files # of any kind, not pictures: only code of your own opens them\n"
MODALITIES = (
    "# modalities: [audio, text] # what figures and sentences call your items and their texts\n"
)
ACTIVATION = "# quick_gelu: true # where the weights began with OpenAI's"
ARRAYS = """
encoders:
  mine: # a name of yours
    kind: precomputed
    corpus: pairs # a name for what was embedded
    {files} # {rows}: row i of one belongs to row i of the others
"""
ENCODER = """
encoders:
  mine: # a name of yours
    kind: {kind}
    architecture: {architecture} # of open_clip, or a file of config/architectures/
    {weights}
"""
SAVED = """
encoders:
  mine: # a name of yours
    kind: transformers # a model that Hugging Face's transformers saved
    folder: {folder}
"""
OWN = """
encoders:
  mine: # a name of yours
    kind: python # code of your own: docs/own_model.md
    file: {file} # has encode_images and encode_texts
"""
SECTIONS = """
# How recall changes as both modalities, or one, move along the gap.
shifted_recall:
  encoders: [mine]
  shifts: {first: -1, last: 1, number: 21} # in lengths: 0 as it is, the gap's own closes it
  moves: [both, images, texts]
  k: [1, 5]
  bootstrap: 1000 # draws of queries, for the 95% intervals
  seed: 0

# Whether a closed gap withstands noise (chowers2026).
robustness:
  encoders: [mine]
  tasks: [image_to_text, text_to_image, multiple_choice]
  choices: 4 # of the multiple choice
  kept_variance: 0.95 # share of the variance that the direction of closing is orthogonal to
  alphas: [-1, 0, 1] # how far the gap is closed: 1 wholly, 0 not at all, -1 widened
  deviations: [0.025, 0.05] # of the noise in each dimension
  noises: [gaussian]
  noise_deviation: 0.025
  thresholds: [0, 0.05, 1] # other directions: ε of the paper's Algorithm 1
  draws: 10 # of the noise
  seed: 0

# Whether it withstands storage in few bits.
quantization:
  encoders: [mine]
  kept_variance: 0.95
  schemes: {fixed_range: [6, 8], sign: [1]} # bits a number
  alphas: [0, 1]
  k: 10 # neighbours that are looked at
  queries: 1000
  seed: 0

# Every way to close the gap, side by side: the report's answer whether to close it, and how.
mitigations:
  encoders: [mine]
  reference: same # fitted on one half of the pairs, judged on the other
  kept_variance: 0.95
  deviation: 0.025
  draws: 10
  scheme: fixed_range
  bits: 6
  queries: 1000
  seed: 0
"""
QUESTIONS = {
    "arrays": "embeddings of images and of their texts, in one file or two; of more modalities, a "
    "name=file each",
    "table": "pictures, or files of another kind, and captions, listed in a table",
    "folder": "pictures in folders of their classes, or with captions beside them",
    "dataset": "a data set that Hugging Face's datasets saved",
}


def arguments() -> argparse.Namespace:
    """What the user says that there is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, help="where the study is written: config/mine.yaml")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--arrays", nargs="+", metavar="FILE", help=QUESTIONS["arrays"])
    for name in READERS:
        what.add_argument(f"--{name}", metavar="PATH", help=QUESTIONS[name])
    said = "what the table lists; files: of a kind that is no picture, for --python"
    parser.add_argument("--items", choices=["pictures", "files"], help=said)
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--architecture", help="the model's, one of open_clip: ViT-B-32")
    model.add_argument("--model", metavar="FOLDER", help="that Hugging Face's transformers saved")
    model.add_argument("--python", metavar="FILE", help="of your own, with two functions")
    weights = parser.add_mutually_exclusive_group()
    weights.add_argument("--tag", help="published weights: laion2b_s34b_b79k")
    weights.add_argument(
        "--checkpoint", metavar="FILE", help="weights of your own; without: random"
    )
    parser.add_argument("--title", help="of the report")
    return parser.parse_args()


def ask(question: str, options: str) -> str:
    """The user's answer; an error, with the options that say it, where nobody gives one."""
    try:
        return input(f"{question} ").strip()
    except EOFError:
        first = question.partition("\n")[0]
        raise ValueError(f"nobody answers {first!r}: expected {options}") from None


def fill_in(given: argparse.Namespace) -> None:
    """Ask for what was not said."""
    if not any(getattr(given, name) for name in QUESTIONS):
        ask_for_data(given)
    if given.arrays is None and given.architecture is given.model is given.python is None:
        ask_for_model(given)


def ask_for_data(given: argparse.Namespace) -> None:
    """Ask what there is, and where."""
    listed = "\n".join(f"  {row} {what}" for row, what in enumerate(QUESTIONS.values(), 1))
    options = "one of " + ", ".join(f"--{name}" for name in QUESTIONS)
    number = ask(f"What do you have?\n{listed}\nNumber:", options)
    if number not in [str(row) for row in range(1, len(QUESTIONS) + 1)]:
        raise ValueError(f"answer {number!r}, expected a number from 1 to {len(QUESTIONS)}")
    name = list(QUESTIONS)[int(number) - 1]
    if name == "arrays":
        given.arrays = ask(
            "One file with both, or two, images first (more modalities: name=file each):",
            "--arrays",
        ).split()
        return
    setattr(given, name, ask("Where is it?", f"--{name}"))
    if name == "table" and given.items is None:
        asked = "Does it list pictures (nothing), or files of another kind (files)?"
        given.items = ask(asked, "--items") or "pictures"
        if given.items not in ("pictures", "files"):
            raise ValueError(f"answer {given.items!r}, expected nothing, or files")


def ask_for_model(given: argparse.Namespace) -> None:
    """Ask what embeds it."""
    if given.items == "files":
        given.python = ask("File of your own code that encodes them (.py)?", "--python")
        return
    models = "--model, --python, or --architecture with --checkpoint or --tag"
    asked = "Folder of a model of transformers, or your own code, .py (nothing: one of open_clip)?"
    own = ask(asked, models)
    if own:
        setattr(given, "python" if own.endswith(".py") else "model", own)
        return
    given.architecture = ask("Which architecture of open_clip (ViT-B-32)?", models)
    asked = "File of its weights (nothing: published or random ones)?"
    given.checkpoint = ask(asked, models) or None
    if given.checkpoint is None:
        asked = "Tag of published weights (nothing: random ones)?"
        given.tag = ask(asked, models) or None


def written(value: str | list[str] | dict[str, str]) -> str:
    """A value as YAML reads it back."""
    return json.dumps(value, ensure_ascii=False)


def encoder_of(given: argparse.Namespace) -> str:
    """The section of encoders."""
    if given.items == "files" and given.python is None:
        raise ValueError("--items files beside a model that reads pictures, expected --python")
    if given.arrays is not None:
        if given.model or given.python or given.architecture or given.tag or given.checkpoint:
            raise ValueError("--arrays beside a model, expected one of them")
        return ARRAYS.format(**arrays_of(given.arrays))
    if given.python is not None:
        return OWN.format(file=written(given.python))
    if given.model is not None:
        return SAVED.format(folder=written(given.model))
    weights = ("random", "seed: 0 # of its random weights")
    if given.tag is not None:
        weights = ("pretrained", f"tag: {written(given.tag)} # which weights of it")
    elif given.checkpoint is not None:
        weights = (
            "checkpoint",
            f"file: {written(given.checkpoint)} # its weights\n    {ACTIVATION}",
        )
    architecture = written(given.architecture)
    return ENCODER.format(kind=weights[0], architecture=architecture, weights=weights[1])


def arrays_of(files: list[str]) -> dict[str, str]:
    """How files of arrays are named in a study, and what their rows are."""
    names = modalities_of(files)
    if names:
        return {
            "files": f"arrays: {written(names)}",
            "rows": "a file a modality, for a gap of each pair",
        }
    if len(files) > 2 or any("=" in file for file in files):
        raise ValueError(
            f"{len(files)} files of arrays, expected one or two, or of more modalities a name each: "
            "image=i.npy audio=a.npy text=t.npy"
        )
    key = f"file: {written(files[0])}" if len(files) == 1 else f"files: {written(files)}"
    return {"files": key, "rows": "images, then texts"}


def modalities_of(files: list[str]) -> dict[str, str]:
    """The file of each of three modalities or more, where all are given as name=file; else none."""
    named = dict(file.split("=", 1) for file in files if "=" in file)
    return named if len(named) == len(files) > 2 else {}


def corpus_of(given: argparse.Namespace) -> str:
    """The section of corpora; arrays need none."""
    files = given.items == "files"
    if given.items is not None and given.table is None:
        raise ValueError("--items is said of a table, expected it beside --table")
    for name, (reader, what) in READERS.items():
        path = getattr(given, name)
        if path is not None:
            place = PLACES[name].format(path=written(path))
            if files:
                place, what = place + FILES, "a table that lists files and their captions"
            called = "items" if files else "pictures"
            return CORPUS.format(name=called, reader=reader, what=what, place=place)
    return ""


def looked_into(files: list[str]) -> list[str]:
    """Sentences on what files of embeddings hold; an error, as of the study's jobs, where nothing good."""
    from modality_gap.data.precomputed import (
        distinct_items,
        merged_notes,
        read_modalities,
        unread_notes,
    )

    notes, named = [], modalities_of(files)
    # Each modality beside the first one, under its own name.
    first, *others = [*named] or [None]
    pairs = [[first, other] for other in others] or [None]
    for pair in pairs:
        own = files if pair is None else [named[name] for name in pair]
        for name, rows in read_modalities(own, called=pair):
            number, width = rows.shape
            called = name if pair is None else pair[name == "texts"]
            notes += merged_notes(called, distinct_items(rows))
        notes += unread_notes(own)
    what = " and ".join(named) or "pairs"
    return [f"{number:,} {what} of {width:,} dimensions", *dict.fromkeys(notes)]


def main() -> int:
    """Write the study, check it, and say how it is run; the exit status."""
    given = arguments()
    try:
        if given.file.exists():
            raise ValueError(f"{given.file}: is there already, expected a new file")
        fill_in(given)
        study = given.file.stem
        title = written(given.title or f"The modality gap of {study}")
        head = HEAD.format(file=given.file, name=study, study=written(study), title=title)
        given.file.parent.mkdir(parents=True, exist_ok=True)
        head += MODALITIES if given.items == "files" else ""
        content = head + corpus_of(given) + encoder_of(given) + SECTIONS
        try:
            given.file.write_text(content, "utf-8")
            check(str(given.file))
            found = looked_into(given.arrays) if given.arrays is not None else []
        except (ValueError, OSError):
            given.file.unlink(missing_ok=True)
            raise
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if found:
        print(f"{' and '.join(given.arrays)}: {'; '.join(found)}")
    print(f"{given.file} is written; run it:\n\n  make run STUDY={quote(str(given.file))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
