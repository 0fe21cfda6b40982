import re
import sys
from functools import cache
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "scripts"
sys.path.insert(0, str(SCRIPTS))

from modality_gap.study import check_study

SCHEMA = Path(workflow.basedir) / "workflow/schemas/config.schema.yaml"

try:
    check_study(config, yaml.safe_load(SCHEMA.read_text()))
except ValueError as error:
    raise WorkflowError(str(error)) from None

CORPORA = config.get("corpora", {})
RUNS = config.get("training", {})
ENCODERS = config["encoders"]
PRECOMPUTED = [name for name, encoder in ENCODERS.items() if encoder["kind"] == "precomputed"]
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
    return sorted(here, key=lambda name: (here.index(start_of(name, here)), "initial" in ENCODERS[name]))


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


wildcard_constraints:
    encoder=any_of(ENCODERS),
    corpus=any_of({corpus for corpus, _ in evaluated_splits()} | set(CORPORA)),
    split=r"[^/]+",
    run=any_of(RUNS),
    method="pca|svd|umap",
    scope="batches|whole",
