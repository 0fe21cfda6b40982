"""Items that are no pictures, as docs/own_model.md has them: from sounds in a table to all tables."""

import json
import os
import re
import wave

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from sentence_transformer_folder import write_sentence_transformer

from modality_gap.data.embeddings import read_embeddings
from workflow.conftest import Workplace
from workflow.test_arrays_study import captions, labels, sections
from workflow.test_bad_input import line_with

pytestmark = pytest.mark.study

PAGE = (ROOT / "docs/own_model.md").read_text()
CODE = re.search(r"```python\n(# my_sounds\.py\n.*?)```", PAGE, re.S)[1]
STUDY = yaml.safe_load(re.search(r"```yaml\n(# config/sounds\.yaml\n.*?)```", PAGE, re.S)[1])
PITCHES = {"red": 300, "green": 900, "blue": 2700}
GAP = "results/sounds/gap/mine/sounds/test.parquet"
TARGETS = [
    "--",
    "results/sounds/remarks.csv",
    "results/sounds/claims.csv",
    "results/sounds/linear_probe/mine/accuracies.parquet",
]


def write_sound(file, pitch: float, random) -> None:
    """A tenth of a second of a tone in noise, 16 bits at 8 kHz."""
    times = np.arange(800) / 8000
    samples = 9000 * np.sin(2 * np.pi * pitch * times) + 900 * random.normal(size=800)
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, len(samples), "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Workplace:
    """The page's study on ninety sounds, with every section asked of them."""
    folder, random = tmp_path_factory.mktemp("sounds"), np.random.default_rng(2)
    table = labels(random)
    texts = captions(table).merge(table, on="image")
    texts["image"] = texts.image.str.replace(".png", ".wav")
    for row in table.itertuples():
        file = folder / row.image.replace(".png", ".wav")
        write_sound(file, PITCHES.get(row.colour, 1500), random)
    texts.to_csv(folder / "sounds.csv", index=False)
    (folder / "my_sounds.py").write_text(CODE)
    study = json.loads(json.dumps(STUDY | sections()).replace('"pictures"', '"sounds"'))
    study["corpora"]["sounds"]["evaluate"] = ["train", "test"]
    study |= {
        "views": {"methods": ["pca"], "pairs": 8, "seed": 0},
        "noise": {"items": 4, "seed": 0},
    }
    return Workplace(folder, study)


def test_sounds_come_to_the_tables_of_every_section(place):
    place.succeeds(*TARGETS)
    found = {folder.name for folder in place.results.iterdir() if (folder / "mine").is_dir()}
    assert found >= {*sections(), "gap", "retrieval", "cone"}
    told = pd.read_csv(place.results / "remarks.csv").set_index("table").remark
    expected = "sounds.csv: files that are no pictures (90 .wav): no figure shows examples of them"
    assert told["corpora/sounds/images"] == expected
    plan = place.succeeds("--dry-run")
    assert "plot_view" in plan
    assert "plot_examples" not in plan


def test_the_embeddings_are_what_the_users_code_makes_of_the_files(place, monkeypatch):
    monkeypatch.chdir(place.folder)
    own = {}
    exec(CODE, own)
    rows, names = read_embeddings(place.results / "embeddings/mine/sounds/test/images.parquet")
    np.testing.assert_allclose(rows, own["encode_images"](names), rtol=1e-6)


def test_zero_shot_accuracy_is_the_share_that_the_nearest_prompt_gets_right(place):
    folder = place.results / "embeddings/mine"
    rows, names = read_embeddings(folder / "sounds/test/images.parquet")
    table = pd.read_csv(place.folder / "sounds.csv", keep_default_na=False)
    colours = table.drop_duplicates("image").set_index("image").colour[names].to_numpy()
    prompts = pd.read_parquet(folder / "prompts/zero_shot.parquet").set_index("text").embedding
    centres = []
    for colour in PITCHES:
        own = np.stack([prompts[f"a {colour} square."], prompts[f"something {colour}."]])
        centres.append((own / np.linalg.norm(own, axis=1, keepdims=True)).mean(axis=0))
    centres = np.array(centres) / np.linalg.norm(centres, axis=1, keepdims=True)
    nearest = np.array(list(PITCHES))[(rows @ centres.T).argmax(axis=1)]
    known = colours != ""
    curves = pd.read_parquet(place.results / "zero_shot/mine/sounds/test/curves.parquet")
    asked = (curves["shift"] == 0) & (curves.metric == "top_1") & (curves.task == "colours")
    right = (nearest == colours)[known].mean()
    np.testing.assert_allclose(curves.value[asked], right, atol=1e-6)


def test_a_network_of_texts_alone_reads_their_captions(place, tmp_path):
    folder = write_sentence_transformer(tmp_path / "sentences")
    words = {"kind": "sentence_transformer", "folder": str(folder)}
    study = place.study | {"encoders": place.study["encoders"] | {"words": words}}
    file = "results/sounds/embeddings/words/sounds/test/texts.parquet"
    Workplace(place.folder, study).succeeds("--", file)
    texts = read_embeddings(place.folder / file)[1]
    table = pd.read_csv(place.folder / "sounds.csv")
    assert sorted(texts) == sorted(table.caption[table.split == "test"].unique())


def test_a_file_that_changes_is_embedded_again_and_one_that_is_touched_is_not(place):
    assert "Nothing to be done" in place.succeeds("--dry-run", "--", GAP)
    file = place.folder / "0.wav"
    os.utime(file, (10**9, 10**9))
    assert "Nothing to be done" in place.succeeds("--dry-run", "--", GAP)
    before = pd.read_parquet(place.folder / GAP).modality_gap[0]
    write_sound(file, 3500, np.random.default_rng(5))
    plan = place.succeeds("--dry-run", "--", GAP)
    assert re.search(r"^read_files +1$", plan, re.M)
    place.succeeds("--", GAP)
    assert pd.read_parquet(place.folder / GAP).modality_gap[0] != before


def test_what_reads_pictures_is_refused_and_a_missing_file_named(place):
    net = {"kind": "random", "architecture": "emoji-resnet", "seed": 0, "corpora": ["sounds"]}
    place.study["encoders"]["net"] = net
    said = "encoders.net.corpora: sounds has `items: files`, and kind random reads pictures"
    line_with(place.fails("--dry-run"), said)
    del place.study["encoders"]["net"]
    (place.folder / "3.wav").unlink()
    line_with(place.fails("--", GAP), "no such image 3.wav (3.wav)")
    (place.folder / "3.wav").write_bytes(b"")
    line_with(place.fails("--", GAP), "3.wav is empty (3.wav)")
