"""What the networks of a study are built from: entries, architectures, weights, what a hub has."""

from pathlib import Path

from modality_gap.data.watched import folder_files, stamp
from modality_gap.models.architectures import (
    architecture_config,
    hub_record,
    hub_repositories,
    named_networks,
    open_clip_source,
)
from modality_gap.models.kinds import module_of
from modality_gap.study.encoders import KINDS
from modality_gap.study.originals import DOWNLOADS, file_of

# What of an encoder's entry changes its embeddings.
KEPT = (
    "kind",
    "tag",
    "seed",
    "library",
    "architecture",
    "dimension",
    "normalization",
    "preprocessing",
    "quick_gelu",
    "part",
    "interpolate",
    "hub",
    "arguments",
    "own_files",
)
# What networks are built and run with, from the folder of rules.
ENVIRONMENT = "../../envs/network.yaml"


def stamps(files: list[str]) -> list[list]:
    """Size and time of files: one that is replaced by an older one is no newer input."""
    return [list(stamp(file) or ()) for file in files]


def own_files(entry: dict) -> list[str]:
    """The files that a user brings for an encoder. Hidden ones are no part of a folder."""
    if "folder" in entry:
        return folder_files(entry["folder"], KINDS[entry["kind"]].LOOKS_AT)
    return entry.get("files", [entry["file"]] if "file" in entry else [])


def weights_download(entry: dict) -> str:
    """The file that says where downloaded weights lie."""
    library = entry.get("library", "open_clip")
    return f"{DOWNLOADS}/weights/{library}/{entry['architecture']}/{entry['tag']}.txt"


def weights_names(library: str, architecture: str, tag: str) -> str:
    """The names of downloaded weights in `local_files`; torchvision's and timm's tables are code."""
    if library == "torchvision":
        return "the file of torchvision by its own name"
    if library == "timm":
        name = f"{architecture}.{tag}"
        return f"timm's file under its repository, mostly timm/{name}/model.safetensors"
    return " or ".join(open_clip_source(architecture, tag).names())


def needs_of_model(entry: dict) -> dict[str, list[str]]:
    """The repository of the hub that an encoder is read from, with what of it; most have none."""
    if "hub" not in entry:
        return {}
    weights = [] if "seed" in entry else ["weights"]
    return {entry["hub"]: ["configuration", "tokenizer", *weights]}


class Networks:
    """The networks of a study.

    config: the study, its defaults filled in; folder: of the project's own architectures.
    """

    def __init__(self, config: dict, folder: Path):
        self.folder = folder
        self.encoders, self.runs = config["encoders"], config["training"]
        self.repositories: dict[str, list[str]] = {}
        found = [self.needs_of_hub(entry["architecture"]) for _, entry in named_networks(config)]
        found += [needs_of_model(entry) for entry in self.encoders.values()]
        for name, needs in (pair for one in found for pair in one.items()):
            self.repositories[name] = sorted({*self.repositories.get(name, []), *needs})

    def needs_of_hub(self, architecture: str) -> dict:
        """The repositories of the hub that an architecture is built from, with what of them."""
        config_file = architecture_config(architecture, self.folder)
        return hub_repositories(architecture, config_file)

    def needs(self, repository: str) -> list[str]:
        """What of a repository of the hub is needed."""
        return self.repositories[repository]

    def hub_files(self, architecture: str | None) -> list[str]:
        """The downloads of the hub that an architecture needs."""
        needs = self.needs_of_hub(architecture) if architecture else {}
        return [str(hub_record(name)) for name in needs]

    def own_architecture(self, architecture: str | None) -> list[Path]:
        """The architecture's JSON file, where it is one of the project's own."""
        if architecture is None:
            return []
        file = self.folder / f"{architecture}.json"
        return [file] if file.is_file() else []

    def libraries(self, architecture: str) -> list[str]:
        """The libraries beside open_clip that an architecture is built with."""
        config = architecture_config(architecture, self.folder)
        timm = ["timm"] if "timm_model_name" in config["vision_cfg"] else []
        return timm + (["transformers"] if hub_repositories(architecture, config) else [])

    def image_size(self, architecture: str) -> int | None:
        """The side of the square images of an architecture, where its file tells it."""
        size = architecture_config(architecture, self.folder)["vision_cfg"].get("image_size")
        return size if isinstance(size, int) else None

    def downloads(self) -> list[str]:
        """The downloads of all pretrained weights of the study, and what it needs of the hub."""
        weights = [
            weights_download(entry)
            for entry in self.encoders.values()
            if entry["kind"] in ("pretrained", "image_backbone") and "tag" in entry
        ]
        return weights + [str(hub_record(name)) for name in self.repositories]

    def of_run(self, run: str) -> dict:
        """Architecture of a training run, and dimension where it is not the architecture's own."""
        settings = self.runs[run]
        if "start" in settings:
            return self.network(settings["start"])
        return {key: settings[key] for key in ("architecture", "dimension") if key in settings}

    def entry(self, encoder: str) -> dict:
        """What an encoder is, without what does not change its embeddings."""
        entry = self.encoders[encoder]
        if entry["kind"] == "run":
            entry = entry | self.of_run(entry["run"])
        elif own := own_files(entry):
            entry = entry | {"own_files": stamps(own)}
        return {key: entry[key] for key in KEPT if key in entry}

    def network(self, encoder: str) -> dict:
        """Architecture of a network, and dimension where it is not the architecture's own."""
        entry = self.entry(encoder)
        return {key: entry[key] for key in ("architecture", "dimension") if key in entry}

    def architecture(self, encoder: str) -> str | None:
        """The name of a network's architecture; None where its files say what it is."""
        return self.network(encoder).get("architecture")

    def module(self, encoder: str) -> str:
        """The module that builds an encoder."""
        return module_of(self.encoders[encoder]["kind"])

    def built_from(self, encoder: str) -> list[str]:
        """The files that an encoder is built from, beside its weights."""
        return self.folder_files(encoder) or self.hub_files(self.architecture(encoder))

    def encoder_libraries(self, encoder: str) -> list[str]:
        """The libraries beside open_clip that an encoder is built with, timm for weights of others."""
        libraries = KINDS[self.encoders[encoder]["kind"]].LIBRARIES
        if libraries is not None:
            return list(libraries)
        others = {"tag", "own_files"} & self.entry(encoder).keys()
        found = self.libraries(self.architecture(encoder))
        return sorted({*found, "timm"}) if others else found

    def environment(self, encoder: str) -> str:
        """The conda file of an encoder's jobs: the workflow's own, or that of a user's code."""
        conda = self.encoders[encoder].get("conda")
        return ENVIRONMENT if conda is None else str(Path(conda).resolve())

    def threads(self, encoder: str) -> int:
        """As in training: two networks that need no GPU side by side outrun one on two cores."""
        run = self.encoders[encoder].get("run")
        return 1 if run is not None and self.runs[run].get("gpus", 1) == 0 else 8

    def weights(self, encoder: str) -> str | list:
        """The file of an encoder's weights, where it has one."""
        entry = self.encoders[encoder]
        if entry["kind"] == "run":
            seed = entry.get("seed", self.runs[entry["run"]]["seeds"][0])
            return f"<results>/training/{entry['run']}/{seed}/{entry['weights']}.pt"
        if "tag" in entry:
            return weights_download(entry)
        if "hub" in entry:
            return str(hub_record(entry["hub"]))
        if "folder" in entry:
            return f"{entry['folder']}/{KINDS[entry['kind']].FOLDER[1]}"
        return entry.get("file", [])

    def folder_files(self, encoder: str) -> list[str]:
        """All files of the folder that an encoder is read from; most have none."""
        entry = self.encoders[encoder]
        return own_files(entry) if "folder" in entry else []

    def arrays(self, encoder: str) -> list[str]:
        """The file or two that hold embeddings which a user brings."""
        entry = self.encoders[encoder]
        if "url" in entry:
            return [f"{DOWNLOADS}/{file_of(entry['url'])}"]
        files = own_files(entry)
        if not files:
            raise ValueError(f"encoders.{encoder}: no img_emb/img_emb_*.npy in {entry['folder']}")
        return files

    def modalities(self, encoder: str) -> list[str] | None:
        """What an encoder's two modalities are called, where its entry says so."""
        return self.encoders[encoder].get("modalities")

    def array_stamps(self, encoder: str) -> list[list]:
        """`stamps` of the file or two that hold embeddings which a user brings."""
        return stamps(own_files(self.encoders[encoder]))

    def prompt_arrays(self, encoder: str) -> list[str]:
        """The file or two that hold embeddings of prompts which a user brings, if any."""
        named = self.encoders[encoder].get("prompts", [])
        return [named] if isinstance(named, str) else named

    def prompt_stamps(self, encoder: str) -> list[list]:
        """`stamps` of `prompt_arrays`."""
        return stamps(self.prompt_arrays(encoder))
