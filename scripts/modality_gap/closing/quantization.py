"""Quantisation: what is left of nearest neighbours when embeddings are stored in a few bits.

Both modalities are quantised, in the schemes of `few_bits`, after the retrieved one, the texts, has
moved by α·g′ (chowers2026, Sec. 5.2).
"""

import numpy as np
import pandas as pd

from modality_gap.closing.few_bits import Quantized, quantize
from modality_gap.closing.projection import move_along
from modality_gap.data.embeddings import UndefinedError, check_pair, first_equal_rows, sample_pairs
from modality_gap.measures.intervals import mean_and_change, mean_interval, number_of_units
from modality_gap.measures.neighbours import closeness, nearest, right_first, share_found

SEARCHED = np.linspace(0, 2, 41)
NEIGHBOUR, TASK = "nearest_kept", "recall@1"


def closest_alpha(
    images: np.ndarray, texts: np.ndarray, vector: np.ndarray, scheme: str, bits: int
) -> float:
    """The α from 0 to 2, in steps of 0.05, that leaves the smallest gap after quantisation.

    Rounding shifts both centres, so it need not be 1 (chowers2026, Sec. 5.2). The gap is a step
    function of α: a search of the slope would not find its minimum. vector: g′, shape (d,).
    """
    gaps = [
        quantize(images, move_along(texts, vector, alpha), scheme, bits).gap for alpha in SEARCHED
    ]
    return float(SEARCHED[int(np.argmin(gaps))].round(2))


def quantization_table(
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    vector: np.ndarray,
    schemes: dict[str, list[int]],
    alphas: list[float],
    k: int,
    queries: int,
    seed: int,
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """Nearest neighbours and recall of every quantisation while the gap closes (chowers2026, Fig. 9).

    images, texts: shape (n, d) and (m, d), rows of unit length; pairs: every (image row, text row)
    that belong together; vector: g′ of `projection.orthogonal_gap`. schemes: numbers of bits by
    name. alphas: shares of g′ that the texts move by, 0 among them; `closest_alpha` of each
    quantisation is added. queries: how many images ask, a sample that `seed` draws; all where there
    are fewer. units: which images are not independent, shape (n,); None: each is its own. Returns a
    row a scheme, bits, α and measure, with columns gap (of the embeddings as they are moved),
    quantized_gap, closest (whether this α leaves the smallest of those), queries, units (how many
    independent ones these are), mean, low, high, the change from α = 0 of the same quantisation and
    beyond_whole, that from α = 1 (NaN where it is not among the alphas), each with the interval of
    the paired difference. Measures: `nearest_kept`,
    the share of images whose nearest text is what it was without quantisation; `nearest_k_kept`,
    recall@k against the index without it; `recall@1` of the right text. Scheme `none` is the index
    without it. Neighbours are by Euclidean distance; equal texts are one neighbour.
    """
    check_pair(images, texts)
    if 0 not in alphas:
        raise ValueError(f"alphas {alphas}, expected 0 among them")
    images, texts = images.astype(np.float64), texts.astype(np.float64)
    asked = sample_pairs(len(images), queries, seed)
    own = None if units is None else units[asked]
    independent = number_of_units(own, len(asked))
    if independent < 2:
        raise UndefinedError(
            "a single image asks that is independent, expected at least 2 for an interval"
        )
    here = np.isin(pairs[:, 0], asked)
    matches = np.column_stack([np.searchsorted(asked, pairs[here, 0]), pairs[here, 1]])
    items = np.unique(first_equal_rows(texts))
    rows = []
    for scheme, bits in [
        ("none", 64),
        *((s, b) for s, numbers in schemes.items() for b in numbers),
    ]:
        closest = 1.0 if scheme == "none" else closest_alpha(images, texts, vector, scheme, bits)
        found_at, gaps = {}, {}
        for alpha in sorted({*alphas, closest}):
            moved = move_along(texts, vector, alpha)
            plain = Quantized(images, moved)
            stored = plain if scheme == "none" else quantize(images, moved, scheme, bits)
            full = closeness(images[asked], moved)
            found = full if scheme == "none" else closeness(stored.queries[asked], stored.retrieved)
            gaps[alpha] = {"gap": plain.gap, "quantized_gap": stored.gap}
            found_at[alpha] = {
                NEIGHBOUR: share_found(found[:, items], nearest(full[:, items], 1)),
                f"nearest_{k}_kept": share_found(found[:, items], nearest(full[:, items], k)),
                TASK: right_first(found, matches),
            }
        whole = found_at.get(1.0, dict.fromkeys(found_at[0.0], np.full(len(asked), np.nan)))
        rows += [
            {
                **{"scheme": scheme, "bits": bits, "alpha": alpha, **gaps[alpha]},
                **{"closest": alpha == closest, "measure": measure},
                **{"queries": len(asked), "units": independent},
                **mean_and_change(value, found_at[0.0][measure], own),
                **beyond(value, whole[measure], own),
            }
            for alpha, values in found_at.items()
            for measure, value in values.items()
        ]
    return pd.DataFrame(rows)


def beyond(values: np.ndarray, whole: np.ndarray, units: np.ndarray | None) -> dict[str, float]:
    """What values, shape (n,), are more than those at α = 1, with their paired 95% interval, by name."""
    names = ("beyond_whole", "beyond_whole_low", "beyond_whole_high")
    return dict(zip(names, mean_interval(values - whole, 1, units), strict=True))
