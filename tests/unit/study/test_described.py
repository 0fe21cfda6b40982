"""Studies of arrays whose rows are known: what may ask them, where, and what is refused."""

import copy

import numpy as np
import pytest
from conftest import ROOT

from modality_gap.study import check_study
from modality_gap.study.files import check_files, check_tables
from modality_gap.study.networks import Networks
from modality_gap.study.originals import Originals
from modality_gap.study.places import Places
from modality_gap.study.sections.mitigations import Mitigations
from modality_gap.study.sections.zero_shot import ZeroShot

SHIFTS = {"first": -1, "last": 1, "number": 3}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Arrays of a described corpus and of pairs, beside pictures and a network."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_text("class,split\nx,train\ny,test\n")
    (tmp_path / "texts.csv").write_text("image\n0\n1\n")
    (tmp_path / "pictures.csv").write_text("image,caption,class\na.png,a,x\n")
    np.save(tmp_path / "x.npy", np.eye(2))
    return {
        "study": "s",
        "title": "S",
        "corpora": {
            "rows": {"reader": "arrays", "file": "labels.csv", "evaluate": ["train", "test"]},
            "pictures": {"reader": "table", "file": "pictures.csv", "evaluate": ["all"]},
        },
        "encoders": {
            "mine": {"kind": "precomputed", "corpus": "rows", "file": "x.npy", "prompts": "x.npy"},
            "pairs": {"kind": "precomputed", "corpus": "other", "file": "x.npy"},
            "net": {"kind": "random", "architecture": "emoji-resnet", "seed": 0},
        },
        "zero_shot": {
            "encoders": ["mine"],
            "shifts": SHIFTS,
            "moves": ["both"],
            "directions": {"task": "task"},
            "bootstrap": 100,
            "seed": 0,
            "tasks": {"one": {"corpus": "rows", "splits": ["test"], "label": "class"}},
        },
        "linear_probe": {
            "encoders": ["mine"],
            "regularizations": [1],
            "validation": 0.5,
            "train_items": 2,
            "seed": 0,
            "tasks": {
                "one": {"corpus": "rows", "train": "train", "test": "test", "label": "class"}
            },
        },
    }


def changed(study, path, value):
    study = copy.deepcopy(study)
    *keys, last = path.split("/")
    place = study
    for key in keys:
        place = place[key]
    place[last] = value
    return study


def checked(study):
    check_study(study)
    check_files(study)
    check_tables(study)


def complaint(study):
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        checked(study)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_arrays_are_measured_where_their_corpus_is_evaluated(study):
    checked(study)
    places = Places(study)
    assert list(places.evaluations()) == [
        ("mine", "rows", "train"),
        ("mine", "rows", "test"),
        ("pairs", "other", "all"),
        ("net", "pictures", "all"),
    ]
    assert (places.described, places.pairs) == (["mine"], ["pairs"])
    assert places.pictured_splits() == [("pictures", "all")]
    originals = Originals(study)
    assert (originals.arrays, originals.tables, originals.public) == (["rows"], ["pictures"], [])
    assert originals.rows("rows") == {"file": "labels.csv"}


def test_a_corpus_of_arrays_is_evaluated_as_a_whole_by_default(study):
    del study["corpora"]["rows"]["evaluate"]
    check_study(study)
    assert next(Places(study).evaluations()) == ("mine", "rows", "all")


def test_ways_to_close_may_be_fitted_to_another_split_of_arrays(study):
    check_study(study)
    mitigations = Mitigations(study | {"mitigations": {"reference": "train"}}, Places(study))
    assert "/rows/train/" in mitigations.reference_files("mine", "rows", "test")[0]
    assert "/other/all/" in mitigations.reference_files("pairs", "other", "all")[0]


def test_prompts_are_files_that_jobs_depend_on(study, tmp_path):
    study["encoders"]["mine"]["prompts"] = ["x.npy", "labels.csv"]
    check_study(study)
    networks = Networks(study, ROOT / "config/architectures")
    assert networks.prompt_arrays("mine") == ["x.npy", "labels.csv"]
    assert networks.prompt_arrays("pairs") == []
    before = networks.prompt_stamps("mine")
    (tmp_path / "labels.csv").write_text("text\n")
    assert networks.prompt_stamps("mine") != before


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("encoders/mine/corpus", "other", "encoders.mine.corpus: unknown name 'other', expected one of rows"),
        ("encoders/mine/corpus", "pictures", "encoders.mine.corpus: unknown name 'pictures'"),
        ("zero_shot/encoders", ["pairs"], "zero_shot.encoders: unknown name 'pairs', expected one of mine, net"),
        (
            "zero_shot/encoders",
            ["mine", "net"],
            "zero_shot.tasks.one.corpus: encoder 'net' does not have 'rows': arrays have the corpus",
        ),
        (
            "zero_shot/tasks/one/corpus",
            "pictures",
            "zero_shot.tasks.one.corpus: encoder 'mine' does not have 'pictures'",
        ),
        (
            "zero_shot/directions/far",
            {"corpus": "pictures", "split": "all"},
            "zero_shot.directions.far.corpus: encoder 'mine' does not have 'pictures'",
        ),
        ("linear_probe/encoders", ["pairs"], "linear_probe.tasks.one.corpus: encoder 'pairs' does not"),
        ("linear_probe/tasks/one/test", "dev", "linear_probe.tasks.one.test: no split 'dev' in labels.csv"),
        ("zero_shot/tasks/one/label", "kind", "zero_shot.tasks.one.label: no column 'kind' in labels.csv"),
        ("encoders/net/corpora", ["rows"], "encoders.net.corpora: unknown name 'rows', expected one of pictures"),
        (
            "corpora/rows",
            {"reader": "arrays", "file": "labels.csv", "texts": "texts.csv", "captioned_by": "class"},
            "corpora.rows: captioned_by beside texts, whose column caption has the words",
        ),
        ("corpora/rows/texts", "none.csv", "corpora.rows: no such file: none.csv"),
        ("corpora/rows/texts", ".", "corpora.rows: a folder, expected a file: ."),
        ("corpora/rows/texts", "{a}.csv", "corpora.rows.texts: '{a}.csv' has braces"),
        ("encoders/mine/prompts", "none.npz", "encoders.mine: no such file: none.npz"),
        ("encoders/mine/prompts", ["x.npy"], "encoders.mine.prompts: 1 entries, expected at least 2"),
    ],
)  # fmt: skip
def test_what_arrays_are_not_asked_for(study, path, value, expected):
    assert complaint(changed(study, path, value)).startswith(expected)


def test_what_is_trained_or_drawn_needs_pictures(study):
    cones = {"corpus": "rows", "split": "test", "items": 2, "view_items": 2, "seed": 0}
    cones |= {"families": {"net": {"architecture": "emoji-resnet", "seeds": 2}}}
    found = complaint(study | {"seed_cones": cones})
    expected = "seed_cones.corpus: rows has no pictures, expected a corpus that has them"
    assert found == expected
    study["corpora"].pop("pictures")
    assert complaint(study).startswith("encoders.net: needs a corpus to encode, but the study has")


@pytest.mark.parametrize("section", ["zero_shot", "linear_probe"])
def test_a_task_asks_encoders_of_its_section(study, section):
    task = study[section]["tasks"]["one"]
    study[section]["tasks"]["one"] = task | {"encoders": ["net"]}
    assert complaint(study).startswith(f"{section}.tasks.one.encoders: unknown name 'net'")
    study[section]["encoders"] = ["mine", "net"]
    study[section]["tasks"]["one"] = task | {"encoders": ["mine"]}
    assert complaint(study).startswith(f"{section}.encoders: no task asks 'net'")


def test_an_encoder_is_asked_its_own_tasks_alone(study):
    """Its jobs run again for these, and not for what others are asked."""
    section = study["zero_shot"]
    own = section["tasks"]["one"]
    section["tasks"] = {"one": own | {"encoders": ["mine"]}, "other": own | {"encoders": ["net"]}}
    section["encoders"] = ["mine", "net"]
    found = ZeroShot(study).settings("mine")
    assert found["tasks"] == {"one": own}
    assert "encoders" not in found
