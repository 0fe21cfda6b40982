"""Training runs at the learning rate that does best, measured on other corpora than their own."""

import copy
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from rehearsal.captioned_files import write_mmvp_vlm
from rehearsal.labelled_files import write_cifar10

from modality_gap.data.corpora import read_split
from modality_gap.data.embeddings import normalize
from workflow.conftest import Workplace, small_emoji_study

pytestmark = pytest.mark.study
RUNS = ("vit", "vit_fixed_0.04", "vit_swap_entries")
POOLS = ("pool", "draws", "seed", "regularization")
KINDS = ["Color and Appearance", "Structural"]


def elsewhere_study(archives, by_hand):
    """Three runs on emoji, measured on CIFAR-10 and MMVP-VLM."""
    study = small_emoji_study(archives)
    kept = ("study", "title", "local_files", "corpora", "views", "shift_landscape", "run_measures")
    study = {key: study[key] for key in kept} | {
        "training": {name: study["training"][name] for name in RUNS},
        "encoders": {"trained": {"kind": "run", "run": "vit", "weights": "final"}},
        "run_comparisons": {"mitigations": list(RUNS)},
    }
    study["training"]["vit"] |= {"learning_rate": [0.00001, 0.002], "seeds": [0, 1]}
    study["training"]["vit_fixed_0.04"] |= {"learning_rate": [0.002, 0.00001], "seeds": [1]}
    del study["corpora"]["emoji"]["classes"]
    hand = {"folder": str(by_hand)}
    study["corpora"]["cifar10"] = {"reader": "cifar10", "splits": ["train", "test"], **hand}
    study["corpora"]["mmvp"] = {"reader": "mmvp_vlm", "splits": ["test"], **hand}
    study["run_measures"] |= {
        "classes": {
            "corpus": "cifar10",
            "train": "train",
            "test": "test",
            "label": "label",
            "templates": ["a photo of a {}."],
        },
        "pair_matching": {"corpus": "mmvp", "split": "test"},
    }
    return study


def jobs(plan):
    """How many jobs of each rule a dry run counts."""
    return {rule: int(number) for rule, number in re.findall(r"^(\w+) +(\d+)$", plan, re.M)}


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    folder = tmp_path_factory.mktemp("by_hand")
    write_cifar10(folder, per_file=20)
    write_mmvp_vlm(folder, [(n, KINDS[(n - 1) // 6], f"the thing is {n}") for n in range(1, 13)])
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory, archives, by_hand):
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(archives, folder / "results/downloads")
    place = Workplace(folder, elsewhere_study(archives, by_hand))
    place.succeeds()
    return place


def test_every_seed_of_every_run_is_measured_on_the_other_corpora(done):
    for run in RUNS:
        table = pd.read_parquet(done.results / f"training/{run}/measures.parquet")
        values = table.pivot(index="seed", columns="measure", values="value")
        assert list(values.index) == done.study["training"][run]["seeds"]
        for name in ("zero_shot_top_1", "linear_probe", "pair_matching_text_to_image"):
            assert values[name].between(0, 1).all()
        for seed in values.index:
            folder = done.results / f"training/{run}/{seed}/elsewhere"
            rows = pd.read_parquet(folder / "classes.parquet")
            own = {part: found for part, found in rows.groupby("part")}
            cosines = (
                normalize(np.stack(own["test"].embedding)).astype(float)
                @ normalize(np.stack(own["prompt"].embedding)).astype(float).T
            )
            chosen = own["prompt"].label.to_numpy()[cosines.argmax(axis=1)]
            assert values.zero_shot_top_1[seed] == pytest.approx(
                (chosen == own["test"].label).mean()
            )
    images, _ = read_split(done.results / "corpora/cifar10", "test")
    assert list(own["test"].label) == list(images.label.astype(str))


@pytest.mark.parametrize(("run", "first"), [("vit", 0), ("vit_fixed_0.04", 1)])
def test_the_rate_with_the_best_recall_is_that_of_the_run(done, run, first):
    folder = done.results / f"training/{run}"
    rates = pd.read_parquet(folder / "learning_rates.parquet").set_index("learning_rate")
    recalls = {}
    for rate in done.study["training"][run]["learning_rate"]:
        last = pd.read_csv(folder / f"candidates/{rate}/trajectory.csv").iloc[-1]
        both = [last.image_to_text_recall_at_1, last.text_to_image_recall_at_1]
        recalls[rate] = rates.recall_at_1[rate]
        assert recalls[rate] == pytest.approx(np.mean(both))
    best = max(sorted(recalls), key=recalls.get)
    assert list(rates.index[rates.chosen]) == [best]
    for file in ("final.pt", "trajectory.parquet", "embeddings/texts.parquet"):
        taken = (folder / f"candidates/{best}/{file}").read_bytes()
        assert (folder / f"{first}/{file}").read_bytes() == taken
    assert f"{run}: learning rate {best:g}" in (done.results / "remarks.csv").read_text()


def test_the_other_seeds_are_trained_at_it(done):
    folder = done.results / "training/vit"
    best = pd.read_parquet(folder / "learning_rates.parquet").set_index("learning_rate").chosen
    logs = [path.parents[1].name for path in (done.folder / "logs/small").rglob("vit/1.log")]
    assert sorted(logs) == ["train_chosen"]
    alone = copy.deepcopy(done.study)
    alone["study"] = "alone"
    alone["training"] = {"vit": alone["training"]["vit"] | {"learning_rate": float(best.idxmax())}}
    alone["corpora"] = {"emoji": alone["corpora"]["emoji"]}
    del alone["run_comparisons"], alone["encoders"]
    alone["run_measures"] = {key: alone["run_measures"][key] for key in POOLS}
    place = Workplace(done.folder, alone)
    place.succeeds("--", "results/alone/training/vit/1/trajectory.csv")
    found, expected = (
        pd.read_csv(results / "training/vit/1/trajectory.csv").drop(columns="seconds")
        for results in (done.results, place.results)
    )
    pd.testing.assert_frame_equal(found, expected)


def test_a_further_seed_tries_no_rate_anew(done):
    study = copy.deepcopy(done.study)
    study["training"]["vit"]["seeds"] = [0, 1, 2]
    planned = jobs(Workplace(done.folder, study).succeeds("--dry-run"))
    assert planned["train_chosen"] == 1
    assert not {"train", "train_candidate", "choose_learning_rate", "take_candidate"} & {*planned}


def test_they_are_in_the_comparisons(done):
    table = pd.read_parquet(done.results / "run_comparisons/mitigations.parquet")
    assert {"linear_probe", "pair_matching_text_to_image"} <= set(table.measure)
    tasks = pd.read_parquet(done.results / "run_comparisons/task_correlations.parquet").task
    assert {"zero_shot_top_1", "linear_probe", "pair_matching_text_to_image"} <= set(tasks)
    assert (done.results / "figures/run_comparisons/mitigations.svg").is_file()


def test_without_a_corpus_its_measure_goes(done, archives, by_hand, tmp_path):
    study = elsewhere_study(archives, by_hand) | {"without": "mmvp"}
    plan = Workplace(tmp_path, study).succeeds("--dry-run")
    assert "left out: run_measures.pair_matching" in plan
    assert jobs(plan)["embed_run"] == 4


def test_other_prompts_train_nothing_anew(done):
    study = copy.deepcopy(done.study)
    study["run_measures"]["classes"]["templates"] = ["a picture of a {}."]
    plan = Workplace(done.folder, study).succeeds("--dry-run")
    assert jobs(plan)["embed_run"] == 4
    assert not {"train", "train_chosen", "train_candidate", "embed"} & jobs(plan).keys()
