"""What does not fit in arrays whose rows are described ends in one line that names it."""

import numpy as np
import pandas as pd
import pytest

from modality_gap.data.embeddings import read_remarks
from workflow.test_bad_input import line_with

TASKS = {"kinds": {"corpus": "things", "splits": ["all"], "label": "kind"}}


@pytest.fixture
def place(workplace, tmp_path, random):
    """Twelve images of three classes, with an embedding of each class's name."""
    words = ["cat", "dog", "ox"]
    np.save(tmp_path / "images.npy", random.normal(size=(12, 8)))
    np.savez(tmp_path / "classes.npz", **dict(zip(words, random.normal(size=(3, 8)), strict=True)))
    pd.DataFrame({"kind": words * 4}).to_csv(tmp_path / "labels.csv", index=False)
    study = {
        "study": "mine",
        "title": "Arrays",
        "corpora": {"things": {"reader": "arrays", "file": "labels.csv", "captioned_by": "kind"}},
        "encoders": {
            "mine": {
                "kind": "precomputed",
                "corpus": "things",
                "file": "images.npy",
                "prompts": "classes.npz",
            }
        },
        "zero_shot": {
            "encoders": ["mine"],
            "shifts": {"first": -1, "last": 1, "number": 3},
            "moves": ["both"],
            "directions": {"task": "task"},
            "bootstrap": 100,
            "seed": 0,
            "tasks": TASKS,
        },
    }
    return workplace(study)


EMBEDDINGS = ("--", "results/mine/embeddings/mine/things/all/images.parquet")
PROMPTS = ("--", "results/mine/embeddings/mine/prompts/zero_shot.parquet")


def test_a_row_too_few_is_named_with_both_numbers_and_the_next_run_goes_on(place, tmp_path):
    labels = pd.read_csv(tmp_path / "labels.csv")
    labels[:-1].to_csv(tmp_path / "labels.csv", index=False)
    line = line_with(place.fails(*EMBEDDINGS), "12 rows of images")
    assert line.startswith("read_rows (mine, things, all): images.npy: 12 rows of images, but")
    assert "list 11" in line
    assert not (place.results / "embeddings/mine/things/all/images.parquet").exists()
    labels.to_csv(tmp_path / "labels.csv", index=False)
    place.succeeds(*EMBEDDINGS)
    texts = pd.read_parquet(place.results / "embeddings/mine/things/all/texts.parquet")
    assert len(texts) == 3
    remarks = read_remarks(place.results / "embeddings/mine/things/all/texts.parquet")
    assert remarks == [
        "9 of 12 texts repeat another: retrieval and neighbours are among 3 distinct texts"
    ]


def test_a_text_that_is_asked_for_and_not_there_is_named(place):
    place.study["zero_shot"]["tasks"] = {"kinds": TASKS["kinds"] | {"templates": ["a {}.", "{}"]}}
    line = line_with(place.fails(*PROMPTS), "no embedding of 'a cat.' (3 of 6")
    assert line.startswith("look_up_prompts (mine, zero_shot): classes.npz: ")
    assert "there are those of 'cat', 'dog', 'ox'" in line


def test_images_alone_need_words_that_find_their_texts(place):
    del place.study["corpora"]["things"]["captioned_by"]
    line = line_with(place.fails(*EMBEDDINGS), "no words by which to find them among the prompts")
    assert line.startswith("read_rows (mine, things, all): images.npy: no texts")


def test_rephrasing_needs_the_words_of_captions(place, tmp_path, random):
    np.save(tmp_path / "images.npy", random.normal(size=(2, 12, 8)))
    del place.study["corpora"]["things"]["captioned_by"]
    place.study["rephrasing"] = {
        "encoders": ["mine"],
        "kept_variance": 0.9,
        "templates": ["a {}"],
        "lists": [],
        "group": None,
        "items": 10,
        "alphas": [0, 1],
        "choices": 3,
        "seed": 0,
    }
    target = ("--", "results/mine/embeddings/mine/prompts/rephrasing.parquet")
    line_with(place.fails(*target), "the words of the captions are not known")


def test_another_table_or_other_prompts_run_what_reads_them_again(place, tmp_path):
    targets = (*EMBEDDINGS, PROMPTS[1])
    place.succeeds(*targets)
    assert "Nothing to be done" in place.succeeds("--dry-run", *targets)
    arrays = dict(np.load(tmp_path / "classes.npz"))
    np.savez(tmp_path / "classes.npz", **arrays, more=arrays["cat"])
    plan = place.succeeds("--dry-run", *targets)
    assert "look_up_prompts" in plan
    assert "read_labels" not in plan
    (tmp_path / "labels.csv").write_text((tmp_path / "labels.csv").read_text() + "\n")
    assert "read_labels" in place.succeeds("--dry-run", *targets)
