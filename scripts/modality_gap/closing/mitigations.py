"""What ways to close the modality gap gain and cost, on data that they were not fitted on."""

import numpy as np
import pandas as pd

from modality_gap.closing.few_bits import quantize
from modality_gap.closing.ways import MITIGATIONS, Move, fit_mitigation
from modality_gap.data.embeddings import (
    UndefinedError,
    check_pair,
    first_equal_rows,
    matched_pairs,
    normalize,
    sample_pairs,
)
from modality_gap.measures.intervals import mean_and_change, number_of_units
from modality_gap.measures.neighbours import closeness, right_first
from modality_gap.measures.samples import text_units

DIRECTIONS = ("image_to_text", "text_to_image")
RECALL, COSINE_RECALL, NOISE, STORED, GAP = (
    "recall@1",
    "cosine_recall@1",
    "nearest_kept_under_noise",
    "quantized_recall@1",
    "modality_gap",
)


def kept_under_noise(
    queries: np.ndarray,
    retrieved: np.ndarray,
    moves: tuple[Move, Move],
    deviation: float,
    draws: int,
    seed: int,
) -> np.ndarray:
    """How often each query's nearest item stays when noise falls on the retrieved ones, shape (n,).

    The noise is there before the mitigation, which was fitted without it (chowers2026, eq. 12).
    queries, retrieved: shape (n, d) and (m, d), as they came; moves: of the two; deviation: standard
    deviation σ of the normal noise of every entry; draws: how many samples of it.
    Equal rows of what is retrieved are one item.
    """
    random = np.random.default_rng(seed)
    asking = moves[0](queries).astype(np.float32)
    clean = retrieved.astype(np.float32)
    items = first_equal_rows(clean)
    before = items[closeness(asking, moves[1](clean)).argmax(axis=1)]
    kept = np.zeros(len(queries))
    for _ in range(draws):
        noise = np.float32(deviation) * random.standard_normal(clean.shape, dtype=np.float32)
        kept += items[closeness(asking, moves[1](clean + noise)).argmax(axis=1)] == before
    return kept / draws


def mitigation_table(
    reference: tuple[np.ndarray, np.ndarray],
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    matched_captions: np.ndarray,
    units: np.ndarray,
    kept_variance: float | None,
    deviation: float,
    draws: int,
    scheme: str,
    bits: int,
    queries: int,
    seed: int,
) -> pd.DataFrame:
    """What every mitigation does to gap, recall and robustness, in both directions of retrieval.

    reference: matched images and texts to fit on, both of shape (r, d); images, texts: shape (n, d)
    and (m, d), of other data, rows of unit length; pairs: every (image row, text row) of them that
    belong together; matched_captions: which of them are matched pairs, bool, shape (p,); units: which
    images are not independent, numbered from 0, shape (n,). deviation, draws: of `kept_under_noise`; scheme, bits: of `few_bits.quantize`; queries: how many ask in a direction, a sample that
    `seed` draws; all where there are fewer. Noise and queries are the same for every mitigation.
    Returns a row a mitigation, direction and measure, with columns queries, units (how many
    independent ones these are), mean, low, high, and the change from no mitigation, paired by query. Measures: `recall@1` of the nearest item by Euclidean
    distance, `cosine_recall@1`, `nearest_kept_under_noise`, `quantized_recall@1`, and
    `modality_gap`, the distance of the centres of matched pairs, its interval along itself. Of a way
    that the reference does not define all are NaN; the attribute `remarks` says why.
    """
    check_pair(images, texts)
    reference = tuple(rows.astype(np.float64) for rows in reference)
    images, texts = images.astype(np.float64), texts.astype(np.float64)
    matched = matched_pairs(pairs, matched_captions)
    rows, undefined = [], {}
    for direction in DIRECTIONS:
        forth = direction == "image_to_text"
        asking, retrieved = (images, texts) if forth else (texts, images)
        asked, matches = sample_queries(pairs if forth else pairs[:, ::-1], queries, seed)
        asking = asking[asked]
        own_units = (units if forth else text_units(pairs, units, len(texts)))[asked]
        if number_of_units(own_units, len(asked)) < 2:
            raise UndefinedError(
                "a single query that is independent, expected at least 2 for an interval"
            )
        before = None
        for name in MITIGATIONS:
            try:
                moves = fit_mitigation(name, *reference, direction, kept_variance)
            except UndefinedError as error:
                undefined[name] = f"{name}: not defined here: {error}"
                rows += undefined_rows(name, direction, own_units)
                continue
            own, other = moves if forth else moves[::-1]
            stored = quantize(own(asking), other(retrieved), scheme, bits)
            ways = {
                RECALL: closeness(own(asking), other(retrieved)),
                COSINE_RECALL: closeness(own(asking), normalize(other(retrieved))),
                STORED: closeness(stored.queries, stored.retrieved),
            }
            values = {measure: right_first(found, matches) for measure, found in ways.items()}
            values[NOISE] = kept_under_noise(
                asking, retrieved, (own, other), deviation, draws, seed
            )
            values[GAP] = along_gap(moves[0](images[matched[:, 0]]), moves[1](texts[matched[:, 1]]))
            before = before or values
            rows += [
                {
                    "mitigation": name,
                    "direction": direction,
                    "measure": measure,
                    "queries": len(value),
                    "units": number_of_units(of_measure, len(value)),
                    **mean_and_change(value, before[measure], of_measure),
                }
                for measure, value in values.items()
                for of_measure in [units[matched[:, 0]] if measure == GAP else own_units]
            ]
    table = pd.DataFrame(rows)
    table.attrs["remarks"] = list(undefined.values())
    return table


def undefined_rows(name: str, direction: str, units: np.ndarray) -> list[dict]:
    """The rows of a way that the pairs it is fitted on do not define: all unknown.

    units: of the queries, shape (q,).
    """
    unknown = np.full(2, np.nan)
    return [
        {
            "mitigation": name,
            "direction": direction,
            "measure": measure,
            "queries": len(units),
            "units": number_of_units(units, len(units)),
            **mean_and_change(unknown, unknown),
        }
        for measure in (RECALL, COSINE_RECALL, STORED, NOISE, GAP)
    ]


def halves(
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    matched: np.ndarray,
    units: np.ndarray,
    seed: int,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]:
    """The matched pairs of a random half of the units of images to fit on; and the rest.

    For data of a single split. images, texts, pairs, matched, units: of `mitigation_table`, and so is
    the rest: the texts that belong to its images, and pairs with rows of these.
    """
    number = int(units.max()) + 1
    chosen = np.flatnonzero(np.isin(units, sample_pairs(number, number // 2, seed)))
    fitted = matched_pairs(pairs, matched)
    fitted = fitted[np.isin(fitted[:, 0], chosen)]
    left = ~np.isin(pairs[:, 0], chosen)
    rest = pairs[left]
    if not (len(fitted) and len(rest)):
        raise UndefinedError(
            f"{len(images)} images with texts, {number} of them independent, expected at least 2 to "
            "make two halves"
        )
    image_rows, own_image = np.unique(rest[:, 0], return_inverse=True)
    text_rows, own_text = np.unique(rest[:, 1], return_inverse=True)
    numbered = np.column_stack([own_image, own_text])
    own = np.unique(units[image_rows], return_inverse=True)[1]
    held_out = images[image_rows], texts[text_rows], numbered, matched[left], own
    return (images[fitted[:, 0]], texts[fitted[:, 1]]), held_out


def sample_queries(matches: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A random sample of the queries that match something, and the matches of the sampled.

    matches: (query row, item row), shape (p, 2). Returns rows of the queries, shape (q,), and matches
    of shape (r, 2) with rows of the sample.
    """
    rows = np.unique(matches[:, 0])
    rows = rows[sample_pairs(len(rows), number, seed)]
    matches = matches[np.isin(matches[:, 0], rows)]
    return rows, np.column_stack([np.searchsorted(rows, matches[:, 0]), matches[:, 1]])


def along_gap(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """How far each pair is apart along the gap, shape (n,): the mean is the gap's length.

    images, texts: matched, shape (n, d).
    """
    apart = images - texts
    gap = apart.mean(axis=0)
    length = np.linalg.norm(gap)
    return apart @ (gap / length) if length > 0 else np.zeros(len(apart))
