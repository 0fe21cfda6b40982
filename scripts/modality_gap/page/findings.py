"""What a study found, in one sentence a question, for a reader of none of the papers."""

from typing import NamedTuple

import pandas as pd

from modality_gap.claims.mitigations import advice
from modality_gap.page.numbers import gain, listed, minus, plain, with_interval
from modality_gap.page.results import Link, Place, Results, readable
from modality_gap.page.uses import MITIGATED, SHIFTED, mitigated

GAP = "gap/{encoder}/{corpus}/{split}.parquet"
CONE = "cone/{encoder}/{corpus}/{split}/statistics.parquet"


COSINES = {
    "image_image": "two images",
    "text_text": "two texts",
    "image_text": "an image and a text",
}


class Finding(NamedTuple):
    """A question, what was found, and what that rests on; found: None where nothing was measured."""

    question: str
    found: str | None
    links: list[Link]
    needed: str = ""


def findings(results: Results, place: Place, study: dict) -> list[Finding]:
    """The sentences on one encoder on one split; study: its configuration."""
    entries = study["encoders"]
    families = study.get("seed_cones", {}).get("families", {})
    random = [name for name, family in families.items() if "seeds" in family]
    initial = entries[place.encoder].get("initial")
    before = place._replace(encoder=initial) if initial else None
    if before and results.at(GAP, before) is None:
        before = None
    return [
        size(results, place),
        origin(results, before or place, before is None, random),
        training(results, place, before, entries[place.encoder]),
        cost(results, place),
        closing(results, place),
    ]


def figure_of(place: Place, name: str) -> str:
    """A figure of a split."""
    return f"figures/{place.corpus}/{place.split}/{name}.svg"


def size(results: Results, place: Place) -> Finding:
    """Whether there is a gap, and how large it is."""
    table = GAP.format(**place._asdict())
    row = results.read(table).iloc[0]
    found = (
        f"The centres of the two modalities lie {gap_of(row)} apart, over "
        f"{int(row.pairs):,} pairs: 0 would be no gap, 2 the most there can be."
    )
    if "relative_modality_gap" in row and pd.notna(row.relative_modality_gap):
        found += f" On the scale of the relative gap, from 0 to 1, that is {plain(row.relative_modality_gap, 2)}."
    return Finding("Is there a gap?", found, [results.link(table, figure_of(place, "gap"))])


def gap_of(row) -> str:
    """A gap with its interval; row: of the table of gaps."""
    return with_interval(row.modality_gap, row.modality_gap_low, row.modality_gap_high)


def origin(results: Results, place: Place, trained: bool, random: list[str]) -> Finding:
    """Where the gap comes from: the cones at the start of training, and the seeds that make them.

    trained: whether the weights of the place are; random: families of networks that were not.
    """
    question = "Where does it come from?"
    table = results.at(CONE, place)
    shares = results.matching("seed_cones/{family}/shares.parquet")
    found, links = [], []
    if table and not results.read(table).empty:
        means = results.read(table).set_index("pairs")["mean"]
        when = "with the weights as they are" if trained else "before any training"
        told = [
            f"{words} {plain(means[kind], 2)}" for kind, words in COSINES.items() if kind in means
        ]
        found.append(
            f"How narrow the cone of each modality is {when}, by the mean cosine: of {listed(told)} "
            "(0: spread all around; 1: one point)."
        )
        links.append(results.link(table, figure_of(place, "cosines")))
    rows = [
        (family, row, table)
        for (family,), table in shares.items()
        for row in results.read(table).itertuples()
        if family in random and row.inputs == "data"
    ]
    if rows:
        told = [
            f"{with_interval(row.share_between, row.share_low, row.share_high, percent)} "
            f"({readable(family)}, {row.tower}s)"
            for family, row, _ in rows
        ]
        found.append(
            "Of networks that were never trained and differ in their seed alone, the seed makes "
            f"{listed(told)} of the variance of the embeddings: each starts in a place of its own."
        )
        links += [
            results.link(table, f"figures/seed_cones/{family}/cones.svg")
            for family, table in dict((family, table) for family, _, table in rows).items()
        ]
    if trained and not rows:
        found.append("How much of it was there before training was not measured.")
    return Finding(
        question, " ".join(found), links, "an encoder of the weights before training (`initial`)"
    )


def percent(value: float) -> str:
    """A share in percent, with more digits where it is nearly all."""
    return f"{100 * value:.{2 if value > 0.99 else 0}f}%"


def training(results: Results, place: Place, before: Place | None, entry: dict) -> Finding:
    """What training did to the gap."""
    question = "What did training do to it?"
    if before is None:
        needed = "the encoder's weights before training, named by its key `initial`"
        return Finding(question, None, [], needed)
    tables = [GAP.format(**one._asdict()) for one in (before, place)]
    first, last = (results.read(table).iloc[0] for table in tables)
    share = 1 - last.modality_gap / first.modality_gap
    what = f"closed {share:.0%} of the gap" if share >= 0 else f"widened the gap by {-share:.0%}"
    found = f"It {what}, from {gap_of(first)} ({readable(before.encoder)}) to {gap_of(last)}."
    run = entry.get("run")
    links = [
        results.link(tables[1], f"figures/training/{run}.svg" if run else figure_of(place, "gap"))
    ]
    return Finding(question, found, [results.link(tables[0], figure_of(place, "gap")), *links])


def cost(results: Results, place: Place) -> Finding:
    """What closing the gap by moving both modalities costs or brings: recall and accuracy."""
    question = "What does it cost or bring?"
    parts, links = [], []
    table = results.at(SHIFTED, place)
    if table and not results.read(table).empty:
        gains = results.read(table)
        rows = gains[(gains.choice == "closed") & (gains.metric == gains.metric.iloc[0])]
        rows = rows[rows.moved == ("both" if "both" in set(rows.moved) else rows.moved.iloc[0])]
        told = [f"{gain(row)} ({readable(row.direction)})" for row in rows.itertuples()]
        parts.append(f"{rows.metric.iloc[0]} by {listed(told)}")
        links.append(results.link(table, "figures/shifted_recall/shifted_recall.svg"))
    pattern = f"zero_shot/{place.encoder}/{place.corpus}/{place.split}/gains.parquet"
    for table in results.matching(pattern).values():
        gains = results.read(table)
        if gains.empty:
            continue
        rows = gains[
            (gains.choice == "closed")
            & (gains.moved == gains.moved.iloc[0])
            & (gains.metric == "top_1")
            & (gains.direction == gains.direction.iloc[0])
        ]
        told = [f"{gain(row)} ({readable(row.task)})" for row in rows.itertuples()]
        if told:
            parts.append(f"zero-shot accuracy by {listed(told)}")
            links.append(results.link(table, "figures/zero_shot/zero_shot.svg"))
    if not parts:
        return Finding(question, None, [], "the sections `shifted_recall` and `zero_shot`")
    found = f"Moving both modalities until their centres meet changes {'; '.join(parts)}."
    return Finding(question, found, links)


def closing(results: Results, place: Place) -> Finding:
    """Whether to close the gap, how, and what is lost."""
    question = "Should you close it, how, and what will you lose?"
    found = mitigated(results, place)
    if found is None:
        return Finding(question, None, [], "the section `mitigations`")
    table, link = found
    if table.empty:
        return Finding(question, f"Not defined here: {table.attrs['undefined']}.", [link])
    return Finding(question, minus(advice(table)), [link])


def places_of(results: Results, entries: dict[str, dict]) -> list[Place]:
    """Every encoder and split that has a gap: those that were trained first, as the study has them."""
    order = {name: number for number, name in enumerate(entries)}
    starts = {entry["initial"] for entry in entries.values() if entry.get("initial")}
    found = [Place(*values) for values in results.matching(GAP)]
    judged = {place for place in found if results.at(MITIGATED, place)}
    return sorted(
        found,
        key=lambda place: (place.encoder in starts, place not in judged, order[place.encoder]),
    )
