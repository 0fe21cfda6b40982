"""Figures with a line or a panel for each encoder, where there are very many of them."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from PIL import Image

from modality_gap.plots.retrieval import plot_recall
from modality_gap.plots.style import MOST_PIXELS, save


def recall_of(random):
    """The table of `recall` of an encoder, its numbers made up."""
    table = pd.DataFrame({"direction": ["image_to_text"] * 2 + ["text_to_image"] * 2})
    table["k"], table["chance"] = [1, 10] * 2, [0.01, 0.1] * 2
    table["recall"] = random.uniform(0.3, 0.9, 4)
    return table


@pytest.mark.parametrize("number", [2, 12, 60])
def test_names_at_the_ends_of_lines_stay_in_the_panel_and_cover_no_other(random, number):
    tables = [recall_of(random) for _ in range(number)]
    figure = plot_recall(tables, [f"encoder {n}" for n in range(number)])
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    for axis in figure.axes:
        boxes = [text.get_window_extent(renderer) for text in axis.texts]
        assert len(boxes) == number + 1
        assert all(axis.bbox.y0 <= box.y0 and box.y1 <= axis.bbox.y1 for box in boxes)
        overlaps = [
            min(one.y1, other.y1) - max(one.y0, other.y0)
            for one, other in itertools.combinations(boxes, 2)
        ]
        assert max(overlaps) < 0.15 * boxes[0].height  # letters are less high than their box
    plt.close(figure)


def test_a_figure_too_high_for_its_pixels_has_fewer_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr("modality_gap.plots.style.MOST_PIXELS", 600)
    figure = plt.figure(figsize=(1, 6))
    save(figure, [str(tmp_path / "high.png")])
    with Image.open(tmp_path / "high.png") as image:
        assert image.size == (100, 600)
    assert MOST_PIXELS < 2**16
    plt.close(figure)
