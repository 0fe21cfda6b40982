"""What rules ask of training runs."""

import re

import pytest
import yaml
from conftest import ROOT

from modality_gap.study import Study


@pytest.fixture
def runs():
    """The default study's, two of which have several learning rates, with other first seeds."""
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    study["training"]["vit"] |= {"learning_rate": [0.00001, 0.0005], "seeds": [2, 1]}
    study["training"]["vit_fixed_0.04"] |= {"learning_rate": [0.1, 1], "seeds": [1, 2, 11]}
    del study["first_steps"]
    return Study.read(study, [], ROOT / "config/architectures").runs


def test_a_first_seed_is_taken_and_the_others_are_trained(runs):
    paths = [f"{run}/{seed}/final.pt" for run, seed in runs.pairs(runs.of_several_rates)]
    taken, trained = (
        [path for path in paths if re.match(rf"({pattern})/[0-9]+/final\.pt$", path)]
        for pattern in map(runs.first_seed_pattern, (True, False))
    )
    assert taken == ["vit/2/final.pt", "vit_fixed_0.04/1/final.pt"]
    assert sorted([*taken, *trained]) == sorted(paths)
    assert "vit" not in runs.of_one_rate
    assert "emoji" in runs.of_one_rate


def test_a_candidate_has_one_rate_and_the_first_seed(runs):
    settings = runs.candidate("vit", "1e-05")
    assert (settings["learning_rate"], settings["seed"]) == (1e-5, 2)
    assert runs.candidate_files("vit")["final"] == [
        "<results>/training/vit/candidates/1e-05/final.pt",
        "<results>/training/vit/candidates/0.0005/final.pt",
    ]


def test_without_several_rates_no_path_matches(runs):
    del runs.of_several_rates[:]
    assert not re.match(rf"({runs.first_seed_pattern(True)})", "vit/2/final.pt")
