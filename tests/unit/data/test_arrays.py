"""Tables of what the rows of arrays are, against what stands in them."""

import numpy as np
import pandas as pd
import pytest

from modality_gap.data.corpora import read_classes, read_split, write_corpus
from modality_gap.data.corpora.arrays import read_arrays


def written(folder, text, name="labels.csv"):
    (folder / name).write_text(text)
    return folder / name


def test_rows_are_images_in_their_order(tmp_path):
    file = written(tmp_path, "split,class,group\ntest,007,a\ntrain,no,\ntest,NA,b\n")
    found = read_arrays(file)
    write_corpus(tmp_path, found)
    images, captions = read_split(tmp_path, "test")
    assert list(images.image_id) == ["0", "2"]
    assert list(images["class"]) == ["007", "NA"]
    assert images.image.isna().all()
    # Where they stand among the rows of texts.
    assert list(captions.index) == [0, 2]
    assert captions.text.isna().all()
    assert captions.matched.all()
    assert read_split(tmp_path, "all")[0].group.isna().tolist() == [False, True, False]
    assert read_classes(tmp_path) == {"templates": ["{}"]}


@pytest.mark.parametrize("column", ["caption", "class"])
def test_the_words_of_a_text_may_stand_in_a_column(tmp_path, column):
    file = written(tmp_path, f"image,{column}\nb,a dog\na,a cat\n")
    found = read_arrays(file, captioned_by=None if column == "caption" else column)
    assert list(found.captions.text) == ["a dog", "a cat"]
    assert list(found.images.image_id) == ["b", "a"]
    assert list(found.images[column]) == ["a dog", "a cat"]


def test_texts_have_a_table_of_their_own(tmp_path):
    file = written(tmp_path, "image,class\na,x\nb,y\n")
    texts = written(tmp_path, "image,caption,score\nb,one,1\na,two,2\nb,three,3\n", "texts.csv")
    found = read_arrays(file, texts)
    assert list(found.captions.image_id) == ["b", "a", "b"]
    assert list(found.captions.text) == ["one", "two", "three"]
    assert found.remarks == ["columns of texts that nothing reads: score"]
    write_corpus(tmp_path, found, "last")
    assert list(read_split(tmp_path, "all")[1].matched) == [False, True, True]
    numbered = written(tmp_path, "image\n1\n0\n", "numbered.csv")
    plain = written(tmp_path, "class\nx\ny\n", "plain.csv")
    assert read_arrays(plain, numbered).captions.text.isna().all()


def test_a_parquet_table_may_hold_the_embeddings_too(tmp_path):
    table = pd.DataFrame(
        {"images": list(np.eye(2)), "class": [3, 4], "seen": pd.Categorical(["x", "y"])}
    )
    table.to_parquet(tmp_path / "all.parquet")
    found = read_arrays(tmp_path / "all.parquet")
    assert list(found.images["class"]) == ["3", "4"]
    assert list(found.images.seen) == ["x", "y"]
    assert "images" not in found.images
    assert "column 'images' is left out" in found.remarks[0]


def test_an_npz_holds_a_column_in_each_array(tmp_path):
    arrays = {"kind": np.array([3, 4]), "name": ["a", "b"], "seen": [True, False]}
    np.savez(tmp_path / "all.npz", images=np.eye(2), score=[0.5, 1], **arrays)
    found = read_arrays(tmp_path / "all.npz", captioned_by="name")
    assert found.images[["kind", "name", "seen"]].to_numpy().tolist() == [
        ["3", "a", "True"],
        ["4", "b", "False"],
    ]
    assert list(found.captions.text) == ["a", "b"]
    assert found.remarks[0].startswith("arrays images, score are left out of labels")
    np.savez(tmp_path / "all.npz", kind=[1, 2], name=["a"])
    with pytest.raises(ValueError, match=r"all\.npz: labels of other .*kind 2, name 1"):
        read_arrays(tmp_path / "all.npz")
    np.savez(tmp_path / "all.npz", kind=np.array([{}]))
    with pytest.raises(ValueError, match=r"all\.npz: not readable as labels"):
        read_arrays(tmp_path / "all.npz")


@pytest.mark.parametrize(
    ("labels", "texts", "words", "complaint"),
    [
        ("class\n", None, None, "no rows, expected one for each image"),
        ("image,class\na,x\na,y\n", None, None, "rows 1 and 2 are both of image 'a'"),
        ("image,class\na,x\n,y\n", None, None, "row 2 has no image"),
        ("class,split\nx,\n", None, None, "row 1 has no split"),
        ("class,split\nx,all\ny,test\n", None, None, "row 1 has split 'all'"),
        ("class\nx\n", None, "kind", "no column 'kind' among 'class'"),
        ("class,caption\nx,\n", None, None, "row 1 has no caption"),
        ("image\na\n", "caption\nx\n", None, "no column 'image' among 'caption'"),
        ("image\na\n", "image\nb\n", None, "row 1 belongs to image 'b', expected one of the 1 "),
        ("image\na\nb\n", "image\na\n", None, "no text belongs to image 'b'"),
        ("image\na\n", "image,caption\na, \n", None, "row 1 has no caption"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_row(tmp_path, labels, texts, words, complaint):
    file = written(tmp_path, labels)
    texts = texts and written(tmp_path, texts, "texts.csv")
    with pytest.raises(ValueError, match="csv: ") as caught:
        read_arrays(file, texts, words)
    assert complaint in str(caught.value)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"labels\.txt: unknown ending, expected one of \.csv"):
        read_arrays(written(tmp_path, "class\nx\n", "labels.txt"))


def test_the_metadata_of_clip_retrieval_is_read_in_the_order_of_its_numbers(tmp_path):
    rows = pd.DataFrame({"image_path": range(11), "caption": list("abcdefghijk")})
    rows = rows.assign(url=[None] + ["x"] * 10, shape=[[1, 2]] * 11)
    for row in rows.index:
        part = rows.loc[[row]].drop(columns=["url"] if row == 3 else [])
        part.to_parquet(tmp_path / f"metadata_{row}.parquet")
    found = read_arrays(sorted(map(str, tmp_path.glob("*.parquet"))))
    assert list(found.images.image_id) == [str(row) for row in range(11)]
    assert list(found.captions.text) == list("abcdefghijk")
    assert found.images.url.isna().tolist() == [row in (0, 3) for row in range(11)]
    assert len(found.remarks) == 1
    assert "column 'shape' is left out" in found.remarks[0]
    write_corpus(tmp_path, found)
    (tmp_path / "metadata_x.parquet").touch()
    with pytest.raises(ValueError, match=r"metadata_x\.parquet: no number in its name"):
        read_arrays(sorted(map(str, tmp_path.glob("metadata*"))))
