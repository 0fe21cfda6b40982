"""Figures by topic, with their captions."""

import base64
import io

import numpy as np
import pytest
from conftest import ROOT
from made_up_results import figures
from PIL import Image

from modality_gap.page.topics import NARROWEST, alt_of, caption_html, embedded, topics
from modality_gap.words import call

CAPTIONS = ROOT / "workflow/report"


def test_every_caption_of_the_project_is_valid_html():
    wildcards = dict.fromkeys(("corpus", "split", "encoder", "family", "fairness", "run"), "a_b")
    for file in sorted(CAPTIONS.glob("*.rst")):
        for more in ({"method": "umap", "scope": "whole"}, {"method": "pca", "scope": "batches"}):
            html = caption_html(file, wildcards | more)
            assert html.startswith("<p>"), file.name
            assert "problematic" not in html
            assert 10 < len(alt_of(html)) < 400, file.name


def test_names_in_a_caption_are_texts():
    name = "a <b> *c* |d| `e`"
    html = caption_html(CAPTIONS / "robustness.rst", {"encoder": name})
    assert "a &lt;b&gt; *c* |d| `e`" in html


def test_topics_are_in_order_and_titles_name_what_is_not_chosen(made_up):
    found = topics(made_up.folder, figures(), CAPTIONS)
    assert list(found) == ["The gap", "What the gap does", "Should you close it?"]
    titles = [card.title for card in found["The gap"]]
    assert titles == ["Modality gap", "View by PCA", "Loss landscape, batches"]
    (variant,) = found["The gap"][1].variants
    assert variant.place == {"corpus": "photos", "split": "test"}


def test_modalities_are_called_by_their_names():
    call(["sound", "word"])
    try:
        html = caption_html(CAPTIONS / "view.rst", {"method": "pca"})
    finally:
        call(None)
    assert "of sound (blue) and word embeddings (orange)" in html
    assert "image" not in html


def test_the_smaller_of_vector_and_pixels_is_embedded(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (400, 2400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    (tmp_path / "a.svg").write_text("<svg/>")
    url, width, height = embedded(tmp_path / "a.svg", NARROWEST)
    assert url == f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}"
    assert (width, height) == (1200, 200)
    (tmp_path / "a.svg").write_bytes(b"<svg>" + b"x" * 9_000_000)
    url, *_ = embedded(tmp_path / "a.svg", NARROWEST)
    kind, _, content = url.partition(";base64,")
    assert kind == "data:image/webp"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (NARROWEST, round(400 / 3))


@pytest.mark.parametrize(
    ("caption", "alt"),
    [
        ("<p>One thing, e.g. this. Another.</p>", "One thing, e.g. this."),
        ("<p>Answers liang2022, Fig. 1b. And more.</p>", "Answers liang2022, Fig. 1b."),
        ("<p>a &lt; b &amp; c. Then.</p>", "a < b & c."),
    ],
)
def test_the_first_sentence_is_the_alternative(caption, alt):
    assert alt_of(caption) == alt
