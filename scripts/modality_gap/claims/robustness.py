"""Whether closing the gap makes choices robust: judged from the tables of `robustness`."""

import math
from collections.abc import Iterator
from itertools import pairwise, product

import pandas as pd

from modality_gap.claims.estimates import Estimate, of_interval
from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    UNDECIDED,
    computed,
    in_how_many,
    interval,
    joint,
    judges,
    named,
    seen,
    sign,
)

KEYS = "task deviation alpha"
THRESHOLD_KEYS = "task reading threshold deviation"
PAPERS_THRESHOLD, MINOR = 0.05, 0.01  # chowers2026, Fig. 18: of the variance, and of accuracy
SHORT = 0.5  # of the gap's length: less is short
NEARLY_ALL = 0.95  # of nearest neighbours
CHOICES = ("multiple_choice", "own_choices")
RETRIEVAL = ("image_to_text", "text_to_image")


def widening_verdict(cell: pd.DataFrame) -> str:
    """Whether robustness rises from α = −1 to 0 to 1; cell: rows of these α at one noise."""
    by_alpha = cell.set_index("alpha")
    closed, widened = by_alpha.loc[1.0], by_alpha.loc[-1.0]
    both = {
        sign(closed.change_low, closed.change_high, 1),
        sign(widened.change_low, widened.change_high, -1),
    }
    return FAILS if FAILS in both else both.pop() if len(both) == 1 else UNDECIDED


def at_no_cost(cell: pd.DataFrame) -> str:
    """As above, where closing the gap changes accuracy by less than MINOR, too."""
    row = cell[cell.alpha == 1].iloc[0]
    both = {widening_verdict(cell), costs_little(row)}
    return FAILS if FAILS in both else both.pop() if len(both) == 1 else UNDECIDED


def widening_texts(table: pd.DataFrame, key: str) -> str:
    """Robustness at α = −1, 0 and 1 for each value of a column, means over the rest."""
    means = table.groupby([key, "alpha"], sort=False).robustness.mean()
    return ", ".join(
        f"{name} " + " / ".join(f"{means[name, alpha]:.3f}" for alpha in (-1, 0, 1))
        for name in table[key].unique()
    )


@judges("controlled", placed=True, order=8)
def robustness_claims(controlled: pd.DataFrame) -> Iterator[tuple]:
    """Whether closing the gap helps at no cost (chowers2026, Fig. 8, Theorem 3.5).

    controlled: of `robustness_tables`; α = −1, 0 and 1 among its rows.
    """
    euclidean = controlled[controlled.distance == "euclidean"]
    closed = euclidean[euclidean.alpha == 1]
    cells = dict(list(euclidean.groupby(["task", "deviation"], sort=False)))
    best = closed.groupby("deviation").change.mean().idxmax()
    texts = widening_texts(euclidean[euclidean.deviation == best], "task")
    keys = f"{KEYS} distance"
    for ids, what, own in (
        (
            "C037 C038",
            "among classes or items",
            {k: c for k, c in cells.items() if k[0] not in CHOICES},
        ),
        ("C039 C040", "among a few answers", {k: c for k, c in cells.items() if k[0] in CHOICES}),
    ):
        if own:
            verdicts = [at_no_cost(cell) for cell in own.values()]
            rows = pd.concat(own.values())
            texts = widening_texts(rows[rows.deviation == best], "task")
            yield (
                ids,
                f"Closing the gap raises robustness, at the same accuracy, and widening it lowers it, {what}",
                joint(verdicts),
                f"{in_how_many(verdicts)}; at α = −1 / 0 / 1 with σ = {best:g}: {texts}",
                seen(rows[rows.alpha.isin([-1, 1])], "change", keys, "change_", "draws"),
            )
    widened = euclidean[euclidean.alpha == -1]
    verdicts = [sign(row.change_low, row.change_high, -1) for row in widened.itertuples()]
    yield (
        "C041",
        "Widening the gap makes choices less robust",
        joint(verdicts),
        f"{in_how_many(verdicts)}; from {widened.change.min():+.3f} to {widened.change.max():+.3f}",
        seen(widened, "change", keys, "change_", "draws"),
    )
    clean = closed[~closed.task.duplicated()]
    yield (
        "C043",
        f"Closing the gap along g′ costs less than {MINOR:g} of clean accuracy",
        joint([costs_little(row) for row in clean.itertuples()]),
        ", ".join(
            f"{row.task} "
            f"{interval(row.accuracy_change, row.accuracy_change_low, row.accuracy_change_high)} "
            f"({row.unchanged:.1%} of nearest neighbours unchanged)"
            for row in clean.itertuples()
        ),
        seen(clean, "accuracy_change", f"{KEYS} distance", "accuracy_change_"),
    )
    yield stronger_claim(euclidean)
    asked = clean[clean.task.isin(RETRIEVAL)]
    if len(asked):
        verdicts = [costs_little(row) for row in asked.itertuples()]
        yield (
            "C091",
            f"Beside what robustness gains, recall falls by less than {MINOR:g}",
            joint(verdicts),
            f"{in_how_many(verdicts)}; "
            + ", ".join(
                f"{row.task} "
                f"{interval(row.accuracy_change, row.accuracy_change_low, row.accuracy_change_high)}"
                for row in asked.itertuples()
            ),
            seen(asked, "accuracy_change", keys, "accuracy_change_"),
        )


def costs_little(row) -> str:
    """Verdict on an accuracy that falls by less than MINOR."""
    return sign(row.accuracy_change_low + MINOR, row.accuracy_change_high + MINOR, 1)


def stronger_claim(table: pd.DataFrame) -> tuple:
    """Whether more noise leaves fewer choices as they are, while the gap closed still raises that.

    table: of Euclidean distances; of each task and move, from the least to the most noise.
    """
    cases = table[table.alpha.isin([0, 1])].sort_values("deviation").groupby(["task", "alpha"])
    first, last = cases.first(), cases.last()
    verdicts = []
    for task in table.task.unique():
        falls = [last.robustness_high[task, a] < first.robustness_low[task, a] for a in (0, 1)]
        rises = [first.robustness_high[task, a] < last.robustness_low[task, a] for a in (0, 1)]
        closed = table[(table.alpha == 1) & (table.task == task)]
        gains = {sign(row.change_low, row.change_high, 1) for row in closed.itertuples()}
        lost = any(rises) or FAILS in gains
        verdicts.append(FAILS if lost else HOLDS if all(falls) and gains == {HOLDS} else UNDECIDED)
    return (
        "C042",
        "The stronger the noise, the lower the robustness, and closing the gap raises it still",
        joint(verdicts),
        f"{in_how_many(verdicts)}; from σ = {first.deviation.min():g} to {last.deviation.max():g}: "
        + ", ".join(
            f"{task} (α = {alpha:g}) {first.robustness[task, alpha]:.3f} → "
            f"{last.robustness[task, alpha]:.3f}"
            for task, alpha in first.index
        ),
        seen(
            pd.concat([first, last]).reset_index(), "robustness", f"{KEYS} distance", "robustness_"
        ),
    )


@judges("controlled", order=8)
def neighbour_claims(controlled: pd.DataFrame) -> Iterator[tuple]:
    """Whether the move leaves nearly all neighbours as they are, at all places; as above, with place."""
    closed = controlled[(controlled.distance == "euclidean") & (controlled.alpha == 1)]
    kept = closed.drop_duplicates(["place", "task"])
    verdicts = [
        sign(row.unchanged_low - NEARLY_ALL, row.unchanged_high - NEARLY_ALL, 1)
        for row in kept.itertuples()
    ]
    numbers = named([f"{row.unchanged:.1%} ({row.task}, {row.place})" for row in kept.itertuples()])
    yield (
        "C095",
        f"The move along g′ leaves at least {NEARLY_ALL:.0%} of nearest neighbours as they are",
        joint(verdicts),
        f"{in_how_many(verdicts)}; {numbers}",
        seen(kept, "unchanged", f"place {KEYS} distance", "unchanged_"),
    )


@judges("noises", placed=True, order=8)
def noise_claims(noises: pd.DataFrame) -> Iterator[tuple]:
    """Whether that holds for every noise (chowers2026, Fig. 14); of `robustness_tables`."""
    cells = [cell for _, cell in noises.groupby(["noise", "task"], sort=False)]
    verdicts = [widening_verdict(cell) for cell in cells]
    yield (
        "C066 C067 C068",
        "Closing the gap raises robustness to noise of any distribution",
        joint(verdicts),
        f"{in_how_many(verdicts)}; at α = −1 / 0 / 1 with σ = {noises.deviation.iloc[0]:g}, mean "
        f"over tasks: {widening_texts(noises, 'noise')}",
        seen(noises[noises.alpha.isin([-1, 1])], "change", f"noise {KEYS}", "change_", "draws"),
    )


@judges("tradeoff", placed=True, order=8)
def tradeoff_claims(tradeoff: pd.DataFrame) -> Iterator[tuple]:
    """Whether a threshold gains more robustness than it loses accuracy (chowers2026, Fig. 19).

    tradeoff: of `robustness_tables`.
    """
    kinds = (
        ("C088", "retrieval", tradeoff.task.isin(RETRIEVAL)),
        ("C089 C090", "the choice of classes", tradeoff.task == "zero_shot"),
    )
    readings = tradeoff.reading.unique()
    for (ids, what, chosen), reading in product(kinds, readings):
        part = tradeoff[chosen & (tradeoff.reading == reading) & (tradeoff.threshold > 0)]
        if part.empty:
            continue
        best = part.groupby("deviation").change.mean().idxmax()
        verdicts, texts = [], []
        for (task, deviation), cell in part.groupby(["task", "deviation"], sort=False):
            verdict, worth = worthwhile(cell, len(part))
            verdicts.append(verdict)
            if deviation == best:
                texts.append(f"{task} {f'{min(worth):g} to {max(worth):g}' if worth else 'none'}")
        yield (
            ids,
            f"Some threshold makes {what} more robust by more than it costs, at less than {MINOR:.0%} "
            f"of accuracy ({reading.replace('_', ' ')})",
            joint(verdicts),
            f"{in_how_many(verdicts)}; ε for which it does, σ = {best:g}: {', '.join(texts)}",
            seen(part, "change", THRESHOLD_KEYS, "change_", "draws"),
        )
    yield from small_threshold_claims(tradeoff)


def small_threshold_claims(tradeoff: pd.DataFrame) -> Iterator[tuple]:
    """What the threshold of the paper costs, 5% of the variance (chowers2026, Fig. 18a to c)."""
    own = tradeoff[(tradeoff.threshold == PAPERS_THRESHOLD)]
    for reading, part in own.groupby("reading", sort=False):
        by_task = dict(list(part.groupby("task", sort=False)))
        verdicts = [cheap_gain(rows) for rows in by_task.values()]
        gained = pd.DataFrame([rows.loc[rows.change.idxmax()] for rows in by_task.values()])
        yield (
            "C085 C086 C087",
            f"A threshold of {PAPERS_THRESHOLD:.0%} costs less than {MINOR:.0%} of accuracy and makes choices "
            f"more robust ({reading.replace('_', ' ')})",
            joint(verdicts),
            f"{in_how_many(verdicts)}; "
            + ", ".join(
                f"{row.task} accuracy changes by {row.accuracy_change:+.4f} and robustness by up to "
                f"{row.change:+.3f}"
                for row in gained.itertuples()
            ),
            seen(gained, "accuracy_change", THRESHOLD_KEYS, "accuracy_change_")
            + seen(part, "change", THRESHOLD_KEYS, "change_", "draws"),
        )
        whole = tradeoff[(tradeoff.reading == reading) & (tradeoff.threshold == 0)]
        lengths = whole.drop_duplicates("task")
        yield (
            "C076",
            f"What Eq. 11 leaves of the gap can be very short ({reading.replace('_', ' ')})",
            HOLDS if (lengths.kept_length < SHORT).any() else FAILS,
            "of its length "
            + ", ".join(f"{row.kept_length:.2f} ({row.task})" for row in lengths.itertuples()),
            seen(lengths, "kept_length", THRESHOLD_KEYS),
        )


def cheap_gain(rows: pd.DataFrame) -> str:
    """Verdict on accuracy that is kept while robustness rises; rows: one of a task by deviation."""
    kept = costs_little(rows.iloc[0])
    rises = [sign(row.change_low, row.change_high, 1) for row in rows.itertuples()]
    if kept == FAILS or set(rises) == {FAILS}:
        return FAILS
    return HOLDS if {kept, *rises} == {HOLDS} else UNDECIDED


def worthwhile(cell: pd.DataFrame, compared: int) -> tuple[str, list[float]]:
    """Whether a threshold is worth it, and which are; cell: of one task and deviation, a row a threshold.

    It is where what it gains is beyond what it loses, by intervals that hold for all compared at once, and
    accuracy does not fall by MINOR. It fails where each threshold fails in one of the two.
    """
    pairs = [
        {sign(*net.ends(compared), 1), costs_little(row)}
        for row, net in zip(cell.itertuples(), nets(cell), strict=True)
    ]
    worth = [at for at, pair in zip(cell.threshold, pairs, strict=True) if pair == {HOLDS}]
    lost = all(FAILS in pair for pair in pairs)
    return HOLDS if worth else FAILS if lost else UNDECIDED, worth


def nets(rows: pd.DataFrame) -> list[Estimate]:
    """What thresholds gain in robustness less what they lose in accuracy, a row a threshold."""
    return [
        of_interval(
            row.change + row.accuracy_change, row.change_high + row.accuracy_change, math.inf
        )
        for row in rows.itertuples()
    ]


@judges("tradeoff", order=8)
def retrieval_claims(tradeoff: pd.DataFrame) -> Iterator[tuple]:
    """Whether retrieval has a range of thresholds worth taking; of `robustness_tables`, with place.

    Two neighbouring thresholds or more, whose gains are beyond an interval above what they lose that
    holds for all thresholds and cases at once. A case: a place, a direction, a deviation of the noise.
    """
    tried = tradeoff[tradeoff.task.isin(RETRIEVAL) & (tradeoff.threshold > 0)]
    for reading, part in tried.groupby("reading", sort=False):
        cases = dict(list(part.groupby(["place", "task", "deviation"], sort=False)))
        verdicts = [range_verdict(cell, len(part)) for cell in cases.values()]
        worth = [
            f"{task} with σ = {deviation:g} ({place})"
            for (place, task, deviation), verdict in zip(cases, verdicts, strict=True)
            if verdict == HOLDS
        ]
        yield (
            "C092",
            "A range of thresholds gains more robustness than it loses recall "
            f"({reading.replace('_', ' ')})",
            joint(verdicts),
            f"{in_how_many(verdicts)}: {named(worth) or 'none'}",
            seen(part, "change", f"place {THRESHOLD_KEYS}", "change_", "draws"),
        )


def range_verdict(cell: pd.DataFrame, compared: int) -> str:
    """Whether neighbouring thresholds are worth it; cell: of one case, a row a threshold."""
    signs = [sign(*net.ends(compared), 1) for net in nets(cell.sort_values("threshold"))]
    if any(pair == (HOLDS, HOLDS) for pair in pairwise(signs)):
        return HOLDS
    # Without two neighbours there is no range, whatever the rest is.
    possible = any(FAILS not in pair for pair in pairwise(signs))
    return UNDECIDED if possible else FAILS


CLOSER = "Two classes are the more robust the smaller the gap"
GENERAL = {
    "with_mean": ("C055", f"{CLOSER} (noise with a mean, where a margin is left)"),
    "correlated": ("C056", f"{CLOSER} (correlated noise)"),
    "correlated_across": (
        "C056",
        "To correlated noise, a direction that closes nothing makes two classes more robust",
    ),
}


@judges("two_class", order=12)
def two_class_claims(two_class: pd.DataFrame) -> Iterator[tuple]:
    """Whether theory says how robust two classes are; two_class: of `two_class_table`."""
    kept = two_class.unchanged.min()
    yield (
        "C034",
        "A move at right angles to what is retrieved leaves every nearest neighbour as it is",
        HOLDS if kept == 1 else FAILS,
        f"{kept:.1%} at least, for every α from {two_class.alpha.min():g} to {two_class.alpha.max():g}",
        [computed(two_class, "least unchanged", kept, n=two_class.queries.min())],
    )
    nearer = two_class[two_class.alpha.between(0, 1)].drop_duplicates("alpha").sort_values("alpha")
    yield (
        "C053",
        "A query comes nearer to the mean of what is retrieved while the gap is taken from it",
        HOLDS if nearer.distance_to_mean.is_monotonic_decreasing else FAILS,
        f"from {nearer.distance_to_mean.iloc[0]:.3f} to {nearer.distance_to_mean.iloc[-1]:.3f}",
        seen(nearer, "distance_to_mean", "alpha"),
    )
    for noise, part in two_class.groupby("noise", sort=False):
        apart = (part.robustness - part.predicted).abs().max()
        cells = part[part.alpha.between(0, 1)].groupby("deviation")
        rises = all(
            cell.sort_values("alpha").predicted.is_monotonic_increasing for _, cell in cells
        )
        ids, claim = GENERAL.get(noise, ("C030", f"{CLOSER} ({noise.replace('_', ' ')} noise)"))
        fewest = part.queries.min()
        asked = f"; {fewest} queries or more" if fewest < two_class.queries.max() else ""
        yield (
            ids,
            claim,
            HOLDS if rises and apart < 0.02 else FAILS,
            f"prediction rises from α = 0 to 1: {'yes' if rises else 'no'}; simulation is within "
            f"{apart:.3f} of it{asked}",
            seen(part, "robustness", "noise deviation alpha predicted", n="queries"),
        )
