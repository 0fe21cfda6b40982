"""What strangers bring, through the whole workflow: read as it stands, refused, or counted and said."""

import os

import numpy as np
import pandas as pd
import pytest

from workflow.conftest import told_by
from workflow.test_bad_input import embeddings_study, line_with, pictures_study


@pytest.fixture
def place(workplace, tmp_path):
    """Ten pictures of the classes None and 007, told apart by random weights."""
    study = pictures_study(tmp_path)
    rows = [f"{n}.png,colour number {n},test,{('None', '007')[n % 2]}" for n in range(9)]
    rows.append("9.png,colour number 9,test,")
    (tmp_path / "pictures.csv").write_text("\n".join(["image,caption,split,kind", *rows]) + "\n")
    study["zero_shot"] = {
        "encoders": ["random"],
        "shifts": {"first": -1, "last": 1, "number": 3},
        "moves": ["both"],
        "directions": {"task": "task"},
        "bootstrap": 100,
        "seed": 0,
        "tasks": {
            "kinds": {
                "corpus": "pictures",
                "splits": ["test"],
                "label": "kind",
                "prompts": {"None": "nothing", "007": "an agent", "cat": "a cat"},
            }
        },
    }
    return workplace(study)


@pytest.mark.study
def test_classes_that_look_like_missing_values_are_classes(place):
    place.succeeds("--", "results/mine/report.html")
    gains = pd.read_parquet(place.results / "zero_shot/random/pictures/test/gains.parquet")
    assert (gains.images[gains.choice == "best"] == 9).all()
    told = pd.read_csv(place.results / "remarks.csv").set_index("table").remark
    assert list(told["zero_shot/random/pictures/test/curves"]) == [
        "task kinds: 1 of 10 images have no kind and are left out",
        "task kinds: no image has kind cat: choices that are never right",
    ]
    page = told_by(place.results / "report.html")
    assert "What was left out, merged or cut" in page
    assert "1 of 10 images have no kind" in page


def test_a_class_without_a_prompt_and_a_prompt_that_yaml_re_typed(place):
    prompts = place.study["zero_shot"]["tasks"]["kinds"]["prompts"]
    del prompts["007"]
    target = ("--", "results/mine/embeddings/random/prompts/zero_shot.parquet")
    line = line_with(place.fails(*target), "for which there is no prompt")
    assert "4 images have kind '007'" in line
    place.study["zero_shot"]["tasks"]["kinds"]["prompts"] = {False: "none", "None": "nothing"}
    line_with(place.fails("--dry-run"), "zero_shot.tasks.kinds.prompts: a key is read as False")


@pytest.mark.study
def test_captions_beyond_the_context_are_refused_where_two_become_one(place, tmp_path):
    long = " ".join(["a very long caption"] * 20)
    rows = [f"{n}.png,{long if n < 2 else ''} {n},test,None" for n in range(10)]
    (tmp_path / "pictures.csv").write_text("\n".join(["image,caption,split,kind", *rows]) + "\n")
    del place.study["zero_shot"]
    line_with(place.fails(), "1 captions become one with another when they are cut to 32 tokens")
    place.study["embedding"] = {"batch_size": 4, "precision": "auto", "equal_when_cut": True}
    place.succeeds("--", "results/mine/report.html")
    assert (
        "2 of 10 captions are longer than the model's context of 32 tokens and were cut"
        in told_by(place.results / "report.html")
    )


def test_repeated_rows_of_arrays_are_one_item_and_codes_are_refused(workplace, tmp_path, random):
    file = tmp_path / "embeddings.npz"
    texts = random.normal(size=(4, 8)).astype(np.float32)
    classes = np.arange(20) % 4
    images = texts[classes] + 0.01 * random.normal(size=(20, 8)).astype(np.float32)
    np.savez(file, images=images, texts=texts[classes])
    place = workplace(embeddings_study(file))
    place.succeeds("--", "results/mine/retrieval/mine/pairs/all.parquet")
    found = pd.read_parquet(place.results / "retrieval/mine/pairs/all.parquet")
    assert (found.recall[found.k == 1] == 1).all()
    assert found.chance[found.k == 1].tolist() == pytest.approx([1 / 4, 5 / 20])
    np.savez(
        file, images=(100 * images).astype(np.int8), texts=(100 * texts[classes]).astype(np.int8)
    )
    line = line_with(place.fails(), "dequantise")
    assert line.startswith(f"read_precomputed (mine, pairs, all): {file}: images: int8 values")


def test_a_file_that_is_replaced_by_an_older_one_is_read_again(place, workplace, tmp_path, random):
    """As `mv` and `rsync` leave it: Snakemake looks for newer files alone."""

    def put_older(file, content):
        file.write_bytes(content)
        os.utime(file, (1e9, 1e9))

    file = tmp_path / "embeddings.npy"
    np.save(file, random.normal(size=(2, 20, 8)).astype(np.float32))
    gap = "results/mine/gap/mine/pairs/all.parquet"
    arrays = workplace(embeddings_study(file))
    arrays.succeeds("--", gap)
    np.save(tmp_path / "other.npy", random.normal(size=(2, 12, 8)).astype(np.float32))
    put_older(file, (tmp_path / "other.npy").read_bytes())
    arrays.succeeds("--", gap)
    assert pd.read_parquet(tmp_path / gap).pairs[0] == 12
    assert "Nothing to be done" in arrays.succeeds("--", gap)
    table, captions = tmp_path / "pictures.csv", "results/mine/corpora/pictures/captions.parquet"
    place.succeeds("--", captions)
    put_older(table, table.read_bytes().replace(b"colour number", b"hue"))
    place.succeeds("--", captions)
    assert pd.read_parquet(tmp_path / captions).text[0] == "hue 0"
    assert "Nothing to be done" in place.succeeds("--", captions)
