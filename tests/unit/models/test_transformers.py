"""Models of transformers, on small folders of their true form, beside open_clip and transformers' own use."""

import io
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import open_clip
import pandas as pd
import pytest
import torch
import transformers as hf
from PIL import Image
from rehearsal.transformers_folders import FAMILIES, write_two_towers
from safetensors.torch import load_file, save_file

from modality_gap.models.encoder import embed_all_texts, embed_noise, embed_part
from modality_gap.models.kinds import build, module_of
from modality_gap.models.kinds.clip import Clip
from modality_gap.models.split_embeddings import check_widths
from modality_gap.models.text_tokens import check_cut

SETTINGS = {"batch_size": 2, "precision": "float32"}
TEXTS = ["a photo", "a red dog runs", "number 7", "the blue cat of a photo", "dog"]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory):
    """The folder of a small model of each family."""
    return write_two_towers(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_two_towers(tmp_path_factory.mktemp("clip"), "clip")


@pytest.fixture
def pictures(random):
    """Five pictures of 32 × 32 pixels, which nobody has to resize."""
    rows = []
    for number in range(5):
        content = io.BytesIO()
        pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(content, "PNG")
        rows.append({"image_id": f"image {number}", "image": content.getvalue()})
    return pd.DataFrame(rows)


def encoder_of(folder, **entry):
    return build({"kind": "transformers", **entry}, folder / "config.json", None)


def embeddings(encoder, pictures, texts):
    return embed_part(encoder, pictures, encoder.tokenize(texts), texts, SETTINGS, 0)


def test_a_family_is_embedded_as_transformers_itself_would(family, pictures):
    encoder = encoder_of(family)
    found = embeddings(encoder, pictures, TEXTS)
    model = hf.AutoModel.from_pretrained(family).eval()
    processor = hf.AutoImageProcessor.from_pretrained(family)
    images = [Image.open(io.BytesIO(image)) for image in pictures.image]
    tokenizer = hf.AutoTokenizer.from_pretrained(family)
    how = {"padding": "max_length" if "siglip" in model.config.model_type else True}
    with torch.inference_mode():
        own = model.get_image_features(**processor(images=images, return_tensors="pt"))
        tokens = tokenizer(TEXTS, return_tensors="pt", **how)
        tokens.pop("token_type_ids", None)
        own_texts = model.get_text_features(**tokens)
    np.testing.assert_allclose(found["images"], own.pooler_output, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["texts"], own_texts.pooler_output, rtol=1e-4, atol=1e-5)
    assert encoder.padding_counts == ("siglip" in model.config.model_type)


def test_parts_of_a_split_are_the_split(family, pictures):
    encoder = encoder_of(family)
    tokens = encoder.tokenize(TEXTS)
    whole = embed_part(encoder, pictures, tokens, TEXTS, SETTINGS, 0)
    parts = [
        embed_part(encoder, pictures, tokens, TEXTS, SETTINGS, 0, (part, 2)) for part in (1, 2)
    ]
    for side in ("image", "text"):
        rows = np.concatenate([part[f"{side}_rows"] for part in parts])
        joined = np.concatenate([part[f"{side}s"] for part in parts])[np.argsort(rows)]
        np.testing.assert_array_equal(joined, whole[f"{side}s"])
    prompts = embed_all_texts(encoder, tokens, TEXTS, SETTINGS)
    np.testing.assert_array_equal(prompts, whole["texts"])


def test_half_the_precision_gives_nearly_the_same(family, pictures):
    encoder = encoder_of(family)
    whole = embeddings(encoder, pictures, TEXTS)
    settings = SETTINGS | {"precision": "bfloat16"}
    found = embed_part(encoder, pictures, encoder.tokenize(TEXTS), TEXTS, settings, 0)
    for side in ("images", "texts"):
        assert found[side].dtype == np.float32
        assert 0 < abs(found[side] - whole[side]).max() < 0.05 * abs(whole[side]).max()


def test_workers_prepare_the_same_images(clip, pictures):
    encoder = encoder_of(clip)
    tokens = encoder.tokenize(TEXTS)
    alone, helped = (embed_part(encoder, pictures, tokens, TEXTS, SETTINGS, n) for n in (0, 2))
    np.testing.assert_array_equal(helped["images"], alone["images"])


def test_a_picture_that_does_not_decode_is_named(clip, pictures):
    pictures.loc[2, "image"] = pictures.image[2][:60]
    with pytest.raises(ValueError, match="image 'image 2' does not decode"):
        embeddings(encoder_of(clip), pictures, TEXTS)


def test_long_texts_are_cut_and_counted(family):
    encoder = encoder_of(family)
    long = "dog " * 600
    texts = ["a dog", f"{long}a", f"{long}the"]
    tokens = encoder.tokenize(texts)
    length = encoder.context
    assert tokens.ids.shape == (3, length)
    whole = [len(ids) for ids in encoder.tokenizer(texts).input_ids]
    assert list(tokens.needed) == whole
    said = f"become one with another when they are cut to {length} tokens"
    with pytest.raises(ValueError, match=said):
        check_cut(tokens, texts, False, "captions")
    (remark,) = check_cut(tokens, texts, True, "captions")
    assert remark.startswith(f"2 of 3 captions are longer than the model's context of {length} ")
    assert embed_all_texts(encoder, tokens, texts, SETTINGS).shape[0] == 3


CONTEXTS = {"clip": 77, "siglip": 16, "siglip2": 64, "align": 64, "chinese_clip": 52, "altclip": 38}
CONTEXTS |= {"dual": 32}


def test_the_context_is_what_tokenizer_processor_and_positions_allow(tmp_path):
    """AltCLIP has 40 positions, of which RoBERTa uses no first two; ALIGN's processor says 64."""
    for name, length in CONTEXTS.items():
        assert encoder_of(write_two_towers(tmp_path / name, name)).context == length


def test_a_seed_draws_the_weights_anew_and_needs_no_file_of_them(family, pictures, tmp_path):
    copy = shutil.copytree(family, tmp_path / "copy")
    (copy / "model.safetensors").unlink()
    stored = encoder_of(family).facts()["weights_sha256"]
    first, again, other = (encoder_of(copy, seed=n).facts()["weights_sha256"] for n in (1, 1, 2))
    assert first == again
    assert len({stored, first, other}) == 3
    with pytest.raises(ValueError, match="copy: no model of transformers .*model.safetensors"):
        encoder_of(copy)
    found = embeddings(encoder_of(copy, seed=1), pictures, TEXTS)
    assert np.isfinite(found["images"]).all()
    assert np.isfinite(found["texts"]).all()


def test_noise_reaches_both_towers(family):
    encoder = encoder_of(family)
    first, again, other = (embed_noise(encoder, 3, seed, SETTINGS) for seed in (0, 0, 1))
    for side in range(2):
        np.testing.assert_array_equal(first[side], again[side])
        assert abs(first[side] - other[side]).max() > 1e-5
        assert abs(first[side][0] - first[side][1]).max() > 1e-5


def test_the_whole_of_a_noise_text_is_read(clip):
    """A tower that pools at the end of a text would read one token alone of a text without an end."""
    encoder = encoder_of(clip)
    tokens = encoder.text_noise(2, torch.Generator().manual_seed(0))
    assert tokens.shape == (2, 77)
    assert tokens[0, -1] == encoder.tokenizer.eos_token_id
    changed = tokens.copy()
    changed[0, 40] = changed[0, 40] + 1
    with torch.inference_mode():
        a, b = encoder.encode_texts(tokens), encoder.encode_texts(changed)
    assert (a[0] - b[0]).abs().max() > 1e-6
    torch.testing.assert_close(a[1], b[1])


def from_transformers(weights: dict) -> dict:
    """The weights of a CLIPModel under open_clip's names."""
    names = {
        "vision_model.embeddings.class_embedding": "visual.class_embedding",
        "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
        "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
        "logit_scale": "logit_scale",
    }
    found = {new: weights[old] for old, new in names.items()}
    found["visual.proj"] = weights["visual_projection.weight"].T
    found["text_projection"] = weights["text_projection.weight"].T
    layers = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc"}
    layers |= {"mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj"}
    norms = {"vision_model.pre_layrnorm": "visual.ln_pre"}
    norms |= {
        "vision_model.post_layernorm": "visual.ln_post",
        "text_model.final_layer_norm": "ln_final",
    }
    for kind in ("weight", "bias"):
        found |= {f"{new}.{kind}": weights[f"{old}.{kind}"] for old, new in norms.items()}
        for tower, prefix in (("vision_model", "visual."), ("text_model", "")):
            for layer in range(2):
                old = f"{tower}.encoder.layers.{layer}."
                new = f"{prefix}transformer.resblocks.{layer}."
                found |= {
                    f"{new}{b}.{kind}": weights[f"{old}{a}.{kind}"] for a, b in layers.items()
                }
                inside = [weights[f"{old}self_attn.{part}_proj.{kind}"] for part in "qkv"]
                found[f"{new}attn.in_proj_{kind}"] = torch.cat(inside)
    return found


def test_a_clip_of_transformers_embeds_as_open_clips(tmp_path, pictures):
    folder = write_two_towers(tmp_path / "clip", "clip", merges=None)
    tower = {"width": 32, "layers": 2}
    vision = tower | {"image_size": 32, "patch_size": 8, "head_width": 16}
    text = tower | {"context_length": 77, "vocab_size": 49408, "heads": 2}
    config = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text, "quick_gelu": True}
    (tmp_path / "tiny.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "tiny.json")
    model = open_clip.create_model("tiny").eval()
    model.load_state_dict(from_transformers(load_file(folder / "model.safetensors")))
    texts = [*TEXTS, "Déjà vu: 3 dogs' tails, 50% off!", "dog " * 100]
    expected = embeddings(Clip(model, "tiny"), pictures, texts)
    found = embeddings(encoder_of(folder), pictures, texts)
    for side in ("images", "texts"):
        assert abs(expected[side]).max() > 0.1
        assert abs(found[side] - expected[side]).max() < 1e-4
    # And back: open_clip's random weights in transformers' model.
    torch.manual_seed(7)
    other = open_clip.create_model("tiny").eval()
    to_transformers(other.state_dict(), folder / "model.safetensors")
    again = embeddings(Clip(other, "tiny"), pictures, texts)
    found = embeddings(encoder_of(folder), pictures, texts)
    for side in ("images", "texts"):
        assert abs(again[side] - expected[side]).max() > 1e-2
        assert abs(found[side] - again[side]).max() < 1e-4


def to_transformers(weights: dict, file: Path) -> None:
    """Put weights by open_clip's names in place of those of a CLIPModel's file."""
    stored = load_file(file)
    flat = torch.cat([value.reshape(-1) for value in stored.values()])
    sizes = [value.numel() for value in stored.values()]
    # What `from_transformers` makes of each number's place says where it goes.
    places = torch.arange(len(flat)).split(sizes)
    places = {
        name: part.reshape(value.shape)
        for part, (name, value) in zip(places, stored.items(), strict=True)
    }
    for name, place in from_transformers(places).items():
        flat[place.reshape(-1)] = weights[name].reshape(-1)
    changed = {
        name: part.reshape(value.shape).clone()
        for part, (name, value) in zip(flat.split(sizes), stored.items(), strict=True)
    }
    save_file(changed, file, {"format": "pt"})


@pytest.fixture
def copy(clip, tmp_path):
    return shutil.copytree(clip, tmp_path / "copy")


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_folder_with_code_of_its_own_is_refused(copy, name):
    settings = json.loads((copy / name).read_text())
    settings["auto_map"] = {"AutoModel": "own.Model", "AutoTokenizer": ["own.Tokenizer", None]}
    (copy / name).write_text(json.dumps(settings))
    (copy / "own.py").write_text("raise SystemExit('run')")
    with pytest.raises(ValueError, match=rf"{name}: asks for code of its own .`auto_map`."):
        encoder_of(copy)
    (copy / name).write_text("{")
    with pytest.raises(ValueError, match=rf"{name}: not JSON"):
        encoder_of(copy)


class Harm:
    def __reduce__(self):
        return os.mkdir, ("harm",)


def test_bin_files_are_read_and_what_is_pickled_in_them_is_not_run(copy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = load_file(copy / "model.safetensors")
    expected = encoder_of(copy).facts()["weights_sha256"]
    (copy / "model.safetensors").unlink()
    torch.save(weights, copy / "pytorch_model.bin")
    assert encoder_of(copy).facts()["weights_sha256"] == expected
    torch.save(weights | {"harm": Harm()}, copy / "pytorch_model.bin")
    with pytest.raises(
        ValueError, match=r"copy: no model of .* \(it holds a pickled .*mkdir, whose"
    ):
        encoder_of(copy)
    assert not (tmp_path / "harm").exists()


def test_a_tokenizer_without_its_files_is_refused(copy):
    """Transformers would make an empty one, and read every text as unknown words."""
    (copy / "tokenizer.json").rename(copy / "vocab.json")
    with pytest.raises(FileNotFoundError, match=r"copy: vocab\.json without merges\.txt"):
        encoder_of(copy)
    (copy / "vocab.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"copy: no tokenizer \(tokenizer\.json, "):
        encoder_of(copy)


def renamed(folder, name):
    """The folder, whose tokenizer is said to be of another class."""
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"tokenizer_class": name}))
    return folder


@pytest.mark.parametrize("name", ["GPT2Tokenizer", "BertTokenizer", "RobertaTokenizer"])
def test_a_tokenizer_of_another_class_is_refused(copy, name):
    """Transformers makes it of CLIP's vocabulary, and reads other tokens than the model knows."""
    expected = (
        rf"copy: as a {name}, .* its tokenizer\.json says .* \(of this model: CLIPTokenizer\)"
    )
    with pytest.raises(ValueError, match=expected):
        encoder_of(renamed(copy, name))


@pytest.mark.parametrize("name", ["PreTrainedTokenizerFast", "CLIPTokenizerFast", "Unknown"])
def test_a_class_that_reads_the_same_is_no_other(copy, clip, name):
    own, other = encoder_of(clip), encoder_of(renamed(copy, name))
    np.testing.assert_array_equal(other.tokenize(TEXTS).ids, own.tokenize(TEXTS).ids)


def test_a_tokenizer_of_more_tokens_than_the_model_knows_is_refused(copy, tmp_path):
    other = write_two_towers(tmp_path / "other", "clip")
    config = json.loads((other / "config.json").read_text())
    config["text_config"]["vocab_size"] = 300
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        ValueError, match=r"copy: its tokenizer gives token 713, and its model knows 300"
    ):
        encoder_of(copy, seed=0)


def test_weights_that_are_missing_of_another_shape_or_no_numbers_are_named(copy, caplog):
    weights = load_file(copy / "model.safetensors")

    def refused(changed, match):
        save_file(changed, copy / "model.safetensors", {"format": "pt"})
        with pytest.raises(ValueError, match=match):
            encoder_of(copy)

    name = "text_projection.weight"
    lacking = {key: value for key, value in weights.items() if key != name}
    refused(lacking, rf"copy: 1 weights of CLIPModel missing \({name}\), expected all")
    refused(weights | {name: torch.zeros(3, 3)}, rf"1 weights .* of another shape \({name}\)")
    refused(weights | {name: torch.full((16, 32), torch.nan)}, rf"{name} holds a NaN")
    (copy / "model.safetensors").write_bytes(b"<html>")
    with pytest.raises(ValueError, match="copy: no model of transformers"):
        encoder_of(copy)
    save_file(weights | {"head": torch.zeros(1)}, copy / "model.safetensors", {"format": "pt"})
    encoder_of(copy)
    assert "1 tensors that the model does not have" in caplog.text


def test_a_model_of_one_modality_is_refused_in_one_line(copy):
    hf.BertConfig().save_pretrained(copy)
    with pytest.raises(
        ValueError, match="BertModel has no get_image_features, expected a model of"
    ):
        encoder_of(copy, seed=0)


def test_a_tower_that_pools_nothing_is_refused(tmp_path):
    said = r"flava: FlavaModel.get_text_features gives shape \(1, 16, 16\), expected one embedding"
    with pytest.raises(ValueError, match=said):
        encoder_of(write_two_towers(tmp_path / "flava", "flava"))


def test_half_precision_weights_compute_in_single(copy, pictures):
    weights = load_file(copy / "model.safetensors")
    halves = {key: value.half() for key, value in weights.items()}
    save_file(halves, copy / "model.safetensors", {"format": "pt"})
    settings = json.loads((copy / "config.json").read_text()) | {"dtype": "float16"}
    (copy / "config.json").write_text(json.dumps(settings))
    assert next(encoder_of(copy).model.parameters()).dtype == torch.float32
    assert embeddings(encoder_of(copy), pictures, TEXTS)["images"].dtype == np.float32


def test_images_and_texts_of_two_widths_are_refused():
    with pytest.raises(ValueError, match="images have 3 dimensions and texts 4, expected as many"):
        check_widths([{"images": np.zeros((2, 3))}, {"texts": np.zeros((2, 4))}])


def test_a_kind_is_found_by_its_file():
    assert module_of("transformers") == "modality_gap.models.kinds.transformers"
    assert module_of("random") == "modality_gap.models.kinds.clip"


def test_a_package_that_is_not_there_is_named(clip, monkeypatch):
    monkeypatch.delitem(sys.modules, module_of("transformers"))
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match="kind transformers: transformers is not installed, exp"):
        encoder_of(clip)
