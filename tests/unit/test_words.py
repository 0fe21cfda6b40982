"""What the modalities of a study are called, in sentences and figures."""

import matplotlib.pyplot as plt
import pytest

from modality_gap import words
from modality_gap.plots.style import save


@pytest.fixture
def audio():
    """Audio in place of images, until the test is over."""
    words.call(["audio", "text"])
    yield
    words.call(None)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("images and texts, an image and its text", "audio and texts, an audio and its text"),
        ("Images: image→text 0.5, image-image", "Audio: audio→text 0.5, audio-audio"),
        ("in ``embeddings/x/images`` of a/images.parquet", None),
        ("images/all, image_id, imagenet, context, ImageNet", None),
        ("Of 5 images.", "Of 5 audio."),
        ("the images' centre, the texts' centre", "the audio's centre, the texts' centre"),
        ("an image's centre, 'image'", "an audio's centre, 'audio'"),
    ],
)
def test_words_are_replaced_and_paths_and_names_are_not(audio, sentence, expected):
    assert words.spoken(sentence) == (expected or sentence)


def test_both_names_may_be_others():
    words.call(["protein", "structure"])
    assert words.spoken("Texts near images") == "Structure near protein"
    words.call(None)
    assert words.spoken("Texts near images") == "Texts near images"


def test_titles_labels_legends_and_ticks_say_them(audio, tmp_path):
    figure, axes = plt.subplots()
    axes.set_title("image→text")
    axes.plot([0, 1], [0, 1], label="images")
    axes.set_xticks([0, 1], ["image", "text"])
    axes.legend()
    with plt.rc_context({"svg.fonttype": "none"}):
        save(figure, [str(tmp_path / "x.svg")])
    svg = (tmp_path / "x.svg").read_text()
    assert svg.count("audio") == 3
    assert "image<" not in svg
    assert "images" not in svg
