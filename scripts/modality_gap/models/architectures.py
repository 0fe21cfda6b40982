"""What open_clip's files say of its architectures and tags, read without importing it.

A study is planned with this: open_clip imports torch, which planning does without.
"""

import ast
import difflib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from modality_gap.data.watched import check_listed

QUICK_GELU = "-quickgelu"
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
# Where a repository of the Hugging Face hub lies once it is downloaded, from the working directory.
HUB = Path("results/downloads/hub")
TOKENIZERS = ("tokenizer.json", "*.model", "vocab.*")  # files of which a tokenizer has one
# A torch file that brings its own facts: TorchScript, and the weights that runs write.
SCRIPTED, OWN_FACTS = "constants.pkl", b"preprocess_cfg"

# Without a file name open_clip and timm look for these, in this order.
HUB_WEIGHTS = {
    "open_clip": ("open_clip_model.safetensors", "open_clip_pytorch_model.bin"),
    "timm": ("model.safetensors", "pytorch_model.bin"),
}


def check_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise ValueError, with the names most like it, where a name is not among those known."""
    known = list(known)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=5, cutoff=0) or ["(there is none)"]
        raise ValueError(
            f"unknown {kind}: {name!r}, expected a known one, such as {', '.join(close)}"
        )


@cache
def package_folder() -> Path:
    """Where open_clip is installed.

    Raises ValueError where it is not: then nobody knows what a model of it needs.
    """
    found = find_spec("open_clip")
    if found is None:
        raise ValueError(
            "open_clip is not installed where Snakemake runs, expected it there to plan its models "
            "(pip install --no-deps open_clip_torch, in the version of requirements.lock)"
        )
    return Path(found.submodule_search_locations[0])


@cache
def pretrained_tags() -> dict[str, dict[str, dict]]:
    """open_clip's table of pretrained weights: by architecture and tag, what is known of them.

    Of a tag: `hf_hub` and `url` (where the weights are), `mean`, `std`, `interpolation`,
    `resize_mode`, and `quick_gelu` where they were trained with that activation. The table is
    built by the module's own statements, without what it imports.
    """
    names: dict = {}
    for file in ("constants.py", "pretrained.py"):
        tree = ast.parse((package_folder() / file).read_text())
        tree.body = [node for node in tree.body if builds_the_table(node)]
        exec(compile(tree, file, "exec"), names)
    return names["_PRETRAINED"]


def builds_the_table(node: ast.stmt) -> bool:
    """Whether a statement of open_clip's module makes a part of its table of weights."""
    if isinstance(node, ast.ImportFrom | ast.Import):
        return any(alias.name in ("copy", "Dict", "Optional") for alias in node.names)
    if isinstance(node, ast.FunctionDef):
        return node.name.endswith("cfg") and node.name.startswith("_")
    return isinstance(node, ast.Assign | ast.For) or (
        isinstance(node, ast.Expr) and "_PRETRAINED" in ast.unparse(node)
    )


def known_architectures(own: str | Path) -> list[str]:
    """The names of all architectures: files of the folder `own`, and open_clip's."""
    folders = [Path(own), package_folder() / "model_configs"]
    return sorted({file.stem for folder in folders for file in folder.glob("*.json")})


@cache
def architecture_config(name: str, own: str | Path) -> dict:
    """The configuration of an architecture: a JSON file of the folder `own`, or of open_clip's.

    Raises ValueError for one that is in neither.
    """
    file = Path(own) / f"{name}.json"
    if not file.is_file():
        check_known("architecture", name, known_architectures(own))
        file = package_folder() / f"model_configs/{name}.json"
    return json.loads(file.read_text())


def tags_of(architecture: str) -> dict[str, dict]:
    """The pretrained weights of an architecture by tag; none of one that is not open_clip's."""
    return pretrained_tags().get(architecture, {})


@dataclass(frozen=True)
class Source:
    """Where weights are: files of a repository of the hub, the first that is there; or an address.

    sha256: of the file at the address, or as many of its first digits as are published.
    """

    repository: str = ""
    files: tuple[str, ...] = ()
    url: str = ""
    sha256: str = ""

    def names(self) -> list[str]:
        """What the file may be called in a folder of files downloaded before."""
        return [f"{self.repository}/{file}" for file in self.files] + (
            [self.url.rpartition("/")[2]] if self.url else []
        )


def open_clip_source(architecture: str, tag: str) -> Source:
    """Where the weights of a tag of open_clip are."""
    check_known(f"tag of {architecture}", tag, tags_of(architecture))
    found = tags_of(architecture)[tag]
    repository, _, file = found.get("hf_hub", "").rpartition("/")
    files = (file,) if file else HUB_WEIGHTS["open_clip"]
    if file.endswith(".bin"):  # as open_clip: the safe form, where it is there
        files = (f"{file.removesuffix('.bin')}.safetensors", file)
    url = found.get("url", "")
    digits = ""
    if "openaipublic" in url:
        digits = url.split("/")[-2]
    elif "mlfoundations" in url:
        digits = Path(url).stem.rpartition("-")[2]
    return Source(repository, files if repository else (), url, digits)


def published(architecture: str, tag: str) -> list[tuple[str, str]]:
    """(architecture, tag) of all weights of open_clip whose two names match patterns, as of fnmatch.

    Weights that were trained with QuickGELU stand under the architecture that has it, whether its
    own name matches or not: under the plain one they give other embeddings. Raises ValueError where
    there are none.
    """
    found = {}
    for name, tags in pretrained_tags().items():
        for own, facts in tags.items():
            if fnmatchcase(name, architecture) and fnmatchcase(own, tag):
                plain = name.removesuffix(QUICK_GELU)
                found[f"{plain}{QUICK_GELU}" if facts.get("quick_gelu") else name, own] = None
    if not found:
        known = sorted(pretrained_tags())
        close = difflib.get_close_matches(architecture, known, n=5, cutoff=0)
        raise ValueError(
            f"no published weights match architecture {architecture!r} and tag {tag!r}, expected "
            f"patterns of names such as {', '.join(close)}"
        )
    return list(found)


def hub_repositories(architecture: str, config: dict) -> dict[str, list[str]]:
    """The repositories of the Hugging Face hub that an architecture is built from.

    By repository: `tokenizer`, `text model` (its configuration; the weights are CLIP's own), or
    both. Raises ValueError for a SigLIP that names no tokenizer.
    """
    text = config["text_cfg"]
    found: dict[str, list[str]] = {}
    for key, need in (("hf_tokenizer_name", "tokenizer"), ("hf_model_name", "text model")):
        if text.get(key):
            found.setdefault(text[key], []).append(need)
    if not text.get("hf_tokenizer_name") and "siglip" in architecture.lower():
        raise ValueError(
            f"architecture {architecture}: open_clip takes a tokenizer by this name, expected "
            "`hf_tokenizer_name` in its text_cfg, such as timm/ViT-B-16-SigLIP"
        )
    return found


def hub_folder(repository: str) -> Path:
    """Where a downloaded repository lies.

    Raises FileNotFoundError where it was not downloaded: no job goes and gets it; ValueError where
    a file is another one than was downloaded.
    """
    if not hub_record(repository).is_file():
        raise FileNotFoundError(
            f"{hub_record(repository)}: {repository} is not downloaded, expected its files there "
            "(`snakemake downloads`, where there is a network)"
        )
    check_listed(hub_record(repository))
    return HUB / repository


def hub_record(repository: str) -> Path:
    """The file that says that a repository is downloaded."""
    return HUB / repository / "files.txt"


def activation_is_open(architecture: str, known: Iterable[str]) -> bool:
    """Whether weights of this architecture may have been trained with either activation.

    The names of the weights are the same with GELU and with QuickGELU.
    """
    found = {tag.get("quick_gelu", False) for tag in tags_of(architecture).values()}
    return len(found) > 1 or f"{architecture}{QUICK_GELU}" in known


def preprocessing_of(tag: dict) -> dict:
    """How the images of a tag are prepared."""
    return {key: tag[key] for key in PREPROCESSING}


def preprocessings(tags: dict[str, dict]) -> list[dict]:
    """The different ways in which the images of some tags are prepared."""
    found = []
    for tag in tags.values():
        if preprocessing_of(tag) not in found:
            found.append(preprocessing_of(tag))
    return found


def stated_preprocessing(architecture: str, stated: str | dict | None) -> dict | None:
    """How images are prepared for weights that do not say it themselves, or None: as by default.

    stated: a tag of the architecture whose way it is, or the way itself. Raises ValueError for an
    unknown tag, and where it is not stated although the tags differ.
    """
    tags = tags_of(architecture)
    if isinstance(stated, str):
        check_known(f"tag of {architecture}", stated, tags)
        return preprocessing_of(tags[stated])
    if stated is not None:
        return stated
    found = preprocessings(tags)
    if len(found) > 1:
        choices = "; ".join(describe_preprocessing(way, tags) for way in found)
        raise ValueError(
            f"missing preprocessing, expected the name of a tag of {architecture} whose images "
            f"were prepared as those of these weights, or mean, std, interpolation and "
            f"resize_mode: {choices}"
        )
    return found[0] if found else None


def describe_preprocessing(way: dict, tags: dict[str, dict]) -> str:
    """A way to prepare images, in words, with the tags that have it."""
    names = [name for name, tag in tags.items() if preprocessing_of(tag) == way]
    mean = ", ".join(f"{value:.3g}" for value in way["mean"])
    return f"{', '.join(names)} (mean {mean}; {way['interpolation']}, {way['resize_mode']})"


def stated_activation(
    architecture: str, stated: bool | None, known: Iterable[str], own: bool
) -> bool:
    """Whether weights were trained with QuickGELU, where they do not say it themselves.

    stated: the study's `quick_gelu`; own: whether the architecture has it. Raises ValueError where
    the name of the architecture says the contrary, and where it is not stated although there are
    weights of both kinds.
    """
    if architecture.endswith(QUICK_GELU) and stated is False:
        plain = architecture.removesuffix(QUICK_GELU)
        raise ValueError(f"quick_gelu: false with {architecture}, expected architecture {plain}")
    if stated is None and activation_is_open(architecture, known):
        raise ValueError(
            f"missing quick_gelu, expected true or false: weights of {architecture} exist with "
            "both activations, under the same names (true: OpenAI's, MetaCLIP's, DFN's and what "
            "was trained on from them)"
        )
    return own if stated is None else stated


def check_tag(architecture: str, tag: str, own: bool) -> None:
    """Raise ValueError where an architecture has no pretrained weights of this name.

    The same where they were trained with another activation: open_clip would load them all the
    same, and give other embeddings. own: whether the architecture has QuickGELU.
    """
    check_known(f"tag of {architecture}", tag, tags_of(architecture))
    if tags_of(architecture)[tag].get("quick_gelu", False) and not own:
        raise ValueError(
            f"tag {tag} of {architecture} was trained with QuickGELU, expected the architecture "
            f"{architecture}{QUICK_GELU}"
        )


def brings_its_own_facts(file: str | Path) -> bool:
    """Whether a file of weights may say itself how it is used; told from its directory alone."""
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith(SCRIPTED):
                return True
            if name.endswith("data.pkl") and OWN_FACTS in archive.read(name):
                return True
    return False


def check_architectures(study: dict, own: str | Path) -> None:
    """Raise ValueError, with the key's path, for a model of open_clip that cannot be built.

    study: a valid configuration, whose files are there; own: the folder of architecture files.
    """
    for path, entry in named_networks(study):
        try:
            check_network(entry, own)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def named_networks(study: dict) -> Iterable[tuple[str, dict]]:
    """What a study names an architecture of open_clip in, with its path."""
    families = study.get("seed_cones", {}).get("families", {})
    for place, entries in (
        ("training", study.get("training", {})),
        ("encoders", study.get("encoders", {})),
        ("seed_cones.families", families),
    ):
        for name, entry in entries.items():
            if "architecture" in entry and entry.get("library", "open_clip") == "open_clip":
                yield f"{place}.{name}", entry


def check_network(entry: dict, own: str | Path) -> None:
    """Raise ValueError for what a study says of a model, where that does not go together."""
    architecture = entry["architecture"]
    config = architecture_config(architecture, own)
    hub_repositories(architecture, config)
    quick_gelu = config.get("quick_gelu", False)
    if "tag" in entry:
        check_tag(architecture, entry["tag"], quick_gelu)
    if "file" in entry and not brings_its_own_facts(entry["file"]):
        stated_preprocessing(architecture, entry.get("preprocessing"))
        known = known_architectures(own)
        stated_activation(architecture, entry.get("quick_gelu"), known, quick_gelu)
