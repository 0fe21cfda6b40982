"""Corpora whose items are files of another kind than pictures: who may embed them, and who not."""

import pytest
import yaml
from conftest import ROOT

from modality_gap.study import check_study
from modality_gap.study.originals import Originals
from modality_gap.study.places import Places

NET = {"kind": "random", "architecture": "emoji-resnet", "seed": 0}


@pytest.fixture
def study():
    """Sounds and pictures; code of one's own, a network of both modalities, one of texts alone."""
    table = {"reader": "table", "file": "x.csv", "evaluate": ["all"]}
    return {
        "study": "s",
        "title": "S",
        "corpora": {"sounds": table | {"items": "files"}, "pictures": table},
        "encoders": {
            "own": {"kind": "python", "file": "x.py"},
            "net": dict(NET),
            "words": {"kind": "sentence_transformer", "folder": "x"},
        },
    }


def complaint(study):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as told:
        check_study(study)
    return str(told.value)


def test_own_code_and_networks_of_texts_are_measured_on_them(study):
    check_study(study)
    places = Places(study)
    assert list(places.evaluations(study["encoders"])) == [
        ("own", "sounds", "all"),
        ("own", "pictures", "all"),
        ("net", "pictures", "all"),
        ("words", "sounds", "all"),
        ("words", "pictures", "all"),
    ]
    assert places.pictured_splits() == [("pictures", "all")]
    originals = Originals(study)
    assert (originals.files, originals.tables) == (["sounds"], ["pictures"])
    assert originals.public == []


@pytest.mark.parametrize(
    "entry",
    [
        NET,
        {"kind": "transformers", "folder": "x"},
        {"kind": "image_backbone", "library": "timm", "architecture": "resnet18", "seed": 0},
    ],
)
def test_networks_of_pictures_that_name_them_are_refused(study, entry):
    study["encoders"]["net"] = entry | {"corpora": ["sounds"]}
    assert complaint(study) == (
        f"encoders.net.corpora: sounds has `items: files`, and kind {entry['kind']} reads pictures"
    )
    del study["corpora"]["pictures"], study["encoders"]["net"]["corpora"]
    said = "encoders.net: needs a corpus to encode, but the study has no corpora of pictures"
    assert complaint(study) == said


def test_what_is_trained_or_drawn_needs_pictures(study):
    cones = {"corpus": "sounds", "split": "all", "items": 2, "view_items": 2, "seed": 0}
    cones |= {"families": {"net": {"architecture": "RN50", "seeds": 2}}}
    lacking = "sounds has no pictures, expected a corpus that has them"
    assert complaint(study | {"seed_cones": cones}) == f"seed_cones.corpus: {lacking}"
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    run = default["training"]["emoji"] | {"corpus": "sounds", "split": "all", "validation": "all"}
    study["training"] = {"first": run}
    assert complaint(study) == f"training.first.corpus: {lacking}"
    run["corpus"] = "speech"
    assert complaint(study).startswith("training.first.corpus: unknown name 'speech', expected one")


def test_a_section_asks_code_of_ones_own_alone_about_them(study):
    shifts = {"first": -1, "last": 1, "number": 3}
    study["pair_matching"] = {"encoders": ["own"], "corpus": "sounds", "split": "all"}
    study["pair_matching"] |= {"shifts": shifts, "moves": ["both"]}
    check_study(study)
    study["pair_matching"]["encoders"] = ["net"]
    expected = "pair_matching.corpus: encoder 'net' does not have 'sounds'"
    assert complaint(study).startswith(expected)


def test_items_are_of_two_kinds_and_of_tables_alone(study):
    study["corpora"]["sounds"]["items"] = "sounds"
    assert "corpora.sounds.items: 'sounds' is not one of ['pictures', 'files']" in complaint(study)
    study["corpora"]["sounds"] = {"reader": "folder", "folder": "x", "items": "files"}
    assert complaint(study).startswith("corpora.sounds.items: unknown key")
