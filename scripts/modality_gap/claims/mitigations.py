"""Whether to close the gap, and how: judged from the table of `mitigations`."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd
from scipy.stats import norm

from modality_gap.claims.verdicts import NEGLIGIBLE, judges, rises, seen, signed
from modality_gap.closing.mitigations import DIRECTIONS, NOISE, RECALL, STORED
from modality_gap.closing.ways import MITIGATIONS, NAMES

# From one 95% interval to as many as there are ways and directions.
WIDER = norm.isf(0.025 / (len(DIRECTIONS) * (len(MITIGATIONS) - 1))) / norm.isf(0.025)
GUARDED = (NOISE, STORED)
WHERE = {NOISE: "perturbed", STORED: "stored in few bits"}
# Verdicts on closing the gap.
YES, GUARD, SAME, NO = "yes", "only under noise or storage", "no difference", "no"
VERDICTS = (YES, GUARD, SAME, NO)


def changes_of(table: pd.DataFrame, mitigation: str, measures: Iterable[str]) -> pd.DataFrame:
    """The rows of one mitigation and some measures."""
    return table[(table.mitigation == mitigation) & table.measure.isin(measures)]


class Answer(NamedTuple):
    """Whether to close the gap: one of the four verdicts, and what it rests on.

    way: the best one, where there is one to take. gained: the measures that rise by it, the first
    one first. harmless: how many ways cost no recall@1 beyond its interval.
    """

    verdict: str
    way: str | None
    gained: tuple[str, ...]
    harmless: int


def decide(table: pd.DataFrame) -> Answer:
    """Should the gap be closed, and how; of `mitigation_table`.

    A way is harmless where recall@1 falls in neither direction by more than its interval; it helps
    where recall@1 rises in one, and in the mean of both by more than a trifle; it guards against
    noise, or against storage in few bits, where neighbours under it, or recall after it, rise in
    one direction and fall in none; of several, the one that gains most counts, with what recall@1
    changes by. What counts as a rise: see `rise`.
    """
    harmless, helps, guards, net = [], {}, {}, {}
    for name in MITIGATIONS[1:]:
        recall = changes_of(table, name, (RECALL,))
        if recall.change.isna().any() or (recall.change_high < 0).any():
            continue
        harmless.append(name)
        if rise(recall).any() and recall.change.mean() > NEGLIGIBLE:
            helps[name] = recall.change.mean()
        guarded = {measure: changes_of(table, name, (measure,)) for measure in GUARDED}
        gained = {
            measure: rows.change.mean()
            for measure, rows in guarded.items()
            if rise(rows).any() and not (rows.change_high < 0).any()
        }
        if gained:
            guards[name] = gained
            net[name] = sum(gained.values()) + recall.change.mean()
    if helps:
        best = max(helps, key=helps.get)
        return Answer(YES, best, (RECALL, *guards.get(best, ())), len(harmless))
    if guards:
        best = max(net, key=net.get)
        return Answer(GUARD, best, tuple(guards[best]), len(harmless))
    return Answer(SAME if harmless else NO, None, (), len(harmless))


def defined_ways(table: pd.DataFrame) -> int:
    """How many ways to close the gap these embeddings define; of `mitigation_table`."""
    recall = table[(table.measure == RECALL) & table.mitigation.isin(MITIGATIONS[1:])]
    return int(recall.groupby("mitigation").change.apply(lambda own: own.notna().all()).sum())


def advice(table: pd.DataFrame) -> str:
    """What `decide` says, in one sentence with its numbers; of `mitigation_table`."""
    answer, count = decide(table), defined_ways(table)
    if answer.verdict == YES:
        found = "; ".join(gains(table, answer.way, (measure,)) for measure in answer.gained)
        return f"Yes, by {NAMES.get(answer.way, answer.way)}: {found}."
    if answer.verdict == GUARD:
        where = " or ".join(WHERE[measure] for measure in answer.gained)
        return (
            f"Only where embeddings are {where}, by {NAMES.get(answer.way, answer.way)}: "
            f"{gains(table, answer.way, answer.gained)}; "
            f"at no loss beyond its interval ({gains(table, answer.way, (RECALL,))})."
        )
    if answer.verdict == SAME:
        return (
            f"It makes no measurable difference: {answer.harmless} of {count} ways cost no recall@1 "
            "beyond its interval, and none gains more than chance gives one of so many."
        )
    return f"No: each of {count} ways lowers recall@1 in a direction by more than its interval."


def advice_columns(table: pd.DataFrame) -> dict[str, str | float]:
    """What `decide` says, by column: the verdict, and where it names a way, the way and its gain.

    The gain is that of the first measure that rises, in the direction where it rises most: `measure`,
    `direction`, `change`, `change_low` and `change_high`, its 95% interval, all after `advice_`.
    """
    answer = decide(table)
    found = {"advice": answer.verdict}
    if answer.way is not None:
        rows = changes_of(table, answer.way, answer.gained[:1])
        most = rows.loc[rows.change.idxmax()]
        keys = ("measure", "direction", "change", "change_low", "change_high")
        found |= {"advice_way": answer.way, **{f"advice_{key}": most[key] for key in keys}}
    return found


def rise(rows: pd.DataFrame) -> pd.Series:
    """Which rows rise beyond an interval that holds for all ways at once, and by more than a trifle.

    Of so many 95% intervals some leaves 0 out by chance: they are widened to Bonferroni's level.
    """
    low = rows.change - WIDER * (rows.change - rows.change_low)
    return (low > 0) & (rows.change > NEGLIGIBLE)


def gains(table: pd.DataFrame, mitigation: str, measures: Iterable[str]) -> str:
    """Changes of some measures in both directions, in words."""
    rows = changes_of(table, mitigation, measures)
    if rows.change.isna().all():
        return f"{NAMES.get(mitigation, mitigation)} is not defined here"
    return ", ".join(
        f"{row.measure.replace('_', ' ')} {row.direction.replace('_to_', '→')} "
        f"{signed(row.change, row.change_low, row.change_high)}"
        for row in rows.itertuples()
    )


@judges("mitigation_table", placed=True, order=11)
def mitigations_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """What the papers say of closing the gap, on data it was not fitted on; of `mitigation_table`."""
    for ids, claim, name, measure, verdict in (
        (
            "C037",
            "Closing the gap along g′, fitted on other data, keeps more neighbours under noise",
            "projection",
            NOISE,
            rises,
        ),
    ):
        rows = changes_of(table, name, (measure,))
        evidence = seen(rows, "change", "mitigation measure direction", "change_", "units")
        yield ids, claim, verdict(rows), gains(table, name, (measure,)), evidence
