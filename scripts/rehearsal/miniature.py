"""A study in miniature: the same sections, encoders and corpora, at the smallest sizes."""

import copy
from fnmatch import fnmatchcase
from typing import Any

from modality_gap.conditions import REHEARSED

# The most of what a key counts, by its path in the study, the first pattern that matches. Numbers in
# a list have the same bound, each.
MOST = {
    "free_embeddings.*seeds": 1,
    "*.seeds": 5,
    "corpora.*.first": 24,
    "training.*.batch_size": 8,
    "*.batch_size": 16,
    "training.*.pairs": 24,
    # A limit is come to by more pairs than one number of them.
    "gradient_flow.initial_growth.pairs": 256,
    "gradient_flow.*.pairs": 6,
    "free_embeddings.*.pairs": 6,
    "free_embeddings.*.dimension": 8,
    "*.two_class.dimension": 16,
    "gradient_flow.*.dimension": 4,
    "*.two_class.queries": 4,
    "quantization.k": 4,
    "views.pairs": 16,
    "sample.pairs": 100,
    "*.pairs": 64,
    # A curve's far side has its own minimum only where there are points on it.
    "shift_landscape.shifts.number": 9,
    "*.number": 5,
    "*.items": 16,
    "*.view_items": 8,
    "*.train_items": 40,
    "*.queries": 16,
    "*.draws": 3,
    "*.bootstrap": 100,
    "*.wrong_answers": 6,
    "*.networks": 5,
    "*.trials": 20,
    "*.repeats": 2,
    "*.layers": 3,
    "*.inputs": 16,
    "*.width": 8,
    "*.widths": 16,
    "*.starts": 3,
    "*.steps": 20,
    "*.epochs": 2,
    "*.evaluations": 4,
    "*.pool": 8,
    "*.first_step": 2,
    "gradient_flow.*duration": 100,
}
# The least, where a smaller number is more work.
LEAST = {"sphere.step": 15}
# So many of a list stay, the first ones.
KEPT = {
    "training.*.seeds": 2,
    "*.learning_rate": 2,
    "*.templates": 3,
    "*.lists": 2,
    "*.widths": 2,
    "*.noises": 2,
    "*.deviations": 2,
    "*.activations": 2,
    "*.logit_scales": 2,
    "quantization.schemes.*": 2,
    # What is claimed of the highest temperature, and of many dimensions, is judged there alone.
    "free_embeddings.sweep.temperatures": 4,
    "free_embeddings.sweep.dimensions": 5,
    "free_embeddings.*.temperatures": 2,
    "free_embeddings.*.gaps": 2,
    "free_embeddings.*.dimensions": 2,
    "gradient_flow.*.dimensions": 2,
}


def found(table: dict[str, int], path: str) -> int | None:
    """The entry of the first pattern that a path matches, or None."""
    return next((most for pattern, most in table.items() if fnmatchcase(path, pattern)), None)


def bounded(value: Any, path: str) -> Any:
    """A value of a study with its bounds, and all that is in it."""
    if isinstance(value, dict):
        return {key: bounded(own, f"{path}.{key}".lstrip(".")) for key, own in value.items()}
    if isinstance(value, list):
        kept = [bounded(own, path) for own in value[: found(KEPT, path)]]
        if found(MOST, path) is None:
            return kept
        # Several may have come down to one bound.
        return [own for number, own in enumerate(kept) if own not in kept[:number]]
    if counts(value):
        most, least = found(MOST, path), found(LEAST, path)
        value = value if most is None or value <= most else most
        return value if least is None or value >= least else least
    return value


def counts(value: Any) -> bool:
    """Whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def snapshots_within(entry: Any) -> None:
    """Keep, of snapshots in a descent, those that its steps still reach, the last step among them."""
    for own in entry.values() if isinstance(entry, dict) else ():
        snapshots_within(own)
    if isinstance(entry, dict) and entry.get("snapshots"):
        reached = [step for step in entry["snapshots"] if step < entry["steps"]]
        entry["snapshots"] = [*reached, entry["steps"]]


def one_choice_alone(training: dict[str, dict]) -> None:
    """Let the first run choose among learning rates, and the others have the first of theirs."""
    choosing = [run for run in training.values() if isinstance(run["learning_rate"], list)]
    for run in choosing[1:]:
        run["learning_rate"] = run["learning_rate"][0]


def in_miniature(study: dict) -> dict:
    """The study with its numbers bounded, under a name and a title of its own; its data stay.

    study: valid, defaults filled in. Seeds, trials, grids, epochs and draws become the fewest that go
    every way in the code that the study goes: what stands in the papers' sizes is never computed.
    """
    small = bounded(copy.deepcopy(study), "")
    snapshots_within(small.get("free_embeddings"))
    one_choice_alone(small["training"])
    small["study"] = f"{REHEARSED}{study['study']}"
    small["title"] = f"Rehearsal: numbers mean nothing. {study['title']}"
    small.pop("local_files", None)
    return small
