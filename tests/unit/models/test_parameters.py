"""How many parameters models have: as open_clip and transformers themselves tell it."""

import open_clip
import pytest
import torch
import transformers as hf

from modality_gap.models.embed import parameter_counts

# open_clip's docs/model_profile.csv, in millions: the whole, the image tower, the text tower.
PROFILE = {
    "RN50": (102.01, 38.32, 63.69),
    "ViT-B-32": (151.28, 87.85, 63.43),
    "ViT-B-16-SigLIP": (203.16, 92.88, 110.27),
    "convnext_base_w": (179.39, 88.22, 91.16),
    "coca_ViT-B-32": (253.56, 89.16, 63.43),
    "ViT-L-14": (427.62, 303.97, 123.65),
}


def without_numbers(build):
    """A model whose parameters have a shape alone: as many, but no memory."""
    with torch.device("meta"):
        return build()


@pytest.mark.parametrize("name", PROFILE)
def test_parameters_of_open_clips_architectures_are_those_it_publishes(name):
    model = without_numbers(lambda: open_clip.create_model(name, device="meta"))
    counts = parameter_counts(model)
    assert counts["whole"] == sum(values.numel() for values in model.parameters())
    found = [round(counts[part] / 1e6, 2) for part in ("whole", "images", "texts")]
    assert found == pytest.approx(PROFILE[name], abs=0.0101)


def test_parameters_of_openais_clip_are_the_same_in_transformers():
    """151,277,313 is the number that the notebook of OpenAI's own repository prints."""
    counts = parameter_counts(without_numbers(lambda: hf.CLIPModel(hf.CLIPConfig())))
    assert counts["whole"] == 151_277_313
    own = without_numbers(lambda: open_clip.create_model("ViT-B-32", device="meta"))
    assert counts == parameter_counts(own)


@pytest.mark.parametrize("family", ["Clip", "Siglip", "Siglip2", "Align", "AltCLIP"])
def test_both_towers_of_families_of_transformers_are_found(family):
    family = family.replace("Clip", "CLIP")
    config = getattr(hf, f"{family}Config")()
    model = without_numbers(lambda: getattr(hf, f"{family}Model")(config))
    counts = parameter_counts(model)
    assert counts["whole"] == model.num_parameters()
    assert counts["images"] >= model.vision_model.num_parameters()
    assert counts["texts"] >= model.text_model.num_parameters()
    assert 0 < counts["whole"] - counts["images"] - counts["texts"] <= 2  # scale and bias


def test_a_tower_of_another_name_is_unknown():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2))
    assert parameter_counts(model) == {"images": None, "texts": None, "whole": 8}
