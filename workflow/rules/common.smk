import re
import sys
from functools import cache
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

SCRIPTS = Path(workflow.basedir) / "scripts"
sys.path.insert(0, str(SCRIPTS))

from modality_gap.packages import LABELS, PACKAGES
from modality_gap.study import check_files, check_study

SCHEMA = Path(workflow.basedir) / "workflow/schemas/config.schema.yaml"

try:
    check_study(config, yaml.safe_load(SCHEMA.read_text()))
    check_files(config)
except (ValueError, FileNotFoundError) as error:
    raise WorkflowError(str(error)) from None

# Fills in the schema's defaults; what is wrong was said above, in one line.
validate(config, str(SCHEMA))

CORPORA = config["corpora"]
RUNS = config["training"]
ENCODERS = config["encoders"]
PRECOMPUTED = [
    name for name, encoder in ENCODERS.items() if encoder["kind"] == "precomputed"
]
NETWORKS = [name for name in ENCODERS if name not in PRECOMPUTED]


def any_of(names):
    """A pattern that matches exactly these names; without names, nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


@cache
def library_of(script):
    """The script's modules of the library, those that they import included.

    A module that a script imports is not watched by Snakemake; as an input it is, and editing it
    re-runs what it made.
    """
    modules, unread = set(), [SCRIPTS / f"{script}.py"]
    while unread:
        text = unread.pop().read_text()
        for name in re.findall(r"^\s*from (modality_gap[\w.]*) import", text, re.M):
            path = SCRIPTS.joinpath(*name.split("."))
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            if file not in modules:
                modules.add(file)
                unread.append(file)
    return sorted(map(str, modules))


def evaluations():
    """Every (encoder, corpus, split) that the study measures."""
    for name, encoder in ENCODERS.items():
        if encoder["kind"] == "precomputed":
            yield name, encoder["corpus"], "all"
            continue
        for corpus in encoder.get("corpora", CORPORA):
            for split in CORPORA[corpus]["evaluate"]:
                yield name, corpus, split


def evaluated_splits():
    """Every (corpus, split) that some encoder is measured on, in the study's order."""
    return list(dict.fromkeys((corpus, split) for _, corpus, split in evaluations()))


def encoders_of(corpus, split):
    """The encoders measured on a split, each right after the one that it started from."""
    here = [name for name, *place in evaluations() if place == [corpus, split]]
    return sorted(
        here,
        key=lambda name: (
            here.index(start_of(name, here)),
            "initial" in ENCODERS[name],
        ),
    )


def encoders_on(wildcards):
    """`encoders_of`, as an input or params function."""
    return encoders_of(wildcards.corpus, wildcards.split)


def start_of(name, here):
    """The encoder that this one started from, where it is measured on the same split; or itself."""
    initial = ENCODERS[name].get("initial")
    return initial if initial in here else name


def tables_on(pattern):
    """An input function: the tables of all encoders on a split, in the order of `encoders_on`."""

    def tables(wildcards):
        return expand(pattern, encoder=encoders_on(wildcards), allow_missing=True)

    return tables


def initials_on(wildcards):
    """For each encoder on a split, the one that it started from, or None."""
    return [ENCODERS[name].get("initial") for name in encoders_on(wildcards)]


def evaluation_keys():
    """Encoder, initial, corpus and split of everything that is measured, split by split."""
    return [
        {
            "encoder": name,
            "initial": ENCODERS[name].get("initial"),
            "corpus": corpus,
            "split": split,
        }
        for corpus, split in evaluated_splits()
        for name in encoders_of(corpus, split)
    ]


def all_tables(pattern):
    """A table for each of `evaluation_keys`, in their order."""
    return [path for key in evaluation_keys() for path in expand(pattern, **key)]


EMBEDDING_FILES = {
    part: f"<results>/embeddings/{{encoder}}/{{corpus}}/{{split}}/{part}.parquet"
    for part in ("images", "texts", "pairs")
}

EMOJI_CORPORA = [
    name for name, corpus in CORPORA.items() if corpus["reader"] == "emoji"
]
TABLE_CORPORA = [
    name for name, corpus in CORPORA.items() if corpus["reader"] == "table"
]


def emoji_packages(corpus):
    """The packages of an emoji corpus by name: the labels, then its vendors."""
    return {name: PACKAGES[name] for name in [LABELS, *CORPORA[corpus]["vendors"]]}


def sources():
    """Every file that the study downloads: its address and hash, by file name."""
    found = {}
    for corpus in EMOJI_CORPORA:
        for package in emoji_packages(corpus).values():
            found[package["file"]] = {key: package[key] for key in ("npm", "hash")}
    for encoder in ENCODERS.values():
        if "url" in encoder:
            file = encoder["url"].rsplit("/", 1)[-1]
            source = {"url": encoder["url"], "hash": f"sha256:{encoder['sha256']}"}
            if found.setdefault(file, source) != source:
                raise WorkflowError(
                    f"encoders: two different downloads are both named {file!r}"
                )
    return found


def source_of(wildcards):
    """Address and hash of a download."""
    return sources()[wildcards.file]


def emoji_archives(wildcards):
    """The downloaded packages of an emoji corpus."""
    files = [package["file"] for package in emoji_packages(wildcards.corpus).values()]
    return expand("results/downloads/{file}", file=files)


def emoji_names(wildcards):
    """The names of `emoji_archives`, in their order."""
    return list(emoji_packages(wildcards.corpus))


def corpus_settings(*keys):
    """A params function: some keys of a corpus's configuration."""

    def settings(wildcards):
        return {key: CORPORA[wildcards.corpus][key] for key in keys}

    return settings


def table_file(wildcards):
    """The table that lists a user's own images and captions."""
    return CORPORA[wildcards.corpus]["file"]


def run_settings(wildcards):
    """A training run's configuration."""
    return RUNS[wildcards.run]


def architecture_file(architecture):
    """The architecture's JSON file where it is one of ours; open_clip's own need none."""
    file = Path(workflow.basedir) / f"config/architectures/{architecture}.json"
    return str(file) if file.is_file() else []


def run_architecture(wildcards):
    """The architecture file of a training run."""
    return architecture_file(RUNS[wildcards.run]["architecture"])


def run_corpus(table):
    """An input function: a table of the corpus that a run trains on."""

    def path(wildcards):
        return f"<results>/corpora/{RUNS[wildcards.run]['corpus']}/{table}.parquet"

    return path


KEPT = ("kind", "tag", "seed")


def encoder_entry(wildcards):
    """What an encoder is, without what does not change its embeddings."""
    entry = ENCODERS[wildcards.encoder]
    return {key: entry[key] for key in KEPT if key in entry}


def architecture_of(encoder):
    """The name of a network's architecture."""
    entry = ENCODERS[encoder]
    return (
        RUNS[entry["run"]]["architecture"]
        if entry["kind"] == "run"
        else entry["architecture"]
    )


def encoder_architecture(wildcards):
    """The architecture file of an encoder."""
    return architecture_file(architecture_of(wildcards.encoder))


def named_architecture(wildcards):
    """The architecture file of pretrained weights."""
    return architecture_file(wildcards.architecture)


def pretrained_weights():
    """The downloads of all pretrained weights of the study."""
    return [
        f"results/downloads/weights/{encoder['architecture']}/{encoder['tag']}.txt"
        for encoder in ENCODERS.values()
        if encoder["kind"] == "pretrained"
    ]


def encoder_architecture_name(wildcards):
    """The name of an encoder's architecture."""
    return architecture_of(wildcards.encoder)


def encoder_weights(wildcards):
    """The file of an encoder's weights, where it has one."""
    entry = ENCODERS[wildcards.encoder]
    if entry["kind"] == "run":
        return f"<results>/training/{entry['run']}/{entry['weights']}.pt"
    if entry["kind"] == "pretrained":
        return f"results/downloads/weights/{entry['architecture']}/{entry['tag']}.txt"
    return entry.get("file", [])


def precomputed_files(wildcards):
    """The file or two that hold embeddings which a user brings."""
    entry = ENCODERS[wildcards.encoder]
    if "url" in entry:
        return [f"results/downloads/{entry['url'].rsplit('/', 1)[-1]}"]
    return entry["files"] if "files" in entry else [entry["file"]]


def figures():
    """Every figure of the study."""
    split_figures = [
        "gap",
        "cosines",
        "recall",
        *(f"view_{method}" for method in config["views"]["methods"]),
        "shift_view",
        "shift_landscape_batches",
        "shift_landscape_whole",
    ]
    found = [
        f"<results>/figures/{corpus}/{split}/{figure}.svg"
        for corpus, split in evaluated_splits()
        for figure in split_figures + (["examples"] if corpus in CORPORA else [])
    ]
    return found + [f"<results>/figures/training/{run}/trajectory.svg" for run in RUNS]


wildcard_constraints:
    encoder=any_of(ENCODERS),
    corpus=any_of({corpus for corpus, _ in evaluated_splits()} | set(CORPORA)),
    split=r"[^/]+",
    run=any_of(RUNS),
    method="pca|svd|umap",
    scope="batches|whole",
