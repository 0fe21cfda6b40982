"""An array of each form, from file to report: the same numbers of all."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import REAL, SHARED
from safetensors.numpy import save_file

from modality_gap.data.embeddings import read_keys
from workflow.conftest import Workplace

pytestmark = pytest.mark.study

NUMBER, WORDS = 24, ["cat", "dog", "ox"]


def write_clip_retrieval(folder, images, texts, table):
    """What clip-retrieval's inference writes, in two parts."""
    for number, rows in enumerate((slice(0, 10), slice(10, None))):
        for kind, array in (("img", images), ("text", texts)):
            (folder / f"{kind}_emb").mkdir(parents=True, exist_ok=True)
            np.save(folder / f"{kind}_emb/{kind}_emb_{number}.npy", array[rows])
        (folder / "metadata").mkdir(exist_ok=True)
        table[rows].to_parquet(folder / f"metadata/metadata_{number}.parquet")


def write(folder, images, texts, classes, table) -> dict[str, dict]:
    """Each form as an encoder's entry, by name."""
    np.save(folder / "both.npy", np.stack([images, texts]))
    np.save(folder / "images.npy", images)
    np.save(folder / "texts.npy", texts)
    np.savez(folder / "both.npz", images=images, texts=texts, kind=list(table.kind))
    save_file({"images": images, "texts": texts}, folder / "both.safetensors")
    pd.DataFrame({"images": list(images), "texts": list(texts)}).to_parquet(folder / "both.parquet")
    tensors = {"images": torch.from_numpy(images), "texts": torch.from_numpy(texts)}
    torch.save(tensors, folder / "both.pt")
    write_clip_retrieval(folder / "laion", images, texts, table)
    np.save(folder / "classes.npy", classes)
    pd.DataFrame({"text": WORDS}).to_csv(folder / "classes.csv", index=False)
    named = dict(zip(WORDS, classes, strict=True))
    np.savez(folder / "classes.npz", **named)
    np.savez(folder / "words.npz", texts=WORDS, embeddings=classes)
    save_file(named, folder / "classes.safetensors")
    torch.save({word: torch.from_numpy(row) for word, row in named.items()}, folder / "classes.pt")
    table = pd.DataFrame({"text": WORDS, "embedding": list(classes)})
    table.to_parquet(folder / "classes.parquet")
    return {
        "npy": {"file": "both.npy", "prompts": ["classes.npy", "classes.csv"]},
        "two": {"files": ["images.npy", "texts.npy"], "prompts": "classes.npz"},
        "npz": {"file": "both.npz", "prompts": "words.npz"},
        "safetensors": {"file": "both.safetensors", "prompts": "classes.safetensors"},
        "parquet": {"file": "both.parquet", "prompts": "classes.parquet"},
        "torch": {"file": "both.pt", "prompts": "classes.pt"},
        "clip_retrieval": {"folder": "laion", "prompts": "classes.npz"},
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("forms"), np.random.default_rng(0)
    numbers = np.arange(NUMBER) % 3
    classes = random.normal(size=(3, 8)).astype(np.float32)
    images, texts = (
        (classes[numbers] + random.normal(size=(NUMBER, 8)) + side).astype(np.float32)
        for side in (0.5, -0.5)
    )
    table = pd.DataFrame(
        {
            "image_path": [f"{number:09}" for number in range(NUMBER)],
            "caption": [f"a thing, number {number}" for number in range(NUMBER)],
            "kind": np.array(WORDS)[numbers],
        }
    )
    forms = write(folder, images, texts, classes, table)
    study = {
        "study": "forms",
        "title": "One array in every form",
        "corpora": {"things": {"reader": "arrays", "folder": "laion"}},
        "encoders": {
            name: {"kind": "precomputed", "corpus": "things", **entry}
            for name, entry in forms.items()
        }
        | {"pairs": {"kind": "precomputed", "corpus": "pairs", "folder": "laion"}},
        "views": {"methods": ["pca"], "pairs": 8, "seed": 0},
        "zero_shot": {
            "encoders": list(forms),
            "shifts": {"first": -1, "last": 1, "number": 3},
            "moves": ["both"],
            "directions": {"task": "task"},
            "bootstrap": 100,
            "seed": 0,
            "tasks": {"kinds": {"corpus": "things", "splits": ["all"], "label": "kind"}},
        },
    }
    place = Workplace(folder, study)
    place.succeeds()
    return place, (images, texts, classes, numbers)


def test_every_form_goes_to_the_report(place):
    place, _ = place
    assert (place.results / "report.html").is_file()
    summary = pd.read_csv(place.results / "summary.csv").set_index("encoder")
    assert len(summary) == len(place.study["encoders"])
    for column in ("modality_gap", "recall@1_image_to_text", "matched_distance"):
        np.testing.assert_allclose(summary[column], summary[column].iloc[0], atol=1e-6)


def test_every_form_gives_the_accuracy_of_a_plain_count(place):
    place, (images, _, classes, numbers) = place
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (images, classes)]
    right = ((unit[0] @ unit[1].T).argmax(axis=1) == numbers).mean()
    for name in place.study["zero_shot"]["encoders"]:
        curves = pd.read_parquet(place.results / f"zero_shot/{name}/things/all/curves.parquet")
        found = curves[(curves["shift"] == 0) & (curves.metric == "top_1")].value
        np.testing.assert_allclose(found, right, atol=1e-6)


def test_arrays_that_labels_hold_are_not_told_as_unread(place):
    place, _ = place
    told = pd.read_csv(place.results / "remarks.csv").set_index("table").remark
    assert not told.str.contains("kind").any()


def test_images_have_the_names_of_the_metadata(place):
    place, _ = place
    ids = read_keys(place.results / "embeddings/clip_retrieval/things/all/images.parquet")
    assert ids == [f"{number:09}" for number in range(NUMBER)]


@pytest.mark.parametrize("name", REAL)
def test_real_pairs_have_the_same_numbers_with_a_table_of_what_they_are(tmp_path, name):
    if not SHARED.is_dir():
        pytest.skip("real embeddings are not here")
    numbers = pd.DataFrame({"half": np.arange(500) // 250})
    numbers.to_csv(tmp_path / "labels.csv", index=False)
    entry = {"kind": "precomputed", "file": str(SHARED / f"{name}.npy")}
    study = {
        "study": "real",
        "title": "Real pairs",
        "corpora": {"described": {"reader": "arrays", "file": "labels.csv"}},
        "encoders": {
            "pairs": entry | {"corpus": "plain"},
            "rows": entry | {"corpus": "described"},
        },
    }
    place = Workplace(tmp_path, study)
    files = [
        f"{topic}/{encoder}/{corpus}/all.parquet"
        for topic in ("gap", "retrieval")
        for encoder, corpus in (("pairs", "plain"), ("rows", "described"))
    ]
    place.succeeds("--", *(f"results/real/{file}" for file in files))
    tables = [pd.read_parquet(place.results / file) for file in files]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    pd.testing.assert_frame_equal(tables[2], tables[3])
