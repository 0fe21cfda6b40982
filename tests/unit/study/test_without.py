"""A study without some of what it has."""

import copy

import pytest
import yaml
from conftest import ROOT

from modality_gap.study import Study, check_study

STUDIES = sorted(file.stem for file in (ROOT / "config").glob("*.yaml"))


def read(name: str) -> dict:
    return yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())


def without(study: dict, *names: str) -> dict:
    found = {**copy.deepcopy(study), "without": list(names)}
    check_study(found)
    return found


EVERYTHING = [
    (study, name)
    for study in STUDIES
    for kind in ("corpora", "training", "encoders")
    for name in read(study).get(kind, {})
]


@pytest.mark.parametrize(("study", "name"), EVERYTHING)
def test_whatever_is_left_out_a_study_is_left(study, name):
    """A study of ours without any one of its entries: valid, planned, and all that went is told."""
    whole = read(study)
    left = without(whole, name)
    assert left["left_out"][0].endswith(f".{name}")
    again = copy.deepcopy(left)
    check_study(again)
    assert again == left
    asked = Study(left, ROOT / "config/architectures")
    assert {place[0] for place in asked.places.evaluations()} <= set(left["encoders"])
    assert set(asked.used_corpora()) <= set(left["corpora"])
    check_study(whole)
    for section, value in whole.items():
        gone = [path for path in left["left_out"] if path.split(".")[0].split(" ")[0] == section]
        assert (left.get(section) == value) == (not gone), section


def test_what_depends_on_a_corpus_goes_and_nothing_else():
    left = without(read("tasks"), "imagenet", "imagenet_5000", "hateful_memes")
    assert left["left_out"] == [
        "corpora.imagenet",
        "corpora.imagenet_5000",
        "corpora.hateful_memes",
        "zero_shot.tasks.hateful_memes",
        "zero_shot.tasks.imagenet",
        "zero_shot.tasks.imagenet_5000",
        "robustness.zero_shot",
        "robustness.tasks (zero_shot)",
    ]
    assert left["robustness"]["tasks"] == ["image_to_text", "text_to_image", "multiple_choice"]


def test_without_imagenet_the_study_of_chowers2026_keeps_the_other_classes():
    left = without(read("chowers2026"), "imagenet", "flickr30k_whole")
    assert left["left_out"] == [
        "corpora.imagenet",
        "corpora.flickr30k_whole",
        "seed_cones",
        "zero_shot.tasks.imagenet",
        "robustness.zero_shot (imagenet)",
    ]
    assert left["robustness"]["zero_shot"] == ["cifar10", "cifar100"]


def test_what_goes_on_from_an_encoder_goes_with_it():
    left = without(read("coco"), "clip")
    assert not [name for name in left["training"] if name.startswith("tuned")]
    assert left["run_comparisons"]["gap_by_temperature"] == [
        f"fixed_{value}" for value in ("0.01", "0.02", "0.04", "0.07", "0.1", "0.2", "0.3", "0.4")
    ]


def test_a_section_whose_last_encoder_goes_goes_too():
    left = without(read("tasks"), "clip_b32")
    assert "fairness" not in left
    assert left["pair_matching"]["encoders"] == ["clip_b16"]


def test_names_may_be_one_text_and_patterns_stand_for_all_of_theirs():
    study = read("tasks")
    study["encoders"]["many"] = {"kind": "pretrained", "architecture": "RN50", "tag": "*"}
    study["shifted_recall"]["encoders"].append("many")
    study["without"] = "many,clip_b32 coco"
    check_study(study)
    assert list(study["encoders"]) == ["clip_b16"]
    assert study["shifted_recall"]["encoders"] == ["clip_b16"]
    assert "coco" not in study["corpora"]


def test_a_name_that_there_is_not_is_named():
    with pytest.raises(ValueError, match=r"^without: unknown name 'imagnet', expected one of coco"):
        without(read("tasks"), "imagnet")


def test_of_several_zero_shot_tasks_one_that_goes_is_taken_out_of_the_list_alone():
    study = read("tasks")
    study["corpora"]["cifar10"]["evaluate"] = ["test"]
    study["robustness"] |= {
        "tasks": ["zero_shot", "own_choices"],
        "zero_shot": ["cifar10", "imagenet_5000"],
        "own_choices": ["aokvqa"],
    }
    left = without(study, "imagenet_5000")
    assert left["left_out"][1:] == [
        "zero_shot.tasks.imagenet_5000",
        "robustness.zero_shot (imagenet_5000)",
    ]
    assert left["robustness"]["zero_shot"] == ["cifar10"]
    left = without(study, "cifar10", "imagenet_5000", "aokvqa")
    assert "robustness" not in left
    left = without(study, "aokvqa")
    assert left["robustness"]["tasks"] == ["zero_shot"]
    assert left["left_out"][1:] == ["robustness.own_choices", "robustness.tasks (own_choices)"]
