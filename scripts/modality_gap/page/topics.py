"""The figures of a page by topic, each drawn once, with the captions that the project has of them."""

import base64
import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import docutils.core
import jinja2
from PIL import Image

from modality_gap.page.results import readable
from modality_gap.words import spoken

# Pixels of a drawing on the page, of as many figures as MANY; of more, each has fewer, so that all
# together stay as large. The vector file beside the page has no end.
WIDEST, NARROWEST, MANY = 1600, 800, 100
QUALITY = 82
ABBREVIATED = {"pca": "PCA", "svd": "SVD", "umap": "UMAP"}
# Captions are ours, but say the names of a user's corpora: what could read files or run is off.
SAFE = {
    "raw_enabled": False,
    "file_insertion_enabled": False,
    "halt_level": 2,
    "report_level": 2,
    "doctitle_xform": False,
    "smart_quotes": False,
}


class Variant(NamedTuple):
    """One figure: where it is from, what it shows, as what it is embedded.

    place: the values that choose it; source: of the embedded drawing, a data URL.
    """

    path: str
    anchor: str
    place: dict[str, str]
    caption: str
    alt: str
    source: str
    width: int
    height: int


class Card(NamedTuple):
    """Figures of one title, of which the reader chooses one."""

    title: str
    caption_name: str
    variants: list[Variant]


def topics(folder: Path, figures: dict[str, dict], captions: Path) -> dict[str, list[Card]]:
    """The cards of every topic, in order.

    folder: of the study's results; figures: by path below it, title, category, caption, wildcards
    and labels; captions: folder of the captions' texts.
    """
    found: dict[str, dict[tuple, list]] = {}
    widest = round(max(NARROWEST, WIDEST * min(1, MANY / max(1, len(figures))) ** 0.5))
    for path, figure in figures.items():
        names = {key: ABBREVIATED.get(own, own) for key, own in figure["wildcards"].items()}
        title = figure["title"].format(**names)
        keys = [key for key in figure["wildcards"] if f"{{{key}}}" not in figure["title"]]
        place = {key: figure["wildcards"][key] for key in keys} | figure["labels"]
        caption = caption_html(captions / f"{figure['caption']}.rst", figure["wildcards"])
        variant = Variant(
            path, anchor_of(path), place, caption, alt_of(caption), *embedded(folder / path, widest)
        )
        topic = found.setdefault(figure["category"], {})
        topic.setdefault((readable(title), figure["caption"]), []).append(variant)
    return {
        re.sub(r"^\d+ ", "", spoken(category)): [
            Card(title, caption, variants) for (title, caption), variants in cards.items()
        ]
        for category, cards in sorted(found.items(), key=lambda item: rank(item[0]))
    }


def rank(category: str) -> tuple[int, bool]:
    """Where a topic stands: by its number; of two with one number, the data come first."""
    return int(category.split()[0]), not category.endswith("data")


def anchor_of(path: str) -> str:
    """The name by which a page's links find a figure."""
    return re.sub(r"[^\w-]", "-", path.removesuffix(".svg"))


def caption_html(file: Path, wildcards: dict[str, str]) -> str:
    """A caption, filled in for one figure, as HTML."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    # Names stand in the text as they are: none of reStructuredText's signs has a meaning there.
    literal = {key: re.sub(r"([\\*`|<>])", r"\\\1", value) for key, value in wildcards.items()}
    names = SimpleNamespace(wildcards=SimpleNamespace(**literal))
    text = environment.from_string(spoken(file.read_text("utf-8"))).render(snakemake=names)
    parts = docutils.core.publish_parts(text, writer="html5", settings_overrides=SAFE)
    return parts["body"]


def alt_of(caption: str) -> str:
    """A caption's first sentence, as plain text."""
    text = re.sub(r"<[^>]+>", "", caption)
    for sign, own in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(sign, own)
    text = " ".join(text.split())
    return re.split(r"(?<=[^.]\w[.:)])\s+(?=[A-Z])", text, maxsplit=1)[0]


def embedded(file: Path, widest: int) -> tuple[str, int, int]:
    """A figure as a data URL, the smaller of its vector and its pixels; with width and height.

    The pixels are a WebP of no more than `widest` pixels' width. Size is in the pixels of a page.
    """
    with Image.open(file.with_suffix(".png")) as opened:
        drawn = opened.convert("RGB")
    width, height = drawn.size
    if width > widest:
        drawn = drawn.resize((widest, round(height * widest / width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    drawn.save(buffer, "WEBP", quality=QUALITY, method=4)
    vector, pixels = file.read_bytes(), buffer.getvalue()
    kind, content = ("svg+xml", vector) if len(vector) < len(pixels) else ("webp", pixels)
    url = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return url, width // 2, height // 2
