"""Rephrasing: what becomes of an image's answer when texts say the same in other words.

The texts are a table as `rephrased_texts` has them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from modality_gap.closing.rephrased_texts import CLEAN, WRONG
from modality_gap.data.embeddings import check_pair, first_equal_rows
from modality_gap.measures.gap import gap_vector
from modality_gap.measures.intervals import mean_and_change, mean_interval, number_of_units
from modality_gap.measures.retrieval import chance_of_right

DISTANCES = ("euclidean", "cosine")
CLEAN_ACCURACY, ACCURACY, KEPT = "clean_accuracy", "accuracy", "kept"
ANSWER, ALL_TEXTS = "right answer", "all texts"
MIN_TEXTS = 10  # whose covariance says something
NOISE_COLUMNS = ["kind", "name", "texts", "off_diagonal_share", "independent", "mean_share"]
NOISE_COLUMNS += ["along_gap", "along_move", "length"]
TEMPLATE_COLUMNS = ["kind", "name", "alpha", "images", "units", "base_accuracy"]
TEMPLATE_COLUMNS += ["accuracy", "change", "change_low", "change_high", "all_low", "all_high"]
TEMPLATE_COLUMNS += ["flipped", "example"]
SCORES_AT_A_TIME = 2**25  # similarities in memory


@dataclass
class Answers:
    """Rows of the table of texts that an item may be answered with; `right` starts with its own."""

    right: np.ndarray
    wrong: np.ndarray


def answers_of(table: pd.DataFrame) -> dict:
    """`Answers` by item; a wrong answer is no text that is right for the item as well.

    table: of `rephrased_texts`, its index being 0 to its length. Raises ValueError for an item
    without a clean text or without a wrong answer.
    """
    kinds, texts, groups = (table[name].to_numpy(object) for name in ("kind", "text", "group"))
    bank, found = np.flatnonzero(kinds == CLEAN), {}
    for item, own in table.groupby("item", sort=False).indices.items():
        right = own[kinds[own] != WRONG]
        # Own wording first, whatever the order of the rows.
        right = right[np.argsort(kinds[right] != CLEAN, kind="stable")]
        if list(kinds[right[:2]]).count(CLEAN) != 1:
            raise ValueError(f"item {item!r}: expected one text of the kind {CLEAN!r}")
        wrong = own[kinds[own] == WRONG]
        if not len(wrong):
            wrong = bank[groups[bank] != groups[own[0]]]
        is_right = set(texts[right])
        wrong = np.array([row for row in wrong if texts[row] not in is_right], dtype=np.int64)
        if not len(wrong):
            raise ValueError(f"item {item!r}: no wrong answer, expected some of another group")
        found[item] = Answers(right, wrong)
    return found


@dataclass
class MovingTexts:
    """Texts that move by α·g′, for every α at once; g′ is `vector`, shape (d,).

    squared_lengths: ‖y + α·g′‖², shape (alphas, t); first_equal: the first row that equals each.
    """

    texts: np.ndarray
    vector: np.ndarray
    alphas: np.ndarray
    squared_lengths: np.ndarray
    first_equal: np.ndarray

    @classmethod
    def of(cls, texts: np.ndarray, vector: np.ndarray, alphas: list[float]) -> "MovingTexts":
        """texts: shape (t, d); alphas: with 0, the texts as they are, among them."""
        if 0 not in alphas:
            raise ValueError(f"alphas {alphas}, expected 0 among them")
        texts, steps = texts.astype(np.float64), np.array(alphas, dtype=np.float64)
        lengths = np.einsum("td,td->t", texts, texts) + 2 * np.outer(steps, texts @ vector)
        lengths += steps[:, None] ** 2 * (vector @ vector)
        return cls(texts, vector, steps, lengths, first_equal_rows(texts))

    def scores(self, images: np.ndarray, rows: np.ndarray, distance: str) -> np.ndarray:
        """How close some of the texts are to each image, the larger, the closer; (alphas, n, r).

        images: shape (n, d), float64. Euclidean: x·y − ‖y + α·g′‖²/2 (x·g′ moves all texts alike);
        cosine: (x·y + α·x·g′) / ‖y + α·g′‖. Equal texts are exactly as close.
        """
        distinct, places = np.unique(self.first_equal[rows], return_inverse=True)
        if len(distinct) < len(rows):
            return self.scores(images, distinct, distance)[:, :, places]
        similarity, lengths = images @ self.texts[rows].T, self.squared_lengths[:, None, rows]
        if distance == "euclidean":
            return similarity - lengths / 2
        if distance != "cosine":
            raise ValueError(f"distance {distance!r}, expected one of {', '.join(DISTANCES)}")
        towards = np.multiply.outer(self.alphas, images @ self.vector)
        return (similarity + towards[:, :, None]) / np.sqrt(lengths)


def answer_table(
    images: np.ndarray,
    items: list,
    table: pd.DataFrame,
    texts: np.ndarray,
    vector: np.ndarray,
    alphas: list[float],
    choices: int,
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """Multiple choice while the gap closes, right answers in other words (chowers2026, Fig. 10).

    images: shape (n, d), rows of unit length; items: the item of each. table: of `rephrased_texts`;
    texts: its embeddings, shape (t, d). An image chooses the closest of its right answer and
    choices − 1 wrong ones, drawn from its wrong answers; of a tie, each is as likely. All
    texts move by α·g′, vector: shape (d,). units: which images are not independent, shape (n,); None:
    each is its own. Exact: means over every draw.
    Returns a row a kind of rephrasing, distance, α and measure: `clean_accuracy`, with the item's own
    wording; `accuracy`, with a rephrasing; `kept`, how often the choice is the same with both and the
    same wrong answers. That is so unless one of both wordings alone beats the wrong answers, so
    that it is 1 less the difference of their chances. Columns images, units (how many independent
    ones these are), mean, low, high, and the change from α = 0; means are over each image's rephrasings, then over images.
    """
    moving = MovingTexts.of(texts, vector, alphas)
    answers, kinds, values = answers_of(table), table.kind.to_numpy(object), {}
    for image, (row, item) in enumerate(zip(images.astype(np.float64), items, strict=True)):
        own = answers[item]
        if len(own.wrong) < choices - 1:
            raise ValueError(
                f"item {item!r}: {len(own.wrong)} wrong answers, expected {choices - 1} or more"
            )
        rows, which = np.append(own.right, own.wrong), kinds[own.right[1:]]
        for distance in DISTANCES:
            found = moving.scores(row[None], rows, distance)[:, 0]
            right, wrong = np.split(found, [len(own.right)], axis=1)
            beaten = (wrong[:, None] < right[:, :, None]).sum(axis=2)
            tied = (wrong[:, None] == right[:, :, None]).sum(axis=2)
            chance = chance_of_right(beaten, tied, len(own.wrong), choices)
            clean, others = chance[:, :1], chance[:, 1:]
            for kind in dict.fromkeys(which):
                there = others[:, which == kind]
                for measure, value in (
                    (CLEAN_ACCURACY, clean[:, 0]),
                    (ACCURACY, there.mean(axis=1)),
                    (KEPT, 1 - np.abs(there - clean).mean(axis=1)),
                ):
                    values.setdefault((ANSWER, kind, distance, measure), {})[image] = value
    rows = {key: np.array(list(found)) for key, found in values.items()}
    own = None if units is None else {key: units[found] for key, found in rows.items()}
    return summarize({key: list(found.values()) for key, found in values.items()}, alphas, own)


def template_table(
    images: np.ndarray,
    items: list,
    table: pd.DataFrame,
    texts: np.ndarray,
    vector: np.ndarray,
    alphas: list[float],
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """Nearest text among all items, before and after all of them are rephrased in the same way.

    As for a classifier with another prompt (chowers2026, Fig. 1b and eq. 12 with the rephrasing as
    its noise). Arguments and columns as for `answer_table`; `kept` is the share of images whose
    nearest item stays, equal texts being one. Of the kinds `template` and `caption`, those that
    every item has.
    """
    moving, values = MovingTexts.of(texts, vector, alphas), {}
    for distance in DISTANCES:
        for kind, _, *found in all_rephrased(images, items, table, moving, distance):
            for measure, value in zip((CLEAN_ACCURACY, ACCURACY, KEPT), found[2:], strict=True):
                values.setdefault((ALL_TEXTS, kind, distance, measure), []).append(value)
    found = {key: list(np.mean(each, axis=0).T) for key, each in values.items()}
    return summarize(found, alphas, None if units is None else dict.fromkeys(found, units))


def each_template_table(
    images: np.ndarray,
    items: list,
    image_ids: list[str],
    table: pd.DataFrame,
    texts: np.ndarray,
    vector: np.ndarray,
    alphas: list[float],
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """A row a rephrasing of all items and α: what it costs, and whom (chowers2026, Fig. 1).

    Arguments as for `template_table`; image_ids: of the images, for examples. By Euclidean distance.
    Columns kind, name, alpha, images, units, base_accuracy (own wording), accuracy, change (between them)
    with its paired 95% interval change_low and change_high, and with all_low and all_high, which
    hold for all rephrasings at once (Bonferroni: the worst of many is among them); flipped, how many
    images change their nearest item, equal texts being one; example, the first of those that the
    own wording gets right, as `image (item): item → item`, empty where there is none.
    """
    moving, rows = MovingTexts.of(texts, vector, alphas), []
    names, number = list(table[table.kind == CLEAN]["item"]), len(list(complete_rephrasings(table)))
    for kind, name, *found in all_rephrased(images, items, table, moving, "euclidean"):
        for alpha, before, after, base, accuracy, kept in zip(alphas, *found, strict=True):
            change = mean_interval(accuracy - base, 1, units)
            _, all_low, all_high = mean_interval(accuracy - base, number, units)
            lost = np.flatnonzero(~kept & (base > accuracy))
            example = ""
            if len(lost):
                image = lost[0]
                turned = f"{names[before[image]]} → {names[after[image]]}"
                example = f"{image_ids[image]} ({items[image]}): {turned}"
            rows.append(
                {
                    **{"kind": kind, "name": name, "alpha": alpha, "images": len(images)},
                    "units": number_of_units(units, len(images)),
                    **{"base_accuracy": base.mean(), "accuracy": accuracy.mean()},
                    **dict(zip(("change", "change_low", "change_high"), change, strict=True)),
                    **{"all_low": all_low, "all_high": all_high},
                    **{"flipped": int((~kept).sum()), "example": example},
                }
            )
    return pd.DataFrame(rows, columns=TEMPLATE_COLUMNS)


def all_rephrased(
    images: np.ndarray, items: list, table: pd.DataFrame, moving: MovingTexts, distance: str
) -> Iterator[tuple]:
    """What each rephrasing that every item has does to the nearest of all items.

    Arguments as for `template_table`. Kind, name, and arrays of shape (alphas, n): nearest item
    with the own wording and with the rephrasing, how right each is, and whether both are the same.
    """
    images, texts = images.astype(np.float64), moving.texts
    clean = table[table.kind == CLEAN]
    rows, own = clean.index.to_numpy(), pd.Index(clean["item"]).get_indexer(items)
    same, before = first_equal_rows(texts[rows]), nearest_rows(moving, images, rows, distance)
    right = right_choices(before, own, texts[rows])
    for kind, name, others in complete_rephrasings(table):
        after = nearest_rows(moving, images, others, distance)
        found = right_choices(after, own, texts[others])
        yield kind, name, before, after, right, found, same[after] == same[before]


def nearest_rows(
    moving: MovingTexts, images: np.ndarray, rows: np.ndarray, distance: str
) -> np.ndarray:
    """Place in `rows` of the text nearest to each image, for every α, shape (alphas, n)."""
    size = max(1, SCORES_AT_A_TIME // (len(rows) * len(moving.alphas)))
    blocks = (images[first : first + size] for first in range(0, len(images), size))
    found = [moving.scores(block, rows, distance).argmax(axis=2) for block in blocks]
    return np.concatenate(found, axis=1)


def right_choices(chosen: np.ndarray, own: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """How surely each choice is right, where each of equal texts is as likely the one that is meant.

    chosen: rows of the texts, shape (alphas, n); own: the right rows, shape (n,).
    """
    same = first_equal_rows(texts)
    return (same[chosen] == same[own]) / np.bincount(same)[same[own]]


def complete_rephrasings(table: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Kind, name, and rows in the clean texts' order, of each rephrasing that every item has."""
    items = table[table.kind == CLEAN]["item"]
    whole = table[table.kind.isin(["template", "caption"])]
    for (kind, name), own in whole.groupby(["kind", "name"], sort=False):
        places = pd.Index(own["item"]).get_indexer(items)
        if (places >= 0).all():
            yield kind, name, own.index.to_numpy()[places]


def summarize(
    values: dict[tuple, list], alphas: list[float], units: dict[tuple, np.ndarray] | None
) -> pd.DataFrame:
    """Means over images, with intervals.

    values: of each image an array over α, by (experiment, kind, distance, measure); units: of these
    images, by the same; None: each is its own.
    """
    rows = []
    for key, each in values.items():
        by_alpha = np.stack(each, axis=1)
        before, own = by_alpha[alphas.index(0)], None if units is None else units[key]
        rows += [
            {
                **dict(zip(("experiment", "kind", "distance", "measure"), key, strict=True)),
                "alpha": alpha,
                "images": len(value),
                "units": number_of_units(own, len(value)),
                **mean_and_change(value, before, own),
            }
            for alpha, value in zip(alphas, by_alpha, strict=True)
        ]
    return pd.DataFrame(rows)


def off_diagonal_share(noise: np.ndarray) -> float:
    """d(C) = ‖C − diag C‖_F / ‖C‖_F of the covariance of noise, shape (n, d) (chowers2026, eq. 50).

    Near 1 where dimensions go together. It is 0 for independent ones only in the limit of many
    texts: of n independent Gaussian texts it is about √((d − 1) / (d + n)).
    """
    around = noise - noise.mean(axis=0)
    covariance = around.T @ around
    total = np.vdot(covariance, covariance)
    if total == 0:
        raise ValueError("all texts change alike: their noise has no covariance")
    return float(np.sqrt(max(0.0, 1 - np.sum(np.diag(covariance) ** 2) / total)))


def noise_table(
    images: np.ndarray, table: pd.DataFrame, texts: np.ndarray, vector: np.ndarray, seed: int
) -> pd.DataFrame:
    """What rephrasing adds to the embeddings, a row a rephrasing (chowers2026, App. F.1, Fig. 15).

    images: shape (n, d); table, texts, vector: as for `answer_table`. The noise of a text is its
    rephrasing less itself. Columns kind, name, texts (how many have it), off_diagonal_share (d(C),
    eq. 50), independent (d(C) of the same noise with every dimension's values shuffled among texts by
    `seed`: what so many independent ones give), mean_share (of the noise's mean square: what all
    texts have in common), along_gap and along_move (of the rest, variance along the gap and along g′
    over that along a random direction), length (root mean square of the noise). Rephrasings of fewer
    than MIN_TEXTS texts are left out.
    """
    random = np.random.default_rng(seed)
    clean = table[table.kind == CLEAN]
    clean = pd.Series(clean.index, index=clean["item"])
    check_pair(images, texts)
    texts, rows = texts.astype(np.float64), []
    directions = {"along_gap": gap_vector(images, texts[clean]), "along_move": vector}
    rephrased = table[~table.kind.isin([CLEAN, WRONG])]
    for (kind, name), own in rephrased.groupby(["kind", "name"], sort=False):
        if len(own) < MIN_TEXTS:
            continue
        noise = texts[own.index] - texts[clean.loc[own["item"]]]
        around, square = noise - noise.mean(axis=0), np.square(noise).sum(axis=1).mean()
        each = np.square(around).sum() / around.shape[1]
        rows.append(
            {
                "kind": kind,
                "name": name,
                "texts": len(own),
                "off_diagonal_share": off_diagonal_share(noise),
                "independent": off_diagonal_share(random.permuted(noise, axis=0)),
                "mean_share": np.square(noise.mean(axis=0)).sum() / square,
                **{
                    key: np.square(around @ along).sum() / (along @ along) / each
                    for key, along in directions.items()
                },
                "length": np.sqrt(square),
            }
        )
    return pd.DataFrame(rows, columns=NOISE_COLUMNS)
