"""What a study leaves out is filled in, and what it says stays as it stands."""

import copy
import json

import pytest
import yaml
from conftest import ROOT

from modality_gap.study import check_study

STUDIES = sorted((ROOT / "config").glob("*.yaml"))

SECTIONS = {
    "local_files": None,
    "corpora": {},
    "training": {},
    "encoders": {},
    "embedding": {"batch_size": 256, "precision": "auto", "shards": 1, "equal_when_cut": False},
    "retrieval": {"k": [1, 5, 10]},
    "views": {"methods": ["pca", "svd", "umap"], "pairs": 500, "seed": 0},
    "shift_landscape": {
        "shifts": {"first": -4, "last": 4, "number": 81},
        "logit_scales": [100, 50, 30, 20, 10, 1],
        "batch_size": 50,
    },
    "sample": {"pairs": 20_000, "seed": 0},
    "run_measures": {"pool": 512, "draws": 10, "seed": 0, "regularization": 0.316},
}
RUN = {
    "initialization": "random",
    "caption": "random",
    "accumulation": 1,
    "optimizer": "adamw",
    "decay": "one_cycle",
    "features": {"normalized": True},
    "gpus": 1,
}
LEARNED = {"form": "exp", "divisor": 1, "learning_rate_share": 1}
ENCODERS = {kind: {"normalization": True} for kind in ("pretrained", "random", "run")}
ENCODERS["checkpoint"] = {"normalization": True, "interpolate": False}


def with_defaults(study: dict) -> dict:
    """A study with the defaults above; a default of a mapping also fills one that is there."""

    def put(place: dict, defaults: dict) -> None:
        for key, value in defaults.items():
            place.setdefault(key, copy.deepcopy(value))

    put(study, SECTIONS)
    put(study["embedding"], {"shards": 1, "equal_when_cut": False})
    for corpus in study["corpora"].values():
        if corpus["reader"] == "emoji":
            put(corpus, {"captions": ["label"]})
        elif corpus["reader"] != "table":
            put(corpus, {"evaluate": []})
    for run in study["training"].values():
        put(run, RUN)
        put(run["features"], RUN["features"])
        put(run["temperature"], LEARNED if run["temperature"]["policy"] == "learned" else {})
    for encoder in study["encoders"].values():
        put(encoder, ENCODERS.get(encoder["kind"], {}))
    for family in study.get("seed_cones", {}).get("families", {}).values():
        put(family, {"library": "open_clip"})
    put(study.get("rephrasing", {}), {"wrong_answers": 30} if "rephrasing" in study else {})
    return study


def own_order(own, filled) -> bool:
    """Whether the user's keys are the first ones, in the user's order, in every mapping."""
    if isinstance(own, dict):
        return [*filled][: len(own)] == [*own] and all(own_order(own[k], filled[k]) for k in own)
    if isinstance(own, list):
        return all(map(own_order, own, filled))
    return True


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.name)
def test_a_study_is_filled_with_its_defaults_and_nothing_else_changes(file):
    own = json.loads(json.dumps(yaml.safe_load(file.read_text())))  # no aliases
    filled = yaml.safe_load(file.read_text())
    check_study(filled)
    # As text: 1 is not 1.0 there, nor True.
    expected = json.dumps(with_defaults(copy.deepcopy(own)), sort_keys=True)
    assert json.dumps(filled, sort_keys=True) == expected
    assert own_order(own, filled)


def test_the_shortest_study_has_every_default_section():
    study = {"study": "a", "title": "A"}
    check_study(study)
    assert study == {"study": "a", "title": "A"} | SECTIONS


def test_a_studys_defaults_are_its_own():
    first, second = ({"study": name, "title": "x"} for name in "ab")
    check_study(first)
    first["retrieval"]["k"].append(7)
    first["shift_landscape"]["shifts"]["number"] = 3
    check_study(second)
    assert second["retrieval"] == SECTIONS["retrieval"]
    assert second["shift_landscape"] == SECTIONS["shift_landscape"]
