"""The science of the modality gap: arrays and plain values in, arrays and data frames out.

What is asked for most can be had by name, `from modality_gap import close_gap`; docs/library.md has
an example of each. A name is looked up when it is first used: nothing is imported for the others.
"""

from importlib import import_module

# In which module of the library each name is.
NAMES = {
    "normalize": "data.embeddings",
    "gap_vector": "measures.gap",
    "modality_gap": "measures.gap",
    "matched_distance": "measures.gap",
    "relative_modality_gap": "measures.gap",
    "pair_margins": "measures.gap",
    "gap_cosines": "measures.gap",
    "gap_measures": "measures.gap",
    "cosine_statistics": "measures.cone",
    "alignment": "measures.uniformity",
    "uniformity": "measures.uniformity",
    "gaussian_uniformity": "measures.uniformity",
    "recall": "measures.retrieval",
    "recall_at_k": "measures.retrieval",
    "shift_embeddings": "measures.shift",
    "shift_landscape": "measures.shift",
    "view": "measures.views",
    "class_embeddings": "effects.zero_shot",
    "zero_shot_accuracy": "effects.zero_shot",
    "close_gap": "closing.projection",
    "orthogonal_gap": "closing.projection",
    "MITIGATIONS": "closing.ways",
    "fit_mitigation": "closing.ways",
    "retrieval_task": "closing.choices",
    "robustness_table": "closing.robustness",
    "quantize": "closing.few_bits",
}


def __getattr__(name: str) -> object:
    """What `NAMES` knows, from its module."""
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{NAMES[name]}"), name)


def __dir__() -> list[str]:
    """All names, those not looked up yet included."""
    return sorted({*globals(), *NAMES})
