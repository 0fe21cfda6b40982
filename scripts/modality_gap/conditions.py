"""Whether a study measures a claim under the paper's own conditions: the same entries, the same settings."""

import fnmatch
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from modality_gap.claims.register import PAPERS, answers_of, read_register
from modality_gap.study import check_study

ENTRIES = ("corpora", "encoders", "training")
REHEARSED = (
    "rehearsal-"  # how the name of a study in miniature begins: nothing of it is a paper's own
)
# What every number of a corpus depends on; what is behind a folder, or a table, that has not all of the
# section of its name.
OF_CORPORA = ("sample", "embedding", "modalities")
SECTIONS = {
    "cone": ("noise",),
    "gap": (),
    "gap_cosines": (),
    "shift": ("shift_landscape",),
    "shift_view": ("shift_landscape",),
    "training": (),
    "gradient_flow/flows": ("gradient_flow.flow",),
    "gradient_flow/coupled": ("gradient_flow.flow",),
    "gradient_flow/slow_closing": ("gradient_flow.slow_closing",),
    "gradient_flow/initial_growth": ("gradient_flow.initial_growth",),
    "gradient_flow/temperature_rates": ("gradient_flow.temperature_rates",),
    "free_embeddings/plane_records": ("free_embeddings.plane",),
    "free_embeddings/plane_positions": ("free_embeddings.plane",),
    "free_embeddings/sphere_records": ("free_embeddings.sphere",),
    "free_embeddings/sphere_sweep": ("free_embeddings.sweep",),
    # Their settings are in the code alone.
    "free_embeddings/arrangements": (),
    "free_embeddings/gradient_prediction": (),
    "free_embeddings/shared_caption": (),
    "run_comparisons": ("run_comparisons", "run_measures", "retrieval"),
}


def other_conditions(study: dict, home: Path) -> dict[str, list[str]]:
    """By claim, what of this study is not as in the paper's: keys such as `corpora.coco`; [] for all own.

    study: its defaults filled in; home: the folder with `config`. Claims of tables that the study does
    not have are told nothing of.
    """
    found = {}
    for paper in PAPERS:
        own = yaml.safe_load((home / f"config/{paper}.yaml").read_text("utf-8"))
        check_study(own)
        for row in read_register(home / f"config/claims/{paper}.csv").itertuples():
            tables = [answer.table for answer in answers_of(row)]
            if tables:
                found[row.id] = differing(tables, study, own)
    return found


def differing(tables: Iterable[str], study: dict, own: dict) -> list[str]:
    """The keys behind some tables that two studies do not have alike; tables: paths below results."""
    if study["study"].startswith(REHEARSED):
        return ["study"]
    keys = dict.fromkeys(key for table in tables for key in keys_of(table, own))
    return [key for key in keys if at(study, key) != at(own, key)]


def keys_of(table: str, study: dict) -> Iterator[str]:
    """The sections and entries that a table is made with, and those that these name."""
    path = table.removesuffix(".parquet").removesuffix(".csv")
    first, *names = path.split("/")
    sections = [*SECTIONS.get(path, SECTIONS.get(first, (first,)))]
    pending = {*names, *(name for part in sections for name in texts(at(study, part)))}
    seen, done = set(), set()
    while pending:
        pattern = pending.pop()
        done.add(pattern)
        for part in ENTRIES:
            for name in fnmatch.filter(study[part], pattern):
                if (part, name) not in seen:
                    seen.add((part, name))
                    pending |= {*texts(study[part][name])} - done
    if any(part == "corpora" for part, _ in seen):
        sections += OF_CORPORA
    yield from (section for section in sections if at(study, section) is not None)
    yield from (f"{part}.{name}" for part, name in sorted(seen))


def texts(value: Any) -> list[str]:
    """All texts in a part of a study, keys among them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for own in pair for text in texts(own)]
    return [text for own in value for text in texts(own)] if isinstance(value, list) else []


def at(study: dict, key: str) -> Any:
    """What stands at a key; an entry's name may hold points."""
    section, _, name = key.partition(".")
    return (study.get(section) or {}).get(name) if name else study.get(section)
