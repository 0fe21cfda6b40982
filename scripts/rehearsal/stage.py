"""What stands in for the world in a rehearsal: files of a miniature, and who serves them."""

import os
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pooch

from modality_gap.models.architectures import architecture_config, named_networks
from modality_gap.models.hub import SOURCES
from modality_gap.study import Study
from modality_gap.study.originals import DOWNLOADS, file_of, webdataset_name
from rehearsal.corpora import WRITERS
from rehearsal.emoji_archives import write_archives
from rehearsal.hub_files import hub
from rehearsal.local_server import Resumable, serve
from rehearsal.networks import (
    WIDTH,
    open_clip_texts,
    small_architecture,
    stand_in,
    torchvision_texts,
)

PAIRS, DIMENSION = 24, 16  # of published embeddings
LONGEST = 1024  # characters of a path
# Keys of corpora and encoders by which users name files of their own.
OWN = ("file", "files", "texts", "folder", "prompts", "arrays", "conda")


class Stage:
    """A rehearsal's folder with all that its study downloads or finds in folders.

    `told`: what users should know of it, a line each.
    """

    def __init__(self, folder: Path, stack: ExitStack):
        self.folder, self.told = folder, []
        self.served, self.hub = folder / "served", folder / "hub"
        for own in (self.served, self.hub):
            own.mkdir()
        self.address = stack.enter_context(serve(self.served, Resumable))
        self.hub_address = stack.enter_context(hub(self.hub))

    def set_up(self, small: dict, study: Study) -> dict:
        """Write all files of a study in miniature; the study, which names them.

        small: `in_miniature`; study: the whole one, that tells what is downloaded.
        """
        for name, corpus in small["corpora"].items():
            self.set_up_corpus(name, corpus, study)
        for name, entry in small["encoders"].items():
            self.set_up_arrays(name, entry)
        self.set_up_networks(study)
        self.set_up_directions(small)
        return rooted(small)

    def set_up_directions(self, small: dict) -> None:
        """Put a direction of the small networks in place of a user's own, which is of large ones."""
        section = small.get("zero_shot", {"directions": {}, "encoders": []})
        kinds = {small["encoders"][name]["kind"] for name in section["encoders"]}
        for name, entry in section["directions"].items():
            if isinstance(entry, dict) and "file" in entry and "precomputed" not in kinds:
                file = self.folder / f"direction_{name}.npy"
                np.save(file, np.random.default_rng(0).normal(size=WIDTH))
                entry["file"] = str(file)
                self.told.append(
                    f"zero_shot.directions.{name}: drawn, as wide as small networks are"
                )

    def set_up_corpus(self, name: str, corpus: dict, study: Study) -> None:
        """Write the originals of a corpus where it looks for them, and change its entry to say so."""
        reader = corpus["reader"]
        if reader == "emoji":
            # The hashes of its packages are in the code: they cannot be downloaded anew.
            write_archives(self.folder / DOWNLOADS)
            self.told.append(f"corpora.{name}: drawings of its own, in place of the downloads")
            return
        if reader not in WRITERS:
            self.keep_own(f"corpora.{name}", corpus)
            return
        settings = corpus | {"labelled": asks_for_labels(name, study.config)}
        if "folder" in corpus:
            folder = self.folder / "data" / name
            folder.mkdir(parents=True)
            WRITERS[reader](settings, folder)
            corpus["folder"] = str(folder)
        elif reader == "webdataset":
            place = webdataset_name(corpus["url"])
            (self.served / place).mkdir()
            WRITERS[reader](settings, self.served / place)
            corpus["url"] = f"{self.address}/{place}"
        else:
            with tempfile.TemporaryDirectory(dir=self.folder) as made:
                WRITERS[reader](settings, Path(made))
                # Another corpus may be read from the same file: it has one hash.
                for file in Path(made).iterdir():
                    if not (self.served / file.name).exists():
                        file.rename(self.served / file.name)
            corpus["mirror"] = self.address
            files = study.originals.original_files(name)
            corpus["checksums"] = {
                file: f"sha256:{pooch.file_hash(str(self.served / file))}" for file in files
            }

    def keep_own(self, path: str, entry: dict[str, Any]) -> None:
        """Let a user's own files be found from the rehearsal's folder, and say that they are used."""
        named = [key for key in OWN if key in entry]
        for key in named:
            entry[key] = absolute(entry[key])
        if named:
            self.told.append(f"{path}: your own files, as they are")

    def set_up_arrays(self, name: str, entry: dict) -> None:
        """Serve the published embeddings that an encoder downloads."""
        if "url" not in entry:
            self.keep_own(f"encoders.{name}", entry)
            return
        random = np.random.default_rng(sum(name.encode()))
        rows = random.normal(size=(2, PAIRS, DIMENSION)) + random.normal(size=(2, 1, DIMENSION))
        file = self.served / file_of(entry["url"])
        np.save(file, rows.astype(np.float32))
        entry["url"] = f"{self.address}/{file.name}"
        entry["sha256"] = pooch.file_hash(str(file))

    def set_up_networks(self, study: Study) -> None:
        """Write small architectures under the names of the study's, and weights for their tags."""
        own = study.networks.folder
        named = {
            entry["architecture"]: architecture_config(entry["architecture"], own)
            for _, entry in named_networks(study.config)
            if not (own / f"{entry['architecture']}.json").is_file()
        }
        for name, entry in study.config["encoders"].items():
            # A user's weights fit their own architecture alone.
            if entry["kind"] == "checkpoint" and named.pop(entry["architecture"], None):
                self.told.append(
                    f"encoders.{name}: your own weights, {entry['architecture']} whole"
                )
        wanted = {
            (entry.get("library", "open_clip"), entry["architecture"], entry["tag"])
            for entry in study.config["encoders"].values()
            if "tag" in entry
        }
        addresses = self.write_networks(named, sorted(wanted), study.networks.repositories)
        packages = self.folder / "packages"
        of = {library: {} for library in SOURCES}
        for (library, architecture, tag), address in addresses.items():
            of[library][architecture, tag] = address
        if named:
            stand_in("open_clip", packages, open_clip_texts(named, of["open_clip"]))
        if of["torchvision"]:
            pairs = [
                (SOURCES["torchvision"](*key).url, new) for key, new in of["torchvision"].items()
            ]
            stand_in("torchvision", packages, torchvision_texts(pairs))

    def write_networks(
        self, named: dict[str, dict], wanted: list[tuple], repositories: dict[str, list[str]]
    ) -> dict[tuple, str]:
        """Write weights, tokenizers and text models; the addresses of weights that are not of the hub."""
        if not named and not wanted and not repositories:
            return {}
        from modality_gap.models.build import register_architectures  # with torch
        from rehearsal import weights  # with transformers

        folder = self.folder / "architectures"
        folder.mkdir()
        for name, config in named.items():
            weights.write_architecture(folder / f"{name}.json", small_architecture(config))
        register_architectures(folder)
        for repository, needs in repositories.items():
            weights.write_repository(repository, needs, self.hub)
        found = {}
        write = partial(weights.write_weights, hub=self.hub, served=self.served)
        for key in wanted:
            path = write(*key, SOURCES[key[0]](*key[1:]))
            if path is not None:
                found[key] = f"{self.address}/{path}"
        return found

    def environment(self) -> dict[str, str]:
        """What lets the study's jobs find the small networks and the servers here."""
        paths = [str(self.folder / "packages"), os.environ.get("PYTHONPATH", "")]
        return {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "HF_ENDPOINT": self.hub_address,
            "HF_HOME": str(self.folder / "hub_cache"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }


def asks_for_labels(corpus: str, study: dict) -> bool:
    """Whether a study asks for classes of a corpus somewhere."""

    def asked(entry: Any) -> bool:
        if isinstance(entry, list):
            return any(map(asked, entry))
        if not isinstance(entry, dict):
            return False
        here = entry.get("corpus") == corpus and "label" in entry
        return here or any(map(asked, entry.values()))

    return asked(study)


def rooted(value: Any) -> Any:
    """A study in which every path of a file that is there begins at the root."""
    if isinstance(value, dict):
        return {key: rooted(own) for key, own in value.items()}
    if isinstance(value, list):
        return list(map(rooted, value))
    named = isinstance(value, str) and ("/" in value or Path(value).suffix)
    return absolute(value) if named and len(value) < LONGEST and Path(value).exists() else value


def absolute(value: Any) -> Any:
    """A path, or all in a list or mapping, from the root."""
    if isinstance(value, dict):
        return {key: absolute(own) for key, own in value.items()}
    if isinstance(value, list):
        return list(map(absolute, value))
    return str(Path(value).resolve())
