"""Data sets as the package datasets saves them, and as the hub has them: in files of their true form."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_files import IMAGE, png, save_to_disk, table

from modality_gap.data.corpora import decode
from modality_gap.data.corpora.datasets import read_datasets


@pytest.fixture
def saved(tmp_path):
    """A dictionary of two splits, one of them in two files."""
    save_to_disk(tmp_path / "train", [table(0, 4), table(4, 3)])
    save_to_disk(tmp_path / "test", [table(50, 2)])
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    return tmp_path


@pytest.fixture
def hub(tmp_path):
    """The same, as the hub has it."""
    (tmp_path / "data").mkdir()
    pq.write_table(table(0, 4), tmp_path / "data/train-00000-of-00002.parquet")
    pq.write_table(table(4, 3), tmp_path / "data/train-00001-of-00002.parquet")
    pq.write_table(table(50, 2), tmp_path / "data/test-00000-of-00001.parquet")
    return tmp_path


@pytest.mark.parametrize("form", ["saved", "hub"])
def test_splits_captions_and_classes_are_read(form, request):
    folder = request.getfixturevalue(form)
    images, captions, _, remarks = read_datasets(folder, ["train", "test"], "img", "text")
    assert list(images.split) == ["train"] * 7 + ["test"] * 2
    assert list(images.kind) == ["cat", "dog"] * 3 + ["cat"] + ["cat", "dog"]
    own = captions.groupby("image_id", sort=False).text.agg(list)
    assert own.tolist()[5] == ["a 5", "the 5"]
    assert own.tolist()[8] == ["a 51", "the 51"]
    pixels = np.asarray(decode(images.image.iloc[7], "x"))
    assert pixels[0, 0].tolist() == [50, 0, 0]
    assert remarks == ["column 'kind' is read as the names of its 2 classes"]
    only, *_ = read_datasets(folder, ["test"], "img", "text")
    assert len(only) == 2


def test_a_data_set_without_captions_is_asked_by_its_classes(saved):
    images, captions, *_ = read_datasets(saved / "test", ["all"], "img", label="kind")
    assert set(images.split) == {"all"}
    assert list(captions.text) == ["a photo of a cat.", "a photo of a dog."]


def test_images_may_be_paths(tmp_path):
    for n in range(2):
        (tmp_path / f"{n}.png").write_bytes(png(n))
    cells = [{"bytes": None, "path": f"{n}.png"} for n in range(2)]
    columns = {"image": pa.array(cells, IMAGE), "caption": ["one", "two"]}
    save_to_disk(tmp_path, [pa.table(columns)])
    images, *_ = read_datasets(tmp_path, ["all"], caption="caption")
    assert np.asarray(decode(images.image.iloc[1], "x"))[0, 0, 0] == 1


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        ({"splits": ["val"]}, "no split 'val', expected one of train, test"),
        ({"image": "picture"}, "no column 'picture'"),
        ({"caption": "words"}, "no column 'words'"),
        ({"caption": None, "label": "text"}, "column 'text' holds no class"),
    ],
)
def test_what_is_not_there_is_named(saved, ask, complaint):
    how = {"splits": ["train"], "image": "img", "caption": "text"} | ask
    with pytest.raises(ValueError, match=complaint):
        read_datasets(saved, **how)


def test_damaged_and_missing_files_are_named(saved):
    file = saved / "train/data-00001-of-00002.arrow"
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(ValueError, match=r"data-00001-of-00002.arrow: damaged"):
        read_datasets(saved, ["train"], "img", "text")
    file.unlink()
    with pytest.raises(FileNotFoundError, match=r"data-00001-of-00002.arrow: no such file"):
        read_datasets(saved, ["train"], "img", "text")
    (saved / "train/state.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"state.json: no object"):
        read_datasets(saved, ["train"], "img", "text")


def test_columns_that_differ_between_files_are_named(hub):
    other = table(4, 3).drop_columns("kind")
    pq.write_table(other, hub / "data/train-00001-of-00002.parquet")
    with pytest.raises(ValueError, match=r"train-00001-of-00002.parquet: column 'kind'"):
        read_datasets(hub, ["train"], "img", "text")


def test_captions_and_images_of_other_names_are_not_mixed_up(tmp_path):
    columns = pd.DataFrame({"image": ["a.png"], "picture": ["b.png"], "caption": ["x"]})
    columns.to_parquet(tmp_path / "all.parquet")
    with pytest.raises(ValueError, match="column 'image' beside 'picture'"):
        read_datasets(tmp_path, ["all"], "picture", "caption")


def test_a_split_is_not_its_prefix_and_all_of_its_files_are_there(hub):
    pq.write_table(table(80, 1), hub / "data/train-extra-00000-of-00001.parquet")
    assert len(read_datasets(hub, ["train"], "img", "text").images) == 7
    assert len(read_datasets(hub, ["train", "train-extra"], "img", "text").images) == 8
    (hub / "data/train-00000-of-00002.parquet").unlink()
    with pytest.raises(ValueError, match="split 'train' are not all there, or more: 1 of 2"):
        read_datasets(hub, ["train"], "img", "text")


def test_configurations_are_not_put_together(hub):
    (hub / "other").mkdir()
    pq.write_table(table(90, 2), hub / "other/test-00000-of-00001.parquet")
    with pytest.raises(ValueError, match=r"in another folder than .*: expected one configuration"):
        read_datasets(hub, ["test"], "img", "text")


def test_files_that_name_classes_otherwise_are_named(hub):
    plain = table(4, 3).replace_schema_metadata(None)
    pq.write_table(plain, hub / "data/train-00001-of-00002.parquet")
    with pytest.raises(ValueError, match=r"train-00001-of-00002.parquet: other names of classes"):
        read_datasets(hub, ["train"], "img", "text")


def test_paths_and_bytes_are_not_mixed(hub):
    rows = table(4, 3)
    paths = rows.set_column(0, "img", pa.array([f"{n}.png" for n in range(3)]))
    pq.write_table(paths, hub / "data/train-00001-of-00002.parquet")
    with pytest.raises(ValueError, match="images as paths in some files and as bytes in others"):
        read_datasets(hub, ["train"], "img", "text")


def test_an_image_is_no_class(saved):
    (saved / "dataset_dict.json").unlink()
    save_to_disk(saved, [table(0, 2).rename_columns(["image", "text", "kind"])])
    with pytest.raises(ValueError, match="column 'image' holds no class"):
        read_datasets(saved, ["all"], label="image")
