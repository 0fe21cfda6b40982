"""A study's configuration: what is wrong with it, said in one line with the key's path."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from modality_gap.data.text_table import DELIMITERS, check_columns, read_text_table

EXTRA_KEY = "additionalProperties"


def check_file(file: str | Path) -> None:
    """Raise ValueError, naming file and line, where a study says a key twice: one of both would win."""
    with open(file, encoding="utf-8") as text:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
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


def check_study(study: dict, schema: dict) -> None:
    """Raise ValueError with one line, `key.path: what was expected`, where a study is not valid.

    study: the configuration; schema: its JSON schema. Names that refer to another entry
    (corpora, runs, encoders) are checked too.
    """
    for problem in (*keys_of_other_types(study), *numbers_that_are_none(study)):
        raise ValueError(problem)
    errors = sorted(Validator(schema).iter_errors(study), key=lambda error: error.path)
    if errors:
        raise ValueError(one_line(errors[0]))
    for problem in broken_references(study):
        raise ValueError(problem)


def is_whole(checker, value) -> bool:
    """Whether a value is a whole number; 3.0 is none, as Python's functions have it."""
    return isinstance(value, int) and not isinstance(value, bool)


Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole),
)


def entries_of(study: dict | list, path: str = "") -> Iterator[tuple[str, str, object, object]]:
    """(path of what holds it, own path, key or place, value) of every entry, depth first."""
    for key, value in study.items() if isinstance(study, dict) else enumerate(study):
        own = f"{path}[{key}]" if isinstance(study, list) else f"{path}.{key}".lstrip(".")
        yield path, own, key if isinstance(study, dict) else str(key), value
        if isinstance(value, dict | list):
            yield from entries_of(value, own)


def keys_of_other_types(study: dict) -> Iterator[str]:
    """The keys that YAML took for something else than text: no for false, 007 for 7."""
    for path, _, key, _ in entries_of(study):
        if not isinstance(key, str):
            yield (
                f"{path or 'the study'}: a key is read as {key!r} ({type(key).__name__}), not as text: "
                "put it in quotes as it is meant"
            )


def numbers_that_are_none(study: dict) -> Iterator[str]:
    """The keys whose value is no finite number: bounds of a schema let NaN pass."""
    for _, own, _, value in entries_of(study):
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{own}: {value}, expected a finite number"


def check_tables(study: dict) -> None:
    """Raise ValueError, naming the file, where a .csv or .tsv that a study lists is not what it needs.

    Its form, its columns, the splits that are evaluated, and the labels that tasks name.
    """
    for name, corpus in study.get("corpora", {}).items():
        if corpus["reader"] != "table" or Path(corpus["file"]).suffix.lower() not in DELIMITERS:
            continue
        columns = read_text_table(corpus["file"])
        check_columns(list(columns), ["image", "caption"], corpus["file"])
        splits = dict.fromkeys([*columns.get("split", []), "all"])
        for path, split in named_splits(study, name):
            if split not in splits:
                raise ValueError(
                    f"{path}: no split {split!r} in {corpus['file']}, expected one of "
                    f"{', '.join(splits)}"
                )
        for path, label in named_labels(study, name):
            if label not in columns:
                raise ValueError(
                    f"{path}: no column {label!r} in {corpus['file']}, expected one of "
                    f"{', '.join(columns)}"
                )


def named_splits(study: dict, corpus: str) -> Iterator[tuple[str, str]]:
    """(key's path, split) of every split of a corpus that a study names."""
    for split in study["corpora"][corpus].get("evaluate", []):
        yield f"corpora.{corpus}.evaluate", split
    places = {f"training.{name}": run for name, run in study.get("training", {}).items()}
    places |= places_of_tasks(study)
    for path, place in places.items():
        if place["corpus"] == corpus:
            for key in ("split", "splits", "train", "test", "validation"):
                named = place.get(key, [])
                for split in [named] if isinstance(named, str) else named:
                    yield f"{path}.{key}", split


def named_labels(study: dict, corpus: str) -> Iterator[tuple[str, str]]:
    """(key's path, column) of every label of a corpus's images that a study names."""
    if "classes" in study["corpora"][corpus]:
        yield f"corpora.{corpus}.classes.label", study["corpora"][corpus]["classes"]["label"]
    for path, place in places_of_tasks(study).items():
        if place["corpus"] != corpus:
            continue
        if "label" in place:
            yield f"{path}.label", place["label"]
        for column in place.get("where", {}):
            yield f"{path}.where", column
        columns = place["classes"]["columns"] if "classes" in place else []
        for group in [*columns, *place.get("groups", [])]:
            for column in group.split(" x "):
                yield f"{path}.groups", column


def check_files(study: dict) -> None:
    """Raise FileNotFoundError, naming the key, where a file that a study brings is not there."""
    folder = study.get("local_files")
    if folder is not None and not Path(folder).is_dir():
        raise FileNotFoundError(f"local_files: no such folder: {folder}")
    for name, source in study.get("zero_shot", {}).get("directions", {}).items():
        if isinstance(source, dict) and "file" in source and not Path(source["file"]).is_file():
            raise FileNotFoundError(
                f"zero_shot.directions.{name}.file: no such file: {source['file']}"
            )
    for path, file in named_files(study):
        if "{" in file or "}" in file:
            raise ValueError(
                f"{path}: {file!r} has braces, which are wildcards to Snakemake: expected a path "
                "without them (rename it, or link to it)"
            )
    for kind in ("corpora", "encoders"):
        for name, entry in study.get(kind, {}).items():
            for file in entry.get("files", [entry["file"]] if "file" in entry else []):
                if not Path(file).is_file():
                    raise FileNotFoundError(f"{kind}.{name}: no such file: {file}")
            if kind == "corpora" and "folder" in entry and not Path(entry["folder"]).is_dir():
                raise FileNotFoundError(
                    f"corpora.{name}: no such folder: {entry['folder']}, expected the files of "
                    f"{entry['reader']} in it"
                )
            if kind == "corpora" or "folder" not in entry:
                continue
            if not (Path(entry["folder"]) / "modules.json").is_file():
                raise FileNotFoundError(
                    f"{kind}.{name}: no sentence transformer (its modules.json) in the folder "
                    f"{entry['folder']}"
                )


def named_files(study: dict) -> Iterator[tuple[str, str]]:
    """(key's path, file or folder) of everything of a user's that jobs have as an input."""
    entries = [
        (f"{kind}.{name}", entry)
        for kind in ("corpora", "encoders")
        for name, entry in study.get(kind, {}).items()
    ]
    directions = study.get("zero_shot", {}).get("directions", {})
    entries += [
        (f"zero_shot.directions.{name}", source)
        for name, source in directions.items()
        if isinstance(source, dict)
    ]
    for path, entry in entries:
        for key in ("file", "folder", "files"):
            named = entry.get(key, [])
            for file in [named] if isinstance(named, str) else named:
                yield f"{path}.{key}", file


def one_line(error: ValidationError) -> str:
    """A validation error as `key.path: what is wrong and what was expected`."""
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path)
    path = path.lstrip(".") or "the study"
    if error.validator == EXTRA_KEY:
        known = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))[0]
        place = "" if path == "the study" else f"{path}."
        return f"{place}{unknown}: unknown key, expected one of {', '.join(known)}"
    if error.validator in ("pattern", "const") and "description" in error.schema:
        return f"{path}: {error.instance!r}, expected {error.schema['description']}"
    if error.validator == "type" and error.validator_value == "string":
        wrong = "null" if error.instance is None else str(error.instance).lower()
        if not isinstance(error.instance, dict | list):
            return (
                f"{path}: {wrong}, which YAML takes for {type(error.instance).__name__}, expected "
                "text: put it in quotes"
            )
    if error.validator == "minItems":
        number = len(error.instance)
        return f"{path}: {number} entries, expected at least {error.validator_value}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{path}: missing {', '.join(missing)}"
    if error.validator == "oneOf":
        ways = [" with ".join(option["required"]) for option in error.validator_value]
        return f"{path}: expected exactly one of {', '.join(ways)}"
    return f"{path}: {error.message}"


def broken_references(study: dict) -> Iterator[str]:
    """What names something that the study does not have."""
    corpora, runs, encoders = (study.get(key, {}) for key in ("corpora", "training", "encoders"))
    for name, run in runs.items():
        yield from unknown(f"training.{name}.corpus", run["corpus"], corpora)
        known = splits_of(corpora[run["corpus"]])
        for key in ("split", "validation"):
            yield from unknown(f"training.{name}.{key}", run[key], known or [run[key]])
        yield from broken_start(name, runs, encoders)
    for name, encoder in encoders.items():
        path = f"encoders.{name}"
        if "initial" in encoder:
            starts = [
                other for other in encoders if other != name and "initial" not in encoders[other]
            ]
            yield from unknown(f"{path}.initial", encoder["initial"], starts)
        if encoder["kind"] == "run":
            yield from unknown(f"{path}.run", encoder["run"], runs)
            if encoder["run"] in runs and "seed" in encoder:
                seeds = runs[encoder["run"]]["seeds"]
                yield from unknown(f"{path}.seed", encoder["seed"], seeds)
        for corpus in encoder.get("corpora", []):
            yield from unknown(f"{path}.corpora", corpus, corpora)
        splits = [split for corpus in corpora.values() for split in corpus.get("evaluate", [])]
        for split in encoder.get("splits", []):
            yield from unknown(f"{path}.splits", split, splits)
        if encoder["kind"] != "precomputed" and not corpora:
            yield f"{path}: needs a corpus to encode, but the study has no corpora"
    for name, corpus in corpora.items():
        if "splits" in corpus:
            for split in corpus.get("evaluate", []):
                known = [*corpus["splits"], "all"]
                yield from unknown(f"corpora.{name}.evaluate", split, known)
    yield from broken_experiments(study, corpora, runs)
    yield from broken_tasks(study, corpora, encoders)


def broken_start(name: str, runs: dict, encoders: dict) -> Iterator[str]:
    """What is wrong with the encoder that a run goes on from."""
    path, seen = f"training.{name}.start", []
    while name in runs and "start" in runs[name]:
        start = runs[name]["start"]
        trainable = [
            other
            for other, encoder in encoders.items()
            if encoder["kind"] in ("pretrained", "checkpoint", "random", "run")
        ]
        yield from unknown(path, start, trainable)
        if name in seen:
            yield f"{path}: {start!r} starts from this run itself"
            return
        seen.append(name)
        name = encoders.get(start, {}).get("run")


def broken_comparisons(comparisons: dict, runs: dict) -> Iterator[str]:
    """What a comparison of runs names and the study does not have, or cannot compare."""
    starts = comparisons.get("starts", {"random": None, "amended": []})
    named = {
        "starts.random": [starts["random"]] if starts["random"] else [],
        "starts.amended": starts["amended"],
        "long_training.run": [comparisons["long_training"]["run"]]
        if "long_training" in comparisons
        else [],
    }
    for name in ("gap_by_temperature", "mitigations", "gap_by_dimension"):
        named[name] = comparisons.get(name, [])
    for name, entries in named.items():
        for run in entries:
            yield from unknown(f"run_comparisons.{name}", run, runs)
    for part in ("random", "amended"):
        for run in named[f"starts.{part}"]:
            found = runs[run].get("initialization", "random")
            if (found == "random") != (part == "random"):
                expected = "random" if part == "random" else "procrustes or common_centre"
                yield (
                    f"run_comparisons.starts.{part}: {run!r} has initialization {found}, "
                    f"expected {expected}"
                )
    yield from broken_temperatures(named["gap_by_temperature"], runs)


def broken_temperatures(names: list[str], runs: dict) -> Iterator[str]:
    """Which runs do not make a curve of the gap against their temperature."""
    curves: dict[tuple[str, str], set[float]] = {}
    for name in names:
        temperature = runs[name]["temperature"]
        policy = temperature["policy"]
        if policy not in ("fixed", "learned"):
            yield (
                f"run_comparisons.gap_by_temperature: {name!r} has a temperature that is {policy}, "
                "expected fixed or learned"
            )
            return
        origin = "fine-tuned" if "start" in runs[name] else "from scratch"
        value = temperature["value" if policy == "fixed" else "start"]
        curves.setdefault((origin, policy), set()).add(value)
    for (origin, policy), values in curves.items():
        if len(values) < 3:
            yield (
                f"run_comparisons.gap_by_temperature: {len(values)} temperatures of runs {origin} "
                f"with a {policy} temperature, expected at least 3"
            )


def broken_experiments(study: dict, corpora: dict, runs: dict) -> Iterator[str]:
    """What an experiment's section names and the study does not have."""
    if "seed_cones" in study:
        yield from unknown("seed_cones.corpus", study["seed_cones"]["corpus"], corpora)
        for name, family in study["seed_cones"]["families"].items():
            path = f"seed_cones.families.{name}.run"
            if "run" in family:
                yield from unknown(path, family["run"], runs)
                if family["run"] in runs and len(runs[family["run"]]["seeds"]) < 2:
                    yield f"{path}: {family['run']!r} has one seed, expected a run with several"
    if "first_steps" in study:
        yield from unknown("first_steps.run", study["first_steps"]["run"], runs)
    yield from broken_comparisons(study.get("run_comparisons", {}), runs)
    for name, encoder in study.get("encoders", {}).items():
        if encoder.get("corpus") == "noise":
            yield f"encoders.{name}.corpus: noise is taken by noise as input, expected another name"
    if "noise" in corpora:
        yield "corpora.noise: this name is taken by noise as input, expected another one"


def broken_tasks(study: dict, corpora: dict, encoders: dict) -> Iterator[str]:
    """What the tasks of users name and the study does not have."""
    both = [
        name
        for name, encoder in encoders.items()
        if encoder["kind"] not in ("image_backbone", "sentence_transformer")
    ]
    asked = [name for name in both if encoders[name]["kind"] != "precomputed"]
    sections = dict.fromkeys(("shifted_recall", "quantization", "mitigations", "robustness"), both)
    names = ("zero_shot", "linear_probe", "pair_matching", "rephrasing")
    sections |= dict.fromkeys(names, asked)
    for section, known in sections.items():
        for name in study.get(section, {}).get("encoders", []):
            yield from unknown(f"{section}.encoders", name, known)
    places = places_of_tasks(study)
    for name, task in tasks_of(study, "zero_shot"):
        if "positive" in task and "prompts" in task:
            key = f"zero_shot.tasks.{name}.positive"
            yield from unknown(key, task["positive"], task["prompts"])
    for corpus in corpora.values() if "mitigations" in study else []:
        known = splits_of(corpus) if corpus.get("evaluate") else []
        reference = study["mitigations"]["reference"]
        yield from unknown("mitigations.reference", reference, ["same", *(known or [reference])])
    if "robustness" in study:
        yield from broken_robustness(study["robustness"], study)
    for name, entry in study.get("fairness", {}).items():
        path = f"fairness.{name}"
        for encoder in entry["encoders"]:
            yield from unknown(f"{path}.encoders", encoder, asked)
        for compared, change in entry["compared"].items():
            if "exacerbates" in change:
                key = f"{path}.compared.{compared}.exacerbates"
                yield from unknown(key, change["exacerbates"], entry["probes"])
    for path, place in places.items():
        yield from unknown(f"{path}.corpus", place["corpus"], corpora)
        known = splits_of(corpora[place["corpus"]])
        for key in ("split", "splits", "train", "test"):
            named = place.get(key, [])
            for split in [named] if isinstance(named, str) else named:
                yield from unknown(f"{path}.{key}", split, known or [split])


def broken_robustness(section: dict, study: dict) -> Iterator[str]:
    """What the robustness of a task needs and the study does not have."""
    if "multiple_choice" in section["tasks"] and "choices" not in section:
        yield "robustness: missing choices, expected for multiple_choice"
    if -1 not in section["alphas"]:
        yield "robustness.alphas: expected -1 among them, where the gap is widened"
    if "zero_shot" in section["tasks"]:
        if "zero_shot" not in section:
            yield "robustness: missing zero_shot, expected the name of a task of zero_shot"
        tasks = dict(tasks_of(study, "zero_shot"))
        yield from unknown("robustness.zero_shot", section["zero_shot"], tasks)


def places_of_tasks(study: dict) -> dict[str, dict]:
    """Everything by which the tasks of users name a corpus and its splits, by the key's path."""
    places = {
        f"{section}.tasks.{name}": task
        for section in ("zero_shot", "linear_probe")
        for name, task in tasks_of(study, section)
    }
    for name, source in study.get("zero_shot", {}).get("directions", {}).items():
        if "corpus" in source:
            places[f"zero_shot.directions.{name}"] = source
    if "pair_matching" in study:
        places["pair_matching"] = study["pair_matching"]
    for name, entry in study.get("fairness", {}).items():
        places[f"fairness.{name}"] = entry
        if entry["direction"] != "task":
            places[f"fairness.{name}.direction"] = entry["direction"]
    return places


def tasks_of(study: dict, section: str) -> Iterable[tuple[str, dict]]:
    """The tasks of a section, by name."""
    return study.get(section, {}).get("tasks", {}).items()


def splits_of(corpus: dict) -> list[str]:
    """The splits that a corpus has, where its configuration tells: a table's own are in its file."""
    if corpus["reader"] == "emoji":
        return ["train", "held_out_concepts", "held_out_vendor", "held_out_both", "all"]
    return [*corpus["splits"], "all"] if "splits" in corpus else []


def unknown(path: str, name: str | int, known: Iterable) -> Iterator[str]:
    """The complaint about a name that is not among those known."""
    if name not in known:
        yield f"{path}: unknown name {name!r}, expected one of {', '.join(map(str, known)) or 'none'}"
