"""A study without some of what it has: all that depends on it goes too, and is told."""

import re
from collections.abc import Callable, Iterator

from modality_gap.study.errors import check_type, unknown
from modality_gap.study.parts import OF_ENTRIES, PARTS


def named_without(names: str | list[str], several: dict[str, list[str]]) -> list[str]:
    """The entries that are left out; names: a list, or a text with commas; several: see `spread`."""
    given = re.split(r"[,\s]+", names.strip(", ")) if isinstance(names, str) else names
    return [one for name in given for one in several.get(name, [name])]


def leave_out(study: dict, names: list[str], broken: Callable[[dict], Iterator[str]]) -> list[str]:
    """Take corpora, encoders or training runs out of a study, and what cannot be without them.

    study: valid, with its defaults; broken: what is wrong with a
    study, `key.path: what` each, a name that it does not know as `Unknown`. Returns the keys' paths of all that went, in the order
    in which they did. Raises ValueError for a name that there is not, and where what is left is no
    study.
    """
    gone = []
    for name in names:
        kinds = [kind for kind in OF_ENTRIES if name in study[kind]]
        known = [entry for kind in OF_ENTRIES for entry in study[kind]]
        for problem in [] if kinds else unknown("without", name, known):
            raise ValueError(problem)
        for kind in kinds:
            del study[kind][name]
            gone.append(f"{kind}.{name}")
    while problem := next(broken(study), None):
        # The study was as it should be: whatever is wrong now is so for what went.
        keys = keys_of(study, problem.partition(": ")[0])
        if not keys:
            raise ValueError(f"without {', '.join(gone)}: {problem}")
        gone.append(remove(study, keys, getattr(problem, "name", None)))
    return gone


def keys_of(study: object, path: str) -> list[str]:
    """The keys that a path like `a.b.c` goes along, as far as there are any.

    A key may have a point in it itself: of several ways the one with the shortest keys counts that
    goes on to the path's end.
    """
    if not path or not isinstance(study, dict):
        return []
    ways = []
    for key in sorted((key for key in study if f"{path}.".startswith(f"{key}.")), key=len):
        ways.append([key, *keys_of(study[key], path[len(key) + 1 :])])
    return max(ways, key=lambda way: len(".".join(way)), default=[])


def at(study: dict, keys: list[str]) -> object:
    """What is at the end of some keys."""
    for key in keys:
        study = study[key]
    return study


def remove(study: dict, keys: list[str], name: object) -> str:
    """Take a name out of a list, or else a key out, and what cannot be without it; the path of that.

    study: is changed; keys: to the list or the value. Of a section whose type does not hold then, the
    next larger part goes, at last the whole.
    """
    value = at(study, keys)
    if isinstance(value, list) and name in value:
        value.remove(name)
        gone, left = f"{'.'.join(keys)} ({name})", keys
    else:
        del at(study, keys[:-1])[keys[-1]]
        gone, left = ".".join(keys), keys[:-1]
    while left and not holds(study, left[0]):
        del at(study, left[:-1])[left[-1]]
        gone, left = ".".join(left), left[:-1]
    return gone


def holds(study: dict, section: str) -> bool:
    """Whether a section is of its type."""
    try:
        check_type(PARTS[section].Section, study[section], section)
    except ValueError:
        return False
    return True
