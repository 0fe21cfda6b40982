"""The parts of a rehearsal: small studies, true files, small networks."""

import argparse
import time
from contextlib import ExitStack
from importlib import import_module
from itertools import count
from pathlib import Path

import open_clip
import pandas as pd
import pytest
import torch
import yaml
from conftest import ROOT
from rehearsal.corpora import WRITERS
from rehearsal.miniature import in_miniature
from rehearsal.networks import small_architecture, stand_in, torchvision_texts
from rehearsal.stage import Stage, asks_for_labels, rooted
from rehearsal.weights import write_architecture
from rehearse import empty_folder, number, tell_register

from modality_gap.models.architectures import architecture_config
from modality_gap.models.build import register_architectures
from modality_gap.study import Study
from modality_gap.study.corpora import READERS

ARCHITECTURES = ROOT / "config/architectures"
STUDIES = sorted(file.stem for file in (ROOT / "config").glob("*.yaml"))
# Read from a user's own files, or packages that a rehearsal has in full.
NOT_PUBLIC = {"table", "arrays", "folder", "datasets", "emoji"}
CASES = [
    *((reader, {"splits": ["test"]}) for reader in ("cifar10", "cifar100", "svhn", "mmvp_vlm")),
    ("eurosat", {"splits": ["all"]}),
    ("imagenet", {"splits": ["val"]}),
    ("fairface", {"splits": ["val"], "padding": 1.25}),
    ("hateful_memes", {"splits": ["dev_seen", "train"]}),
    ("hateful_memes", {"splits": ["test"], "unlabelled": True}),
    ("coco", {"splits": ["train", "val"], "release": 2017}),
    ("coco", {"splits": ["restval", "test"], "release": "karpathy"}),
    ("flickr30k", {"splits": ["all"]}),
    ("flickr30k", {"splits": ["train", "test"]}),
    ("aokvqa", {"splits": ["val"]}),
    ("cc3m", {"splits": ["training", "validation"]}),
    ("webdataset", {"splits": ["test"], "labelled": True}),
    ("webdataset", {"splits": ["test"], "labelled": False}),
]


def test_every_public_data_set_has_a_miniature():
    assert set(WRITERS) == set(READERS) - NOT_PUBLIC
    assert {reader for reader, _ in CASES} == set(WRITERS)


@pytest.mark.parametrize(("reader", "settings"), CASES)
def test_a_miniature_is_read_as_the_whole_is(tmp_path, reader, settings):
    WRITERS[reader](settings, tmp_path)
    read = getattr(import_module(f"modality_gap.data.corpora.{reader}"), f"read_{reader}")
    options = {key: settings[key] for key in READERS[reader].OPTIONS if key in settings}
    corpus = read(tmp_path, settings["splits"], **options)
    number = corpus.images.groupby("split").size()
    assert set(number.index) == set(settings["splits"])
    assert number.between(12, 60).all()
    assert set(corpus.captions.image_id) == set(corpus.images.image_id)


@pytest.mark.parametrize("name", STUDIES)
def test_a_small_study_is_valid_and_leaves_nothing_out(name):
    file = ROOT / f"config/{name}.yaml"
    whole = Study.read(yaml.safe_load(file.read_text()), [file], ARCHITECTURES).config
    small = in_miniature(whole)
    again = Study.read(yaml.safe_load(yaml.safe_dump(small)), [file], ARCHITECTURES).config
    assert again.keys() == whole.keys()
    for part in ("corpora", "encoders", "training"):
        assert again[part].keys() == whole[part].keys()
    assert small["title"].startswith("Rehearsal: numbers mean nothing.")
    assert all(run["epochs"] <= 2 and len(run["seeds"]) <= 2 for run in small["training"].values())
    rates = [run["learning_rate"] for run in whole["training"].values()]
    few = [run["learning_rate"] for run in small["training"].values()]
    assert any(isinstance(rate, list) for rate in few) == any(
        isinstance(rate, list) for rate in rates
    )
    assert sum(isinstance(rate, list) for rate in few) <= 1
    assert whole == Study.read(yaml.safe_load(file.read_text()), [file], ARCHITECTURES).config


KINDS = ("RN50", "ViT-B-16-quickgelu", "ViT-B-16-SigLIP", "convnext_base_w", "coca_ViT-B-32")


@pytest.mark.parametrize("name", KINDS)
def test_a_small_architecture_is_of_its_kind(name, tmp_path):
    whole = architecture_config(name, ARCHITECTURES)
    small = small_architecture(whole)
    file = tmp_path / f"small-{name}.json"
    write_architecture(file, small)
    register_architectures(tmp_path)
    model = open_clip.create_model(file.stem)
    size = small["vision_cfg"]["image_size"]
    images = model.encode_image(torch.zeros(2, 3, size, size))
    texts = model.encode_text(torch.zeros(2, model.context_length, dtype=torch.long))
    assert images.shape == texts.shape == (2, small["embed_dim"])
    assert sum(weights.numel() for weights in model.parameters()) < 8e6
    kept = {"vocab_size", "context_length", "no_causal_mask", "pool_type", "hf_tokenizer_name"}
    assert all(small["text_cfg"].get(key) == whole["text_cfg"].get(key) for key in kept)
    assert small.get("quick_gelu") == whole.get("quick_gelu")


def test_a_package_stands_in_with_other_files_alone(tmp_path):
    stand_in("open_clip", tmp_path, {"model_configs/RN50.json": "{}"})
    installed = ROOT / open_clip.__path__[0]
    assert (tmp_path / "open_clip/model_configs/RN50.json").read_text() == "{}"
    assert (installed / "model_configs/RN50.json").read_text() != "{}"
    other = tmp_path / "open_clip/model_configs/RN101.json"
    assert other.read_text() == (installed / "model_configs/RN101.json").read_text()
    assert {file.name for file in (tmp_path / "open_clip").iterdir()} == {
        file.name for file in installed.iterdir() if file.name != "__pycache__"
    }


def test_torchvisions_addresses_are_others():
    old = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    texts = torchvision_texts([(old, "http://127.0.0.1/x-01234567.pth")])
    assert list(texts) == ["models/resnet.py"]
    assert old not in texts["models/resnet.py"]
    assert "http://127.0.0.1/x-01234567.pth" in texts["models/resnet.py"]


def test_labels_are_asked_for_where_a_section_names_them():
    study = {"corpora": {"a": {}, "b": {}}, "zero_shot": {"tasks": [{"corpus": "a", "label": "x"}]}}
    assert asks_for_labels("a", study)
    assert not asks_for_labels("b", study)


def test_only_a_former_rehearsal_is_deleted(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/data.npy").write_text("x")
    with pytest.raises(FileExistsError, match="not of a rehearsal"):
        empty_folder(tmp_path / "mine")
    assert (tmp_path / "mine/data.npy").is_file()
    made = empty_folder(tmp_path / "new")
    (made / "left").write_text("x")
    assert not (empty_folder(tmp_path / "new") / "left").exists()


def test_a_claim_that_nothing_answers_is_told(tmp_path, monkeypatch, capsys):
    """Of four claims: one answered, one whose table is not made, one without its column, a proof."""
    monkeypatch.chdir(tmp_path)
    results = Path("results/rehearsal-x")
    (results / "gap").mkdir(parents=True)
    pd.DataFrame({"modality_gap": [1.0], "encoder": "a"}).to_parquet(results / "gap/a.parquet")
    pd.DataFrame({"loss": [1.0]}).to_csv(results / "loss.csv", index=False)
    rules = {f"{results}/gap/a.parquet": "measure_gap", f"{results}/loss.csv": "lose"}
    rows = [
        ("X001", "gap/*.parquet", "modality_gap where encoder=a", ""),
        ("X002", "cone/a.parquet", "mean", ""),
        ("X003", "loss.csv", "least", ""),
        ("X004", "", "", "proof: no run"),
    ]
    register = pd.DataFrame(rows, columns=["id", "table", "column", "note"]).assign(place="Fig. 1")
    assert tell_register(register, results, rules) == [
        "X002: cone/a.parquet: no job of the study makes such a table",
        "X003: results/rehearsal-x/loss.csv: no column least",
    ]
    told = capsys.readouterr().out
    assert "X001, Fig. 1: measure_gap (gap/a.parquet)" in told
    assert "X004, Fig. 1: proof: no run" in told


def test_paths_of_a_users_own_files_begin_at_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "all").mkdir()
    study = {"encoders": {"mine": {"arguments": {"settings": "settings.json", "split": "all"}}}}
    study["zero_shot"] = {"templates": ["a photo of a {}.", "none.json"], "number": 5}
    found = rooted(study)
    arguments = {"settings": str(tmp_path / "settings.json"), "split": "all"}
    assert found["encoders"]["mine"]["arguments"] == arguments
    assert found["zero_shot"] == study["zero_shot"]


@pytest.mark.parametrize("cores", ["0", "-1", "two"])
def test_a_number_of_cores_that_is_none_is_refused_before_anything_is_deleted(cores):
    with pytest.raises(argparse.ArgumentTypeError, match="a whole number from 1 on"):
        number(cores, least=1)


def test_corpora_of_the_same_downloads_have_the_same_hashes(tmp_path, monkeypatch):
    """Archives tell the time that they were made at."""
    coco = {"reader": "coco", "release": 2017, "evaluate": ["val"]}
    study = {"study": "x", "title": "x"}
    study["corpora"] = {"a": coco | {"splits": ["val"]}, "b": coco | {"splits": ["train", "val"]}}
    study["encoders"] = {"r": {"kind": "random", "architecture": "emoji-resnet", "seed": 0}}
    study["embedding"] = {"batch_size": 8, "precision": "float32"}
    whole = Study.read(study, [], ARCHITECTURES)
    seconds = count()
    monkeypatch.setattr(time, "time", lambda: 1e9 + 10 * next(seconds))
    with ExitStack() as stack:
        small = Stage(tmp_path, stack).set_up(in_miniature(whole.config), whole)
    a, b = (small["corpora"][name]["checksums"] for name in "ab")
    assert set(a) < set(b)
    assert all(b[file] == hash for file, hash in a.items())
