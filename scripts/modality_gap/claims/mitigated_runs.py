"""What each mitigation does, row by row as yaras2024 prints it: from a table of `run_comparisons`."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from modality_gap.claims.estimates import Estimate, every, of_interval, of_values
from modality_gap.claims.verdicts import HOLDS, UNDECIDED, Evidence, interval, judges, seen, sign

GAP = "modality_gap_pool"
RECALLS = ("recall_pool@1_image_to_text", "recall_pool@1_text_to_image")
PROBE, SPREAD = "linear_probe", "gaussian_uniformity_pool"
CLASSIFICATION = ("zero_shot_top_1", PROBE)
PAIRS, GUESSING = "pair_matching_text_to_image", 0.25  # of two pairs, both are to be right
NEARLY = 0.1  # of the baseline's gap: what differs by less is nearly as large
# A run that does nothing against the gap; what is not named here may be as it likes.
PLAIN = {"policy": "learned", "form": "exp", "divisor": 1, "rate_share": 1, "change": "none"}
PLAIN |= {"normalized": True}


class Row(NamedTuple):
    """A row of the paper's tables: settings that differ from PLAIN; sides of the baseline (1: above).

    of_gap, of_recall: the claims on either, by their ids.
    """

    of_gap: str
    of_recall: str
    name: str
    settings: dict[str, Any]
    gap: int
    recall: int


def fixed(value: float) -> dict[str, Any]:
    """A temperature that stays."""
    return {"policy": "fixed", "temperature": value}


def schedule(last: float, policy: str = "linear") -> dict[str, Any]:
    """A temperature that goes from 0.01 to another."""
    return {"policy": policy, "temperature": 0.01, "last_temperature": last}


def swapped(share: float) -> dict[str, Any]:
    """Entries that change sides on a share of the steps."""
    return {"change": "swap_entries", "share": share}


# Where the paper does not print a setting, or prints one value alone, any value is that row.
ROWS = (
    Row("Y078", "Y084", "FLT (τ = 0.04)", fixed(0.04), -1, 1),
    Row("Y079", "Y085", "TS (τ from 0.01 to 0.05)", schedule(0.05), -1, 1),
    Row("Y080", "Y086", "TR (softplus)", {"form": "softplus"}, -1, 1),
    Row("Y081", "Y087", "SLRT (a tenth of the rate)", {"rate_share": 0.1}, -1, 1),
    Row("Y082 Y055", "Y088", "HS (0.1% of the steps)", swapped(0.001), -1, 1),
    Row("Y083 Y055", "Y089", "SS", {"change": "mix_entries"}, -1, 1),
    Row("Y104", "Y104", "S1 (τ from 0.01 to 0.03)", schedule(0.03), -1, 1),
    Row("Y105", "Y105", "S2 (τ from 0.01 to 0.04)", schedule(0.04), -1, 1),
    Row("Y108", "Y108", "A1 (τ to and fro, 0.01 to 0.04)", schedule(0.04, "alternating"), -1, 1),
    Row("Y112", "Y112", "TR (s = 2)", {"divisor": 2}, -1, 1),
    Row("Y113", "Y113", "TR (s = 10)", {"divisor": 10}, -1, 1),
    Row("Y114 Y055", "Y114", "HS (every step)", swapped(1), -1, -1),
    Row("Y115 Y055", "Y115", "HS (10% of the steps)", swapped(0.1), -1, -1),
    Row("Y116 Y055", "Y116", "HS (1% of the steps)", swapped(0.01), -1, 1),
    Row("Y117", "Y117", "Rows exchanged as a whole", {"change": "swap_rows"}, -1, 1),
    Row("Y122", "Y118", "Features not normalised", {"normalized": False, "policy": None}, 1, -1),
)


TABLE_2 = ROWS[:6]


class Together(NamedTuple):
    """Several measures of some runs that are claimed together; by measure the side of the baseline."""

    ids: str
    claim: str
    settings: tuple[dict[str, Any], ...]
    sides: dict[str, int]


ABOVE = "the gap ends above the baseline's, and recall@1 does nevertheless"  # against Fig. 6a
BETTER = dict.fromkeys(RECALLS, 1)
WORSE = dict.fromkeys((*RECALLS, PROBE), -1)
TOGETHER = (
    Together("Y102", f"Fixed at τ = 0.01: {ABOVE}", (fixed(0.01),), {GAP: 1, **BETTER}),
    Together(
        "Y153",
        f"Schedules S0 and A0: {ABOVE}",
        (schedule(0.02), schedule(0.02, "alternating")),
        {GAP: 1, **BETTER},
    ),
    Together(
        "Y090",
        "FLT and SS: the gap ends below the baseline's, and so does the linear probe",
        (fixed(0.04), {"change": "mix_entries"}),
        {GAP: -1, PROBE: -1},
    ),
    Together(
        "Y120",
        "HS (every step): recall@1 and the linear probe end below the baseline's",
        (swapped(1),),
        WORSE,
    ),
)


@judges("mitigations", order=5)
def row_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """The sign of each row of Tables 2 to 5, and their order; of `run_differences`, with SETTINGS.

    Judged where the first run, which the others are held against, does nothing against the gap.
    """
    baseline = table.run.iloc[0]
    others = table[table.run != baseline]
    if baseline not in set(those(table, {}).run):
        return
    for row in ROWS:
        own = those(others, row.settings)
        for ids, what, measures, side in (
            (row.of_gap, "the gap ends", (GAP,), row.gap),
            (row.of_recall, "recall@1, of images and of texts, is", RECALLS, row.recall),
        ):
            if len(chosen := own[own.measure.isin(measures)]):
                where = "above" if side > 0 else "below"
                claim = f"{row.name}: {what} {where} the baseline's"
                verdict = every([difference(found).times(side) for found in chosen.itertuples()])
                yield ids, claim, verdict, texts(chosen, baseline), differences(chosen)
    for found in TOGETHER:
        own = pd.concat([those(others, settings) for settings in found.settings])
        if len(own := own[own.measure.isin(found.sides)]):
            sides = [difference(row).times(found.sides[row.measure]) for row in own.itertuples()]
            told = f"{texts(own, baseline)}; one fails by an interval for all {len(own)} at once"
            yield found.ids, found.claim, every(sides), told, differences(own)
    yield from order_claims(others)
    yield from highest_claims(others)
    yield from form_claims(others, table[table.run == baseline])
    yield from effect_claims(others)
    yield from best_claims(table)
    yield from chance_claims(table)


def those(table: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """The runs that have these settings and are PLAIN else; None: any value."""
    wanted = PLAIN | settings
    fits = [table[name] == value for name, value in wanted.items() if value is not None]
    return table[pd.concat(fits, axis=1).all(axis=1)]


def difference(row) -> Estimate:
    """A run's difference from the baseline, seed by seed."""
    return of_interval(row.difference, row.difference_high, row.shared_seeds - 1)


def differences(rows: pd.DataFrame) -> list[Evidence]:
    """Differences from the baseline, as evidence."""
    return seen(rows, "difference", "run measure", "difference_", "shared_seeds")


def means(rows: pd.DataFrame) -> list[Evidence]:
    """Means of runs over their seeds, as evidence."""
    return seen(rows, "mean", "run measure", "", "seeds")


def texts(rows: pd.DataFrame, baseline: str) -> str:
    """Differences from the baseline, in words."""
    found = [
        f"{row.run} {row.measure.replace('_to_', '→').replace('_', ' ')} "
        f"{interval(row.difference, row.difference_low, row.difference_high)}"
        for row in rows.itertuples()
    ]
    return f"less that of {baseline}: {', '.join(found)}; {rows.shared_seeds.min()} seeds"


def order_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether schedules and shares of swaps come in the printed order (Tables 4 and 5)."""
    gaps, linear = table[table.measure == GAP], {"policy": "linear"}
    ends = those(gaps, linear).sort_values(["temperature", "last_temperature"])
    steps = [
        (one, other)
        for one, other in pairwise(ends.itertuples())
        if one.temperature == other.temperature and one.last_temperature < other.last_temperature
    ]
    if steps:
        claim = "The higher a schedule of the temperature ends, the smaller the gap"
        verdict = every([falls(*step) for step in steps])
        yield "Y109", claim, verdict, in_order(ends), means(ends)
    if len(ends) > 1 and set(RECALLS) <= set(table.measure):
        yield retrieval_order(ends, those(table, linear))
    shares = those(gaps, {"change": "swap_entries"}).sort_values("share")
    steps = [
        (one, other) for one, other in pairwise(shares.itertuples()) if one.share < other.share
    ]
    if steps:
        claim = "The more steps exchange entries, the smaller the gap"
        verdict = every([falls(*step) for step in steps])
        yield "Y119", claim, verdict, in_order(shares), means(shares)
    rows = those(gaps, {"change": "swap_rows"})
    pairs = [(one, other) for one in rows.itertuples() for other in shares.itertuples()]
    if pairs := [(one, other) for one, other in pairs if one.share == other.share]:
        claim = "Exchanging whole rows leaves a larger gap than exchanging entries as often"
        verdict = every([falls(*pair) for pair in pairs])
        both = pd.concat([rows, shares])
        yield "Y121", claim, verdict, in_order(both), means(both)


def highest_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether uniformity and the linear probe are worst at the highest fixed temperature (Table 3)."""
    runs = those(table, {"policy": "fixed"})
    runs = runs[runs.measure.isin((SPREAD, PROBE))].sort_values("temperature")
    hottest = runs[runs.temperature == runs.temperature.max()]
    worst = {row.measure: row for row in hottest.itertuples()}
    others = runs[runs.temperature < runs.temperature.max()]
    if len(others) and set(others.measure) == {SPREAD, PROBE}:
        below = [level(row).less(level(worst[row.measure])) for row in others.itertuples()]
        yield (
            "Y155",
            "Uniformity and the linear probe are worst where the fixed temperature is highest",
            every(below),
            "; ".join(in_order(own) for _, own in runs.groupby("measure", sort=False)),
            means(runs),
        )


def form_claims(table: pd.DataFrame, baseline: pd.DataFrame) -> Iterator[tuple]:
    """Whether another form of a learned temperature leaves nearly the baseline's gap (Table 5)."""
    settings = ({"form": "softplus"}, {"divisor": 2}, {"divisor": 10})
    own = pd.concat([those(table, each) for each in settings])
    gap = baseline[baseline.measure == GAP]["mean"]
    if len(own := own[own.measure == GAP]):
        room = NEARLY * gap.iloc[0]
        within = [
            change._replace(mean=room + change.mean)
            for row in own.itertuples()
            for change in (difference(row), difference(row).times(-1))
        ]
        yield (
            "Y152",
            f"TR leaves nearly the gap of the baseline, within {NEARLY:.0%} of it",
            every(within),
            texts(own, baseline.run.iloc[0]) + f"; {NEARLY:.0%} are {room:.3f}",
            differences(own),
        )


def best_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether of all rows of Table 2 TS is best in every measure, the baseline among them.

    table: of all runs. The smallest gap; of uniformity, accuracy and recall the largest.
    """
    schedule_s3, *_ = (row for row in ROWS if row.name.startswith("TS"))
    best = those(table, schedule_s3.settings)
    others = pd.concat(
        [
            those(table, {}),
            *(those(table, row.settings) for row in TABLE_2 if row is not schedule_s3),
        ]
    )
    measures = [GAP, SPREAD, *CLASSIFICATION, *RECALLS]
    best, others = (rows[rows.measure.isin(measures)] for rows in (best, others))
    if best.empty or others.empty:
        return
    own = {row.measure: row for row in best.itertuples()}
    better = [
        level(own[row.measure]).less(level(row)).times(-1 if row.measure == GAP else 1)
        for row in others.itertuples()
        if row.measure in own
    ]
    yield (
        "Y091",
        "TS is best in gap, uniformity, accuracy and recall, of all ways that are tried",
        every(better),
        f"{len(own)} measures, {others.run.nunique()} other runs; "
        + "; ".join(in_order(rows) for _, rows in best.groupby("measure", sort=False)),
        means(pd.concat([best, others])),
    )


def chance_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether all models get fewer pairs of MMVP-VLM right than guessing does (Table 1)."""
    own = table[table.measure == PAIRS]
    if len(own):
        below = [level(row)._replace(mean=GUESSING - row.mean) for row in own.itertuples()]
        yield (
            "Y070",
            f"Every model gets fewer pairs of MMVP-VLM right than guessing, {GUESSING:.0%}",
            every(below),
            in_order(own),
            means(own),
        )


def level(row) -> Estimate:
    """A run's own mean over its seeds."""
    return of_interval(row.mean, row.high, row.seeds - 1)


def falls(one, other) -> Estimate:
    """By how much a measure falls from one run to another."""
    return level(one).less(level(other))


def in_order(rows: pd.DataFrame) -> str:
    """Means of runs one after the other, in words."""
    return f"{rows.measure.iloc[0].replace('_', ' ')}: " + ", ".join(
        f"{row.run} {interval(row.mean, row.low, row.high)}" for row in rows.itertuples()
    )


def retrieval_order(gaps: pd.DataFrame, table: pd.DataFrame) -> tuple:
    """Whether of schedules the one with the smaller gap retrieves better (Table 4).

    gaps: of the schedules; table: all their measures. From each to the one with the next smaller
    gap; two whose gaps do not differ beyond their interval say nothing of it.
    """
    ordered = gaps.sort_values("mean", ascending=False)
    recalls = {
        measure: table[table.measure == measure].set_index("run").loc[ordered.run].reset_index()
        for measure in RECALLS
    }
    apart = [sign(*falls(*step).ends(), 1) == HOLDS for step in pairwise(ordered.itertuples())]
    rises = [
        falls(*step).times(-1)
        for found in recalls.values()
        for step, known in zip(pairwise(found.itertuples()), apart, strict=True)
        if known
    ]
    verdict = every(rises)
    return (
        "Y110",
        "Among the schedules, the smaller the gap the better the retrieval",
        UNDECIDED if verdict == HOLDS and not all(apart) else verdict,
        "; ".join(in_order(found) for found in (ordered, *recalls.values())),
        means(pd.concat([ordered, *recalls.values()])),
    )


def effect_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether a smaller gap changes retrieval more than classification (Sec. 1).

    Of the runs whose gap is below the baseline's, each the mean size of its differences.
    """
    smaller = table[(table.measure == GAP) & (table.difference < 0)].run
    sizes = table[table.run.isin(smaller)].assign(size=lambda rows: rows.difference.abs())
    found = {
        kind: sizes[sizes.measure.isin(measures)].groupby("run")["size"].mean()
        for kind, measures in (("recall@1", RECALLS), ("accuracy", CLASSIFICATION))
    }
    more = (found["recall@1"] - found["accuracy"]).dropna()
    if len(more) > 1:
        estimate = of_values(more)
        told = ", ".join(
            f"{kind} {values[more.index].mean():.3f}" for kind, values in found.items()
        )
        yield (
            "Y012",
            "A smaller gap changes retrieval more than zero-shot and linear-probe accuracy",
            sign(*estimate.ends(), 1),
            f"over {len(more)} runs with a smaller gap than the baseline: mean size of the change "
            f"{told}; difference {interval(estimate.mean, *estimate.ends())}",
            [
                estimate.seen_in(
                    sizes, "mean |difference| of recall@1 less that of accuracy, over runs"
                )
            ],
        )
