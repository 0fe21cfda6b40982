import json

import pytest
import torch
from conftest import ROOT

from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import weights_fingerprint

ARCHITECTURE = "emoji-resnet"
TEXTS = ["a dog", "flag: Norway", "woman rowing boat: medium-dark skin tone", "x"]


@pytest.fixture(scope="module")
def model():
    register_architectures(ROOT / "config/architectures")
    return build_model(ARCHITECTURE, seed=3)


def test_a_seed_gives_the_same_weights(model):
    assert weights_fingerprint(build_model(ARCHITECTURE, seed=3)) == weights_fingerprint(model)
    assert weights_fingerprint(build_model(ARCHITECTURE, seed=4)) != weights_fingerprint(model)


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_a_checkpoint_gives_back_its_weights(tmp_path, model, ending):
    from safetensors.torch import save_file

    file = tmp_path / f"x.{ending}"
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    torch.save(weights, file) if ending == "pt" else save_file(weights, file)
    assert weights_fingerprint(build_model(ARCHITECTURE, checkpoint=file)) == weights_fingerprint(
        model
    )


def test_what_is_no_checkpoint_is_named(tmp_path, model):
    (tmp_path / "x.pt").write_bytes(b"no weights")
    torch.save({"visual.conv1.weight": torch.ones(2)}, tmp_path / "other.pt")
    for name in ("x.pt", "other.pt"):
        with pytest.raises(ValueError, match=f"{name}: not a checkpoint"):
            build_model(ARCHITECTURE, checkpoint=tmp_path / name)
    with pytest.raises(FileNotFoundError, match="none.pt: no such checkpoint file"):
        build_model(ARCHITECTURE, checkpoint=tmp_path / "none.pt")


def test_unknown_architectures_and_tags_are_named():
    with pytest.raises(ValueError, match="unknown architecture: 'ViT-B-23', .*ViT-B-32"):
        build_model("ViT-B-23", seed=0)
    with pytest.raises(ValueError, match="QuickGELU, expected the architecture RN50-quickgelu"):
        build_model("RN50", tag="openai")
    with pytest.raises(ValueError, match="unknown tag of ViT-B-32: 'opennai', .*openai"):
        build_model("ViT-B-32", tag="opennai")


def test_the_small_vocabulary_is_clips_own_coarser():
    tokenizer, full = build_tokenizer(ARCHITECTURE), build_tokenizer("RN50")
    assert tokenizer.vocab_size == 4096
    assert tokenizer.context_length == 32
    for text in TEXTS:
        assert tokenizer.decode(tokenizer.encode(text)) == full.decode(full.encode(text))
        assert len(tokenizer.encode(text)) >= len(full.encode(text))
    tokens = tokenizer(TEXTS)
    assert (tokens.max(dim=1).values == tokenizer.eot_token_id).all()


def test_our_architectures_are_open_clips_json():
    for file in (ROOT / "config/architectures").glob("*.json"):
        assert {"embed_dim", "vision_cfg", "text_cfg"} <= set(json.loads(file.read_text()))
