"""What planning reads of open_clip's files is what open_clip itself says."""

import open_clip
import pytest
import torch
import yaml
from conftest import ROOT, loaded_by

from modality_gap.models.architectures import (
    activation_is_open,
    architecture_config,
    brings_its_own_facts,
    check_architectures,
    hub_repositories,
    known_architectures,
    preprocessings,
    pretrained_tags,
    tags_of,
)

OWN = ROOT / "config/architectures"
BUILT_IN = open_clip.list_models()


def test_architectures_and_tags_are_open_clips_own():
    assert set(BUILT_IN) <= set(known_architectures(OWN))
    for name in BUILT_IN:
        assert architecture_config(name, OWN) == open_clip.get_model_config(name)
    assert pretrained_tags() == open_clip.pretrained._PRETRAINED
    assert sum(map(len, pretrained_tags().values())) == len(open_clip.list_pretrained())


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_an_architecture_needs_of_the_hub(name):
    text = open_clip.get_model_config(name)["text_cfg"]
    needs = hub_repositories(name, architecture_config(name, OWN))
    told = {need for needed in needs.values() for need in needed}
    assert ("tokenizer" in told) == bool(text.get("hf_tokenizer_name"))
    assert ("text model" in told) == bool(text.get("hf_model_name"))
    if not needs:
        assert isinstance(open_clip.get_tokenizer(name), open_clip.tokenizer.SimpleTokenizer)


def test_how_many_architectures_need_something():
    needs = [hub_repositories(name, architecture_config(name, OWN)) for name in BUILT_IN]
    both = sorted(need for needed in needs for need in needed.values())
    assert len(both) == sum(map(bool, needs)) == 49
    assert sum("text model" in need for need in both) == 10


def test_which_architectures_ask_for_more_of_a_checkpoint():
    differ = [name for name in BUILT_IN if len(preprocessings(tags_of(name))) > 1]
    assert sorted(differ) == ["ViT-H-14", "ViT-H-14-quickgelu", "ViT-L-14"]
    activations = [name for name in BUILT_IN if activation_is_open(name, BUILT_IN)]
    assert len(activations) == 14
    assert {"RN50", "ViT-B-32", "ViT-L-14-worldwide", "ViT-H-14-378"} <= set(activations)


def test_planning_imports_no_torch():
    code = "from modality_gap.models.architectures import pretrained_tags; pretrained_tags()"
    assert loaded_by(code, ("torch", "numpy", "pandas", "huggingface_hub")) == []


@pytest.fixture
def file(tmp_path):
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pt")
    return str(tmp_path / "x.pt")


SQUASH = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
SQUASH |= {"interpolation": "bicubic", "resize_mode": "squash"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"architecture": "RN50"}, "encoders.mine: missing quick_gelu, expected true or false"),
        ({"architecture": "RN50-quickgelu", "quick_gelu": False}, "expected architecture RN50"),
        ({"architecture": "ViT-L-14", "quick_gelu": True}, "missing preprocessing, .*laion2b"),
        (
            {"architecture": "ViT-L-14", "quick_gelu": True, "preprocessing": "opnai"},
            "unknown tag of ViT-L-14: 'opnai', .*openai",
        ),
        ({"architecture": "ViT-B-23"}, "encoders.mine: unknown architecture: 'ViT-B-23'"),
    ],
)
def test_what_a_study_leaves_open(file, entry, expected):
    study = {"encoders": {"mine": {"kind": "checkpoint", "file": file} | entry}}
    with pytest.raises(ValueError, match=expected) as caught:
        check_architectures(study, OWN)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"architecture": "RN50", "quick_gelu": False},
        {"architecture": "RN50-quickgelu"},
        {"architecture": "ViT-B-16-SigLIP"},
        {"architecture": "emoji-vit"},
        {"architecture": "ViT-L-14", "quick_gelu": True, "preprocessing": "openai"},
        {"architecture": "ViT-L-14", "quick_gelu": False, "preprocessing": SQUASH},
    ],
)
def test_what_a_study_says_of_a_checkpoint_is_enough(file, entry):
    check_architectures({"encoders": {"mine": {"kind": "checkpoint", "file": file} | entry}}, OWN)


def test_a_file_that_tells_itself_needs_no_keys(tmp_path):
    own = {"state_dict": {}, "preprocess_cfg": {"mean": (0.5,) * 3}, "quick_gelu": True}
    torch.save(own, tmp_path / "own.pt")
    assert brings_its_own_facts(tmp_path / "own.pt")
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), tmp_path / "scripted.pt")
    assert brings_its_own_facts(tmp_path / "scripted.pt")
    entry = {"kind": "checkpoint", "architecture": "ViT-L-14", "file": str(tmp_path / "own.pt")}
    check_architectures({"encoders": {"mine": entry}}, OWN)


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (
            {"encoders": {"x": {"kind": "pretrained", "architecture": "RN50", "tag": "openai"}}},
            "encoders.x: tag openai of RN50 was trained with QuickGELU, expected the architecture",
        ),
        ({"training": {"x": {"architecture": "RN51"}}}, "training.x: unknown architecture: 'RN51'"),
        (
            {"seed_cones": {"families": {"x": {"architecture": "RN51", "seeds": 2}}}},
            "seed_cones.families.x: unknown architecture: 'RN51'",
        ),
    ],
)
def test_models_that_cannot_be_built_are_named_in_planning(study, expected):
    with pytest.raises(ValueError, match=expected):
        check_architectures(study, OWN)


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda f: f.name)
def test_the_models_of_our_own_studies_can_be_built(file):
    check_architectures(yaml.safe_load(file.read_text()), OWN)


def test_a_siglip_of_ones_own_must_name_its_tokenizer():
    config = {"text_cfg": {"vocab_size": 32000}}
    with pytest.raises(ValueError, match="architecture my-siglip: .* expected `hf_tokenizer_name`"):
        hub_repositories("my-siglip", config)


def test_without_open_clip_its_models_cannot_be_planned(monkeypatch):
    from modality_gap.models import architectures

    monkeypatch.setattr(architectures, "find_spec", lambda name: None)
    for function in (architectures.package_folder, architectures.architecture_config):
        function.cache_clear()
    check_architectures({"training": {"x": {"architecture": "emoji-vit"}}}, OWN)
    with pytest.raises(ValueError, match="training.x: open_clip is not installed where Snakemake"):
        check_architectures({"training": {"x": {"architecture": "RN50"}}}, OWN)
    architectures.package_folder.cache_clear()
