"""What the rules ask of a study, on a small one."""

import pytest
from conftest import ROOT

from modality_gap.study.networks import Networks
from modality_gap.study.originals import Originals
from modality_gap.study.places import Places, at, fill
from modality_gap.study.prompts import Prompts
from modality_gap.study.runs import Runs, part_of
from modality_gap.study.sections.robustness import Robustness
from modality_gap.study.sections.seed_cones import SeedCones

ARCHITECTURES = ROOT / "config/architectures"
ONE, TWO = ({"reader": "table", "file": f"{n}.csv", "evaluate": ["a", "b"]} for n in (1, 2))


@pytest.fixture
def config():
    return {
        "study": "s",
        "corpora": {"one": ONE, "two": TWO | {"evaluate": ["a"]}},
        "training": {
            "run": {"architecture": "emoji-vit", "corpus": "one", "seeds": [3, 4], "gpus": 0},
            "on": {"start": "trained", "corpus": "two", "seeds": [5], "temperature": {}},
        },
        "encoders": {
            "trained": {"kind": "run", "run": "run", "weights": "final", "initial": "first"},
            "arrays": {"kind": "precomputed", "corpus": "pairs", "file": "x.npy"},
            "first": {"kind": "run", "run": "run", "weights": "initial", "corpora": ["one"]},
            "eye": {
                "kind": "image_backbone",
                "library": "timm",
                "architecture": "r",
                "seed": 0,
                "splits": ["b"],
            },
        },
    }


def test_places_are_in_the_order_of_the_study(config):
    places = Places(config)
    assert list(places.evaluations()) == [
        ("trained", "one", "a"),
        ("trained", "one", "b"),
        ("trained", "two", "a"),
        ("arrays", "pairs", "all"),
        ("first", "one", "a"),
        ("first", "one", "b"),
    ]
    assert list(places.evaluations(["eye"])) == [("eye", "one", "b")]
    assert places.splits() == [("one", "a"), ("one", "b"), ("two", "a"), ("pairs", "all")]
    assert places.pictured_splits() == places.splits()[:3]


def test_noise_is_of_every_network_once(config):
    assert Places(config).noise() == []
    noise = [(name, "noise", "all") for name in ("first", "trained", "eye")]
    assert Places(config | {"noise": {}}).noise() == noise


def test_an_encoder_stands_right_after_the_one_that_it_started_from(config):
    places = Places(config)
    assert places.encoders_on("one", "a") == ["first", "trained"]
    assert places.initials_on("one", "a") == [None, "first"]
    assert places.encoders_on("one", "b", config["encoders"]) == ["first", "trained", "eye"]
    assert places.tables_on("{encoder}/{corpus}/{split}/{k}")("one", "a") == [
        "first/one/a/{k}",
        "trained/one/a/{k}",
    ]


def test_a_section_is_measured_where_its_encoders_are(config):
    config["quantization"] = {"encoders": ["trained", "arrays"]}
    places = Places(config)
    assert places.section_splits("quantization") == places.splits()
    assert places.section_encoders_on("quantization")("one", "a") == ["trained"]


def test_noise_is_given_to_networks_alone(config):
    assert Places(config).noise_encoders_on("one", "b") == []
    config["noise"] = {"items": 2, "seed": 0}
    places = Places(config)
    assert places.noise_encoders_on("one", "b") == ["first", "trained", "eye"]
    assert places.noise_encoders_on("pairs", "all") == []
    assert places.noise_tables_on("{encoder}/{corpus}/{split}")("two", "a") == ["trained/noise/all"]


def test_runs_and_their_networks(config):
    networks = Networks(config, ARCHITECTURES)
    runs = Runs(config, networks)
    assert runs.settings("run", "4") == {"architecture": "emoji-vit", "corpus": "one", "seed": 4}
    assert networks.weights("trained") == "<results>/training/run/3/final.pt"
    assert runs.start("on") == {"kind": "run", "architecture": "emoji-vit"}
    assert runs.start_weights("on") == networks.weights("trained")
    assert runs.files("x", ["run"]) == [f"<results>/training/run/{seed}/x" for seed in (3, 4)]
    assert (runs.threads("run"), runs.threads("on")) == (1, 8)


def test_images_are_prepared_for_networks_that_were_random_once(config):
    networks = Networks(config, ARCHITECTURES)
    runs = Runs(config, networks)
    assert runs.prepared_images("run").endswith("corpora/one/prepared/32.arrow")
    assert runs.prepared_images("on").endswith("corpora/two/prepared/32.arrow")
    config["encoders"]["trained"] = {"kind": "random", "architecture": "emoji-vit", "seed": 0}
    assert runs.prepared_images("on") == []


def test_a_job_imports_what_its_network_is_built_with(config):
    networks = Networks(config, ARCHITECTURES)
    runs = Runs(config, networks)
    assert (
        runs.libraries("run") == runs.libraries("on") == networks.encoder_libraries("first") == []
    )
    # Stored weights of others may have other positions, which timm resamples.
    stored = {"kind": "pretrained", "architecture": "ViT-B-32", "tag": "openai"}
    config["encoders"] |= {"stored": stored, "trained": stored}
    assert networks.encoder_libraries("stored") == runs.libraries("on") == ["timm"]
    assert networks.libraries("ViT-B-16-SigLIP") == ["timm", "transformers"]
    assert networks.libraries("roberta-ViT-B-32") == ["transformers"]


def test_runs_that_encoders_come_from_go_first(config):
    runs = Runs(config, Networks(config, ARCHITECTURES))
    assert (runs.priority("run"), runs.priority("on")) == (1, 0)


def test_an_encoder_has_the_threads_of_its_run(config):
    networks = Networks(config, ARCHITECTURES)
    assert (networks.threads("trained"), networks.threads("eye")) == (1, 8)
    del config["training"]["run"]["gpus"]
    assert networks.threads("trained") == 8


def test_parts_hold_every_item_once():
    parts = [part_of(range(7), f"{n}-of-3") for n in (1, 2, 3)]
    assert sorted(item for part in parts for item in part) == list(range(7))
    with pytest.raises(ValueError, match="8 jobs for 7 seeds"):
        part_of(range(7), "1-of-8")


def test_families_of_one_modality_have_no_gap(config):
    families = {"a": {"run": "run"}, "b": {"library": "timm", "architecture": "r", "seeds": 2}}
    config["seed_cones"] = {"families": families}
    cones = SeedCones(config, Networks(config, ARCHITECTURES))
    assert (cones.trained, cones.random, cones.paired) == (["a"], ["b"], ["a"])
    assert cones.random_networks("b", "2-of-2")["seeds"] == [1]
    assert cones.weights("a") == [f"<results>/training/run/{seed}/final.pt" for seed in (3, 4)]


def test_zero_shot_robustness_only_where_its_classes_are(config):
    task = {"corpus": "one", "splits": ["a"]}
    config["zero_shot"] = {"encoders": ["trained"], "tasks": {"t": task}}
    named = ["zero_shot", "image_to_text"]
    config["robustness"] = {"encoders": ["trained", "first"], "tasks": named, "zero_shot": "t"}
    robustness = Robustness(config, Places(config))
    assert robustness.tasks("trained", "one", "a") == named
    assert robustness.tasks("trained", "one", "b") == ["image_to_text"]
    assert robustness.tasks("first", "one", "a") == ["image_to_text"]
    assert "prompts" in robustness.inputs("trained", "one", "a")
    assert robustness.settings("trained", "one", "a")["zero_shot"] == task
    # One name: the settings of a place without it are those that they were.
    assert robustness.settings("trained", "one", "b")["zero_shot"] == task


def test_of_several_zero_shot_tasks_each_is_measured_on_its_own_split(config):
    tasks = {corpus: {"corpus": corpus, "splits": ["a"]} for corpus in ("one", "two")}
    config["zero_shot"] = {"encoders": ["trained"], "tasks": tasks}
    config["robustness"] = {
        "encoders": ["trained"],
        "tasks": ["zero_shot", "own_choices"],
        "zero_shot": ["one", "two"],
        "own_choices": ["two"],
    }
    robustness = Robustness(config, Places(config))
    for corpus, tasks_there in (("one", ["zero_shot"]), ("two", ["zero_shot", "own_choices"])):
        settings = robustness.settings("trained", corpus, "a")
        assert settings["zero_shot"] == tasks[corpus]
        assert settings["tasks"] == tasks_there
        assert "own_choices" not in settings
    assert robustness.settings("trained", "one", "b")["zero_shot"] is None
    assert robustness.places() == [("trained", "one", "a"), ("trained", "two", "a")]
    assert set(robustness.inputs("trained", "one", "b")) == {"images", "texts", "pairs"}
    assert robustness.inputs("trained", "two", "a")["choices"].endswith(
        "prompts/robustness.parquet"
    )
    prompts = Prompts(config, Places(config))
    assert prompts.tasks("trained", "robustness") == {
        "two": {"corpus": "two", "splits": ["a"], "own_choices": True}
    }


def test_a_section_may_name_its_corpora(config):
    config["rephrasing"] = {"encoders": ["first", "trained"], "corpora": ["two"]}
    places = Places(config)
    assert places.section_places("rephrasing") == [("trained", "two", "a")]
    assert places.section_splits("rephrasing") == [("two", "a")]
    assert places.section_tables_on("rephrasing", "{encoder}")("one", "a") == []
    config["rephrasing"]["corpora"] = []
    assert Places(config).section_places("rephrasing") == []


def test_two_different_downloads_of_one_name_are_refused(config):
    for number, name in enumerate(("p", "q")):
        url = f"http://host/{number}/x.npy?download=1"
        config["encoders"][name] = {"kind": "precomputed", "url": url, "sha256": "0" * 64}
    with pytest.raises(ValueError, match=r"two different downloads are both named 'x\.npy'"):
        Originals(config).sources()


def test_patterns_keep_the_wildcards_that_are_not_filled():
    assert fill("{a}/{b}", a="1") == "1/{b}"
    assert at("<results>/{encoder}/{corpus}/{split}", [("e", "c", "s")]) == ["<results>/e/c/s"]
