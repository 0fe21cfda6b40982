"""What models need of a hub or an address: downloaded, or taken from a folder, and then used."""

import hashlib
import json
import os
import subprocess
import sys

import open_clip
import pytest
import timm
import torch
import torchvision
from conftest import ROOT
from rehearsal.hub_files import hub, write_text_model, write_tokenizer
from rehearsal.local_server import serve
from rehearsal.transformers_folders import write_two_towers
from safetensors.torch import load_file, save_file

from modality_gap.models import hub as downloads
from modality_gap.models.architectures import HUB, Source, hub_folder, hub_record
from modality_gap.models.backbones import build_one_sided
from modality_gap.models.build import (
    build_encoder,
    build_model,
    build_tokenizer,
    downloaded_weights,
    register_architectures,
)
from modality_gap.models.embed import embed_texts, weights_fingerprint
from modality_gap.models.hub import fetch_repository, fetch_weights
from modality_gap.models.kinds import build

ARCHITECTURE = "emoji-resnet"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A working directory, with a folder of files that were downloaded before."""
    register_architectures(ROOT / "config/architectures")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "local").mkdir()
    return tmp_path / "local"


@pytest.fixture
def tag(monkeypatch):
    """Gives an architecture of ours a tag of pretrained weights."""

    def add(**where):
        way = {"mean": (0.5,) * 3, "std": (0.5,) * 3, "interpolation": "bicubic"}
        entry = way | {"resize_mode": "squash"} | where
        monkeypatch.setitem(
            downloads.open_clip_source.__globals__["pretrained_tags"](),
            ARCHITECTURE,
            {"ours": entry},
        )

    return add


def pretrained(record):
    entry = {"kind": "pretrained", "architecture": ARCHITECTURE, "tag": "ours"}
    return build_encoder(entry, ARCHITECTURE, record)


def in_own_process(code, **environment):
    """Run a piece of code with an environment that huggingface_hub reads when it is imported."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_weights_of_an_address_are_downloaded_and_prepared_as_their_tag_says(tmp_path, tag):
    model = build_model(ARCHITECTURE, seed=3)
    (tmp_path / "served").mkdir()
    torch.save(model.state_dict(), tmp_path / "served/weights.pt")
    record = tmp_path / "ours.txt"
    with serve(tmp_path / "served") as address:
        tag(url=f"{address}/weights.pt")
        fetch_weights("open_clip", ARCHITECTURE, "ours", record, None)
    found = pretrained(record)
    assert weights_fingerprint(found) == weights_fingerprint(model)
    assert found.visual.preprocess_cfg["resize_mode"] == "squash"
    assert found.visual.preprocess_cfg["mean"] == (0.5, 0.5, 0.5)
    downloaded_weights(record).unlink()
    with pytest.raises(FileNotFoundError, match=r"weights\.pt is gone"):
        pretrained(record)
    with pytest.raises(OSError, match="download failed"):
        fetch_weights("open_clip", ARCHITECTURE, "ours", record, None)


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_weights_of_the_hub_are_taken_from_local_files(tmp_path, place, tag, ending):
    tag(hf_hub="someone/model/")
    record = tmp_path / "ours.txt"
    names = "someone/model/open_clip_model.safetensors or someone/model/open_clip_pytorch_model.bin"
    with pytest.raises(FileNotFoundError, match=f"no {names}, expected there by `local_files`"):
        fetch_weights("open_clip", ARCHITECTURE, "ours", record, str(place))
    model = build_model(ARCHITECTURE, seed=3)
    (place / "someone/model").mkdir(parents=True)
    if ending == "safetensors":
        save_file(model.state_dict(), place / "someone/model/open_clip_model.safetensors")
    else:
        torch.save(model.state_dict(), place / "someone/model/open_clip_pytorch_model.bin")
    fetch_weights("open_clip", ARCHITECTURE, "ours", record, str(place))
    assert weights_fingerprint(pretrained(record)) == weights_fingerprint(model)


def test_a_wrong_hash_of_local_weights_is_named(tmp_path, place, tag):
    torch.save(build_model(ARCHITECTURE, seed=3).state_dict(), place / "RN.pt")
    digest = hashlib.sha256((place / "RN.pt").read_bytes()).hexdigest()
    record = tmp_path / "ours.txt"
    tag(url=f"https://openaipublic.azureedge.net/clip/models/{'0' * 64}/RN.pt")
    with pytest.raises(ValueError, match=r"RN\.pt: sha256 is .*, expected 0000"):
        fetch_weights("open_clip", ARCHITECTURE, "ours", record, str(place))
    assert not record.exists()
    tag(url=f"https://openaipublic.azureedge.net/clip/models/{digest}/RN.pt")
    fetch_weights("open_clip", ARCHITECTURE, "ours", record, str(place))


def test_weights_of_torchvision_are_taken_from_local_files(tmp_path, place, monkeypatch):
    torch.manual_seed(5)
    network = torchvision.models.resnet18()
    name = "resnet18-f37072fd.pth"
    torch.save(network.state_dict(), place / name)
    which = ("torchvision", "resnet18", "IMAGENET1K_V1", tmp_path / "v1.txt", str(place))
    with pytest.raises(ValueError, match="sha256 is .*, expected f37072fd"):
        fetch_weights(*which)
    monkeypatch.setitem(downloads.SOURCES, "torchvision", lambda *_: Source(url=f"x/{name}"))
    fetch_weights(*which)
    monkeypatch.setattr(torch.hub, "download_url_to_file", None)
    entry = {"kind": "image_backbone", "library": "torchvision", "architecture": "resnet18"}
    found = build_one_sided(entry | {"tag": "IMAGENET1K_V1"}, tmp_path / "v1.txt")
    assert torch.equal(found.visual.conv1.weight, network.conv1.weight)


def test_weights_of_timm_are_taken_from_local_files(tmp_path, place):
    torch.manual_seed(5)
    network = timm.create_model("test_vit")
    which = ("timm", "test_vit", "r160_in1k", tmp_path / "r160.txt", str(place))
    with pytest.raises(FileNotFoundError, match=r"timm/test_vit.r160_in1k/model.safetensors or"):
        fetch_weights(*which)
    (place / "timm/test_vit.r160_in1k").mkdir(parents=True)
    save_file(network.state_dict(), place / "timm/test_vit.r160_in1k/model.safetensors")
    fetch_weights(*which)
    entry = {"kind": "image_backbone", "library": "timm", "architecture": "test_vit"}
    found = build_one_sided(entry | {"tag": "r160_in1k"}, tmp_path / "r160.txt")
    assert torch.equal(found.visual.pos_embed, network.pos_embed)


@pytest.mark.parametrize(
    ("library", "architecture", "tag", "expected"),
    [
        ("open_clip", "ViT-B-32", "opennai", "unknown tag of ViT-B-32: 'opennai', .*openai"),
        ("torchvision", "resnet18", "V9", "unknown tag of resnet18: 'V9'"),
        ("timm", "resnet18", "v9", "unknown tag of resnet18: 'v9'"),
    ],
)
def test_unknown_tags_are_named(tmp_path, place, library, architecture, tag, expected):
    with pytest.raises(ValueError, match=expected):
        fetch_weights(library, architecture, tag, tmp_path / "x.txt", str(place))


@pytest.mark.parametrize("architecture", ["ViT-B-16-SigLIP", "ViT-H-14-CLIPA", "ViT-B-16-SigLIP2"])
def test_a_tokenizer_is_taken_from_local_files(place, architecture):
    name = open_clip.get_model_config(architecture)["text_cfg"]["hf_tokenizer_name"]
    with pytest.raises(FileNotFoundError, match=f"{name} is not downloaded, expected its files"):
        build_tokenizer(architecture)
    with pytest.raises(FileNotFoundError, match=rf"no tokenizer \(tokenizer.json, .* in .*{name}"):
        fetch_repository(name, ["tokenizer"], str(place))
    write_tokenizer(place / name)
    (place / name / "model.safetensors").write_bytes(b"too large to copy")
    fetch_repository(name, ["tokenizer"], str(place))
    assert "tokenizer.json" in (hub_folder(name) / "files.txt").read_text().split()
    assert not (hub_folder(name) / "model.safetensors").exists()
    tokenizer = build_tokenizer(architecture)
    tokens = tokenizer(["a dog", "a number, 7!"])
    length = open_clip.get_model_config(architecture)["text_cfg"]["context_length"]
    assert tokens.shape == (2, length)
    expected = open_clip.tokenizer.HFTokenizer(
        str(place / name),
        context_length=length,
        **open_clip.get_model_config(architecture)["text_cfg"]["tokenizer_kwargs"],
    )
    assert torch.equal(tokens, expected(["a dog", "a number, 7!"]))


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [("xlm-roberta-base-ViT-B-32", "xlm-roberta"), ("mt5-base-ViT-B-32", "mt5")],
)
def test_a_text_tower_is_built_from_local_files(place, architecture, kind):
    name = open_clip.get_model_config(architecture)["text_cfg"]["hf_model_name"]
    needs = ["text model", "tokenizer"]
    write_tokenizer(place / name)
    (place / name / "config.json").unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError, match=rf"no config\.json in .*{name}"):
        fetch_repository(name, needs, str(place))
    write_text_model(place / name, kind)
    fetch_repository(name, needs, str(place))
    model = build_model(architecture, seed=0)
    texts = embed_texts(model, build_tokenizer(architecture), ["a dog", "a"], 2, "float32")
    assert texts.shape == (2, 512)
    torch.save({"state_dict": model.state_dict()}, "x.pt")
    again = build_model(architecture, checkpoint="x.pt")
    assert weights_fingerprint(again) == weights_fingerprint(model)


MODEL = ["configuration", "tokenizer", "weights"]


def test_a_model_of_transformers_is_taken_from_local_files(place):
    name = "someone/clip"
    with pytest.raises(FileNotFoundError, match=rf"no config\.json in .*{name}"):
        fetch_repository(name, MODEL, str(place))
    write_two_towers(place / name)
    weights = (place / name / "model.safetensors").rename(place / "kept")
    with pytest.raises(FileNotFoundError, match=r"no weights \(model\.safetensors, model-\*\.saf"):
        fetch_repository(name, MODEL, str(place))
    fetch_repository(name, ["configuration", "tokenizer"], str(place))
    record = hub_folder(name) / "files.txt"
    drawn = build({"kind": "transformers", "seed": 1}, record, None).facts()
    torch.save(load_file(weights), place / name / "pytorch_model.bin")
    (place / name / "onnx").mkdir()
    fetch_repository(name, MODEL, str(place))
    from_bin = build({"kind": "transformers"}, record, None).facts()
    weights.rename(place / name / "model.safetensors")
    (hub_folder(name) / "pytorch_model.bin").unlink()
    fetch_repository(name, MODEL, str(place))
    assert "model.safetensors" in record.read_text().split()
    assert "pytorch_model.bin" not in record.read_text().split()
    found = build({"kind": "transformers"}, record, None).facts()
    assert from_bin["weights_sha256"] == found["weights_sha256"] != drawn["weights_sha256"]


def test_what_is_no_tokenizer_is_named(place):
    write_tokenizer(place / "timm/ViT-B-16-SigLIP")
    (place / "timm/ViT-B-16-SigLIP/tokenizer.json").write_text("{}")
    fetch_repository("timm/ViT-B-16-SigLIP", ["tokenizer"], str(place))
    with pytest.raises(ValueError, match="hub/timm/ViT-B-16-SigLIP: not a tokenizer of timm/"):
        build_tokenizer("ViT-B-16-SigLIP")


def test_downloads_of_the_hub(tmp_path):
    """By huggingface_hub itself, from a hub on this machine."""
    write_text_model(tmp_path / "hub/xlm-roberta-base")
    write_two_towers(tmp_path / "hub/someone/clip", "siglip")
    (tmp_path / "hub/someone/clip/pytorch_model.bin").write_bytes(b"not needed")
    (tmp_path / "hub/someone/clip/own.py").write_text("raise SystemExit")
    weights = tmp_path / "hub/timm/test_vit.r160_in1k"
    weights.mkdir(parents=True)
    torch.save(timm.create_model("test_vit").state_dict(), weights / "pytorch_model.bin")
    code = (
        "from modality_gap.models.hub import fetch_repository, fetch_weights\n"
        "fetch_repository('xlm-roberta-base', ['text model', 'tokenizer'], None)\n"
        "fetch_weights('timm', 'test_vit', 'r160_in1k', 'r160.txt', None)\n"
        "fetch_repository('someone/clip', ['configuration', 'tokenizer', 'weights'], None)\n"
        "try: fetch_repository('someone/nothing', ['tokenizer'], None)\n"
        "except OSError as error: print(error)\n"
    )
    with hub(tmp_path / "hub") as address:
        said = in_own_process(code, HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
    assert "someone/nothing: download failed (" in said
    kept = {file.name for file in (tmp_path / HUB / "xlm-roberta-base").iterdir()}
    assert {"config.json", "tokenizer.json", "tokenizer_config.json", "files.txt"} <= kept
    clip = {file.name for file in (tmp_path / HUB / "someone/clip").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= clip
    assert not {"pytorch_model.bin", "own.py"} & clip
    model = build({"kind": "transformers"}, hub_record("someone/clip"), None)
    assert model.facts()["architecture"] == "SiglipModel"
    assert (tmp_path / "r160.txt").read_text() == "r160/pytorch_model.bin\n"
    record = (tmp_path / HUB / "xlm-roberta-base/files.txt").read_text()
    content = (tmp_path / "hub/xlm-roberta-base/config.json").read_bytes()
    assert f"{hashlib.sha256(content).hexdigest()}  config.json\n" in record
    assert json.loads((tmp_path / HUB / "xlm-roberta-base/config.json").read_text())
