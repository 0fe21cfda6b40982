"""What a study downloads and what must be got by hand: sizes, licences, sources."""

from pathlib import Path
from typing import NamedTuple

from modality_gap.data.published import BY_HAND, FACTS, PAGE
from modality_gap.study import Study

BYTES_A_WEIGHT = 4
# Licences of weights by where they come from; of others a page of their own says it.
OPENAI, SIGLIP = "MIT", "Apache 2.0"


class Download(NamedTuple):
    """A file or folder that is downloaded. bytes: None where nobody published them."""

    name: str
    bytes: int | None
    licence: str
    source: str


class ByHand(NamedTuple):
    """What a user must put into a folder. there: whether the folder is."""

    corpus: str
    folder: str
    files: str
    bytes: int | None
    licence: str
    source: str
    there: bool


class Sizes:
    """Size, licence and source of each download of a study. networks: see `work.Networks`."""

    def __init__(self, study: Study, networks):
        self.study, self.networks = study, networks

    def of(self, job) -> Download:
        """What a downloading job of Snakemake's gets; of one that is there already, its own size."""
        found = getattr(self, job.rule.name)(job)
        file = Path(str(job.output[0]))
        if file.suffix not in (".txt", ".complete") and file.is_file():
            return found._replace(bytes=file.stat().st_size)
        return found

    def download(self, job) -> Download:
        """A file of a corpus, or a user's arrays at an address."""
        name = job.wildcards_dict["file"]
        source = self.study.originals.source(name)
        size, licence = FACTS.get(name, (None, PAGE))
        origin = source.get("url") or f"npm, {source['npm']}"
        return Download(name, size, licence, origin)

    def download_webdataset(self, job) -> Download:
        """A split of a webdataset."""
        places = job.wildcards_dict
        address = self.study.originals.address(places["webdataset"])
        return Download(f"{address.rsplit('/', 1)[-1]}, {places['split']}", None, PAGE, address)

    def download_weights(self, job) -> Download:
        """Weights by the number of their network's parameters, in single precision."""
        places = job.wildcards_dict
        library, architecture, tag = (places[key] for key in ("library", "architecture", "tag"))
        _, found = self.networks.of({"library": library, "architecture": architecture})
        size = round(found.parameters * BYTES_A_WEIGHT) if found.known else None
        licence = PAGE
        if library == "open_clip" and tag == "openai":
            licence = OPENAI
        if library == "open_clip" and tag == "webli" and "SigLIP" in architecture:
            licence = SIGLIP
        return Download(f"{architecture} {tag}", size, licence, f"weights of {library}")

    def download_hub(self, job) -> Download:
        """A tokenizer, a configuration or a model of the hub."""
        repository = job.wildcards_dict["repository"]
        needs = self.study.networks.needs(repository)
        name = f"{repository} ({', '.join(needs)})"
        return Download(name, None, PAGE, f"https://huggingface.co/{repository}")


def by_hand(study: Study) -> list[ByHand]:
    """What a study reads in folders that nobody downloads, in its order, used or not."""
    found = []
    for corpus in study.originals.public:
        entry = study.config["corpora"][corpus]
        if "folder" not in entry:
            continue
        page, size, licence = BY_HAND.get(entry["reader"], ("", None, PAGE))
        files = ", ".join(" or ".join(one) for one in study.originals.patterns(corpus))
        there = Path(entry["folder"]).is_dir()
        found.append(ByHand(corpus, entry["folder"], files, size, licence, page, there))
    return found


def downloading(rule: str) -> bool:
    """Whether a rule is one that downloads."""
    return rule in ("download", "download_webdataset", "download_weights", "download_hub")
