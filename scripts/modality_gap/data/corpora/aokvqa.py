"""A-OKVQA (Schwenk et al. 2022): questions on photographs of MSCOCO that need knowledge."""

import json
from pathlib import Path

import pandas as pd

from modality_gap.data.archives import read_members
from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.coco import find_images
from modality_gap.data.corpora.originals import check_splits, original

# The answers to the test questions are not published.
SPLITS = ("train", "val")
ARCHIVE = "aokvqa_v1p0.tar.gz"
HOME = "expected as https://github.com/allenai/aokvqa names it, or what it holds, unpacked"
FIELDS = ["question_id", "image_id", "question", "choices", "correct_choice_idx", "direct_answers"]


def read_aokvqa(folder: str | Path, splits: list[str]) -> Corpus:
    """A-OKVQA's questions, a row each, with the photograph; splits: train (17,056), val (1,145).

    The folder has the archive of questions, or its files, and MSCOCO's images of 2017
    (`val2017.zip`, or a folder). image_id: the question's id, since several questions are on one
    photograph. Columns of images: `question`, `choices` (four), `correct_choice_idx` (from 0),
    `answer` (the right choice), `direct_answers` (of ten people), `photograph` (its file name). The
    caption is the question and the right choice.
    """
    check_splits(splits, SPLITS, "aokvqa")
    images = pd.concat([read_questions(Path(folder), s) for s in splits], ignore_index=True)
    images["image"] = find_images(Path(folder), images.split + "2017", images.photograph)
    captions = pd.DataFrame(
        {
            "caption_id": images.image_id + "#answer",
            "image_id": images.image_id,
            "text": images.question + " " + images.answer,
        }
    )
    return Corpus(images, captions)


def read_questions(folder: Path, split: str) -> pd.DataFrame:
    """The questions of a split, as `read_aokvqa` has them, without their images."""
    name = f"aokvqa_v1p0_{split}.json"
    if (folder / name).is_file():
        content = (folder / name).read_bytes()
    else:
        content = read_members(original(folder, ARCHIVE, HOME), [name])[name]
    try:
        rows = [{field: entry[field] for field in FIELDS} for entry in json.loads(content)]
        for row in rows:
            row["answer"] = right_choice(row, f"{folder}: {name}")
            row["photograph"] = f"{row.pop('image_id'):012d}.jpg"
    except json.JSONDecodeError as error:
        raise ValueError(f"{folder}: {name}: damaged or truncated JSON ({error})") from error
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{folder}: {name}: no list of questions ({error!r}), expected {', '.join(FIELDS)}"
        ) from error
    if not rows:
        raise ValueError(f"{folder}: {name}: no questions")
    return pd.DataFrame(rows).rename(columns={"question_id": "image_id"}).assign(split=split)


def right_choice(entry: dict, name: str) -> str:
    """The choice that answers a question."""
    place, choices = entry["correct_choice_idx"], entry["choices"]
    if not (isinstance(place, int) and 0 <= place < len(choices)):
        raise ValueError(
            f"{name}: question {entry['question_id']!r} has correct_choice_idx {place!r}, "
            f"expected 0 to {len(choices) - 1}"
        )
    return choices[place]
