"""MMVP-VLM (Tong et al. 2024): pairs of images that CLIP confuses, by visual pattern."""

from pathlib import Path

import pandas as pd

from modality_gap.data.archives import one_line
from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.originals import check_splits, original

SPLIT = "test"
QUESTIONS, IMAGES = "Questions.csv", "MLLM_VLM Images"
COLUMNS = ["Question ID", "Type", "Statement"]
PROMPT = "a photo of {}"  # the benchmark's own
HOME = "get https://huggingface.co/datasets/MMVP/MMVP_VLM and put it there as it is"


def read_mmvp_vlm(folder: str | Path, splits: list[str]) -> Corpus:
    """MMVP-VLM, split `test`: 15 pairs of each of nine patterns, each image with its statement.

    The folder has `Questions.csv` and `MLLM_VLM Images/<type>/<number>.jpg`. Columns of images:
    `pattern` (the type), `pair` (from 1; two images each, whose numbers follow each other) and
    `statement`; the caption is the statement in the benchmark's prompt.
    """
    check_splits(splits, (SPLIT,), "mmvp_vlm")
    folder = Path(folder)
    file = original(folder, QUESTIONS, HOME)
    questions = read_questions(file)
    check_pairs(questions, file)
    paths = [
        folder / IMAGES / question.pattern / f"{question.number}.jpg"
        for question in questions.itertuples()
    ]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such image; {HOME}")
    images = pd.DataFrame(
        {
            "image_id": questions.number.astype(str),
            "image": [str(path) for path in paths],
            "split": SPLIT,
            "pattern": questions.pattern,
            "pair": (questions.number + 1) // 2,
            "statement": questions.statement,
        }
    )
    captions = pd.DataFrame(
        {
            "caption_id": images.image_id + "#statement",
            "image_id": images.image_id,
            "text": [PROMPT.format(statement) for statement in images.statement],
        }
    )
    return Corpus(images, captions)


def read_questions(file: Path) -> pd.DataFrame:
    """Columns number, pattern and statement, a row an image."""
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise ValueError(
            f"{file}: no table of comma-separated values ({one_line(error)})"
        ) from error
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise ValueError(f"{file}: no column {missing[0]!r}, expected {', '.join(COLUMNS)}")
    table = table[COLUMNS].apply(lambda column: column.str.strip())
    wrong = ~table["Question ID"].str.isdecimal() | (table == "").any(axis=1)
    if wrong.any() or table.empty:
        row = int(wrong.to_numpy().argmax()) + 1 if len(table) else 1
        raise ValueError(f"{file}: row {row} is no question, expected a number, a type and a text")
    table.columns = ["number", "pattern", "statement"]
    return table.astype({"number": "int64"})


def check_pairs(questions: pd.DataFrame, file: Path) -> None:
    """Raise ValueError, naming the number, where two following rows are not a pair."""
    numbers, patterns = questions.number.to_numpy(), questions.pattern.to_numpy()
    for row in range(0, len(questions), 2):
        whole = row + 1 < len(questions) and numbers[row] % 2 == 1
        if not (
            whole and numbers[row + 1] == numbers[row] + 1 and patterns[row] == patterns[row + 1]
        ):
            raise ValueError(
                f"{file}: number {numbers[row]} starts no pair, expected an odd number, and then "
                "the next one, of the same type"
            )
