"""Every claim of the papers with its status in a study, and the evidence for it."""

from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Any

import numpy as np
import pandas as pd

from modality_gap.claims.printed import compare, printed_numbers, read_values, told
from modality_gap.claims.register import answers_of, reason_of
from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    Evidence,
    beyond_chance,
    in_how_many,
    named,
)

REPRODUCED, NOT_REPRODUCED = "reproduced", "not reproduced"
DIRECTION_HOLDS, DIRECTION_FAILS = "direction holds", "direction fails"
NOT_MEASURED, NO_RUN = "not measured", "no run needed"
STATUSES = [REPRODUCED, DIRECTION_HOLDS, PARTLY, UNDECIDED, DIRECTION_FAILS, NOT_REPRODUCED]
STATUSES += [NOT_MEASURED, NO_RUN]
JUDGED = STATUSES[:-2]
# What a verdict is called under a paper's own conditions, and under others.
OWN = {HOLDS: REPRODUCED, FAILS: NOT_REPRODUCED}
OTHER = {HOLDS: DIRECTION_HOLDS, FAILS: DIRECTION_FAILS}
CLAIMS = ["id", "paper", "place", "topic", "claim", "status", "found", "value", "low", "high", "n"]
CLAIMS += ["table", "row", "printed_value", "tolerance", "condition", "needed"]
EVIDENCE = ["id", "judged", "where", "verdict", "numbers", *Evidence._fields]


def answer(
    register: pd.DataFrame,
    verdicts: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    other: dict[str, list[str]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a claim, columns CLAIMS, and what it rests on, columns EVIDENCE, a row a value.

    register: of `read_register`, of all papers, with column paper; verdicts: of `judge`; tables: by file
    below the study's results; other: of `other_conditions`. A claim whose conditions are not the paper's
    own is never REPRODUCED. Raises ValueError where a verdict names an id that the register lacks.
    """
    strangers = {one for ids in verdicts.ids for one in ids.split()} - set(register.id)
    if strangers:
        raise ValueError(f"verdicts on {', '.join(sorted(strangers))}, which no register has")
    claims, evidence = [], []
    for row in register.itertuples(index=False):
        judged = verdicts[np.array([row.id in ids.split() for ids in verdicts.ids], dtype=bool)]
        found, rests_on = status_of(row, judged, tables, other.get(row.id))
        evidence += rests_on
        claims.append(claim_row(row, found, rests_on))
    table = pd.DataFrame(claims, columns=CLAIMS)
    return same_as(table, register), pd.DataFrame(evidence, columns=EVIDENCE)


def claim_row(row, found: dict[str, Any], rests_on: list[dict]) -> dict[str, Any]:
    """A row of the claims: what the register says, what was found, and the first value behind it."""
    first = {key: rests_on[0][key] for key in Evidence._fields} if rests_on else {}
    said = ("id", "paper", "place", "topic", "printed_value", "tolerance", "condition")
    return {key: getattr(row, key) for key in said} | {"claim": row.statement} | first | found


def status_of(
    row, judged: pd.DataFrame, tables: dict[str, pd.DataFrame], other: list[str] | None
) -> tuple[dict[str, str], list[dict]]:
    """Status, what was found and what is needed of a claim of the register; and its evidence.

    judged: the verdicts on it; other: what is not as in the paper's study, None: it needs no table.
    """
    reason = reason_of(row.note)
    if reason and reason[0] not in ("not measured", "same as"):
        return {"status": NO_RUN, "found": "", "needed": row.note}, []
    mine = in_own_tables(row, judged)
    is_own = other == [] and (len(mine) > 0 or judged.empty)
    judged = mine if is_own else judged
    rests_on = [line for verdict in judged.itertuples() for line in lines_of(row.id, verdict)]
    if is_own:
        values = [one for verdict in judged.itertuples() for one in verdict.evidence]
        verdict, found = compare(row, read_values(row, tables), values)
        if found:
            text = told(row.printed_value, found)
            lines = [line_of(row.id, "The printed values", "", verdict, text, one) for one in found]
            return {"status": OWN[verdict], "found": text, "needed": ""}, [*lines, *rests_on]
    if judged.empty:
        return without_verdict(row, tables, other)
    verdict = across(judged.verdict.tolist())
    status = (OWN if is_own else OTHER).get(verdict, verdict)
    found = found_text(judged) + beside_printed(row, tables)
    return {"status": status, "found": found, "needed": needed_for(row, other)}, rests_on


def beside_printed(row, tables: dict[str, pd.DataFrame]) -> str:
    """A study's own numbers where the paper prints as many, whatever the direction; else nothing."""
    _, found = compare(row, read_values(row, tables), [])
    found = found if len(found) == len(printed_numbers(row)) else []
    return f"; here {told(row.printed_value, found)}" if found else ""


def in_own_tables(row, judged: pd.DataFrame) -> pd.DataFrame:
    """The verdicts that rest on a table that the register names, each with the evidence of those alone."""
    tables = [answer.table for answer in answers_of(row)]
    own = [
        [one for one in evidence if any(fnmatch(one.table, table) for table in tables)]
        for evidence in judged.evidence
    ]
    kept = judged.assign(evidence=own)
    return kept[np.array([len(found) > 0 for found in own], dtype=bool)]


def without_verdict(
    row, tables: dict[str, pd.DataFrame], other: list[str] | None
) -> tuple[dict[str, str], list[dict]]:
    """A claim that no verdict is on: undecided where its table is here, else not measured."""
    found = read_values(row, tables) if printed_numbers(row) else []
    if not found:
        return {"status": NOT_MEASURED, "found": "", "needed": needed_for(row, other)}, []
    text = told(row.printed_value, found[:6])
    lines = [line_of(row.id, "The printed values", "", UNDECIDED, text, one) for one in found]
    return {"status": UNDECIDED, "found": text, "needed": needed_for(row, other)}, lines


def needed_for(row, other: list[str] | None) -> str:
    """What a study would need for the paper's own conditions; nothing where it has them."""
    if other == []:
        return ""
    if other is None:
        return row.note
    keys = f" (here otherwise: {named(other)})" if other else ""
    return f"{row.condition or 'as in the paper'}; table {row.table}{keys}"


def found_text(judged: pd.DataFrame) -> str:
    """The numbers of the verdicts on a claim; of several, how many hold."""
    texts = [
        f"{verdict.where + ': ' if verdict.where else ''}{verdict.numbers}"
        for verdict in judged.itertuples()
    ]
    if len(texts) == 1:
        return texts[0]
    return f"{in_how_many(judged.verdict.tolist())}; {texts[0]}"


def across(verdicts: list[str]) -> str:
    """One verdict on a claim that several verdicts are on.

    It holds in part where some hold, and more of them than by chance: each of them has an interval of
    its own. {FAILS, UNDECIDED} is undecided.
    """
    if len(set(verdicts)) == 1:
        return verdicts[0]
    if PARTLY in verdicts:
        return PARTLY
    return PARTLY if beyond_chance(verdicts.count(HOLDS), len(verdicts)) else UNDECIDED


def lines_of(claim: str, verdict) -> Iterable[dict]:
    """The evidence of a verdict, a row a value; a table that it does not say is one that was judged."""
    for one in verdict.evidence:
        found = one._replace(table=one.table or verdict.tables)
        yield line_of(claim, verdict.claim, verdict.where, verdict.verdict, verdict.numbers, found)


def line_of(claim: str, judged: str, where: str, verdict: str, numbers: str, one: Evidence) -> dict:
    """A row of the evidence."""
    row = {"id": claim, "judged": judged, "where": where, "verdict": verdict, "numbers": numbers}
    return row | one._asdict()


def same_as(claims: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Let claims that are others' again have their status; what stands for them is said."""
    claims = claims.set_index("id", drop=False)
    for row in register.itertuples():
        reason = reason_of(row.note)
        if reason and reason[0] == "same as":
            one = reason[1]["id"]
            copied = ["status", "found", *Evidence._fields]
            claims.loc[row.id, copied] = claims.loc[one, copied]
            claims.loc[row.id, "needed"] = f"same as {one}"
    return claims.reset_index(drop=True)
