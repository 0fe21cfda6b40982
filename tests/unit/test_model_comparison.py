"""The table of many encoders, and its figure, from the tables that were measured of each."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from scipy.stats import spearmanr

from modality_gap.model_comparison import (
    COLUMNS,
    LEAST,
    compare_models,
    correlations,
    model_row,
    trained_on,
)
from modality_gap.models.architectures import published
from modality_gap.plots.model_comparison import (
    COLOURS,
    PANELS,
    count,
    family_colours,
    plot_model_comparison,
)
from modality_gap.plots.style import GREY, readable, save
from modality_gap.study import check_study

TAGGED = {"kind": "pretrained", "tag": "laion2b_s34b_b79k"}
VERDICTS = ("yes", "only under noise or storage", "no difference", "no")


def facts_of(size):
    """What a file of embeddings says of a model of a size; None: not of its size."""
    sizes = {"images": size // 2, "texts": size - size // 2, "whole": size} if size else {}
    return {"architecture": "RN50", "parameters": sizes} if size else {"architecture": "own code"}


def models(number, random, unknown=0, sampled=False, split="test"):
    """The table of so many published models, their numbers made up; the first ones of unknown size."""
    rows, gaps, cones, recalls, advised = [], [], [], [], []
    for place, (architecture, tag) in enumerate(published("*", "*")[:: 170 // number][:number]):
        size = None if place < unknown else int(10 ** random.uniform(8, 9.7))
        row = model_row(TAGGED | {"tag": tag}, facts_of(size))
        name = f"{architecture}_{tag}"
        rows.append({"encoder": name, "corpus": "coco", "split": split} | row)
        gaps.append(pd.DataFrame([{"pairs": 500, "modality_gap": random.uniform(0.4, 0.9)}]))
        kinds = ["image_image", "text_text", "image_text"]
        cones.append(pd.DataFrame({"pairs": kinds, "mean": random.uniform(0, 0.6, 3)}))
        ways = ["image_to_text", "text_to_image"]
        recall = pd.DataFrame({"direction": ways * 2, "k": [1, 1, 5, 5]})
        recall["recall"] = [*random.uniform(0.2, 0.5, 2), 0.8, 0.9]
        if sampled:
            recall["low"], recall["high"] = recall.recall - 0.05, recall.recall + 0.05
        recalls.append(recall)
        advised.append({"advice": VERDICTS[place % 5]} if place % 5 < 4 else {})
    return compare_models(rows, gaps, cones, recalls, advised)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (TAGGED, ("LAION-2B", 2.32e9, 34e9)),
        ({"kind": "random", "seed": 0}, ("none (random weights)", 0, 0)),
        ({"kind": "transformers", "seed": 1}, ("none (random weights)", 0, 0)),
        ({"kind": "run", "seed": 1}, None),
        ({"kind": "checkpoint"}, None),
        ({"kind": "image_backbone", "tag": "openai"}, None),
        ({"kind": "pretrained", "tag": "v1"}, None),
    ],
)
def test_what_an_encoder_was_trained_on_is_said_by_its_entry_or_unknown(entry, expected):
    found = trained_on(entry)
    assert (found and (found.data.name, found.data.pairs, found.seen)) == expected


def test_a_row_says_what_was_measured_of_an_encoder(random):
    table = models(7, random, unknown=2, sampled=True)
    assert list(table) == COLUMNS
    row = table.iloc[2]
    assert row.parameters == row.image_parameters + row.text_parameters
    assert row.recall_image_to_text_high - row.recall_image_to_text_low == pytest.approx(0.1)
    assert table.k.eq(1).all()
    assert table.recall_text_to_image.lt(0.6).all()
    assert table.parameters.isna().tolist() == [True] * 2 + [False] * 5
    assert table.advice.tolist() == [*VERDICTS, None, *VERDICTS[:2]]
    remarks = table.attrs["remarks"]
    assert remarks[0].startswith("2 of 7 encoders: the number of parameters is not known (")
    unsaid = (table.training_data.notna() & table.samples_seen.isna()).sum()
    assert any(remark.startswith(f"{unsaid} of 7 encoders: the tag does not") for remark in remarks)


def test_words_that_are_not_known_are_none_and_numbers_nan(random, tmp_path):
    table = models(2, random, unknown=2)
    table.to_parquet(tmp_path / "table.parquet")
    again = pd.read_parquet(tmp_path / "table.parquet")
    assert again.attrs == table.attrs
    assert again.advice_way.tolist() == [None, None]
    assert again.advice_change.isna().all()
    assert again.advice_change.dtype == float
    assert again.parameters.isna().all()
    again.to_csv(tmp_path / "table.csv", index=False)
    assert ",500," in (tmp_path / "table.csv").read_text()  # a count, not 500.0


def test_correlations_are_those_of_scipy_with_an_interval_that_holds_them(random):
    table = models(60, random, unknown=3)
    found = correlations(table).set_index("attribute")
    for attribute in ("parameters", "samples_seen"):
        known = table[table[attribute].notna()]
        expected = spearmanr(known[attribute].astype(float), known.modality_gap).statistic
        row = found.loc[attribute]
        assert row.models == len(known)
        assert row.spearman == pytest.approx(expected)
        assert row.low < row.spearman < row.high
    grown = table.assign(modality_gap=np.log(table.parameters.astype(float)))
    assert correlations(grown).spearman[0] == pytest.approx(1)


def test_few_models_have_no_correlation_and_equal_ones_none_that_is_defined(random):
    assert correlations(models(LEAST - 1, random)).empty
    table = models(LEAST, random).assign(parameters=100_000_000)
    found = correlations(table).iloc[0]
    assert np.isnan([found.spearman, found.low, found.high]).all()


def test_each_split_has_its_own_correlation(random):
    both = pd.concat([models(LEAST, random), models(LEAST, random, split="other")])
    found = correlations(both)
    assert found[found.attribute == "parameters"].split.tolist() == ["test", "other"]


def drawn(table):
    """The figure, with what is written in each panel and where, and its points."""
    figure = plot_model_comparison(table, correlations(table))
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    panels = []
    for axis in figure.axes[: len(PANELS)]:
        labels = [text for text in axis.texts if hasattr(text, "xyann")]
        boxes = [label.get_window_extent(renderer) for label in labels]
        points = np.concatenate([one.get_offsets() for one in axis.collections])
        panels.append((axis, labels, boxes, points))
    return figure, panels


@pytest.mark.parametrize(("number", "unknown"), [(60, 0), (60, 3), (12, 12), (2, 0)])
def test_names_cover_neither_models_nor_other_names(random, number, unknown):
    table = models(number, random, unknown)
    figure, panels = drawn(table)
    for axis, labels, boxes, points in panels:
        assert len(points) == number
        least = {60: 8, 12: 1, 2: 2}[number]
        assert least <= len(labels) <= number
        assert {label.get_text() for label in labels} <= {*map(readable, table.encoder)}
        places = axis.transData.transform(points)
        for box in boxes:
            assert axis.bbox.x0 <= box.x0 < box.x1 <= axis.bbox.x1
            inside = (places > [box.x0, box.y0]) & (places < [box.x1, box.y1])
            assert not inside.all(axis=1).any()
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    plt.close(figure)


def test_models_of_unknown_size_stand_right_of_the_others_and_are_named(random):
    table = models(12, random, unknown=3)
    figure, panels = drawn(table)
    for axis, _, _, points in panels:
        line = next(line for line in axis.lines if line.get_linestyle() == ":")
        end = line.get_xdata()[0]
        assert (points[:3, 0] > end).all()
        assert (points[3:, 0] < end).all()
        np.testing.assert_allclose(points[3:, 0], table.parameters[3:].astype(float))
    key = [text.get_text() for text in figure.axes[-1].texts]
    assert "size unknown (3)" in key
    assert readable(table.encoder[0]) in " ".join(key)
    plt.close(figure)


def test_no_more_families_have_a_colour_than_there_are_and_the_rest_is_told(random):
    table = models(60, random)
    colours = family_colours(table.data_family)
    assert list(colours.values()) == list(COLOURS)
    counts = table.data_family.value_counts()
    assert min(counts[[*colours]]) >= max(counts.drop([*colours]))
    figure, panels = drawn(table)
    used = {to_hex(one.get_facecolor()[0][:3]) for one in panels[0][0].collections}
    assert used == {colour.lower() for colour in (*COLOURS, GREY)}
    key = " ".join(text.get_text() for text in figure.axes[-1].texts)
    for family in counts.drop([*colours]).index:
        assert family in key
    assert f"({counts.drop([*colours]).sum() + table.data_family.isna().sum()})" in key
    plt.close(figure)


def test_markers_say_the_advice_and_the_panel_the_correlation(random):
    table = models(12, random, sampled=True)
    figure, panels = drawn(table)
    key = [text.get_text() for text in figure.axes[-1].texts]
    assert {"yes (3)", "only under noise or storage (3)", "not asked, or not defined (2)"} <= {*key}
    shapes = [one.get_paths()[0].vertices.tobytes() for one in panels[0][0].collections]
    assert shapes[:5] == shapes[5:10]
    assert len(set(shapes)) == 5
    rho = correlations(table).iloc[0]
    said = f"ρ with parameters: {rho.spearman:.2f} [{rho.low:.2f}, {rho.high:.2f}], 12 models"
    assert said in panels[0][0].get_xlabel()
    assert panels[1][0].get_xlabel() == ""
    recall = panels[list(PANELS).index("recall_image_to_text")][0]
    heights = [np.ptp(line.get_ydata()) for line in recall.lines]
    assert heights == pytest.approx([0.1] * 12)
    plt.close(figure)


def test_the_same_table_gives_the_same_file(random, tmp_path):
    table = models(12, random)
    files = [tmp_path / f"{number}.svg" for number in range(2)]
    for file in files:
        figure = plot_model_comparison(table, correlations(table))
        save(figure, [str(file)])
        plt.close(figure)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_large_number_is_said_as_people_do():
    assert [count(number) for number in (151_277_313, 2.54e9, 1e9, 5e5, 12)] == [
        "151M",
        "2.54B",
        "1B",
        "500k",
        "12",
    ]


def study_with(**sections):
    encoders = {
        "all": {"kind": "pretrained", "architecture": "RN50", "tag": "[cy]*"},
        "other": {"kind": "random", "architecture": "RN50", "seed": 0},
    }
    pictures = {"reader": "table", "file": "pictures.csv", "evaluate": ["all"]}
    return {
        "study": "a",
        "title": "A",
        "corpora": {"pictures": pictures},
        "encoders": encoders,
    } | sections


def test_a_study_with_a_pattern_compares_what_it_stands_for():
    names = ["RN50-quickgelu_yfcc15m", "RN50-quickgelu_cc12m"]
    study = study_with()
    check_study(study)
    assert study["model_comparison"] == {"encoders": names}
    named = study_with(model_comparison={"encoders": ["other", "all"]})
    check_study(named)
    assert named["model_comparison"] == {"encoders": ["other", *names]}
    alone = study_with(encoders={"other": named["encoders"]["other"]})
    check_study(alone)
    assert "model_comparison" not in alone
    with pytest.raises(ValueError, match=r"model_comparison\.encoders: unknown name 'x', expected"):
        check_study(study_with(model_comparison={"encoders": ["x"]}))
