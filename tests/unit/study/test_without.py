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
    left = without(read("liang2022"), "imagenet", "hateful_memes", "cc3m")
    assert left["left_out"] == [
        *(f"corpora.{name}" for name in ("imagenet", "hateful_memes", "cc3m")),
        *(f"training.dimension_{number}" for number in (64, 128, 256, 512)),
        *(
            f"encoders.{name}.corpora (imagenet)"
            for name in ("clip_random", "clip", "resnet18_random", "resnet18")
        ),
        "run_comparisons.gap_by_dimension (dimension_64)",
        "run_comparisons.gap_by_dimension",
        "zero_shot.tasks.hateful_memes",
    ]


def test_without_imagenet_the_study_of_chowers2026_keeps_the_other_classes():
    left = without(read("chowers2026"), "imagenet", "flickr30k_whole")
    assert left["left_out"] == [
        "corpora.imagenet",
        "corpora.flickr30k_whole",
        "rephrasing.corpora (imagenet)",
        "seed_cones",
        "zero_shot.tasks.imagenet",
        "robustness.zero_shot (imagenet)",
    ]
    assert left["robustness"]["zero_shot"] == ["cifar10", "cifar100"]
    assert without(left, "aokvqa")["rephrasing"]["corpora"] == [], "and not all others"


def test_what_goes_on_from_an_encoder_goes_with_it():
    left = without(read("liang2022"), "clip_b16")
    assert not [name for name in left["training"] if name.startswith("tuned")]
    assert set(left["run_comparisons"]) == {"starts", "gap_by_dimension"}
    assert "zero_shot" not in left


def test_a_section_whose_last_encoder_goes_goes_too():
    left = without(read("liang2022"), "clip")
    assert left["left_out"] == ["encoders.clip", "fairness"]


def test_names_may_be_one_text_and_patterns_stand_for_all_of_theirs():
    study = read("chowers2026")
    study["encoders"]["many"] = {"kind": "pretrained", "architecture": "RN50", "tag": "*"}
    study["shifted_recall"]["encoders"].append("many")
    study["without"] = "many,clip_l14 coco"
    check_study(study)
    assert list(study["encoders"]) == ["clip_b16", "siglip_b16"]
    assert study["shifted_recall"]["encoders"] == ["clip_b16", "siglip_b16"]
    assert "coco" not in study["corpora"]


def test_a_name_that_there_is_not_is_named():
    with pytest.raises(
        ValueError, match=r"^without: unknown name 'imagnet', expected one of cifar10"
    ):
        without(read("chowers2026"), "imagnet")


def test_of_several_zero_shot_tasks_one_that_goes_is_taken_out_of_the_list_alone():
    study = read("chowers2026")
    left = without(study, "imagenet")
    assert left["left_out"][1:] == [
        "rephrasing.corpora (imagenet)",
        "zero_shot.tasks.imagenet",
        "robustness.zero_shot (imagenet)",
    ]
    left = without(study, "aokvqa")
    assert "own_choices" not in left["robustness"]["tasks"]
    assert "zero_shot" in left["robustness"]["tasks"]
    study["robustness"]["tasks"] = ["zero_shot", "own_choices"]
    assert "robustness" not in without(study, "cifar10", "cifar100", "imagenet", "aokvqa")


def test_a_key_goes_before_an_entry_whose_name_has_a_point():
    study = read("precomputed")
    study["encoders"]["clip.initial"] = dict(study["encoders"]["clip_random"])
    left = without(study, "clip_random")
    assert left["left_out"] == ["encoders.clip_random", "encoders.clip.initial"]
    assert "clip.initial" in left["encoders"]
    assert "initial" not in left["encoders"]["clip"]
