import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from modality_gap.cost.items import Items
from modality_gap.data.published import DRAWINGS
from modality_gap.study.errors import read_yaml


def items(tmp_path, **corpora):
    return Items({"study": "x", "corpora": corpora, "noise": {"items": 30}}, tmp_path)


def test_public_sets_are_as_published(tmp_path):
    coco = {"reader": "coco", "release": 2017, "splits": ["train", "val"]}
    found = items(
        tmp_path,
        coco=coco,
        few=coco | {"first": 100},
        matched=coco | {"only_matched": True},
        flickr={"reader": "webdataset", "url": "https://x.y/wds_flickr30k/", "splits": ["test"]},
        svhn={"reader": "svhn", "splits": ["test"]},
        own={"reader": "table", "file": "a.parquet"},
        unknown={"reader": "webdataset", "url": "https://x.y/other", "splits": ["test"]},
    )
    assert found.of("coco", "val") == (5_000, 25_000)
    assert found.of("coco") == (123_287, 5 * 123_287)
    assert found.of("few", "train") == (100, 500)
    assert found.of("matched", "val") == (5_000, 5_000)
    assert found.of("flickr", "test") == (1_000, 5_000)
    assert found.of("svhn") == (26_032, 26_032)
    assert found.of("noise") == (30, 30)
    assert found.of("svhn", "train2") is None
    assert found.of("own") is None
    assert found.of("unknown", "test") is None
    assert found.of("a_users_pairs") is None


def test_a_table_is_counted(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("image,caption,split\na,1,x\na,2,x\nb,3,x\nc,4,y\n")
    found = items(tmp_path, own={"reader": "table", "file": str(file)})
    assert found.of("own", "x") == (2, 3)
    assert found.of("own") == (3, 4)
    file.write_text("image,caption\na,1\na,2\n")
    assert items(tmp_path, own={"reader": "table", "file": str(file)}).of("own") == (1, 2)


def test_a_corpus_that_is_made_is_counted(tmp_path):
    folder = tmp_path / "corpora/own"
    folder.mkdir(parents=True)
    pd.DataFrame({"split": ["a"] * 3 + ["b"]}).to_parquet(folder / "images.parquet")
    captions = pd.DataFrame({"text": ["x"] * 12, "training_only": [False] * 8 + [True] * 4})
    captions.to_parquet(folder / "captions.parquet")
    found = items(tmp_path, own={"reader": "table", "file": "a.parquet"})
    assert found.of("own", "a") == (3, 6)
    assert found.of("own", "all") == (4, 8)
    captions.drop(columns="training_only").to_parquet(folder / "captions.parquet")
    found = items(tmp_path, own={"reader": "table", "file": "a.parquet"})
    assert found.of("own") == (4, 12)


def test_hold_outs_of_drawings(tmp_path):
    """Nearly those that the default study counts: 10,689 and 603, 2,943 and 191."""
    entry = read_yaml(ROOT / "config/config.yaml")["corpora"]["emoji"]
    found = items(tmp_path, emoji=entry)
    splits = ("train", "held_out_concepts", "held_out_vendor", "held_out_both")
    numbers = [found.of("emoji", split)[0] for split in splits]
    assert numbers == pytest.approx([10_689, 603, 2_943, 191], rel=0.25)
    assert sum(numbers) == found.of("emoji")[0] == sum(DRAWINGS.values()) == 14_426
    assert found.of("emoji")[1] == 14_426


def test_a_users_arrays_are_counted_by_their_first_bytes(tmp_path):
    """A million pairs of which not one is there: the file is a header and a hole."""
    file = tmp_path / "pairs.npy"
    np.lib.format.open_memmap(file, "w+", np.float32, (2, 1_000_000, 512)).flush()
    np.save(tmp_path / "images.npy", np.zeros((7, 3), np.float32))
    np.save(tmp_path / "texts.npy", np.zeros((35, 3), np.float32))
    two = {"files": [str(tmp_path / "images.npy"), str(tmp_path / "texts.npy")], "corpus": "few"}
    encoders = {"many": {"file": str(file), "corpus": "many"}, "few": two}
    items = Items({"corpora": {}, "encoders": encoders}, tmp_path)
    assert items.of("many", "all") == (1_000_000, 1_000_000)
    assert items.of("few", "all") == (7, 35)
    assert items.of("other", "all") is None
