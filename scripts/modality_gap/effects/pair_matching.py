"""Matching two images with two statements that differ in one visual pattern: MMVP-VLM."""

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import check_pair
from modality_gap.effects.moves import STEPS, gap_direction, move_table, moved_cosines
from modality_gap.measures.intervals import wilson

ALL = "all patterns"
CHANCE = 1 / 4  # two coin tosses, both of which must be right


def pair_matching_table(
    images: np.ndarray,
    texts: np.ndarray,
    patterns: list[str],
    moved: list[str],
    shifts: list[float],
) -> pd.DataFrame:
    """Share of pairs with both choices right, by pattern (Tong et al. 2024; yaras2024, Table 1).

    images, texts: shape (p, 2, d), rows of unit length, text j of a pair being that of its image j;
    patterns: the pattern of each pair. moved, shifts: as in `moved_gap`, along the pairs' own gap.
    direction: `text_to_image`, each statement chooses its image (the benchmark's rule), or
    `image_to_text`, each image its statement; a tie is wrong. Columns moved, shift,
    centre_distance, direction, pattern (`all patterns` for all pairs), pairs, correct, share, low,
    high (Wilson's 95% interval), chance.
    """
    x, y = images.reshape(-1, images.shape[-1]), texts.reshape(-1, texts.shape[-1])
    check_pair(x, y, paired=True)
    if len(patterns) != len(images):
        raise ValueError(f"{len(images)} pairs and {len(patterns)} patterns, expected as many")
    gap = gap_direction(x, y)
    moves = move_table(x, y, gap, moved, shifts)
    right = right_pairs(images, texts, gap.unit, moves[STEPS].to_numpy())
    groups = {name: np.array(patterns) == name for name in dict.fromkeys(patterns)}
    groups[ALL] = np.ones(len(patterns), dtype=bool)
    tables = [
        moves[["moved", "shift", "centre_distance"]].assign(
            direction=direction,
            pattern=pattern,
            pairs=int(members.sum()),
            correct=found[:, members].sum(axis=1),
        )
        for direction, found in right.items()
        for pattern, members in groups.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    table["share"] = table.correct / table.pairs
    table["low"], table["high"] = wilson(table.correct.to_numpy(), table.pairs.to_numpy())
    return table.assign(chance=CHANCE)


def right_pairs(
    images: np.ndarray, texts: np.ndarray, unit: np.ndarray, steps: np.ndarray
) -> dict[str, np.ndarray]:
    """Which pairs have both choices right under every move, by direction; bool, (moves, p)."""
    cosines = np.stack(
        [moved_cosines(x, y, unit, steps) for x, y in zip(images, texts, strict=True)], axis=1
    )
    own = np.stack([cosines[..., 0, 0], cosines[..., 1, 1]], axis=-1)
    # Column j holds statement j's choice among images, row i image i's among statements.
    other_image = np.stack([cosines[..., 1, 0], cosines[..., 0, 1]], axis=-1)
    other_text = other_image[..., ::-1]
    return {
        "text_to_image": (own > other_image).all(axis=-1),
        "image_to_text": (own > other_text).all(axis=-1),
    }


def pair_rows(images: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """The rows of the two images of every pair, shape (p, 2), and the pattern of each pair.

    images: a corpus's table with columns pattern and pair. Raises ValueError, naming the pair,
    where it does not have two images.
    """
    rows, patterns = [], []
    for (pattern, pair), members in images.reset_index(drop=True).groupby(
        ["pattern", "pair"], sort=False
    ):
        if len(members) != 2:
            raise ValueError(f"pair {pair!r} of {pattern!r}: {len(members)} images, expected 2")
        rows.append(members.index)
        patterns.append(str(pattern))
    return np.array(rows), patterns
