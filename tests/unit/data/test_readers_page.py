"""The page of what other tools read tells what this project reads now."""

import numpy as np
import pytest
from compare_readers import PAGE, TOOLS, cells_verdict, picture_verdict, verdict
from odd_pictures import PICTURES, colour, grey, shown, write_pictures
from odd_tables import TABLES, write_tables
from PIL import Image
from readers import project

AGAIN = "docs/readers.md is of another time: make compare-readers"


def page_rows() -> dict[str, dict[str, str]]:
    """The cells of each file's row, by the titles of their columns."""
    rows, header = {}, []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            name = cells[0].strip("`")
            assert name not in rows, name
            rows[name] = dict(zip(header[1:], cells[1:], strict=True))
        elif line.startswith("| ") and not line.startswith("| ---"):
            header = cells
    return rows


def test_the_page_lists_every_file_and_what_is_read_of_it_now(tmp_path):
    rows = page_rows()
    assert set(rows) == {*PICTURES, *TABLES}, AGAIN
    for part, write in (("pictures", write_pictures), ("tables", write_tables)):
        (tmp_path / part).mkdir()
        write(tmp_path / part)
    output = tmp_path / "output"
    output.mkdir()
    outcomes = project(tmp_path, output)
    told = {name: row["this project"] for name, row in rows.items()}
    assert told == {name: verdict(name, outcomes[name], output) for name in rows}, AGAIN
    titles = {tool.title for tool in TOOLS.values()}
    assert all(set(rows[name]) == titles for name in PICTURES), AGAIN
    assert [rows[name]["what"] for name in TABLES] == [table.what for table in TABLES.values()]


def altered(change: str) -> Image.Image:
    """The odd picture, wrongly read."""
    right = colour()
    white = (right == 255).all(axis=-1, keepdims=True)
    pixels = {
        "right": right,
        "black ground": np.where(white, 0, right),
        "all black": 0 * right,
        "inverted": 255 - right,
        "half": right // 2,
    }[change]
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.mark.parametrize(
    ("name", "picture", "word"),
    [
        ("rgb.png", altered("right"), "as shown"),
        ("animated.gif", altered("right"), "first frame"),
        ("rgb.png", altered("right").transpose(Image.Transpose.ROTATE_90), "lies on its side"),
        ("rgb.png", altered("right").transpose(Image.Transpose.ROTATE_180), "head down"),
        ("rgb.png", altered("right").transpose(Image.Transpose.FLIP_LEFT_RIGHT), "mirrored"),
        ("transparent.png", altered("black ground"), "black ground"),
        ("rgb.png", altered("all black"), "all black"),
        ("cmyk.jpg", altered("inverted"), "inverted"),
        ("rgb.png", altered("half"), "off by 128 of 255"),
        ("rgb.png", altered("right").resize((9, 9)), "of another size, 9 × 9"),
        ("grey16.png", Image.fromarray((grey() > 0) * np.uint8(255)), "clipped to white"),
        ("grey16.png", Image.fromarray(shown("grey16.png")), "as shown"),
    ],
)
def test_a_word_says_what_came_of_a_picture(name, picture, word):
    assert picture_verdict(name, picture) == word


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (["3", None, "7"], "as it stands"),
        ([3.0, None, 7.0], "**`3.0`, `None`, `7.0`**"),
        (["3", float("nan"), "7"], "**`'3'`, `nan`, `'7'`**"),
    ],
)
def test_a_word_says_what_came_of_cells(tmp_path, cells, word):
    assert verdict("gap.csv", {"cells": cells}, tmp_path) == word
    assert cells_verdict(TABLES["truth.csv"], [True, False, True]) == "`True`, `False`, `True`"
