import pytest
import torch
import torchvision
from conftest import ROOT
from open_clip import create_model
from torch.utils.flop_counter import FlopCounterMode

from modality_gap.cost.networks import CAPTION, TORCHVISION, network
from modality_gap.models.architectures import architecture_config
from modality_gap.models.build import register_architectures

OWN = ROOT / "config/architectures"
NAMES = ["emoji-resnet", "emoji-vit", "RN50", "ViT-B-32-quickgelu", "ViT-B-16-quickgelu"]


@pytest.fixture(autouse=True)
def every_operation_is_counted():
    """torch's fast way of attention is one operation, which its counter does not know."""
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(True)


def texts_of(model, tokens):
    """What a model makes of texts that are cut to a length."""
    if not hasattr(model, "positional_embedding"):
        return model.encode_text(tokens)
    length = tokens.shape[1]
    model.positional_embedding = torch.nn.Parameter(model.positional_embedding[:length])
    model.attn_mask = model.attn_mask[:length, :length]
    return model.encode_text(tokens)


@pytest.mark.parametrize("name", [*NAMES, "ViT-B-16-SigLIP"])
def test_parameters_and_operations_are_those_of_the_built_network(name):
    """Operations as torch counts them, on tensors that hold nothing."""
    register_architectures(OWN)
    model = create_model(name, device="meta").eval()
    found = network(architecture_config(name, OWN))
    assert found.known
    parameters = sum(values.numel() for values in model.parameters())
    assert found.parameters == pytest.approx(parameters, rel=0.002)
    assert found.family == ("convolutions" if "RN" in name or "resnet" in name else "transformer")
    with FlopCounterMode(display=False) as counted:
        model.encode_image(torch.zeros(1, 3, found.size, found.size, device="meta"))
    assert found.images.operations == pytest.approx(counted.get_total_flops(), rel=0.01)
    text = architecture_config(name, OWN)["text_cfg"]
    causal, context = not text.get("no_causal_mask"), text["context_length"]
    tokens = torch.zeros(1, min(context, CAPTION) if causal else context, device="meta").long()
    with FlopCounterMode(display=False) as counted:
        texts_of(model, tokens)
    assert found.texts.operations == pytest.approx(counted.get_total_flops(), rel=0.01)


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_says_the_same(name):
    weights = torchvision.models.get_model_weights(name)
    meta = next(iter(weights)).meta
    assert TORCHVISION[name][:2] == (meta["num_params"], meta["_ops"])


def test_what_a_file_does_not_say_is_taken_for_a_vit():
    """timm's ConvNeXt, and a text tower of transformers."""
    found = network(architecture_config("convnext_base", OWN))
    assert not found.known
    assert found.family == "convolutions"
    assert not network(architecture_config("roberta-ViT-B-32", OWN)).known
