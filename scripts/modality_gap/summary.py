"""The numbers that matter, in one table and one page."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.claims.statuses import JUDGED
from modality_gap.data.embeddings import read_remarks

SHOWN = 3  # tables that say the same


def summarize(
    encoders: pd.DataFrame,
    gaps: list[pd.DataFrame],
    cones: list[pd.DataFrame],
    recalls: list[pd.DataFrame],
) -> pd.DataFrame:
    """A row an encoder and split, with its gap, mean cosines, recalls and the gap's change.

    encoders: columns encoder, initial (or None), corpus, split; the tables of `measure_gap`,
    `cosine_statistics` and `recall` stand in the same order. `share_closed` is the share of the
    initial weights' gap that is gone; NaN where the initial weights were not measured.
    """
    rows = [
        {
            **encoder,
            **gap.to_dict("records")[0],
            **mean_cosines(cone),
            **{f"recall@{row.k}_{row.direction}": row.recall for row in recall.itertuples()},
        }
        for encoder, gap, cone, recall in zip(
            encoders.to_dict("records"), gaps, cones, recalls, strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=None if rows else [*encoders, "modality_gap"])
    place = ["corpus", "split"]
    start = table[["encoder", *place, "modality_gap"]].rename(
        columns={"encoder": "initial", "modality_gap": "initial_gap"}
    )
    table = table.merge(start, how="left", on=["initial", *place])
    table["share_closed"] = 1 - table.modality_gap / table.initial_gap
    return table.drop(columns="initial_gap")


def summarize_cones(encoders: pd.DataFrame, cones: list[pd.DataFrame]) -> pd.DataFrame:
    """As `summarize`, of encoders of one modality: they have a cone, but no gap."""
    rows = [
        {**encoder, **mean_cosines(cone)}
        for encoder, cone in zip(encoders.to_dict("records"), cones, strict=True)
    ]
    return pd.DataFrame(rows, columns=None if rows else list(encoders))


def mean_cosines(cone: pd.DataFrame) -> dict[str, float]:
    """The mean cosine of each kind of pairs, by column; of the table of `cosine_statistics`."""
    return {f"mean_cosine_{row.pairs}": row.mean for row in cone.itertuples()}


def gather_remarks(results: Path, files: list[str]) -> pd.DataFrame:
    """What the jobs of a study left out, merged or cut: columns table, remark, a row each.

    results: the study's folder; files: tables in it, see `embeddings.read_remarks`.
    """
    rows = [
        (str(Path(file).relative_to(results).with_suffix("")), remark)
        for file in files
        for remark in read_remarks(file)
    ]
    return pd.DataFrame(rows, columns=["table", "remark"])


def headline(table: pd.DataFrame) -> list[str]:
    """A sentence for every encoder whose initial weights were measured beside it."""
    sentences = []
    for row in table[table.share_closed.notna()].itertuples():
        before, share = (
            row.modality_gap / (1 - row.share_closed),
            f"**{abs(row.share_closed):.0%}**",
        )
        change = (
            f"closed {share} of the gap" if row.share_closed >= 0 else f"widened the gap by {share}"
        )
        sentences.append(
            f"On *{readable(row.corpus)}, {readable(row.split)}*, training {change}: from "
            f"**{before:.3f}** (*{readable(row.initial)}*) to **{row.modality_gap:.3f}** "
            f"(*{readable(row.encoder)}*), over {int(row.pairs):,} pairs."
        )
    return sentences


TABLES = (
    {
        "encoder": "encoder",
        "modality_gap": "modality gap",
        "share_closed": "closed",
        "recall@1_image_to_text": "R@1 image→text",
        "recall@1_text_to_image": "R@1 text→image",
    },
    {
        "encoder": "encoder",
        "matched_distance": "L2I",
        "relative_modality_gap": "RMG",
        "mean_cosine_image_image": "cos, images",
        "mean_cosine_text_text": "cos, texts",
    },
)


def overview(
    table: pd.DataFrame,
    claims: pd.DataFrame,
    remarks: pd.DataFrame,
    answers: dict[str, str],
    title: str,
    made_of: list[str],
) -> str:
    """The report's first page in reStructuredText: the numbers first, then what was run on what.

    table: of `summarize`; claims: of `claims`; remarks: of `gather_remarks`. answers: whether to close the gap, a sentence for
    each encoder and split. made_of: sentences on the corpora, runs and encoders of the study.
    """
    lines = [title, "=" * len(title), ""]
    lines += [f"- {sentence}" for sentence in headline(table)]
    lines += [
        f"- Should one close the gap of {readable(place)}? {answer}"
        for place, answer in answers.items()
    ]
    lines += [""]
    for (corpus, split), here in table.groupby(["corpus", "split"], sort=False):
        lines += [f"**{readable(corpus)}, {readable(split)}**{number_of_pairs(here)}", ""]
        for columns in TABLES:
            shown = [key for key in columns if key in here and here[key].notna().any()]
            known = here[here[shown[1:]].notna().any(axis=1)]
            lines += list_table({key: columns[key] for key in shown}, known)
    lines += remark_lines(remarks)
    lines += claim_lines(claims)
    lines += [
        "The **modality gap** is the distance between the centres of the image and the text "
        "embeddings, all of unit length (liang2022, Sec. 4.2): 0 where the two modalities share "
        "a centre, at most 2. **Closed**: share of the initial weights' gap that training "
        "removed. **L2I**: mean distance of matched pairs. **RMG**: relative modality gap, "
        "between 0 and 1. **cos**: mean cosine similarity of all pairs of different items within "
        "a modality, the narrowness of its cone. **R@1**: share of queries whose most similar "
        "item is a right one.",
        "",
        "What was run",
        "------------",
        "",
    ]
    lines += [f"- {sentence}" for sentence in made_of]
    lines += ["", "The figures are in the menu on the left, in the order of the argument.", ""]
    return "\n".join(lines)


def remark_lines(remarks: pd.DataFrame) -> list[str]:
    """A list of what was left out, merged or cut, each with the tables that say so."""
    if remarks.empty:
        return []
    title = "What was left out, merged or cut"
    lines = [title, "-" * len(title), ""]
    for remark, tables in remarks.groupby("remark", sort=False).table:
        named = ", ".join(literal(table) for table in tables.iloc[:SHOWN])
        more = f" and {len(tables) - SHOWN} more" if len(tables) > SHOWN else ""
        lines.append(f"- {escaped(remark)} ({named}{more})")
    return [*lines, ""]


def literal(text: str) -> str:
    """A text that reStructuredText shows as it is."""
    return f"``{text}``"


def escaped(text: str) -> str:
    """A text without any of reStructuredText's signs."""
    return re.sub(r"([\\*`|_<>])", r"\\\1", text)


def claim_lines(claims: pd.DataFrame) -> list[str]:
    """A list of the papers' claims that the study judges, each with its status and its numbers."""
    judged = claims[claims.status.isin(JUDGED)]
    if judged.empty:
        return []
    title = "What of the papers' claims holds here"
    lines = [title, "-" * len(title), ""]
    for row in judged.itertuples():
        found = readable(row.found).replace("|", "\\|")
        lines.append(
            f"- {row.id}, {readable(row.claim)} ({row.paper}, {row.place}): **{row.status}**. {found}."
        )
    return [*lines, ""]


def number_of_pairs(table: pd.DataFrame) -> str:
    """How many pairs the encoders of a split were measured on, in brackets."""
    found = sorted({int(pairs) for pairs in table.pairs.dropna()}) if "pairs" in table else []
    return f" ({' or '.join(f'{pairs:,}' for pairs in found)} pairs)" if found else ""


def list_table(columns: dict[str, str], table: pd.DataFrame) -> list[str]:
    """Some columns of a table, under their names, as a reStructuredText list-table."""
    lines = [".. list-table::", "   :header-rows: 1", "", *list_row(columns.values())]
    for row in table[list(columns)].to_dict("records"):
        lines += list_row(cell(key, value) for key, value in row.items())
    return [*lines, ""]


def list_row(cells: Iterable[str]) -> list[str]:
    """One row of a reStructuredText list-table."""
    first, *others = cells
    return [f"   * - {first}", *(f"     - {other}" for other in others)]


def cell(key: str, value) -> str:
    """A value as the page shows it."""
    if isinstance(value, str):
        return readable(value)
    if np.isnan(value):
        return "–"
    return f"{value:.0%}" if key == "share_closed" else f"{value:.3f}"


def readable(name: str) -> str:
    """A config name as a person reads it."""
    return name.replace("_", " ")


def describe_study(study: dict, metadata: dict[str, dict]) -> list[str]:
    """Sentences on a study's corpora, runs and encoders, for the report's first page.

    study: the configuration. metadata: by encoder, what its files of embeddings say of it.
    """
    left_out = ", ".join(literal(part) for part in study.get("left_out", []))
    sentences = [f"**Left out** of what the study has: {left_out}."] if left_out else []
    for name, corpus in study.get("corpora", {}).items():
        sentences.append(
            f"Corpus *{readable(name)}*: {readable(corpus['reader'])}, from {corpus_origin(corpus)}."
        )
    sentences += [describe_run(name, run) for name, run in study.get("training", {}).items()]
    for name, encoder in study["encoders"].items():
        if name not in metadata:
            continue  # an encoder of one modality: its cone is in the figures
        facts = metadata[name]
        if encoder["kind"] == "precomputed":
            sentences.append(
                f"Encoder *{readable(name)}*: precomputed embeddings of {readable(encoder['corpus'])}."
            )
            continue
        versions = ", ".join(f"{key} {value}" for key, value in facts["versions"].items())
        hashes = [
            f"{what} SHA-256 {facts[f'{what}_sha256'][:12]}…"
            for what in ("weights", "file")
            if f"{what}_sha256" in facts
        ]
        sentences.append(
            f"Encoder *{readable(name)}*: {facts['architecture']}, {encoder_origin(encoder)}, "
            f"{', '.join(hashes)}, on {facts['device']}, {versions}."
        )
    return sentences


def corpus_origin(corpus: dict) -> str:
    """Where a corpus comes from, in words."""
    if "vendors" in corpus:
        return ", ".join(corpus["vendors"])
    named = (corpus[key] for key in ("file", "folder", "url", "mirror") if key in corpus)
    splits = f" ({', '.join(map(readable, corpus['splits']))})" if "splits" in corpus else ""
    return next(named, "where it was published") + splits


def describe_run(name: str, run: dict) -> str:
    """A sentence on a training run of a study."""
    start = f"from *{readable(run['start'])}*" if "start" in run else "from scratch"
    what = f"{run['architecture']} {start}" if "architecture" in run else f"on {start}"
    data = f"{run['pairs']:,} pairs of " if "pairs" in run else ""
    settings = dict(run["temperature"])
    policy = settings.pop("policy")
    numbers = ", ".join(f"{readable(key)} {value}" for key, value in settings.items())
    seeds = ", ".join(map(str, run["seeds"]))
    return (
        f"Training run *{readable(name)}*: {what} on {data}*{run['corpus']}, "
        f"{readable(run['split'])}*, {run['epochs']} epochs in batches of {run['batch_size']}, "
        f"temperature {policy} ({numbers}), {'seed' if len(run['seeds']) == 1 else 'seeds'} {seeds}."
    )


# What an entry says of its weights, by the key that says it; the first one counts.
WEIGHTS = {
    "run": "{weights} weights of the run {run}",
    "arguments": "code of {file}",
    "tag": "pretrained weights {tag}",
    "file": "weights of {file}",
    "seed": "random weights of seed {seed}",
    "folder": "weights in {folder}",
    "hub": "weights of {hub}",
}


def encoder_origin(encoder: dict) -> str:
    """Where an encoder's weights come from, in words."""
    words = next((words for key, words in WEIGHTS.items() if key in encoder), "weights of its own")
    disabled = "" if encoder.get("normalization", True) else ", normalisation disabled"
    return words.format(**encoder) + disabled
