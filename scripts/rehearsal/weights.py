"""Random weights of the small networks, in files as they are published: of a hub, or at an address."""

import json
import re
from pathlib import Path
from typing import Any

import open_clip
import pooch
import torch
from safetensors.torch import save_file

from modality_gap.models.architectures import Source
from rehearsal.hub_files import write_text_model, write_tokenizer
from rehearsal.transformers_folders import FAMILIES, sentence_pieces

# What published names have of the hash: digits before the ending, or a whole folder.
HASH, WHOLE_HASH = re.compile(r"(?<=-)[0-9a-f]{8,64}(?=\.\w+$)"), re.compile(r"[0-9a-f]{64}")
SIGLIP_LENGTH = 64  # tokens of its texts


def random_network(library: str, architecture: str, hub: Path) -> torch.nn.Module:
    """A network with random weights, of a library's own making; hub: where text models are."""
    if library == "torchvision":
        import torchvision

        return torchvision.models.get_model(architecture)
    if library == "timm":
        import timm

        return timm.create_model(architecture)
    changes: dict[str, Any] = {}
    text = open_clip.get_model_config(architecture)["text_cfg"]
    if name := text.get("hf_model_name"):
        changes["text_cfg"] = text | {
            "hf_model_name": str(hub / name),
            "hf_model_pretrained": False,
        }
    return open_clip.create_model(architecture, pretrained_text=False, **changes)


def write_weights(
    library: str, architecture: str, tag: str, source: Source, hub: Path, served: Path
) -> str | None:
    """Write random weights where a tag's are published: below `hub`, or below `served`.

    Returns the path below `served`, where they are not of the hub: with the hash that is checked in
    it, as published names have it.
    """
    torch.manual_seed(sum(f"{architecture}.{tag}".encode()))
    weights = {
        name: value.clone().contiguous()
        for name, value in random_network(library, architecture, hub).state_dict().items()
    }
    if source.repository:
        file = hub / source.repository / source.files[0]
        write_file(weights, file)
        return None
    file = served / "weights" / Path(source.url).name
    write_file(weights, file)
    digits = pooch.file_hash(str(file))
    if named := HASH.search(file.name):
        name = file.name.replace(named[0], digits[: len(named[0])])
        return str(file.rename(file.with_name(name)).relative_to(served))
    if WHOLE_HASH.fullmatch(source.url.split("/")[-2]):  # OpenAI's: the folder is called by it
        (file.parent / digits).mkdir()
        file = file.rename(file.parent / digits / file.name)
    return str(file.relative_to(served))


def write_file(weights: dict[str, torch.Tensor], file: Path) -> None:
    """Write weights in the form that the file's name says."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".safetensors":
        save_file(weights, file)
    else:
        torch.save(weights, file)


def write_repository(repository: str, needs: list[str], hub: Path) -> None:
    """Write what a study needs of a repository of the hub: a tokenizer, a text model, a whole model.

    A SigLIP has a tokenizer of its own kind; a model of transformers is of the family whose name is
    in the repository's, CLIP where none is.
    """
    folder, name = hub / repository, repository.lower().replace("-", "_")
    folder.mkdir(parents=True, exist_ok=True)
    if "configuration" in needs:
        families = sorted((family for family in FAMILIES if family in name), key=len)
        FAMILIES[families[-1] if families else "clip"](folder)
    elif "text model" in needs:
        write_text_model(folder, "mt5" if "mt5" in name else "xlm-roberta")
    elif "siglip" in name:
        sentence_pieces(model_max_length=SIGLIP_LENGTH).save_pretrained(folder)
    else:
        write_tokenizer(folder)


def write_architecture(file: Path, config: dict[str, Any]) -> None:
    """Write an architecture as open_clip has them."""
    file.write_text(json.dumps(config, indent=1), "utf-8")
