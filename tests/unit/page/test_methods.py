"""What was run on what."""

import pandas as pd
import pytest
from conftest import ROOT
from made_up_results import STUDY

from modality_gap.page.methods import (
    LICENSED,
    citation,
    corpus_origin,
    corpus_rows,
    encoder_origin,
    encoder_rows,
    remark_rows,
    run_row,
)
from modality_gap.study.corpora import READERS


def test_each_encoder_has_its_network_weights_and_versions(made_up):
    start, end = encoder_rows(STUDY["encoders"], made_up)
    assert start["Network"] == "ViT-B-32"
    assert start["Weights"] == "random weights of seed 0, weights SHA-256 000000000000…"
    assert end["Weights"].startswith("weights of end.pt")
    assert end["Versions"] == "torch 2"


def test_each_public_readers_licence_is_told():
    (row,) = corpus_rows({"c": {"reader": "coco", "splits": ["val_5k"]}})
    assert row["Licence"] == "CC BY 4.0; the images: Flickr's terms"
    assert set(LICENSED) <= set(READERS)


def test_remarks_are_told_once_each_with_the_first_tables():
    table = pd.DataFrame({"table": list("abcde"), "remark": ["cut"] * 4 + ["merged"]})
    assert remark_rows(table) == [
        {"What": "cut", "Said by": "a, b, c and 1 more"},
        {"What": "merged", "Said by": "e"},
    ]


def test_a_run_is_a_row():
    run = {"architecture": "vit", "corpus": "coco", "split": "train", "epochs": 2, "batch_size": 64}
    run |= {"temperature": {"policy": "fixed", "value": 0.01}, "seeds": [0, 1], "pairs": 4096}
    row = run_row("my_run", run)
    assert row["Temperature"] == "fixed (value 0.01)"
    assert row["On"] == "4,096 pairs of coco, train"
    assert row["What"] == "vit from scratch"


def test_what_to_cite_is_that_of_the_citation_file():
    told = citation(ROOT / "CITATION.cff")
    assert [paper["year"] for paper in told["papers"]] == [2022, 2024, 2026]
    assert told["license"] == "MIT"


@pytest.mark.parametrize(
    ("corpus", "expected"),
    [
        ({"vendors": ["noto", "twemoji"]}, "noto, twemoji"),
        ({"file": "mine.csv"}, "mine.csv"),
        ({"folder": "data/imagenet", "splits": ["val"]}, "data/imagenet (val)"),
        ({"splits": ["train", "test"]}, "where it was published (train, test)"),
    ],
)
def test_where_a_corpus_comes_from_is_told(corpus, expected):
    assert corpus_origin(corpus) == expected


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"run": "vit", "weights": "final", "seed": 1}, "final weights of the run vit"),
        ({"tag": "openai"}, "pretrained weights openai"),
        ({"file": "x.pt", "normalization": False}, "weights of x.pt, normalisation disabled"),
        ({"seed": 3}, "random weights of seed 3"),
    ],
)
def test_where_weights_come_from_is_told_by_the_keys(entry, words):
    assert encoder_origin({"kind": "any"} | entry) == words
