"""Embeddings with their words, in every form; means against plain sums."""

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from modality_gap.data.prompt_arrays import Prompts, joined, look_up, read_prompts
from modality_gap.effects.zero_shot import class_embeddings

WORDS = ["cat", "dog", "cat", "ox"]


@pytest.fixture
def rows(random):
    return random.normal(size=(4, 5)).astype(np.float32)


def unit(rows):
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def write(folder, form, rows):
    if form == "two":
        np.save(folder / "rows.npy", rows)
        pd.DataFrame({"text": WORDS}).to_csv(folder / "words.csv", index=False)
        return [folder / "rows.npy", folder / "words.csv"]
    if form == "parquet":
        table = pd.DataFrame({"text": WORDS, "embedding": list(rows)})
        table.to_parquet(folder / "prompts.parquet")
    elif form == "npz":
        np.savez(folder / "prompts.npz", texts=WORDS, embeddings=rows)
    else:
        arrays = {"cat": rows[[0, 2]], "dog": rows[1], "ox": rows[3:]}
        if form == "safetensors":
            save_file(arrays, folder / "prompts.safetensors")
        else:
            np.savez(folder / "prompts.npz", **arrays)
    return list(folder.glob("prompts.*"))


@pytest.mark.parametrize("form", ["two", "parquet", "npz", "safetensors", "named npz"])
def test_every_form_gives_the_same_texts(tmp_path, rows, form):
    found = read_prompts(write(tmp_path, form, rows))
    assert sorted(found.texts) == ["cat", "dog", "ox"]
    np.testing.assert_array_equal(look_up(found, ["ox", "dog"], "x"), rows[[3, 1]])
    mean = unit(unit(rows[[0, 2]]).mean(axis=0))
    np.testing.assert_allclose(look_up(found, ["cat"], "x")[0], mean, atol=1e-6)
    assert found.notes == [
        "1 of 3 texts of prompts have several embeddings, and stand for their mean, as a class does for "
        "that of its prompts: cat (2)"
    ]
    # As the classes of a zero-shot task are made of templates.
    classes = class_embeddings(unit(rows[[0, 2]]).astype(np.float32), np.zeros(2, dtype=int))
    np.testing.assert_allclose(look_up(found, ["cat"], "x"), classes, atol=1e-6)


def test_rows_without_words_are_named_by_their_number(tmp_path, rows):
    np.save(tmp_path / "classes.npy", rows)
    found = read_prompts([tmp_path / "classes.npy"])
    assert found.texts == ["0", "1", "2", "3"]
    np.testing.assert_array_equal(found.rows, rows)


def test_one_embedding_that_is_there_twice_stays_as_it_is(tmp_path, rows):
    rows[2] = rows[0]
    found = read_prompts(write(tmp_path, "parquet", rows))
    np.testing.assert_array_equal(found.rows[0], rows[0])
    assert found.notes == []


def test_a_missing_text_is_named_with_those_that_there_are(rows):
    prompts = Prompts(["cat", "dog"], rows[:2], [])
    expected = r"mine\.npz: no embedding of 'a cow' \(1 of 2 .* there are those of 'cat', 'dog'"
    with pytest.raises(ValueError, match=expected):
        look_up(prompts, ["cat", "a cow"], "mine.npz")


def test_captions_are_prompts_too_and_come_second(rows):
    found = joined(Prompts(["cat"], rows[:1], []), ["dog", None, "dog"], rows[1:])
    assert found.texts == ["cat", "dog"]
    np.testing.assert_array_equal(found.rows, rows[:2])
    again = joined(Prompts(["cat"], rows[:1], []), ["cat"], rows[1:2])
    np.testing.assert_array_equal(again.rows, rows[:1])


def broken(folder, kind, rows):
    file = folder / "prompts.npz"
    if kind == "count":
        np.savez(file, texts=WORDS[:3], embeddings=rows)
    elif kind == "blank":
        np.savez(file, texts=["cat", "", "x", "y"], embeddings=rows)
    elif kind == "width":
        np.savez(file, cat=rows[0], dog=rows[1, :3])
    elif kind == "empty":
        np.savez(file)
    elif kind == "opposite":
        np.savez(file, cat=np.stack([rows[0], -rows[0]]))
    elif kind == "whole":
        np.savez(file, cat=np.arange(3))
    elif kind == "words":
        np.savez(file, texts=rows[:, 0], embeddings=rows)
    elif kind == "parquet":
        pd.DataFrame({"words": WORDS}).to_parquet(folder / "prompts.parquet")
    elif kind in ("bytes", "lists"):
        words = [word.encode() if kind == "bytes" else [word] for word in WORDS]
        table = pd.DataFrame({"text": words, "embedding": list(rows)})
        table.to_parquet(folder / "prompts.parquet")
    elif kind == "bytes of npz":
        np.savez(file, texts=np.array(WORDS, dtype="S"), embeddings=rows)
    elif kind == "ending":
        (folder / "prompts.txt").write_text("x")
    elif kind == "damaged":
        file.write_bytes(b"PK\x03\x04nothing")
    return [next(folder.glob("prompts.*"))]


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("count", "3 texts and 4 embeddings, expected as many"),
        ("blank", "row 1 has no text"),
        ("width", "array 'dog' has shape (1, 3), expected embeddings of width 5, as 'cat' has"),
        ("empty", "no arrays, expected a .parquet"),
        ("opposite", "the embeddings of 'cat' cancel out"),
        ("whole", "whole numbers: quantised embeddings"),
        ("words", "texts: float32 of shape (4,), expected words (n,)"),
        ("parquet", "no column 'text' among 'words'"),
        ("bytes", "text: binary, expected words"),
        ("lists", "expected words"),
        ("bytes of npz", "texts: |S3 of shape (4,), expected words (n,)"),
        ("ending", "unknown ending '.txt'"),
        ("damaged", "prompts.npz"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_file(tmp_path, rows, kind, complaint):
    files = broken(tmp_path, kind, rows)
    with pytest.raises(ValueError, match=r"prompts\.") as caught:
        read_prompts(files)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith(f"{files[0]}: ")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_prompts([tmp_path / "prompts.npz"])


def test_words_of_a_table_that_are_bytes_are_no_words(tmp_path, rows):
    np.save(tmp_path / "rows.npy", rows)
    words = pd.DataFrame({"text": [word.encode() for word in WORDS]})
    words.to_parquet(tmp_path / "words.parquet")
    with pytest.raises(
        ValueError, match=r"words\.parquet: column 'text' is left out: it holds binary"
    ):
        read_prompts([tmp_path / "rows.npy", tmp_path / "words.parquet"])


def test_words_may_be_categories_or_numbers(tmp_path, rows):
    for words in (pd.Categorical(WORDS), [3, 1, 3, 2]):
        table = pd.DataFrame({"text": words, "embedding": list(rows)})
        table.to_parquet(tmp_path / "prompts.parquet")
        expected = list(dict.fromkeys(map(str, words)))
        assert read_prompts([tmp_path / "prompts.parquet"]).texts == expected
