import copy

import pytest
import yaml
from conftest import ROOT

from modality_gap.claims.register import PAPERS
from modality_gap.conditions import REHEARSED, keys_of, other_conditions
from modality_gap.study import check_study


def read(name):
    study = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text("utf-8"))
    check_study(study)
    return study


@pytest.mark.parametrize("paper", PAPERS)
def test_a_papers_own_study_has_its_own_conditions(paper):
    found = other_conditions(read(paper), ROOT)
    mine = {claim: keys for claim, keys in found.items() if claim[0] == paper[0].upper()}
    assert len(mine) > 50
    assert not any(mine.values())


def test_whatever_a_table_is_made_with_counts():
    study = read("liang2022")
    keys = set(keys_of("cone/clip/coco/val/statistics.parquet", study))
    assert keys >= {"encoders.clip", "corpora.coco", "sample", "embedding"}
    keys = set(keys_of("run_comparisons/starts_means.parquet", study))
    assert keys >= {"training.random_start", "corpora.coco", "run_comparisons"}
    assert set(keys_of("sphere/minima.csv", study)) == {"sphere"}
    every = set(keys_of("gap/*/*/*.parquet", study))
    assert every >= {f"encoders.{name}" for name in study["encoders"]}


@pytest.mark.parametrize(
    ("path", "claim"),
    [
        (("encoders", "clip", "tag"), "L014"),
        (("corpora", "coco", "split"), "L063"),
        (("sphere", "step"), "L078"),
        (("sample", "pairs"), "L063"),
        (("training", "random_start", "epochs"), "L084"),
    ],
)
def test_another_setting_is_another_condition(path, claim):
    study = read("liang2022")
    changed = copy.deepcopy(study)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "other"
    found = other_conditions(changed, ROOT)
    assert ".".join(path[:2]) in found[claim] or path[0] in found[claim]
    assert other_conditions(study, ROOT)[claim] == []


def test_a_rehearsal_has_no_papers_conditions():
    study = read("yaras2024") | {"study": f"{REHEARSED}yaras2024"}
    assert all(other_conditions(study, ROOT).values())
