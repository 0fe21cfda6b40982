"""A study's configuration: what is wrong with it, said in one line with the key's path."""

from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

EXTRA_KEY = "additionalProperties"


def check_study(study: dict, schema: dict) -> None:
    """Raise ValueError with one line, `key.path: what was expected`, where a study is not valid.

    study: the configuration; schema: its JSON schema. Names that refer to another entry
    (corpora, runs, encoders) are checked too.
    """
    errors = sorted(Draft202012Validator(schema).iter_errors(study), key=lambda error: error.path)
    if errors:
        raise ValueError(one_line(errors[0]))
    for problem in broken_references(study):
        raise ValueError(problem)


def check_files(study: dict) -> None:
    """Raise FileNotFoundError, naming the key, where a file that a study brings is not there."""
    folder = study.get("local_files")
    if folder is not None and not Path(folder).is_dir():
        raise FileNotFoundError(f"local_files: no such folder: {folder}")
    for kind in ("corpora", "encoders"):
        for name, entry in study.get(kind, {}).items():
            for file in entry.get("files", [entry["file"]] if "file" in entry else []):
                if not Path(file).is_file():
                    raise FileNotFoundError(f"{kind}.{name}: no such file: {file}")


def one_line(error: ValidationError) -> str:
    """A validation error as `key.path: what is wrong and what was expected`."""
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path)
    path = path.lstrip(".") or "the study"
    if error.validator == EXTRA_KEY:
        known = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))[0]
        place = "" if path == "the study" else f"{path}."
        return f"{place}{unknown}: unknown key, expected one of {', '.join(known)}"
    if error.validator == "pattern":
        return f"{path}: {error.instance!r}, expected {error.schema['description']}"
    if error.validator == "oneOf":
        ways = [" with ".join(option["required"]) for option in error.validator_value]
        return f"{path}: expected exactly one of {', '.join(ways)}"
    return f"{path}: {error.message}"


def broken_references(study: dict) -> Iterator[str]:
    """What names something that the study does not have."""
    corpora, runs, encoders = (study.get(key, {}) for key in ("corpora", "training", "encoders"))
    for name, run in runs.items():
        yield from unknown(f"training.{name}.corpus", run["corpus"], corpora)
    for name, encoder in encoders.items():
        path = f"encoders.{name}"
        if "initial" in encoder:
            starts = [
                other for other in encoders if other != name and "initial" not in encoders[other]
            ]
            yield from unknown(f"{path}.initial", encoder["initial"], starts)
        if encoder["kind"] == "run":
            yield from unknown(f"{path}.run", encoder["run"], runs)
        for corpus in encoder.get("corpora", []):
            yield from unknown(f"{path}.corpora", corpus, corpora)
        if encoder["kind"] != "precomputed" and not corpora:
            yield f"{path}: needs a corpus to encode, but the study has no corpora"


def unknown(path: str, name: str, known: dict) -> Iterator[str]:
    """The complaint about a name that is not among those known."""
    if name not in known:
        yield f"{path}: unknown name {name!r}, expected one of {', '.join(known) or 'none'}"
