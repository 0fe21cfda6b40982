"""Encoders that a user brings, as a study names them and as its rules ask for them."""

import copy
import re

import pytest
from conftest import ROOT

from modality_gap.models.architectures import check_network, package_folder, published
from modality_gap.study import Study, check_study
from modality_gap.study.files import check_files
from modality_gap.words import GENERAL, names_of

TABLE = {"reader": "table", "file": "pictures.csv", "evaluate": ["all"]}


def study_of(**entry) -> dict:
    return {
        "study": "mine",
        "title": "Mine",
        "corpora": {"pictures": dict(TABLE)},
        "encoders": {"mine": entry},
        "noise": {"items": 2, "seed": 0},
    }


def read(**entry) -> Study:
    config = study_of(**entry)
    check_study(config)
    return Study(config, ROOT / "config/architectures")


HUB = "openai/clip-vit-base-patch32"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"kind": "transformers"}, "encoders.mine: expected exactly one of folder, hub"),
        (
            {"kind": "transformers", "hub": HUB, "folder": "x"},
            "expected exactly one of folder, hub",
        ),
        *(
            (
                {"kind": "transformers", "hub": name},
                f"encoders.mine.hub: '{name}', expected a name on",
            )
            for name in ("../secret", "a/b/c", "a/..", "/a", "https://huggingface.co/a/b")
        ),
        ({"kind": "transformers", "folder": "x", "tag": "y"}, "encoders.mine.tag: unknown key"),
        ({"kind": "python"}, "encoders.mine: missing file"),
        (
            {"kind": "python", "file": "x.py", "arguments": [1]},
            "encoders.mine.arguments: [1] is not",
        ),
        ({"kind": "python", "file": "x.py", "seed": 1}, "encoders.mine.seed: unknown key"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(entry, expected):
    with pytest.raises(ValueError, match=r"^encoders\.mine") as told:
        check_study(study_of(**entry))
    assert expected in str(told.value)
    assert "\n" not in str(told.value)


def test_files_that_are_not_there_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures.csv").write_text("")
    with pytest.raises(
        FileNotFoundError, match=r"no model of transformers \(its config\.json\) in"
    ):
        check_files(study_of(kind="transformers", folder="nowhere"))
    (tmp_path / "x.py").write_text("")
    with pytest.raises(FileNotFoundError, match="encoders.mine: no such file: y.yaml"):
        check_files(study_of(kind="python", file="x.py", conda="y.yaml"))


def test_a_folder_is_built_from_all_its_files(tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_text("")
    networks = read(kind="transformers", folder=str(tmp_path)).networks
    assert networks.weights("mine") == f"{tmp_path}/config.json"
    files = [str(tmp_path / name) for name in ("config.json", "model.safetensors")]
    assert networks.built_from("mine") == files
    assert len(networks.entry("mine")["own_files"]) == 2
    assert networks.architecture("mine") is None
    assert networks.downloads() == []


def test_a_name_of_the_hub_is_a_download(tmp_path):
    networks = read(kind="transformers", hub=HUB).networks
    record = f"results/downloads/hub/{HUB}/files.txt"
    assert networks.downloads() == [record]
    assert networks.weights("mine") == record
    assert networks.needs(HUB) == ["configuration", "tokenizer", "weights"]
    drawn = read(kind="transformers", hub=HUB, seed=0).networks
    assert drawn.needs(HUB) == ["configuration", "tokenizer"]
    assert read(kind="random", architecture="RN50", seed=0).networks.downloads() == []


def test_code_of_a_users_own_gets_its_arguments_and_no_noise(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("x")
    study = read(kind="python", file=str(file), arguments={"width": 3})
    assert study.networks.entry("mine")["arguments"] == {"width": 3}
    assert study.networks.weights("mine") == str(file)
    assert study.networks.environment("mine") == "../../envs/network.yaml"
    assert study.places.noise_encoders_on("pictures", "all") == []
    other = read(kind="transformers", hub=HUB)
    assert other.places.noise_encoders_on("pictures", "all") == ["mine"]
    conda = read(kind="python", file=str(file), conda="own.yaml").networks
    assert conda.environment("mine").startswith("/")
    assert conda.environment("mine").endswith("/own.yaml")


def test_a_pattern_is_one_entry_for_each_of_the_published_weights_that_it_matches():
    study = study_of(kind="pretrained", architecture="ViT-B-32", tag="*2b_*", splits=["all"])
    study["retrieval"] = {"k": [1]}
    study["quantization"] = {
        "encoders": ["mine", "other"],
        "kept_variance": 0.95,
        "schemes": {"sign": [1]},
        "alphas": [0, 1],
        "k": 5,
        "queries": 10,
        "seed": 0,
    }
    study["encoders"]["other"] = {"kind": "random", "architecture": "ViT-B-32", "seed": 0}
    check_study(study)
    names = ["ViT-B-32_laion2b_e16", "ViT-B-32_laion2b_s34b_b79k"]
    assert list(study["encoders"]) == [*names, "other"]
    assert study["encoders"][names[0]] | {"normalization": True} == {
        "kind": "pretrained",
        "architecture": "ViT-B-32",
        "tag": "laion2b_e16",
        "splits": ["all"],
        "normalization": True,
    }
    assert study["quantization"]["encoders"] == [*names, "other"]
    again = copy.deepcopy(study)
    check_study(again)
    assert again == study


def test_weights_trained_with_quick_gelu_stand_under_the_architecture_that_has_it():
    found = published("ViT-B-32", "[lo]*")
    assert ("ViT-B-32-quickgelu", "openai") in found
    assert ("ViT-B-32", "laion2b_e16") in found
    assert ("ViT-B-32", "openai") not in found
    everything = published("*", "*")
    assert len(everything) == len(set(everything)) > 150
    folder = package_folder() / "model_configs"
    for architecture, tag in everything:
        check_network({"architecture": architecture, "tag": tag}, folder)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            {"all": {"architecture": "ViT-B-33*", "tag": "*"}},
            "encoders.all: no published weights match architecture 'ViT-B-33*' and tag '*', expected "
            "patterns of names such as ViT-B-32",
        ),
        (
            {
                "all": {"architecture": "RN50", "tag": "*"},
                "some": {"architecture": "RN*", "tag": "openai"},
            },
            "encoders.some: stands for RN50-quickgelu_openai, which is there already",
        ),
    ],
)
def test_patterns_that_match_nothing_or_the_same_are_refused(entries, expected):
    study = study_of(kind="random", architecture="RN50", seed=0)
    study["encoders"] |= {name: {"kind": "pretrained", **entry} for name, entry in entries.items()}
    with pytest.raises(ValueError, match=re.escape(expected)):
        check_study(study)


BINDING = {
    "kind": "precomputed",
    "corpus": "clips",
    "arrays": {"image": "i.npy", "audio": "a.npy", "text": "t.npy"},
}


def test_arrays_of_several_modalities_are_an_encoder_for_each_pair():
    study = study_of(kind="random", architecture="RN50", seed=0)
    study["encoders"] = {
        "start": BINDING,
        "binding": {**BINDING, "initial": "start"},
        "other": study["encoders"]["mine"],
    }
    check_study(study)
    assert list(study["encoders"])[3:] == [
        "binding.image.audio",
        "binding.image.text",
        "binding.audio.text",
        "other",
    ]
    assert study["encoders"]["binding.audio.text"] == {
        "kind": "precomputed",
        "corpus": "clips.audio.text",
        "modalities": ["audio", "text"],
        "files": ["a.npy", "t.npy"],
        "initial": "start.audio.text",
    }
    assert study["modality_pairs"] == {
        name: [f"{name}.{pair}" for pair in ("image.audio", "image.text", "audio.text")]
        for name in ("start", "binding")
    }
    assert names_of(study, "clips.audio.text") == ["audio", "text"]
    assert names_of(study, "pictures") is None
    assert names_of(study) == GENERAL
    again = copy.deepcopy(study)
    check_study(again)
    assert again == study


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"arrays": {"image": "i.npy", "text": "t.npy"}}, "encoders.mine.arrays: "),
        ({"arrays": {**BINDING["arrays"], "a.b": "x.npy"}}, "encoders.mine.arrays.a.b: "),
        ({"corpus": "pictures"}, "encoders.mine: corpus 'pictures' is one of images and texts"),
        ({"initial": "none"}, "encoders.mine.image.audio.initial: unknown name"),
        ({"modalities": ["image", "audio"]}, "encoders.mine: 'files' is a dependency of"),
        ({"prompts": "p.npz"}, "encoders.mine.image.audio.corpus: unknown name"),
    ],
)
def test_what_is_wrong_with_several_arrays_is_said(change, expected):
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}"):
        check_study(study_of(**BINDING | change))


def test_pairs_may_be_named_by_the_entry_that_stands_for_them():
    study = study_of(**BINDING)
    study["modality_pairs"] = {"all": ["mine"]}
    check_study(study)
    assert study["modality_pairs"]["all"] == list(study["encoders"])


def test_a_corpus_has_one_pair_of_modalities():
    entry = {"kind": "precomputed", "corpus": "clips", "files": ["a.npy", "t.npy"]}
    study = study_of(**entry, modalities=["audio", "text"])
    study["encoders"]["other"] = entry
    expected = (
        "encoders.mine.modalities: ['audio', 'text'], but an encoder of the same corpus has None"
    )
    with pytest.raises(ValueError, match=re.escape(expected)):
        check_study(study)


def test_a_section_of_pairs_names_encoders_that_say_their_modalities():
    study = study_of(kind="random", architecture="RN50", seed=0)
    study["modality_pairs"] = {"mine": ["mine"]}
    with pytest.raises(ValueError, match=r"^modality_pairs\.mine: unknown name 'mine'"):
        check_study(study)
