"""The files that the corpora of a study are read from: downloads, and what a user brings."""

import re
from functools import cache
from pathlib import Path

from modality_gap.data.packages import LABELS, PACKAGES
from modality_gap.data.watched import RECORD, fingerprint, folder_files, stamp
from modality_gap.study.corpora import READERS, holding

DOWNLOADS = "results/downloads"
EMOJI_SETTINGS = ("image_size", "held_out_vendor", "held_out_concepts", "seed", "captions")


def file_of(url: str) -> str:
    """The name of the file at an address, without what is asked of the server."""
    return url.partition("?")[0].rsplit("/", 1)[-1]


def webdataset_name(url: str) -> str:
    """A name for the folder of a webdataset's downloads that says its address."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", url.split("://")[-1].strip("/"))


class Originals:
    """What the corpora of a study are read from. config: the study, its defaults filled in.

    `emoji`, `tables` (of pictures), `files` (tables of others), `arrays`, `webdatasets` and
    `public` (webdatasets among them) are corpora's names.
    """

    def __init__(self, config: dict):
        self.study, self.corpora, self.encoders = (
            config["study"],
            config["corpora"],
            config["encoders"],
        )
        readers = {name: corpus["reader"] for name, corpus in self.corpora.items()}
        self.emoji = [name for name, reader in readers.items() if reader == "emoji"]
        self.files = list(holding(self.corpora, "files"))
        self.tables = [
            name for name, reader in readers.items() if reader == "table" and name not in self.files
        ]
        self.arrays = [name for name, reader in readers.items() if reader == "arrays"]
        own = self.emoji + self.tables + self.files + self.arrays
        self.public = [name for name in readers if name not in own]
        self.webdatasets = [name for name, reader in readers.items() if reader == "webdataset"]
        self.addresses = {
            webdataset_name(self.corpora[name]["url"]): self.corpora[name]["url"]
            for name in self.webdatasets
            if "url" in self.corpora[name]
        }
        self.fingerprint = cache(self._fingerprint)
        self.sources = cache(self._sources)

    def _sources(self) -> dict[str, dict]:
        """Every file that the study downloads: its address and hash, by file name.

        Raises ValueError where two of one name differ.
        """
        found = {}
        for corpus in self.emoji:
            for package in self.packages(corpus).values():
                found[package["file"]] = {key: package[key] for key in ("npm", "hash")}
        others = [
            (file_of(entry["url"]), "encoders", entry["url"], f"sha256:{entry['sha256']}")
            for entry in self.encoders.values()
            if "url" in entry
        ]
        for corpus in self.public:
            for file, source in self.original_files(corpus).items():
                others.append((file, "corpora", source["url"], source["hash"]))
        for file, kind, url, hash in others:
            source = {"url": url, "hash": hash}
            if found.setdefault(file, source) != source:
                raise ValueError(f"{kind}: two different downloads are both named {file!r}")
        return found

    def source(self, file: str) -> dict:
        """Address and hash of a download."""
        return self.sources()[file]

    def downloads(self) -> list[str]:
        """Every file that the study downloads for its corpora and arrays."""
        splits = [file for corpus in self.webdatasets for file in self.webdataset_splits(corpus)]
        return [f"{DOWNLOADS}/{file}" for file in self.sources()] + splits

    def packages(self, corpus: str) -> dict[str, dict]:
        """The packages of an emoji corpus by name: the labels, then its vendors."""
        return {name: PACKAGES[name] for name in [LABELS, *self.corpora[corpus]["vendors"]]}

    def archives(self, corpus: str) -> list[str]:
        """The downloaded packages of an emoji corpus."""
        return [f"{DOWNLOADS}/{package['file']}" for package in self.packages(corpus).values()]

    def names(self, corpus: str) -> list[str]:
        """The names of `archives`, in their order."""
        return list(self.packages(corpus))

    def original_files(self, corpus: str) -> dict[str, dict]:
        """What a public corpus downloads, address and hash by name; none where it has a folder."""
        settings = self.corpora[corpus]
        if "folder" in settings:
            return {}
        files = READERS[settings["reader"]].downloads(settings, settings["splits"])
        if "mirror" in settings:
            mirror = settings["mirror"].rstrip("/")
            files = {file: source | {"url": f"{mirror}/{file}"} for file, source in files.items()}
        checksums = settings.get("checksums", {})
        return {
            file: source | {"hash": checksums.get(file, source["hash"])}
            for file, source in files.items()
        }

    def webdataset_splits(self, corpus: str) -> list[str]:
        """The files that say that a webdataset's splits are downloaded."""
        settings = self.corpora[corpus]
        if "url" not in settings:
            return []
        folder = f"{DOWNLOADS}/webdatasets/{webdataset_name(settings['url'])}"
        return [f"{folder}/{split}.complete" for split in settings["splits"]]

    def address(self, webdataset: str) -> str:
        """Where a webdataset is downloaded from."""
        return self.addresses[webdataset]

    def corpus_downloads(self, corpus: str) -> list[str]:
        """The downloads that a public corpus is read from."""
        if corpus in self.webdatasets:
            return self.webdataset_splits(corpus)
        return [f"{DOWNLOADS}/{file}" for file in self.original_files(corpus)]

    def folder(self, corpus: str) -> str:
        """Where the original files of a public corpus are."""
        settings = self.corpora[corpus]
        if "folder" in settings:
            return settings["folder"]
        if "url" in settings:
            return f"{DOWNLOADS}/webdatasets/{webdataset_name(settings['url'])}"
        return DOWNLOADS

    def missing(self, corpus: str) -> str | None:
        """What a user must put where for a corpus, where its folder is not there."""
        folder = self.corpora[corpus].get("folder")
        if folder is None or Path(folder).is_dir():
            return None
        files = ", ".join(" or ".join(alternatives) for alternatives in self.patterns(corpus))
        reader = self.corpora[corpus]["reader"]
        return f"corpora.{corpus}: no such folder: {folder}, expected the files of {reader} in it: {files}"

    def reader(self, corpus: str) -> dict:
        """Reader of a public corpus, splits, how many images of each, and the reader's own options."""
        settings = self.corpora[corpus]
        return {
            "reader": settings["reader"],
            "splits": settings["splits"],
            "first": settings.get("first"),
            "options": {
                key: value
                for key, value in settings.items()
                if key in READERS[settings["reader"]].OPTIONS
            },
        }

    def module(self, corpus: str) -> str:
        """The module of the reader of a public corpus."""
        return f"modality_gap.data.corpora.{self.corpora[corpus]['reader']}"

    def patterns(self, corpus: str) -> list[tuple[str, ...]]:
        """What the reader of a corpus looks at in the folder that a user brings."""
        settings = self.corpora[corpus]
        if "folder" not in settings:
            return []
        splits = settings.get("splits", ["all"])
        return READERS[settings["reader"]].looks_at(settings, splits)

    def _fingerprint(self, corpus: str) -> str | None:
        """What the files that a user brings to a corpus are, as one value; None: it brings none."""
        settings = self.corpora[corpus]
        record = f"results/{self.study}/corpora/{corpus}/{RECORD}"
        if settings["reader"] == "table":
            # The table, and the pictures that it listed.
            return fingerprint(record, None)
        if "folder" in settings:
            return fingerprint(record, folder_files(settings["folder"], self.patterns(corpus)))
        return None

    def emoji_settings(self, corpus: str) -> dict:
        """How emoji are drawn, split and captioned."""
        return {key: self.corpora[corpus][key] for key in EMOJI_SETTINGS}

    def classes(self, corpus: str) -> dict | None:
        """The classes of a corpus, or None."""
        return self.corpora[corpus].get("classes")

    def matched(self, corpus: str) -> dict:
        """Which of an image's captions is matched with it, the seed of a random choice, if it is alone."""
        settings = self.corpora[corpus]
        choice = settings.get("matched_caption", "first")
        found = {"choice": choice, "seed": settings.get("matched_seed", 0)}
        return found | ({"only": True} if settings.get("only_matched", False) else {})

    def table(self, corpus: str) -> str:
        """The table that lists a user's own images and captions."""
        return self.corpora[corpus]["file"]

    def rows(self, corpus: str) -> dict[str, str | list[str]]:
        """The tables that say what the rows of arrays are, by key; of a folder, its metadata."""
        settings = self.corpora[corpus]
        found = {key: settings[key] for key in READERS["arrays"].FILES if key in settings}
        if "folder" in settings:
            found["file"] = folder_files(settings["folder"], self.patterns(corpus))
            if not found["file"]:
                ((pattern,),) = self.patterns(corpus)
                raise ValueError(f"corpora.{corpus}: no {pattern} in {settings['folder']}")
        return found

    def row_stamps(self, corpus: str) -> list[list]:
        """Size and time of `rows`: one that is replaced by an older one is no newer input."""
        named = self.rows(corpus).values()
        files = [file for one in named for file in ([one] if isinstance(one, str) else one)]
        return [list(stamp(file) or ()) for file in files]

    def captioned_by(self, corpus: str) -> str | None:
        """The column with the words of each image's text, where the study names one."""
        return self.corpora[corpus].get("captioned_by")
