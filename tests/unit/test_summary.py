import docutils.core
import pandas as pd
import pytest

from modality_gap.summary import (
    corpus_origin,
    encoder_origin,
    headline,
    overview,
    summarize,
    summarize_cones,
)

CLAIMS = pd.DataFrame(
    [["yaras2024, Table 3", "Heat closes the gap", "holds", "gap 0.7 at τ = 0.01, 0.1 at 0.1"]],
    columns=["source", "claim", "verdict", "numbers"],
)

NONE = pd.DataFrame(columns=["table", "remark"])


def tables(gaps):
    """The three tables of each encoder, with these gaps."""
    gap = [pd.DataFrame([{"pairs": 1200, "modality_gap": value}]) for value in gaps]
    cone = [pd.DataFrame([{"pairs": "image_image", "mean": 0.25}])] * len(gaps)
    recall = [pd.DataFrame([{"direction": "image_to_text", "k": 1, "recall": 0.5}])] * len(gaps)
    return gap, cone, recall


def encoders(*names_and_initials):
    return pd.DataFrame(
        [
            {"encoder": name, "initial": initial, "corpus": "coco", "split": "val_5k"}
            for name, initial in names_and_initials
        ]
    )


def test_the_share_that_training_closed_or_widened_is_told():
    names = encoders(("start", None), ("closer", "start"), ("wider", "start"))
    table = summarize(names, *tables([0.8, 0.2, 1.0]))
    assert table.share_closed.iloc[1:].tolist() == pytest.approx([0.75, -0.25])
    assert headline(table) == [
        "On *coco, val 5k*, training closed **75%** of the gap: from **0.800** (*start*) to "
        "**0.200** (*closer*), over 1,200 pairs.",
        "On *coco, val 5k*, training widened the gap by **25%**: from **0.800** (*start*) to "
        "**1.000** (*wider*), over 1,200 pairs.",
    ]


def test_encoders_without_initial_weights_have_no_headline():
    table = summarize(encoders(("mine", None)), *tables([0.8]))
    assert table.share_closed.isna().all()
    assert headline(table) == []


def test_the_first_page_is_valid_restructured_text():
    table = summarize(encoders(("start", None), ("end", "start")), *tables([0.8, 0.2]))
    twice = [CLAIMS.assign(claim="Colder widens it", verdict=v) for v in ("holds", "undecided")]
    claims = pd.concat([CLAIMS, *twice])
    answers = {"end on coco val_5k": "Yes, by centring."}
    remarks = pd.DataFrame(
        [("embeddings/end", "3 of 9 captions were cut | *so*"), ("gap/end", "no margin: `x_`")],
        columns=["table", "remark"],
    )
    page = overview(table, claims, remarks, answers, "A study", ["Corpus *coco*: table."])
    html = docutils.core.publish_string(
        page, writer="html5", settings_overrides={"halt_level": 2, "report_level": 2}
    ).decode()
    for shown in (
        "A study",
        "75%",
        "0.800",
        "1,200 pairs",
        "modality gap",
        "Corpus",
        "Heat closes",
        "3 of 9 captions were cut | *so*",
        "no margin: `x_`",
        "close the gap of end on coco val 5k? Yes, by centring.",
        "<strong>holds</strong> in 1, <strong>undecided</strong> in 1.",
    ):
        assert shown in html


def test_encoders_of_one_modality_have_a_cone_and_a_study_may_have_no_other():
    names = encoders(("alone", None))
    cones = summarize_cones(names, [pd.DataFrame([{"pairs": "image_image", "mean": 0.25}])])
    for others in (summarize(names[:0], [], [], []), summarize(names, *tables([0.8]))):
        page = overview(pd.concat([others, cones]), CLAIMS[:0], NONE, {}, "A study", [])
        assert page.count("0.250") == 1 + len(others)
        assert "nan" not in page
    nothing = pd.concat([summarize(names[:0], [], [], []), summarize_cones(names[:0], [])])
    assert headline(nothing) == []
    assert overview(nothing, CLAIMS[:0], NONE, {}, "A study", []).startswith("A study")


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
