"""Models that need something of a hub: planned, downloaded or taken from a folder, and embedded."""

import os
import shutil

import numpy as np
import open_clip
import pandas as pd
import pytest
import timm
import torch
from conftest import ROOT
from rehearsal.hub_files import hub, write_text_model, write_tokenizer

from modality_gap.data.embeddings import read_metadata
from modality_gap.models.backbones import build_backbone
from modality_gap.models.build import build_model, register_architectures
from modality_gap.models.embed import Pixels, embed_images
from workflow.test_bad_input import line_with, pictures_study

XLM = {"kind": "random", "architecture": "xlm-roberta-base-ViT-B-32", "seed": 0}


@pytest.fixture
def place(workplace, tmp_path):
    """A study of ten pictures, with a folder of files that were downloaded before."""
    (tmp_path / "local").mkdir()
    study = pictures_study(tmp_path) | {"local_files": str(tmp_path / "local")}
    return workplace(study | {"encoders": {"xlm": XLM}})


def test_downloads_are_listed_with_the_names_they_have_in_local_files(place):
    place.study["encoders"] |= {
        "siglip": {"kind": "pretrained", "architecture": "ViT-B-16-SigLIP", "tag": "webli"},
        "timm": {"kind": "image_backbone", "library": "timm", "architecture": "test_vit"},
    }
    place.study["encoders"]["timm"]["tag"] = "r160_in1k"
    plan = place.succeeds("--dry-run", "--quiet", "host", "--", "downloads")
    for told in (
        "webli of ViT-B-16-SigLIP (in local_files: timm/ViT-B-16-SigLIP/open_clip_model.safetens"
        "ors or timm/ViT-B-16-SigLIP/open_clip_pytorch_model.bin)",
        "download_hub: tokenizer of timm/ViT-B-16-SigLIP (in local_files: timm/ViT-B-16-SigLIP/)",
        "download_hub: text model tokenizer of xlm-roberta-base (in local_files: xlm-roberta-base/)",
        "r160_in1k of test_vit (in local_files: ",
    ):
        line_with(plan, told)


def test_a_model_with_a_text_tower_of_the_hub_is_embedded_without_a_network(place, tmp_path):
    line_with(place.fails(), "no config.json in ")
    write_text_model(tmp_path / "local/xlm-roberta-base")
    place.succeeds("--", "results/mine/gap/xlm/pictures/test.parquet")
    facts = read_metadata(place.results / "embeddings/xlm/pictures/test/texts.parquet")
    assert facts["quick_gelu"] is False
    assert facts["interpolated"] == []


def test_the_same_from_a_hub(place, tmp_path, monkeypatch):
    place.study["local_files"] = None
    write_text_model(tmp_path / "hub/xlm-roberta-base")
    with hub(tmp_path / "hub") as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        place.succeeds("--", "downloads")
    assert (tmp_path / "results/downloads/hub/xlm-roberta-base/tokenizer.json").is_file()
    place.succeeds("--", "results/mine/embeddings/xlm/pictures/test/texts.parquet")


def test_a_job_says_at_once_which_file_of_a_download_is_gone(place, tmp_path):
    write_text_model(tmp_path / "local/xlm-roberta-base")
    place.succeeds("--", "downloads")
    (tmp_path / "results/downloads/hub/xlm-roberta-base/config.json").unlink()
    line_with(
        place.fails("--", "results/mine/embeddings/xlm/pictures/test/texts.parquet"),
        "results/downloads/hub/xlm-roberta-base",
    )


def test_a_tokenizer_alone_is_not_enough_for_a_text_tower(place, tmp_path):
    write_tokenizer(tmp_path / "local/xlm-roberta-base")
    (tmp_path / "local/xlm-roberta-base/config.json").unlink(missing_ok=True)
    line_with(place.fails("--", "downloads"), "no config.json in ")


SQUASHED = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic"}
SQUASHED |= {"resize_mode": "squash"}


def test_a_run_and_its_encoders_keep_the_preprocessing_of_their_start(place, tmp_path):
    register_architectures(ROOT / "config/architectures")
    torch.save(build_model("emoji-vit", seed=0).state_dict(), tmp_path / "start.pt")
    place.study["encoders"] = {
        "start": {
            "kind": "checkpoint",
            "architecture": "emoji-vit",
            "file": str(tmp_path / "start.pt"),
            "preprocessing": SQUASHED,
            "quick_gelu": True,
        },
        "tuned": {"kind": "run", "run": "tuned", "weights": "final"},
    }
    run = {"start": "start", "corpus": "pictures", "split": "test", "validation": "test"}
    run |= {"seeds": [0], "epochs": 1, "batch_size": 5, "learning_rate": 0.001, "warmup": 0.1}
    run |= {"weight_decay": 0.1, "betas": [0.9, 0.98], "eps": 1e-6, "precision": "float32"}
    run |= {"augmentation": {"rotation": 0, "translation": 0, "scale": 0}, "evaluations": 1}
    run |= {"temperature": {"policy": "fixed", "value": 0.07}}
    place.study["training"] = {"tuned": run}
    goals = [
        f"results/mine/embeddings/{n}/pictures/test/images.parquet" for n in ("start", "tuned")
    ]
    place.succeeds("--", *goals)
    for name in ("start", "tuned"):
        facts = read_metadata(place.results / f"embeddings/{name}/pictures/test/images.parquet")
        assert facts["preprocessing"]["mean"] == [0.5] * 3
        assert facts["preprocessing"]["resize_mode"] == "squash"
        assert facts["quick_gelu"] is True
    final = place.results / "training/tuned/0/final.pt"
    open_clip.load_checkpoint(open_clip.create_model("emoji-vit"), str(final))


def test_another_image_size_is_told_and_interpolated_only_if_asked(place, tmp_path):
    register_architectures(ROOT / "config/architectures")
    weights = build_model("emoji-vit", seed=0).state_dict()
    weights["visual.positional_embedding"] = torch.randn(65, 64)
    torch.save(weights, tmp_path / "large.pt")
    entry = {"kind": "checkpoint", "architecture": "emoji-vit"}
    entry["file"] = str(tmp_path / "large.pt")
    place.study["encoders"] = {"large": entry}
    goal = ("--", "results/mine/embeddings/large/pictures/test/images.parquet")
    line_with(
        place.fails(*goal), "large.pt: trained at image size 64 (visual.positional_embedding)"
    )
    entry["interpolate"] = True
    said = "interpolated visual.positional_embedding: image size 64 to 32"
    line_with(place.succeeds(*goal), said)
    assert said in (tmp_path / "logs/mine/embed/large/pictures/test.log").read_text()
    facts = read_metadata(place.results / "embeddings/large/pictures/test/images.parquet")
    assert facts["interpolated"] == ["visual.positional_embedding: image size 64 to 32"]


def test_networks_of_files_are_compared_as_seeds(place, tmp_path):
    """Three trained classifiers, a file each: the share of the variance that lies between them."""
    own = {"preprocessing": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    own["preprocessing"] |= {"interpolation": "bilinear", "resize_mode": "shortest"}
    for seed in range(3):
        torch.manual_seed(seed)
        network = timm.create_model("test_vit")
        torch.save(network.state_dict(), tmp_path / f"{seed}.pt")
    family = {"library": "timm", "architecture": "test_vit", **own}
    family["files"] = [str(tmp_path / f"{seed}.pt") for seed in (2, 0, 1)]
    place.study["encoders"] = {}
    place.study["seed_cones"] = {
        "corpus": "pictures",
        "split": "test",
        "items": 5,
        "view_items": 5,
        "seed": 0,
        "families": {"files": family},
    }
    place.succeeds("--", "results/mine/seed_cones/files/trained.parquet")
    table = pd.read_parquet(place.results / "seed_cones/files/trained.parquet")
    data = table[table.inputs == "data"]
    for place_in_study, seed in enumerate((2, 0, 1)):
        network = build_backbone("timm", "test_vit", checkpoint=tmp_path / f"{seed}.pt", **own)
        pixels = Pixels(pd.read_parquet(place.results / "corpora/pictures/images.parquet"), network)
        found = np.stack(data[data.seed == place_in_study].embedding)
        rows = embed_images(network, pixels, 4, "float32", 0)
        near = np.linalg.norm(found[:, None] - rows[None], axis=2).min(axis=1)
        np.testing.assert_allclose(near, 0, atol=1e-4)
    # An older file in place of another one is another input.
    os.replace(tmp_path / "0.pt", tmp_path / "1.pt")
    line_with(place.fails("--dry-run"), "seed_cones.families.files.files: no such file")
    shutil.copy(tmp_path / "1.pt", tmp_path / "0.pt")
    assert "trained_cones" in place.succeeds(
        "--dry-run", "--", "results/mine/seed_cones/files/trained.parquet"
    )
