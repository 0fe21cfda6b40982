"""The networks of a study in miniature: packages of small architectures, and weights to serve.

A copy of open_clip, of links to the installed one, has other configurations under the same names;
its table of weights, and torchvision's, name a server on this machine.
"""

import json
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WIDTH, HEAD, LAYERS, SIDE = 64, 32, 2, 32
# timm's own small networks for its tests, by what the name of a network has in it.
TIMM = {"vit": "test_vit", "convnext": "test_convnext", "efficientnet": "test_efficientnet"}
TIMM |= {"resnet": "test_resnet", "RN": "test_resnet"}
PACKAGES = "packages"


def small_architecture(config: dict[str, Any]) -> dict[str, Any]:
    """An architecture of open_clip with towers of its own kinds, narrow and flat.

    config: as open_clip's JSON files have it. What is not a size stays: pooling, masks, activations,
    normalisation, the tokenizer and its vocabulary.
    """
    image, text = dict(config["vision_cfg"]), dict(config["text_cfg"])
    if name := image.get("timm_model_name"):
        kind = next((own for part, own in TIMM.items() if part in name), "test_vit")
        image |= {"timm_model_name": kind, "timm_model_pretrained": False, "image_size": SIDE}
    elif isinstance(image["layers"], list):
        image |= {"layers": [1] * len(image["layers"]), "width": 16, "image_size": SIDE}
    else:
        image |= {"layers": LAYERS, "width": WIDTH, "head_width": HEAD}
        image |= {"patch_size": 8, "image_size": SIDE}
    if "hf_model_name" not in text:
        text |= {"width": WIDTH, "heads": WIDTH // HEAD, "layers": LAYERS}
    found = config | {"embed_dim": WIDTH, "vision_cfg": image, "text_cfg": text}
    if "multimodal_cfg" in config:
        own = {"width": WIDTH, "heads": WIDTH // HEAD, "layers": LAYERS}
        found["multimodal_cfg"] = config["multimodal_cfg"] | own
    return found


def stand_in(package: str, folder: Path, changed: dict[str, str]) -> None:
    """A package of links to an installed one, but for some files, whose text is another.

    folder: that the package is put into; changed: texts by path in the package.
    """
    spec = find_spec(package)
    link(Path(spec.submodule_search_locations[0]), folder / package, changed)
    # Libraries that compiled parts of a wheel look for beside the package.
    libraries = Path(spec.submodule_search_locations[0]).with_name(f"{package}.libs")
    if libraries.is_dir():
        (folder / libraries.name).symlink_to(libraries)


def link(origin: Path, folder: Path, changed: dict[str, str]) -> None:
    """Link to all in a folder, but for what is changed below it."""
    folder.mkdir(parents=True)
    for file in origin.iterdir():
        below = {
            name.partition("/")[2]: text
            for name, text in changed.items()
            if name.partition("/")[0] == file.name
        }
        if file.name == "__pycache__":
            continue  # of the unchanged files
        if "" in below:
            (folder / file.name).write_text(below[""], "utf-8")
        elif below:
            link(file, folder / file.name, below)
        else:
            (folder / file.name).symlink_to(file)


def open_clip_texts(
    architectures: dict[str, dict], addresses: dict[tuple[str, str], str]
) -> dict[str, str]:
    """The files of open_clip that are others: small architectures, and where weights are.

    architectures: the configurations of those that are needed, by name; addresses: of weights, by
    architecture and tag, where their file is not of the hub.
    """
    texts = {
        f"model_configs/{name}.json": json.dumps(small_architecture(config), indent=1)
        for name, config in architectures.items()
    }
    if addresses:
        spec = find_spec("open_clip")
        table = Path(spec.submodule_search_locations[0]) / "pretrained.py"
        lines = [
            f"_PRETRAINED[{architecture!r}][{tag!r}] = "
            f"dict(_PRETRAINED[{architecture!r}][{tag!r}], url={address!r})"
            for (architecture, tag), address in addresses.items()
        ]
        texts["pretrained.py"] = "\n".join([table.read_text("utf-8"), *lines, ""])
    return texts


def torchvision_texts(addresses: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The files of torchvision that name addresses of weights, with others; (old, new) of each."""
    folder = Path(find_spec("torchvision").submodule_search_locations[0])
    texts: dict[str, str] = {}
    for file in sorted((folder / "models").rglob("*.py")):
        text = before = file.read_text("utf-8")
        for old, new in addresses:
            text = text.replace(old, new)
        if text != before:
            texts[str(file.relative_to(folder))] = text
    return texts
