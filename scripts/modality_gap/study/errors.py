"""What is wrong with a study, in one line: `key.path: what is wrong and what was expected`."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import yaml
from pydantic import TypeAdapter, ValidationError

# libyaml's, where it is there: planning reads each study twice.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST = 10_000_000  # values of a study's file
# How tags of unions begin, so that they are no key of a user's: YAML has no such character.
TAG = "\0"
TYPES = {
    "int_type": "integer",
    "float_type": "number",
    "bool_type": "boolean",
    "list_type": "array",
    "dict_type": "object",
    "no_mapping": "object",
}
BOUNDS = {
    "greater_than": ("gt", "less than or equal to the minimum of"),
    "greater_than_equal": ("ge", "less than the minimum of"),
    "less_than": ("lt", "greater than or equal to the maximum of"),
    "less_than_equal": ("le", "greater than the maximum of"),
}


def check_type(expected: object, value: object, path: str) -> None:
    """Raise ValueError with one line where a value is not what a section of a study may be.

    expected: a type that pydantic knows; path: of the section. Of several errors, the one with the
    first path is told.
    """
    try:
        TypeAdapter(expected).validate_python(value, strict=True)
    except ValidationError as error:
        found = [(place(one["loc"]), one) for one in error.errors(include_url=False)]
        parts, first = min(found, key=lambda pair: list(map(str, pair[0])))
        raise ValueError(one_line(join_path(path, parts), first)) from None


def place(location: tuple) -> tuple:
    """Where an error is, without what pydantic says of unions (see TAG) and keys."""
    return tuple(
        part for part in location if not str(part).startswith(TAG) and str(part) != "[key]"
    )


def join_path(path: str, parts: Iterable) -> str:
    """Keys and places in lists as `a.b[0].c`."""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".")


def one_line(path: str, error: dict) -> str:
    """One of pydantic's errors as `path: what is wrong and what was expected`."""
    kind, value, facts = error["type"], error["input"], error.get("ctx", {})
    path = path or "the study"
    if kind == "unknown_key":
        return f"{join_path(path, [facts['key']])}: unknown key, {facts['expected']}"
    if kind == "not_one_of" and "key" in facts:
        path = join_path(path, [facts["key"]])
    if kind in ("string_type", "string_sub_type") and not isinstance(value, dict | list):
        wrong = "null" if value is None else str(value).lower()
        return (
            f"{path}: {wrong}, which YAML takes for {type(value).__name__}, expected text: put it "
            "in quotes"
        )
    if kind == "string_type":
        return f"{path}: {value!r} is not of type 'string'"
    if kind in TYPES:
        kinds = (
            f"'string', {TYPES[kind]!r}"
            if error["loc"][-1:] == (f"{TAG}other",)
            else repr(TYPES[kind])
        )
        return f"{path}: {value!r} is not of type {kinds}"
    if kind in BOUNDS:
        bound, words = BOUNDS[kind]
        return f"{path}: {value!r} is {words} {str(facts[bound]).removesuffix('.0')}"
    if kind in ("too_short", "too_long"):
        side, bound = ("least", "min_length") if kind == "too_short" else ("most", "max_length")
        return f"{path}: {facts['actual_length']} entries, expected at {side} {facts[bound]}"
    if kind == "string_too_short":
        return f"{path}: {value!r}, expected some text"
    if kind == "said":
        return f"{path}: {value!r}, {error['msg']}"
    return f"{path}: {error['msg']}"


class Unknown(str):
    """A complaint about one of several names, with that `name`."""

    name: str | int

    def __new__(cls, said: str, name: str | int) -> "Unknown":
        """The complaint as it is said, and the name."""
        found = super().__new__(cls, said)
        found.name = name
        return found


def unknown(path: str, name: str | int, known: Iterable) -> Iterator[Unknown]:
    """The complaint about a name that is not among those known."""
    if name not in known:
        listed = ", ".join(map(str, known)) or "none"
        yield Unknown(f"{path}: unknown name {name!r}, expected one of {listed}", name)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What was expected where a key is not known, with the one that it is most like, if any."""
    known = sorted(known)
    near = get_close_matches(key, known, n=1)
    meant = f" (meant {near[0]}?)" if near else ""
    return f"expected one of {', '.join(known)}{meant}"


def values_in(node: yaml.Node, counted: dict[int, int]) -> int:
    """How many values a YAML node stands for, what its aliases repeat among them.

    counted: of nodes by `id`, added to: aliases of aliases stand for more than can be looked at.
    """
    if id(node) not in counted:
        counted[id(node)] = 0  # where it holds itself
        inside = [] if isinstance(node, yaml.ScalarNode) else node.value
        if isinstance(node, yaml.MappingNode):
            inside = [part for pair in inside for part in pair]
        counted[id(node)] = 1 + sum(values_in(part, counted) for part in inside)
    return counted[id(node)]


def bounded(root: yaml.Node | None) -> yaml.Node | None:
    """What YAML holds, as it is. Raises ValueError where that is more than `LARGEST` values."""
    if root is not None and (values := values_in(root, {})) > LARGEST:
        raise ValueError(
            f"{values:,} values, those that aliases (*) repeat among them, expected at most {LARGEST:,}"
        )
    return root


class Bounded(yaml.SafeLoader):
    """Reads YAML, and counts its values before it makes them: mappings that are merged are copied."""

    def construct_document(self, node: yaml.Node) -> Any:
        """The values of a whole file."""
        return super().construct_document(bounded(node))


def read_yaml(file: str | Path) -> dict:
    """The mapping that a YAML file holds. Raises ValueError, naming file and line, where there is none."""
    config = loaded(file, partial(yaml.load, Loader=Bounded))
    if not isinstance(config, dict):
        raise ValueError(f"{file}: line 1: no keys at its top level, expected `study: a name`")
    return config


def loaded(file: str | Path, load: Callable[[TextIO], Any]) -> Any:
    """What a YAML file holds. Raises ValueError, naming file and line, where it is none."""
    try:
        with open(file, encoding="utf-8") as text:
            return load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        tab = "\\t" in str(error.problem)
        expected = ", expected spaces: YAML knows no tabs" if tab else ""
        where = f"{file}: line {mark.line + 1}: {error.problem}{expected}"
        if error.context and error.context_mark:
            where += f" ({error.context}, begun in line {error.context_mark.line + 1})"
        raise ValueError(where) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: {error}, expected text in UTF-8") from None
    except (yaml.YAMLError, ValueError) as error:
        # A date that is none, or a character: neither comes with its line.
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None


def check_file(file: str | Path) -> None:
    """Raise ValueError, naming file and line, where a study says a key twice: one of both would win.

    So, too, where aliases of aliases stand for more than `LARGEST` values.
    """
    root = loaded(file, lambda text: bounded(yaml.compose(text, Loader=LOADER)))
    unread, known = [root] if root is not None else [], set()
    while unread:
        node = unread.pop()
        if id(node) in known:
            continue  # an alias
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            unread += node.value
        if not isinstance(node, yaml.MappingNode):
            continue
        seen = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(
                    f"{file}: line {key.start_mark.line + 1}: a key that is a list or a mapping, "
                    "expected a name"
                )
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise ValueError(
                    f"{file}: line {key.start_mark.line + 1}: key {key.value!r} stands twice, first "
                    f"in line {seen[key.value]}"
                )
            seen[key.value] = key.start_mark.line + 1
            unread.append(value)
