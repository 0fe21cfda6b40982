"""Bytes that jobs leave behind, by what they are: worked out where it can be, else stated."""

from pathlib import Path

from modality_gap.cost.downloads import downloading
from modality_gap.cost.work import Facts, decoded_bytes

NUMBER = 4  # bytes of a weight, and of a value of an embedding
WEIGHTS = 2  # files of a run and seed: before training and after
READERS = ("read_emoji", "read_table", "read_files", "read_labels", "read_corpus")
# Measured on the default study: bytes of a drawing, of a line about a picture that stays where it
# lies, and of what any other job writes, tables and figures.
DRAWING, LINE, OTHER = 2_350, 200, 150_000
KINDS = ("downloads", "images", "embeddings", "checkpoints", "tables and figures")


def kind_of(rule: str) -> str:
    """Which of KINDS a rule's files are."""
    if downloading(rule):
        return "downloads"
    if rule in READERS or rule == "prepare_images":
        return "images"
    if (rule.startswith("train") and rule != "trained_cones") or rule == "take_candidate":
        return "checkpoints"
    embeds = rule.startswith("embed") or rule in ("read_precomputed", "read_rows", "join_parts")
    return "embeddings" if embeds else "tables and figures"


def bytes_of(job, facts: Facts) -> int | None:
    """What a job's files take: as they are, where all are there; None: nobody knows before."""
    files = [Path(str(file)) for file in job.output]
    kind, rule = kind_of(job.rule.name), job.rule.name
    if kind != "downloads" and files and all(file.is_file() for file in files):
        return sum(file.stat().st_size for file in files)
    places = job.wildcards_dict
    if kind == "downloads":
        return facts.sizes.of(job).bytes
    if kind == "images":
        found = facts.items.of(places["corpus"])
        return None if found is None else bytes_of_images(rule, places, found, facts)
    if kind == "checkpoints":
        return bytes_of_run(places["run"], facts)
    if kind == "embeddings":
        return bytes_of_embeddings(places, facts)
    return OTHER * max(1, len(files))


def bytes_of_images(rule: str, places: dict, found: tuple, facts: Facts) -> int:
    """A corpus's tables, or its images decoded, where they fit."""
    images, captions = found
    if rule == "prepare_images":
        return decoded_bytes(images, int(places["size"]))
    drawn = DRAWING if rule == "read_emoji" else LINE
    return images * drawn + captions * LINE


def bytes_of_run(run: str, facts: Facts) -> int | None:
    """Weights before and after, and embeddings of the validation split and of its classes."""
    settings, (_, network) = facts.config["training"][run], facts.networks.of_run(run)
    found = facts.items.of(settings["corpus"], settings["validation"])
    if found is None:
        return None
    classes = facts.config["corpora"][settings["corpus"]].get("classes")
    rows = sum(found) + (found[0] + classes["train_items"] if classes else 0)
    return round(NUMBER * (WEIGHTS * network.parameters + rows * network.dimension))


def bytes_of_embeddings(places: dict, facts: Facts) -> int | None:
    """The rows of a split, or of what a run embeds elsewhere, or of prompts."""
    if "encoder" not in places:
        found = facts.elsewhere(places["measure"])
    elif "section" in places:
        return OTHER
    elif places["encoder"] in facts.study.places.precomputed:
        files = [Path(file) for file in facts.study.networks.arrays(places["encoder"])]
        return sum(file.stat().st_size for file in files if file.is_file()) or None
    else:
        found = facts.items.of(places.get("corpus", "noise"), places.get("split", "all"))
    if found is None:
        return None
    _, network = facts.networks.of_places(places)
    rows = {"images": found[0], "texts": found[1]}.get(places.get("side"), sum(found))
    return rows * network.dimension * NUMBER
