import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rehearsal.emoji_archives import write_archives

from modality_gap.data.corpora import (
    Corpus,
    check_classes,
    check_corpus,
    distinct_texts,
    mark_matched,
    read_split,
    write_corpus,
)
from modality_gap.data.corpora.emoji import code_key, concept_of, gender_of, read_emoji, svg_of
from modality_gap.data.corpora.table import read_table
from modality_gap.data.embeddings import read_remarks
from modality_gap.models.split_embeddings import write_split

SETTINGS = {
    "image_size": 24,
    "held_out_vendor": "fluent-emoji-flat",
    "held_out_concepts": 0.25,
    "seed": 0,
}


@pytest.fixture(scope="module")
def emoji(tmp_path_factory):
    return read_emoji(write_archives(tmp_path_factory.mktemp("archives")), **SETTINGS)


def pixels(image: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def test_every_drawing_with_a_label_becomes_a_captioned_image(emoji):
    images, captions = emoji
    # 32 things, 15 people, a heart and its mirror image (one without a group, one copy dropped).
    assert images.groupby("vendor").size().to_dict() == dict.fromkeys(
        ("noto", "twemoji", "openmoji", "fluent-emoji-flat"), 49
    )
    texts = captions.set_index("image_id").text
    assert texts["noto/1F468-1F3FD"] == "man: medium skin tone"
    assert texts["twemoji/2764"] == "red heart"
    row = images.set_index("image_id").loc["noto/1F468-1F3FD"]
    assert (row["group"], row.subgroup) == ("people body", "person")
    assert (row.skin_tone, row.gender) == ("medium", "male")


def test_drawings_of_one_concept_are_one_unit(emoji):
    """Whoever drew it, in whatever skin tone and gender: these are no further evidence."""
    units = emoji[0].set_index("image_id").unit
    person = ["noto/1F468-1F3FD", "twemoji/1F468-1F3FB", "openmoji/1F469-1F3FF", "noto/1F9D1-1F3FD"]
    assert units[person].nunique() == 1
    assert units["noto/2764"] == units["twemoji/2764"] != units["noto/1F9D1-1F3FD"]
    # 32 things, a person, a heart and its mirror image.
    assert units.nunique() == 35


def known_units(tmp_path, **labels):
    """The units beside the pairs of four images, two of which are one picture, with labels."""
    images = pd.DataFrame(
        {"image_id": list("abcd"), "image": [b"1", b"2", b"1", b"3"], "split": "all"}
    )
    captions = pd.DataFrame(
        {"caption_id": list("wxyz"), "image_id": list("abcd"), "text": list("stuv")}
    )
    write_corpus(tmp_path, Corpus(images.assign(**labels), captions))
    part = {f"{side}_rows": np.arange(4) for side in ("image", "text")}
    part |= {side: np.eye(4, dtype=np.float32) for side in ("images", "texts")}
    outputs = {name: str(tmp_path / f"{name}_.parquet") for name in ("images", "texts", "pairs")}
    write_split(outputs, tmp_path, "all", [part], {})
    pairs = pd.read_parquet(outputs["pairs"])
    return dict(zip(pairs.image_id, pairs.unit, strict=True)), read_remarks(
        tmp_path / "images.parquet"
    )


def test_the_unit_of_an_image_travels_with_its_pairs(tmp_path):
    said = {"a": "film 1", "b": "film 1", "c": "film 2", "d": "film 3"}
    assert known_units(tmp_path, unit=list(said.values())) == (said, [])
    pictures, (told,) = known_units(tmp_path)
    assert pictures == {"a": "a", "b": "b", "c": "a", "d": "d"}
    assert told == "1 of 4 images show the picture of another: intervals count 3 pictures"
    with pytest.raises(
        ValueError, match="image 'b' has no unit, expected one for each or no column"
    ):
        known_units(tmp_path, unit=["u", None, "v", "w"])


def test_an_image_of_two_units_is_an_error(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("image,caption,unit\n1.png,one,u\n1.png,uno,v\n2.png,two,v\n", "utf-8")
    for row in (1, 2):
        (tmp_path / f"{row}.png").write_bytes(b"picture")
    with pytest.raises(
        ValueError,
        match="has unit 'u' in row 1 and 'v' in row 2: a label of images has one value for each",
    ):
        write_corpus(tmp_path, read_table(table))


def test_images_are_square_png_on_white(emoji):
    picture = pixels(emoji[0].set_index("image_id").image["openmoji/2764"])
    assert picture.shape == (24, 24, 3)
    assert (picture[0, 0] == 255).all()
    assert (picture != 255).any()


def test_of_identical_images_the_first_is_kept(emoji):
    images, _ = emoji
    assert images.image.is_unique
    assert "noto/2764" in set(images.image_id)
    assert "noto/1F531" not in set(images.image_id)


def test_a_flipped_alias_is_the_mirror_image(emoji):
    image = emoji[0].set_index("image_id").image
    mirrored = pixels(image["noto/1F532"])[:, ::-1].astype(int)
    assert np.abs(mirrored - pixels(image["noto/2764"])).mean() < 2


def test_no_concept_is_on_both_sides_of_a_split(emoji):
    images, _ = emoji
    concepts = images.groupby("split").concept.agg(set)
    assert not concepts["train"] & concepts["held_out_concepts"]
    assert not concepts["train"] & concepts["held_out_both"]
    vendors = images.groupby("split").vendor.agg(set)
    assert vendors["held_out_vendor"] == {"fluent-emoji-flat"}
    assert "fluent-emoji-flat" not in vendors["train"] | vendors["held_out_concepts"]
    people = images[images["group"] == "people body"]
    assert people.groupby("vendor").split.nunique().max() == 1


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ("1F469-1F3FD-200D-1F373", "1F9D1-1F373"),
        ("1F468-200D-1F373", "1F9D1-1F373"),
        ("1F6A3-1F3FB-200D-2640-FE0F", "1F6A3"),
        ("00A9-FE0F", "A9"),
        ("1F1F3-1F1F4", "1F1F3-1F1F4"),
    ],
)
def test_variants_share_a_concept(code, concept):
    assert concept_of(code_key(code)) == concept


def test_more_data_moves_no_concept(tmp_path):
    archives = write_archives(tmp_path)
    few = {name: archives[name] for name in ("emojibase", "noto")}
    splits = [
        read_emoji(part, **SETTINGS)[0].set_index("image_id").split for part in (few, archives)
    ]
    assert (splits[0] == splits[1][splits[0].index]).all()


def test_an_unknown_turn_of_an_icon_is_refused():
    icons = {"prefix": "p", "icons": {}, "aliases": {"a": {"parent": "b", "rotate": 1}}}
    with pytest.raises(ValueError, match="p: alias 'a' asks for 'rotate'"):
        svg_of(icons, "a")


def test_a_corpus_is_read_back_split_by_split(tmp_path, emoji):
    write_corpus(tmp_path, Corpus(*emoji))
    images, captions = read_split(tmp_path, "held_out_vendor")
    assert set(images.split) == {"held_out_vendor"}
    assert len(captions) == len(images)
    assert len(read_split(tmp_path, "all")[0]) == len(emoji[0])
    with pytest.raises(ValueError, match="split 'test' is empty, expected one of .*'train'"):
        read_split(tmp_path, "test")


@pytest.mark.parametrize("contents", [None, "digest"])
def test_what_a_reader_left_out_is_read_back(tmp_path, emoji, contents):
    corpus = Corpus(emoji[0].copy(), emoji[1], remarks=["two are left out"])
    write_corpus(tmp_path, corpus, contents=contents)
    assert read_remarks(tmp_path / "images.parquet") == ["two are left out"]
    assert read_split(tmp_path, "all")[0].attrs["remarks"] == ["two are left out"]


def test_distinct_texts_know_who_shares_a_caption():
    images = pd.DataFrame({"image_id": ["a", "b", "c"]})
    captions = pd.DataFrame(
        {"image_id": ["c", "a", "b", "a"], "text": ["dog", "cat", "cat", "a cat"]}
    )
    texts, pairs, matched = distinct_texts(images, mark_matched(captions, "first"))
    assert texts == ["dog", "cat", "a cat"]
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 1], [2, 0]]
    assert matched.tolist() == [True, False, True, True]
    _, pairs, matched = distinct_texts(images, mark_matched(captions, "last"))
    assert pairs.tolist() == [[0, 2], [0, 1], [1, 1], [2, 0]]
    assert matched.tolist() == [True, False, True, True]


CAPTIONED = pd.DataFrame(
    {
        "caption_id": [str(row) for row in range(9)],
        "image_id": ["a", "b", "a", "a", "b", "c", "a", "a", "c"],
        "text": list("uvwxyzpqr"),
        "training_only": [False] * 7 + [True] * 2,
    },
    index=range(10, 19),
)


@pytest.mark.parametrize(
    ("choice", "texts"),
    [
        ("first", ["u", "v", "z"]),
        ("last", ["p", "y", "z"]),
        ("all", ["u", "w", "x", "p", "v", "y", "z"]),
    ],
)
def test_which_caption_is_matched_is_a_choice(choice, texts):
    images = pd.DataFrame({"image_id": ["a", "b", "c"]})
    marked = mark_matched(CAPTIONED, choice)
    assert marked.index.equals(CAPTIONED.index)
    found, pairs, matched = distinct_texts(images, marked)
    assert [found[text] for _, text in pairs[matched]] == texts
    # Recall still counts every caption, and none that is for training alone.
    assert sorted(found[text] for _, text in pairs) == sorted("uvwxyzp")


def test_a_random_caption_is_the_seeds_and_the_images_own():
    many = pd.DataFrame({"image_id": [f"i{row // 5}" for row in range(5000)]})
    many["text"] = [f"t{row % 5}" for row in range(5000)]
    drawn = {seed: mark_matched(many, "random", seed) for seed in (0, 0, 1)}
    for marked in drawn.values():
        assert (marked.groupby("image_id").matched.sum() == 1).all()
        counts = marked[marked.matched].text.value_counts()
        assert len(counts) == 5
        assert counts.between(150, 250).all()
    assert not drawn[0].matched.equals(drawn[1].matched)
    assert drawn[0].matched.equals(mark_matched(many, "random", 0).matched)
    fewer = many.iloc[::-1][:2000]
    again = mark_matched(fewer.sort_index(), "random", 0)
    assert again.matched.equals(drawn[0].matched[again.index])
    with pytest.raises(ValueError, match="matched caption 'any', expected first, last, random or"):
        mark_matched(many, "any")


def corpus(**changes):
    images = pd.DataFrame({"image_id": ["a", "b"], "image": [b"", b""], "split": "all"})
    captions = pd.DataFrame({"caption_id": ["1", "2"], "image_id": ["a", "b"], "text": "x"})
    return changes.get("images", images), changes.get("captions", captions)


def test_what_is_no_corpus_is_named():
    images, captions = corpus()
    check_corpus(images, captions, "mine")
    for broken, complaint in (
        ((images.drop(columns="split"), captions), "mine: images lack the column 'split'"),
        ((images, captions.iloc[:1]), "image 'b' has no caption"),
        ((images, captions.assign(text=["x", " \n"])), "mine: caption '2' has no text"),
        ((images.iloc[:1], captions), "caption '2' belongs to no image"),
        ((images.iloc[[0, 0]], captions), "image_id 'a' occurs twice"),
        ((images.iloc[:0], captions), "mine: no images"),
    ):
        with pytest.raises(ValueError, match=complaint):
            check_corpus(*broken, "mine")


def test_a_column_of_classes_that_is_not_there_is_named(emoji):
    images, _ = emoji
    check_classes(images, "emoji", "group")
    with pytest.raises(
        ValueError,
        match=r"corpora.emoji.classes.label: no column 'colour', expected one of .*group",
    ):
        check_classes(images, "emoji", "colour")


@pytest.mark.parametrize(
    ("key", "named", "expected"),
    [
        ("1F469-200D-1F692", None, "female"),
        ("1F468-1F3FB-200D-1F692", None, "male"),
        ("1F3C3-200D-2640", None, "female"),
        ("1F469-200D-2764-200D-1F468", None, None),
        ("1F9D1-200D-1F692", None, None),
        ("1F478", 0, "female"),
    ],
)
def test_gender_is_what_is_named_or_what_the_code_points_say(key, named, expected):
    assert gender_of(key, named) == expected


def test_captions_that_are_not_matched_may_be_left_out(tmp_path):
    images = pd.DataFrame(
        {"image_id": ["a", "b", "c"], "image": [b"1", b"2", b"3"], "split": "all"}
    )
    corpus = Corpus(images, CAPTIONED, remarks=["one"])
    write_corpus(tmp_path, corpus, "last", only=True)
    kept = pd.read_parquet(tmp_path / "captions.parquet")
    assert kept[kept.matched].text.tolist() == ["y", "z", "p"]
    assert kept[~kept.matched].text.tolist() == ["q", "r"]  # for training
    assert read_remarks(tmp_path / "images.parquet") == [
        "one",
        "4 captions are left out: each image is measured with its matched one alone",
    ]
    write_corpus(tmp_path, corpus, "last")
    assert len(pd.read_parquet(tmp_path / "captions.parquet")) == len(CAPTIONED)
