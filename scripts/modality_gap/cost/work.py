"""How much work a job is, in a unit that its seconds grow with; an entry of WORK a rule."""

from collections.abc import Callable
from functools import cache
from itertools import chain
from math import prod
from pathlib import Path
from typing import NamedTuple

from modality_gap.cost.downloads import Sizes
from modality_gap.cost.items import Items
from modality_gap.cost.networks import Network, network, torchvision_network
from modality_gap.models.architectures import architecture_config
from modality_gap.study import Study

SMALL = 1e9  # operations an image: smaller networks wait for more than for multiplications
FORWARD_AND_BACK = 3  # operations of training by those of a forward pass
PIECES = 4 / 3  # and one more forward pass, where a batch goes through in pieces
MAX_DECODED_BYTES = 2 * 1024**3  # up to which images are kept decoded, as models/prepared.py says


class Work(NamedTuple):
    """What a job does. amount: in its unit, None: not known before it is done.

    kind: jobs of one kind have one rate. images: that are decoded on the way. family: of the
    network, `transformer` or `convolutions`; texts of a network count with its images. precision:
    that it runs in on a GPU. small: whether an image is less than SMALL operations. gpus: that share it, where
    there are as many. known: whether the network is what its architecture's file says.
    """

    kind: str
    unit: str
    amount: float | None
    images: float = 0
    network: str = ""
    family: str = ""
    precision: str = "float32"
    small: bool = False
    gpus: int = 1
    known: bool = True


class Networks:
    """The networks of a study's encoders and runs. folder: of the project's own architectures."""

    def __init__(self, study: Study, folder: Path):
        self.study, self.folder = study, folder
        self.build = cache(self._build)

    def _build(self, library: str, architecture: str | None, dimension: int | None) -> Network:
        """A network by what says it; what no file says is taken for a ViT-B/16."""
        if library in ("torchvision", "timm") and architecture:
            return torchvision_network(architecture.partition(".")[0])  # timm: name.tag
        if architecture is None:
            config = architecture_config("ViT-B-16", self.folder)
            return network(config, dimension)._replace(known=False)
        return network(architecture_config(architecture, self.folder), dimension)

    def of(self, entry: dict) -> tuple[str, Network]:
        """The network of an encoder's, a run's or a family's entry, and what to call it."""
        architecture = entry.get("architecture")
        found = self.build(entry.get("library", "open_clip"), architecture, entry.get("dimension"))
        return architecture or entry.get("hub") or entry.get("kind", "a network"), found

    def of_encoder(self, encoder: str) -> tuple[str, Network]:
        """The network of an encoder of the study."""
        return self.of(self.study.networks.entry(encoder))

    def of_places(self, places: dict) -> tuple[str, Network]:
        """The network of the encoder or run that a job's wildcards name."""
        return self.of_run(places["run"]) if "run" in places else self.of_encoder(places["encoder"])

    def of_run(self, run: str) -> tuple[str, Network]:
        """The network of a training run."""
        return self.of(self.study.networks.of_run(run))


class Facts:
    """What is known of a study before it runs. config: its own; folder: of architectures."""

    def __init__(self, study: Study, folder: Path):
        self.study, self.config = study, study.config
        self.items = Items(study.config, Path("results") / study.config["study"])
        self.networks = Networks(study, folder)
        self.sizes = Sizes(study, self.networks)

    def elsewhere(self, measure: str) -> tuple[int, int] | None:
        """Images and texts of another corpus that a measure of trained runs embeds."""
        asked = self.config["run_measures"][measure]
        if "split" in asked:
            return self.items.of(asked["corpus"], asked["split"])
        parts = [self.items.of(asked["corpus"], asked[part]) for part in ("train", "test")]
        if None in parts:
            return None
        train, test = (part[0] for part in parts)
        return min(train, asked.get("train_items", train)) + test, 0

    def work(self, job) -> Work:
        """What a job of Snakemake's does; by the items of its split, or just once, if no entry says."""
        if job.rule.name in WORK:
            return WORK[job.rule.name](job, self)
        places = job.wildcards_dict
        if {"corpus", "split"} <= places.keys():
            found = self.items.of(places["corpus"], places["split"])
            return Work(job.rule.name, "items", sum(found) if found else None)
        return Work(job.rule.name, "jobs", 1)


def decoded_bytes(images: int, size: int) -> int:
    """What images take that are kept decoded; 0: they are too many to be."""
    found = images * 3 * size * size
    return found if found <= MAX_DECODED_BYTES else 0


def part(job) -> float:
    """The share of a job that is one of several alike."""
    return 1 / int(job.wildcards_dict.get("scatteritem", "1-of-1").rpartition("-")[-1])


def through(name: str, found: Network, passes: tuple, images: float, **more) -> Work:
    """Images and texts through a network, so many passes each."""
    operations = passes[0] * found.images.operations + passes[1] * found.texts.operations
    return of_network(name, found, operations, images, **more)


def of_network(
    name: str, found: Network, operations: float | None, images: float = 0, **more
) -> Work:
    """Operations of a network; None: nobody knows on how much it works."""
    small = found.images.operations < SMALL
    own = {"network": name, "family": found.family, "small": small, "known": found.known}
    return Work(more.pop("kind"), "operations", operations, images, **own, **more)


def embedding(job, facts: Facts, kind: str, place: tuple, encoder: str) -> Work:
    """A split through an encoder; of one modality, that alone."""
    name, found = facts.networks.of_encoder(encoder)
    numbers = facts.items.of(*place)
    if numbers is None:
        return of_network(name, found, None, kind=kind)
    images, texts = numbers
    side = job.wildcards_dict.get("side")
    if side:
        images, texts = (images, 0) if side == "images" else (0, texts)
    share, precision = part(job), facts.config["embedding"]["precision"]
    passes = images * share, texts * share
    decoded = 0 if place[0] == "noise" else images * share
    return through(name, found, passes, decoded, kind=kind, precision=precision)


def embed(job, facts: Facts) -> Work:
    """A split of a corpus, or noise."""
    places = job.wildcards_dict
    place = places.get("corpus", "noise"), places.get("split", "all")
    return embedding(job, facts, job.rule.name, place, places["encoder"])


def embed_prompts(job, facts: Facts) -> Work:
    """As many texts as there are classes times templates, which corpora tell once they are read."""
    name, found = facts.networks.of_encoder(job.wildcards_dict["encoder"])
    return of_network(name, found, None, kind="embed_prompts")


def embed_run(job, facts: Facts) -> Work:
    """The corpus of a measure through a trained run."""
    places = job.wildcards_dict
    name, found = facts.networks.of_run(places["run"])
    numbers = facts.elsewhere(places["measure"])
    if numbers is None:
        return of_network(name, found, None, kind="embed_run")
    return through(name, found, numbers, numbers[0], kind="embed_run")


def train(job, facts: Facts) -> Work:
    """The epochs of a run; images are decoded once for all runs where they fit."""
    settings, run = job.params.settings, job.wildcards_dict["run"]
    corpus, pairs = facts.config["training"][run]["corpus"], settings.get("pairs")
    name, found = facts.networks.of_run(run)
    numbers = facts.items.of(corpus, settings["split"])
    pairs = min(pairs or numbers[0], numbers[0]) if numbers else pairs
    if pairs is None:
        return of_network(name, found, None, kind="train")
    every, factor = facts.items.of(corpus), FORWARD_AND_BACK
    factor *= PIECES if settings.get("accumulation", 1) > 1 else 1
    fits = every and decoded_bytes(every[0], found.size) and job.input.get("prepared")
    seen = pairs * settings["epochs"]
    decoded = 0 if fits else seen
    precision = settings.get("precision", "float32")
    passes = seen * factor, seen * factor
    gpus = max(1, facts.study.runs.gpus(run))
    return through(name, found, passes, decoded, kind="train", precision=precision, gpus=gpus)


def random_cones(job, facts: Facts) -> Work:
    """The same items through many networks."""
    entry = facts.config["seed_cones"]["families"][job.wildcards_dict["family"]]
    run = entry.get("run")
    name, found = facts.networks.of_run(run) if run else facts.networks.of(entry)
    items = job.params.number * len(job.params.networks["seeds"])
    return through(name, found, (items, items), job.params.number, kind="random_cones")


def first_steps(job, facts: Facts) -> Work:
    """A few steps of training from many seeds."""
    settings = job.params.settings
    name, found = facts.networks.of(settings)
    seen = FORWARD_AND_BACK * len(job.params.seeds) * settings["steps"] * settings["batch_size"]
    return through(name, found, (seen, seen), 0, kind="first_steps")


def descend_plane(job, facts: Facts) -> Work:
    """Steps of descents, each alone."""
    settings = job.params.settings
    steps = [
        len(start["deviations"]) * len(start["temperatures"]) * settings["seeds"] * start["steps"]
        for start in (settings["isotropic"], settings["collapsed"])
    ]
    return Work("descend_plane", "steps", sum(steps))


def descend_sphere(job, facts: Facts) -> Work:
    """Cosines of all pairs in each step of each descent."""
    sweep = dict(job.params.sweep)
    sweep["seeds"] *= len(sweep.pop("dimensions"))
    cosines = [
        prod((run["steps"], run["pairs"] ** 2, len(run["gaps"]), len(run["temperatures"])))
        * run["seeds"]
        for run in chain(job.params.runs.values(), [sweep])
    ]
    return Work("descend_sphere", "cosines", sum(cosines))


def decoding(job, facts: Facts) -> Work:
    """All images of a corpus, read, or decoded for all runs where they fit."""
    found = facts.items.of(job.wildcards_dict["corpus"])
    images, size = found[0] if found else None, job.wildcards_dict.get("size")
    if found and size:
        images = images if decoded_bytes(images, int(size)) else 0
    return Work(job.rule.name, "images", images)


def download(job, facts: Facts) -> Work:
    """The bytes of a file."""
    return Work("download", "bytes", facts.sizes.of(job).bytes)


# By rule; others are as long as their split is, or as others of their rule.
WORK: dict[str, Callable[..., Work]] = {
    **dict.fromkeys(("embed", "embed_noise", "embed_backbone"), embed),
    **dict.fromkeys(("train", "train_candidate", "train_chosen"), train),
    **dict.fromkeys(("random_cones", "trained_cones"), random_cones),
    **dict.fromkeys(("read_emoji", "read_table", "read_corpus", "prepare_images"), decoding),
    **dict.fromkeys(
        ("download", "download_weights", "download_hub", "download_webdataset"), download
    ),
    "embed_prompts": embed_prompts,
    "embed_run": embed_run,
    "first_steps": first_steps,
    "descend_plane": descend_plane,
    "descend_sphere": descend_sphere,
}
