"""Studies of encoders of one modality, of theory alone, and those too large to run here."""

import pandas as pd
import pytest
import torch
import yaml
from conftest import ROOT
from sentence_transformer_folder import write_sentence_transformer

from workflow.conftest import Workplace
from workflow.test_bad_input import line_with, pictures_study


@pytest.fixture
def place(workplace, tmp_path):
    """A network of images and one of texts, on ten pictures and on noise."""
    study = pictures_study(tmp_path)
    study["encoders"] = {
        "images": {
            "kind": "image_backbone",
            "library": "timm",
            "architecture": "test_vit",
            "seed": 0,
        },
        "texts": {
            "kind": "sentence_transformer",
            "folder": str(write_sentence_transformer(tmp_path / "bert")),
        },
    }
    return workplace(study | {"noise": {"items": 12, "seed": 0}})


@pytest.mark.study
def test_networks_of_one_modality_have_cones_on_data_and_on_noise(place):
    place.succeeds()
    summary = pd.read_csv(place.results / "summary.csv").set_index("encoder")
    assert summary.mean_cosine_image_image.notna().tolist() == [True, False]
    assert summary.mean_cosine_text_text.notna().tolist() == [False, True]
    assert [path.stem for path in place.results.rglob("*.svg")] == ["cone"]
    assert (place.results / "cone/images/noise/all/histogram.parquet").is_file()
    assert "modality gap" in (place.results / "report.html").read_text()


def test_weights_and_folders_that_do_not_fit(place, tmp_path):
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pt")
    entry = place.study["encoders"]["images"]
    del entry["seed"]
    entry["file"] = str(tmp_path / "other.pt")
    line_with(place.fails(), "other.pt: not a checkpoint of")
    place.study["encoders"] = {"texts": {"kind": "sentence_transformer", "folder": str(tmp_path)}}
    line_with(
        place.fails(), "encoders.texts: no sentence transformer (its modules.json) in the folder"
    )


def test_a_study_may_hold_theory_alone(workplace):
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    place = workplace(
        {"study": "theory", "title": "Theory"} | {key: study[key] for key in ("sphere",)}
    )
    place.succeeds()
    assert [path.stem for path in place.results.rglob("*.svg")] == ["sphere"]
    assert "Theory" in (place.results / "report.html").read_text()


def test_more_jobs_than_seeds(workplace, archives):
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    place = workplace(study)
    complaint = "--set-scatter: 99 jobs for 25 seeds, expected at most one a seed"
    line_with(place.fails("--dry-run", "--set-scatter", "seed_cones=99"), complaint)


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("papers", ["random_cones", "first_steps", "descend_plane", "download_weights"]),
        ("emoji-full", ["train", "measure_run", "compare_runs", "read_emoji"]),
        ("coco", ["train", "measure_run", "compare_runs", "read_corpus", "download_weights"]),
        ("yaras2024", ["train_candidate", "choose_learning_rate", "take_candidate", "embed_run"]),
        ("tasks", ["download_webdataset", "zero_shot", "fairness", "pair_matching", "robustness"]),
        ("chowers2026", ["random_cones", "descend_sphere", "robustness", "rephrasing"]),
    ],
)
def test_a_study_too_large_for_here_is_planned(tmp_path, name, rules):
    """Their weights and data need a network, their sizes a GPU."""
    for folder in ("imagenet", "hateful_memes", "mmvp_vlm", "flickr30k"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    study = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())
    plan = Workplace(tmp_path, study).succeeds("--dry-run")
    for rule in rules:
        assert rule in plan
