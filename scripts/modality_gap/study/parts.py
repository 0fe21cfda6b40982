"""The parts of a study: what each may say, found by its file."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from modality_gap.study import corpora, encoders, sections, training

# Those that a user's own entries make; an absent one is empty.
OF_ENTRIES = {"corpora": corpora, "training": training, "encoders": encoders}
SECTIONS: dict[str, ModuleType] = {
    found.name: import_module(f"{sections.__name__}.{found.name}")
    for found in pkgutil.iter_modules(sections.__path__)
}
PARTS = {**OF_ENTRIES, **SECTIONS}


def places_of(config: dict) -> dict[str, dict]:
    """Everything by which sections name a corpus and its splits, by the key's path."""
    found = {}
    for name, part in SECTIONS.items():
        if name in config and hasattr(part, "places"):
            found |= part.places(config[name])
    return found


def named_splits(place: dict) -> Iterator[tuple[str, str]]:
    """(key, split) of every split that a place of a corpus names."""
    for key in ("split", "splits", "train", "test", "validation"):
        named = place.get(key, [])
        for split in [named] if isinstance(named, str) else named:
            yield key, split
