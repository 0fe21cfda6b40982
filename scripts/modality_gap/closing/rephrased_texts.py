"""Texts that say the same in other words, from the captions, labels or questions of a corpus.

They are one table, a row a text, with columns `item` (what the text is about), `group` (items of one
group are no wrong answers to each other), `kind`, `name` (which rephrasing of its kind) and `text`.
Each item has one row of the kind `clean`, its own wording, and any number of rephrasings. Items may
bring wrong answers, rows of the kind `wrong`; to others, the clean texts of all other groups are wrong.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.corpora import class_names
from modality_gap.data.embeddings import sample_pairs

CLEAN, WRONG = "clean", "wrong"


COLUMNS = ["item", "group", "kind", "name", "text"]


def own_captions(captions: pd.DataFrame) -> pd.Series:
    """The caption that an image is matched with, by its id; of several the first one."""
    own = captions[captions.matched.astype(bool)] if "matched" in captions else captions
    return own.drop_duplicates("image_id").set_index("image_id").text


def rephrasing_texts(
    images: pd.DataFrame,
    captions: pd.DataFrame,
    templates: list[str],
    lists: list[str],
    group: str | None,
    items: int,
    seed: int,
    base: str = "{}",
) -> pd.DataFrame:
    """The texts of a corpus's split, as the module says.

    images, captions: the two tables of a corpus; captions that are for training only rephrase, too.
    An item is a distinct matched caption (the first one of an image's); its rephrasings are the other captions of its first image (kind
    `caption`, named by their number), the templates with it in the place of {} (kind `template`),
    and the entries of the columns of images named in `lists`, separated by commas (kind: the
    column's name). group: column of images that holds the group; None: every item is its own.
    items: how many, a sample that `seed` draws; all where there are fewer. base: the own wording of
    an item, itself in the place of {}. A rephrasing that equals its item's own wording is left out.
    """
    missing = [name for name in [*lists, *([group] if group else [])] if name not in images]
    if missing:
        raise ValueError(f"images lack the column {missing[0]!r}")
    captions = captions[captions.image_id.isin(images.image_id)]
    if captions.text.isna().any():
        raise ValueError(
            "the words of the captions are not known, expected a column `caption` beside the arrays"
        )
    own = own_captions(captions)
    images = images.assign(item=images.image_id.map(own)).dropna(subset="item")
    facts = images.drop_duplicates("item")
    facts = facts.iloc[sample_pairs(len(facts), items, seed)]
    texts_of = captions.groupby("image_id").text.agg(list)
    rows = []
    for fact in facts.to_dict("records"):
        item = fact["item"]
        clean = base.replace("{}", item)
        kinds = {
            CLEAN: {CLEAN: clean},
            "caption": numbered(text for text in texts_of[fact["image_id"]] if text != item),
            "template": {template: template.replace("{}", item) for template in templates},
            **{name: numbered(entries(fact[name])) for name in lists},
        }
        rows += [
            (item, fact[group] if group else item, kind, name, text)
            for kind, named in kinds.items()
            for name, text in named.items()
            if kind == CLEAN or text != clean
        ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    if (table.kind == CLEAN).all():
        raise ValueError(
            "nothing rephrases: no image has another caption, and there are no templates or lists"
        )
    return table.reset_index(drop=True)


def numbered(texts: Iterable[str]) -> dict[str, str]:
    """Texts by their number, from 1."""
    return {str(number): text for number, text in enumerate(texts, 1)}


def entries(listed: str | None) -> list[str]:
    """What a list separated by commas holds; nothing where there is none."""
    return [] if pd.isna(listed) else [word.strip() for word in listed.split(",") if word.strip()]


def question_texts(questions: pd.DataFrame, wrong: int, seed: int) -> pd.DataFrame:
    """The texts of multiple-choice questions on images, as A-OKVQA has them (chowers2026, App. F.2).

    questions: columns question_id, question, answer (the right one) and answers (others that are
    right, a list). A text is question and answer; the other right answers rephrase (kind `answer`).
    wrong: how many wrong answers of each question are drawn, with `seed`, from the answers to all
    questions that are not right here: 3·K of them hold more than K draws of three.
    """
    random = np.random.default_rng(seed)
    right = [list(dict.fromkeys([row.answer, *row.answers])) for row in questions.itertuples()]
    bank = list(dict.fromkeys(answer for answers in right for answer in answers))
    rows = []
    for question, answers in zip(questions.itertuples(), right, strict=True):
        others = [answer for answer in bank if answer not in set(answers)]
        if len(others) < wrong:
            raise ValueError(f"{len(others)} answers are wrong, expected at least {wrong}")
        drawn = [others[place] for place in random.choice(len(others), wrong, replace=False)]
        for kind, texts in ((CLEAN, answers[:1]), ("answer", answers[1:]), (WRONG, drawn)):
            rows += [
                (question.question_id, question.question_id, kind, str(number), text)
                for number, text in enumerate((f"{question.question} {text}" for text in texts), 1)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def choice_texts(questions: pd.DataFrame, where: str | Path) -> list[list[str]]:
    """Question and choice, for every choice that a question brings itself, the right one last.

    So chowers2026 asks in Fig. 8c, d. questions: columns image_id, question, choices (a list; each
    question has as many) and correct_choice_idx (from 0), as A-OKVQA has them; where: they come from,
    named in errors. Raises ValueError where a column is missing, a question has another number of
    choices than the first, or its right one is none of them.
    """
    for column in ("question", "choices", "correct_choice_idx"):
        if column not in questions:
            raise ValueError(f"{where}: images lack the column {column!r}, expected of own_choices")
    found, number = [], len(questions.choices.iloc[0])
    for row in questions.itertuples():
        if len(row.choices) != number or number < 2:
            raise ValueError(
                f"{where}: question {row.image_id!r} has {len(row.choices)} choices, expected "
                f"{max(number, 2)}"
            )
        if not 0 <= row.correct_choice_idx < number:
            raise ValueError(
                f"{where}: question {row.image_id!r} has correct_choice_idx "
                f"{row.correct_choice_idx!r}, expected 0 to {number - 1}"
            )
        texts = [f"{row.question} {choice}" for choice in row.choices]
        right = texts.pop(int(row.correct_choice_idx))
        found.append([*texts, right])
    return found


def corpus_texts(
    images: pd.DataFrame, captions: pd.DataFrame, classes: dict[str, list[str]], settings: dict
) -> tuple[pd.DataFrame, pd.Series]:
    """The texts that a split is asked with, and the item that each image is about, by image id.

    images, captions: of the split; classes: of the corpus. settings: of the study's `rephrasing`.
    Images with a column `question` are questions (`question_texts`). Others are captioned
    (`rephrasing_texts`), those with the column `label` by the name of their class, in the words of
    `base` if it is there.
    """
    base = "{}"
    if settings.get("label") in images:
        names = class_names(images[settings["label"]], classes, settings["label"])
        captions = pd.DataFrame({"image_id": images.image_id, "text": names}).dropna()
        base = settings.get("base", base)
    if "question" in images:
        names = {"image_id": "question_id", "direct_answers": "answers"}
        texts = question_texts(
            images.rename(columns=names), settings["wrong_answers"], settings["seed"]
        )
        items = images.image_id
    else:
        keys = ("templates", "lists", "group", "items", "seed")
        texts = rephrasing_texts(images, captions, *(settings[key] for key in keys), base)
        items = images.image_id.map(own_captions(captions))
    return texts, pd.Series(items.to_numpy(), index=images.image_id.to_numpy())
