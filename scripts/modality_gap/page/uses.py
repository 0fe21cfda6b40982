"""One answer a use of the model: whether its embeddings should be moved for it, and at what cost."""

import math
from typing import NamedTuple

import pandas as pd

from modality_gap.claims.estimates import of_interval
from modality_gap.claims.mitigations import changes_of, decide, defined_ways, rise
from modality_gap.claims.moved_gap import PRINCIPAL
from modality_gap.claims.verdicts import NEGLIGIBLE
from modality_gap.closing.mitigations import NOISE, RECALL, STORED
from modality_gap.closing.ways import MITIGATIONS, NAMES
from modality_gap.page.numbers import change, gain, plain, signed, with_interval
from modality_gap.page.results import Link, Place, Results, readable

YES, COSTLY, NO, MIXED = "Yes", "Only at a cost", "No", "It depends"
NOT_MEASURED, UNDEFINED = "Not measured", "Not defined here"
USES = {
    "retrieval": "Retrieval: a text finds its image, an image its text",
    "classification": "Classification by prompts (zero-shot)",
    "noise": "Noise: stored embeddings that are perturbed",
    "few_bits": "Search in few bits: embeddings that are quantised",
}
MITIGATED = "mitigations/{encoder}/{corpus}/{split}.parquet"
SHIFTED = "shifted_recall/{encoder}/{corpus}/{split}/gains.parquet"
CONTROLLED = "robustness/{encoder}/{corpus}/{split}/controlled.parquet"
QUANTIZED = "quantization/{encoder}/{corpus}/{split}.parquet"


class Answer(NamedTuple):
    """Whether to move embeddings for a use.

    verdict: one of the words above; how: by what, or why not; gains, costs: sentences with their 95%
    intervals; links: what they rest on.
    """

    use: str
    verdict: str
    how: str
    gains: list[str]
    costs: list[str]
    links: list[Link]


def answers(results: Results, place: Place) -> list[Answer]:
    """An answer a use, of one encoder on one split."""
    return [
        retrieval(results, place),
        classification(results, place),
        guarded(results, place, "noise", NOISE),
        guarded(results, place, "few_bits", STORED),
    ]


def missing(use: str, sections: str) -> Answer:
    """What no table of the study answers; sections: which would."""
    return Answer(
        use, NOT_MEASURED, f"The study's section {sections} would measure it.", [], [], []
    )


def name_of(way: str) -> str:
    """A way to close the gap as people call it."""
    return NAMES.get(way, readable(way))


def changes(table: pd.DataFrame, way: str, measure: str) -> str:
    """The changes of one measure in both directions, in words."""
    rows = changes_of(table, way, (measure,))
    told = [f"{readable(row.direction)} {from_to(row)}" for row in rows.itertuples()]
    return f"{readable(measure)}: {', '.join(told)}"


def from_to(row) -> str:
    """What a measure was, is, and its change; row: with columns mean, change and its interval."""
    return f"{plain(row.mean - row.change)} → {plain(row.mean)}, {change(row)}"


def mitigated(results: Results, place: Place) -> tuple[pd.DataFrame, Link] | None:
    """The table of the ways to close the gap, with its figure, where the study has it."""
    table = results.at(MITIGATED, place)
    if table is None:
        return None
    figure = f"figures/{place.corpus}/{place.split}/ways_to_close.svg"
    return results.read(table), results.link(table, figure)


def undefined(use: str, table: pd.DataFrame, link: Link) -> Answer:
    """What the embeddings do not define."""
    return Answer(use, UNDEFINED, f"{table.attrs['undefined']}.", [], [], [link])


def retrieval(results: Results, place: Place) -> Answer:
    """Whether to move embeddings for retrieval: of the ways to close the gap, or of shifts alone."""
    found = mitigated(results, place)
    if found is None:
        return shifted_retrieval(results, place)
    table, link = found
    if table.empty:
        return undefined("retrieval", table, link)
    answer, count = decide(table), defined_ways(table)
    costs = [costliest(table)]
    if RECALL in answer.gained:
        gains, how = [changes(table, answer.way, RECALL)], f"By {name_of(answer.way)}."
        return Answer("retrieval", YES, how, gains, costs, [link])
    if answer.harmless:
        how = (
            f"No way raises recall@1 beyond what chance gives one of so many; {count - answer.harmless} of "
            f"{count} ways lower it in a direction beyond the interval."
        )
    else:
        how = f"Each of {count} ways lowers recall@1 in a direction by more than its interval."
    return Answer("retrieval", NO, how, [], costs, [link])


def costliest(table: pd.DataFrame) -> str:
    """Of all ways, the one that loses most recall@1 in the mean, in words."""
    recall = table[(table.measure == RECALL) & table.mitigation.isin(MITIGATIONS[1:])].dropna(
        subset="change"
    )
    way = recall.groupby("mitigation", sort=False).change.mean().idxmin()
    return f"The wrong way costs: with {name_of(way)}, {changes(table, way, RECALL)}"


def shifted_retrieval(results: Results, place: Place) -> Answer:
    """Whether to shift embeddings for retrieval, of the table of `shifted_recall`."""
    table = results.at(SHIFTED, place)
    if table is None:
        return missing("retrieval", "mitigations (or shifted_recall)")
    link = results.link(table, "figures/shifted_recall/shifted_recall.svg")
    gains = results.read(table)
    if gains.empty:
        return undefined("retrieval", gains, link)
    rows = gains[(gains.moved == "both") & (gains.metric == gains.metric.iloc[0])]
    if rows.empty:
        rows = gains[gains.metric == gains.metric.iloc[0]]
    return judged_shift("retrieval", rows, rows.direction.map(readable), link)


def classification(results: Results, place: Place) -> Answer:
    """Whether to shift embeddings for zero-shot classification: all tasks of the encoder."""
    pattern = f"zero_shot/{place.encoder}/{{corpus}}/{{split}}/gains.parquet"
    tables = results.matching(pattern)
    if not tables:
        return missing("classification", "zero_shot")
    read = {table: results.read(table) for table in tables.values()}
    link = [results.link(table, "figures/zero_shot/shift_gains.svg") for table in read]
    whole = [table for table in read.values() if len(table)]
    if not whole:
        return undefined("classification", next(iter(read.values())), link[0])
    gains = pd.concat(whole, ignore_index=True)
    keys = ["corpus", "split", "task"]
    ranked = gains.metric.map({name: rank for rank, name in enumerate(PRINCIPAL)})
    gains = gains[ranked == ranked.groupby([gains[key] for key in keys]).transform("min")]
    rows = gains[gains.direction == gains.direction.iloc[0]]
    both = rows[rows.moved == "both"]
    rows = rows if both.empty else both
    names = rows.task.map(readable) + " (" + rows.split.map(readable) + ")"
    return judged_shift("classification", rows, names, link)


def judged_shift(
    use: str, rows: pd.DataFrame, names: pd.Series, links: Link | list[Link]
) -> Answer:
    """Whether a shift along the gap helps, by intervals that hold for all rows at once.

    rows: of `shift_gains`, one metric and direction a case; names: of the cases. Judged is the shift
    that was chosen on one half and is tried on the other; beside it stands what closing costs.
    """
    rows = rows.assign(case=names)
    held_out, closed = (rows[rows.choice == choice] for choice in ("held_out", "closed"))
    ends = [wide_ends(row, len(held_out)) for row in held_out.itertuples()]
    up = [
        low > 0 and row.gain > NEGLIGIBLE
        for (low, _), row in zip(ends, held_out.itertuples(), strict=True)
    ]
    down = [high < 0 for _, high in ends]
    better = held_out[up]
    lost = closed[[wide_ends(row, len(closed))[1] < 0 for row in closed.itertuples()]]
    worst = closed.loc[closed.gain.idxmin()]
    gains = [
        f"{row.case}: {row.metric.replace('_', '-')} {plain(row.before)} → {plain(row.after)}, "
        f"{gain(row)} ({row.gap} gap)"
        for row in better.itertuples()
    ]
    costs = [
        f"Closing the gap lowers {len(lost)} of {len(closed)} beyond their intervals; the most it does: "
        f"{worst.case} {plain(worst.before)} → {plain(worst.after)}, {gain(worst)}"
    ]
    links = links if isinstance(links, list) else [links]
    count = len(held_out)
    if any(up):
        verdict = YES if all(up) else MIXED
        how = (
            f"A shift that is chosen on other data of the same kind raises {sum(up)} of {count} cases"
            + (f" and lowers {sum(down)}" if any(down) else "")
            + "; choose it on data of your own."
        )
        return Answer(use, verdict, how, gains, costs, links)
    how = f"No shift that is chosen on other data raises any of {count} cases beyond its interval."
    return Answer(use, NO, how, [], costs, links)


def wide_ends(row, count: int) -> tuple[float, float]:
    """The interval of a gain, widened to hold for so many at once (Bonferroni)."""
    return of_interval(row.gain, row.gain_high, math.inf).ends(count)


def guarded(results: Results, place: Place, use: str, measure: str) -> Answer:
    """Whether a way guards what is perturbed or quantised: `mitigations`, else the use's own table."""
    found = mitigated(results, place)
    own = {"noise": under_noise, "few_bits": in_few_bits}[use](results, place)
    if found is None:
        section = {
            "noise": "mitigations (or robustness)",
            "few_bits": "mitigations (or quantization)",
        }
        return own or missing(use, section[use])
    table, link = found
    if table.empty:
        return undefined(use, table, link)
    better, harmless = [], []
    for way in MITIGATIONS[1:]:
        rows, recall = changes_of(table, way, (measure,)), changes_of(table, way, (RECALL,))
        if rows.change.isna().any() or not rise(rows).any() or (rows.change_high < 0).any():
            continue
        better.append((rows.change.mean(), way))
        if not (recall.change_high < 0).any():
            harmless.append((rows.change.mean() + recall.change.mean(), way))
    more = own.gains if own and own.verdict != NO else []
    links = [link, *(own.links if own else [])]
    if not better:
        how = f"None of {defined_ways(table)} ways raises {readable(measure)} beyond its interval."
        return Answer(use, NO, how, more, [costliest(table)], links)
    way = max(harmless or better)[1]
    gains = [changes(table, way, measure), *more]
    costs = [changes(table, way, RECALL)]
    how = f"By {name_of(way)}" + (
        ", without a loss of recall@1 beyond its interval."
        if harmless
        else ": every way that helps loses recall@1."
    )
    return Answer(use, YES if harmless else COSTLY, how, gains, costs, links)


def under_noise(results: Results, place: Place) -> Answer | None:
    """What the orthogonal projection does under noise, of the table of `robustness`."""
    table = results.at(CONTROLLED, place)
    if table is None:
        return None
    figure = f"figures/robustness/{place.encoder}/{place.corpus}/{place.split}/robustness.svg"
    rows, link = results.read(table), results.link(table, figure)
    if rows.empty:
        return undefined("noise", rows, link)
    closed = rows[(rows.distance == "euclidean") & (rows.alpha == 1)]
    if closed.empty:
        return None
    deviation = closed.groupby("deviation").change.mean().idxmax()
    here = closed[closed.deviation == deviation]
    least, most = (here.loc[here.change.idxmin()], here.loc[here.change.idxmax()])
    worst = here.loc[here.accuracy_change.idxmin()]
    lost = with_interval(
        worst.accuracy_change, worst.accuracy_change_low, worst.accuracy_change_high, signed
    )
    gains = [
        f"Orthogonal projection, noise of σ = {deviation:g}: from {change(least)} ({readable(least.task)}) "
        f"to {change(most)} ({readable(most.task)}) of queries keep their nearest; the most it does to "
        f"accuracy: {lost} ({readable(worst.task)})"
    ]
    up = ((here.change_low > 0) & (here.change > NEGLIGIBLE)).any()
    free = (here.accuracy_change_low > -NEGLIGIBLE).all()
    verdict = (YES if free else COSTLY) if up else NO
    how = "By orthogonal projection." if up else "Orthogonal projection keeps no more neighbours."
    return Answer("noise", verdict, how, gains if up else [], [] if up else gains, [link])


def in_few_bits(results: Results, place: Place) -> Answer | None:
    """What the orthogonal projection does to recall in few bits, of the table of `quantization`."""
    table = results.at(QUANTIZED, place)
    if table is None:
        return None
    figure = f"figures/{place.corpus}/{place.split}/quantization.svg"
    rows, link = results.read(table), results.link(table, figure)
    if rows.empty:
        return undefined("few_bits", rows, link)
    rows = rows[(rows.measure == RECALL) & rows.closest & (rows.scheme != "none")]
    ends = [
        of_interval(row.change, row.change_high, row.queries - 1).ends(len(rows))
        for row in rows.itertuples()
    ]
    up = [
        low > 0 and row.change > NEGLIGIBLE
        for (low, _), row in zip(ends, rows.itertuples(), strict=True)
    ]
    down = sum(high < 0 for _, high in ends)
    told = [
        f"{'most' if most else 'least'} with {readable(row.scheme)} at {row.bits} bits, {from_to(row)}"
        for most, row in zip((True, False), extremes(rows), strict=True)
    ]
    gains = [
        f"Orthogonal projection raises recall@1 in {sum(up)} and lowers it in {down} of {len(rows)} "
        f"schemes and numbers of bits, by intervals that hold for all: {'; '.join(told)}"
    ]
    verdict = NO if not any(up) else MIXED if down or not all(up) else YES
    how = {
        YES: "By orthogonal projection.",
        MIXED: "By orthogonal projection, for some schemes alone: see which.",
        NO: "Orthogonal projection raises recall in no scheme.",
    }[verdict]
    return Answer("few_bits", verdict, how, gains, [], [link])


def extremes(rows: pd.DataFrame) -> list:
    """The rows that change most and least."""
    ranked = list(rows.sort_values("change").itertuples())
    return [ranked[-1], ranked[0]]
