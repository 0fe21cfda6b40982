"""What a trained run makes of data that it did not train on: classes, and pairs that differ in one pattern."""

from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.corpora import distinct_texts, read_classes, read_split
from modality_gap.data.embeddings import matched_pairs, sample_pairs
from modality_gap.effects.prompts import CLASS, check_labels, task_images, task_prompts
from modality_gap.models.encoder import Encoder, embed_all_images, embed_all_texts, embed_part
from modality_gap.models.text_tokens import check_cut


def class_table(
    encoder: Encoder, corpus: Path, task: dict, settings: dict, seed: int, workers: int
) -> pd.DataFrame:
    """Raw embeddings with their class: columns part (train, test, prompt), label, embedding.

    corpus: its folder. task: `train` and `test` (splits), `label` (the column of the class), and if
    wanted `templates` (default: the corpus's own) and `train_items` (so many random training images;
    default: all). settings: of the section embedding; seed: of the choice; workers: processes that
    decode images. Remarks are in the table's attributes.
    Raises ValueError for a label that there is not, and where prompts become one when they are cut.
    """
    images, remarks = {}, []
    for part in ("train", "test"):
        images[part], left_out = task_images(read_split(corpus, task[part])[0], task)
        remarks += [f"{note} ({part})" for note in left_out]
    drawn = sample_pairs(len(images["train"]), task.get("train_items", len(images["train"])), seed)
    prompts = task_prompts(pd.concat(images.values()), task, read_classes(corpus))
    images["train"] = images["train"].iloc[drawn]
    tokens = encoder.tokenize(list(prompts.text))
    remarks += check_cut(tokens, list(prompts.text), settings["equal_when_cut"], "prompts")
    found = {
        part: (own[CLASS], embed_all_images(encoder, own, settings, workers))
        for part, own in images.items()
    }
    texts = embed_all_texts(encoder, tokens, list(prompts.text), settings)
    found["prompt"] = (prompts["class"], texts)
    table = pd.concat(
        [
            pd.DataFrame({"part": part, "label": list(labels), "embedding": list(rows)})
            for part, (labels, rows) in found.items()
        ],
        ignore_index=True,
    )
    table.attrs = {"remarks": remarks}
    return table


def pair_table(
    encoder: Encoder, corpus: Path, task: dict, settings: dict, workers: int
) -> pd.DataFrame:
    """Raw embeddings of images and their statements: columns pattern, pair, image, text.

    corpus: folder of one whose images have the columns pattern and pair, such as MMVP-VLM; task:
    `split`; else as for `class_table`. Raises ValueError for other columns, and for an image with
    several matched captions.
    """
    images, captions = read_split(corpus, task["split"])
    check_labels(["pattern", "pair"], images)
    texts, pairs, matched = distinct_texts(images, captions)
    image_rows, text_rows = matched_pairs(pairs, matched).T
    if not np.array_equal(image_rows, np.arange(len(images))):
        raise ValueError(
            f"{len(images)} images with {len(image_rows)} matched captions, expected one each: leave "
            "out `matched_caption` of the corpus"
        )
    tokens = encoder.tokenize(texts)
    remarks = check_cut(tokens, texts, settings["equal_when_cut"], "statements")
    found = embed_part(encoder, images, tokens, texts, settings, workers)
    table = images[["pattern", "pair"]].assign(
        image=list(found["images"]), text=list(found["texts"][text_rows])
    )
    table.attrs = {"remarks": remarks}
    return table
