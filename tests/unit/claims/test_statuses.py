import re

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from modality_gap.claims import statuses
from modality_gap.claims.register import COLUMNS as REGISTERED
from modality_gap.claims.register import PAPERS, read_register, reason_of
from modality_gap.claims.statuses import (
    CLAIMS,
    DIRECTION_FAILS,
    DIRECTION_HOLDS,
    EVIDENCE,
    NO_RUN,
    NOT_MEASURED,
    NOT_REPRODUCED,
    REPRODUCED,
    across,
    answer,
)
from modality_gap.claims.verdicts import COLUMNS, FAILS, HOLDS, PARTLY, UNDECIDED, Evidence, judge

TABLE = "gap/clip/coco/val.parquet"


def register(**changes):
    """One claim, of a gap of 0.82 in a table of the paper's own study."""
    row = dict.fromkeys(REGISTERED, "") | {"id": "L001", "paper": "liang2022", "topic": "gap"}
    row |= {"place": "Sec. 1", "statement": "The gap is 0.82.", "quantity": "gap"}
    row |= {"printed_value": "0.82", "tolerance": "0.005", "table": TABLE, "column": "modality_gap"}
    return pd.DataFrame([row | {"condition": "CLIP; COCO"} | changes])


def verdicts(*found, file=""):
    """Verdicts on that claim, of one value each."""
    rows = [
        (
            "L001",
            "There is a gap",
            place,
            verdict,
            "0.7",
            "gap",
            [Evidence(file, "x", 0.7, 0.6, 0.8, 9)],
        )
        for place, verdict in enumerate(found)
    ]
    return pd.DataFrame([(*row[:2], f"p{row[2]}", *row[3:]) for row in rows], columns=COLUMNS)


def gaps(value, **columns):
    return {TABLE: pd.DataFrame({"modality_gap": [value], "pairs": [5000]}).assign(**columns)}


def one(*arguments):
    claims, evidence = answer(*arguments)
    assert list(claims.columns) == CLAIMS
    assert list(evidence.columns) == EVIDENCE
    return claims.iloc[0], evidence


NONE = verdicts()


@pytest.mark.parametrize(
    ("value", "ends", "status"),
    [
        (0.824, {}, REPRODUCED),
        (0.826, {}, NOT_REPRODUCED),
        (0.9, {"modality_gap_low": 0.8, "modality_gap_high": 1.0}, REPRODUCED),
        (0.9, {"modality_gap_low": 0.83, "modality_gap_high": 1.0}, NOT_REPRODUCED),
    ],
)
def test_a_printed_value_is_reproduced_within_its_tolerance_or_interval(value, ends, status):
    claim, evidence = one(register(), NONE, gaps(value, **ends), {"L001": []})
    assert claim.status == status
    assert claim.found == f"{value:.4g}, printed 0.82"
    assert (claim.table, claim.row, claim.value, claim.n) == (TABLE, "modality_gap", value, 5000)
    assert evidence.judged.tolist() == ["The printed values"]


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(HOLDS, DIRECTION_HOLDS), (FAILS, DIRECTION_FAILS), (PARTLY, PARTLY), (UNDECIDED, UNDECIDED)],
)
def test_under_other_conditions_nothing_is_reproduced(verdict, status):
    """Not even where the very number comes out."""
    other = {"L001": ["corpora.coco"]}
    claim, evidence = one(register(), verdicts(verdict), gaps(0.82), other)
    assert claim.status == status
    assert claim.needed == f"CLIP; COCO; table {TABLE} (here otherwise: corpora.coco)"
    assert evidence.verdict.tolist() == [verdict]
    assert evidence.table.tolist() == ["gap"], "a table without a file is named as it was judged"
    claim, _ = one(register(), NONE, gaps(0.82), other)
    assert (claim.status, claim.found) == (UNDECIDED, "0.82, printed 0.82")
    claim, _ = one(register(), NONE, {}, other)
    assert claim.status == NOT_MEASURED


@pytest.mark.parametrize(("verdict", "status"), [(HOLDS, REPRODUCED), (FAILS, NOT_REPRODUCED)])
def test_a_direction_is_reproduced_by_a_verdict_on_the_papers_own_table(verdict, status):
    said = register(printed_value="direction", tolerance="")
    claim, _ = one(said, verdicts(verdict, file=TABLE), gaps(0.5), {"L001": []})
    assert claim.status == status
    elsewhere = verdicts(verdict, file="gap/other/coco/val.parquet")
    claim, _ = one(said, elsewhere, gaps(0.5), {"L001": []})
    assert claim.status == {HOLDS: DIRECTION_HOLDS, FAILS: DIRECTION_FAILS}[verdict]


def test_what_a_verdict_computes_counts_before_what_the_table_holds():
    """A number that no column holds, as the cost of a shift, is held against what is printed."""
    claim, _ = one(
        register(printed_value="0.7"), verdicts(HOLDS, file=TABLE), gaps(0.2), {"L001": []}
    )
    assert (claim.status, claim.value) == (REPRODUCED, 0.7)


def test_claims_that_need_no_run_and_claims_that_are_others_again():
    rows = pd.concat(
        [
            register(),
            register(id="L002", table="", column="", note="same as L001"),
            register(id="L003", table="", column="", note="definition"),
            register(id="L004", table="", column="", note="not measured: no such data"),
        ]
    )
    claims, _ = answer(rows, verdicts(HOLDS), {}, {"L001": ["encoders.clip"]})
    assert claims.status.tolist() == [DIRECTION_HOLDS, DIRECTION_HOLDS, NO_RUN, NOT_MEASURED]
    assert claims.needed.tolist()[1:] == [
        "same as L001",
        "definition",
        "not measured: no such data",
    ]
    assert claims.value.tolist()[1] == 0.7


def test_a_verdict_on_a_claim_that_is_in_no_register_is_refused():
    with pytest.raises(ValueError, match="verdicts on L001, which no register has"):
        answer(register(id="L002"), verdicts(HOLDS), {}, {})


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([HOLDS] * 3, HOLDS),
        ([HOLDS, FAILS], PARTLY),
        ([FAILS, UNDECIDED], UNDECIDED),
        # One of 25 that gains is chance: 1 − 0.975²⁵ is 0.47; three are not.
        ([HOLDS, *[UNDECIDED] * 24], UNDECIDED),
        ([*[HOLDS] * 3, *[UNDECIDED] * 22], PARTLY),
        ([PARTLY, *[UNDECIDED] * 24], PARTLY),
    ],
)
def test_several_verdicts_hold_in_part_where_more_hold_than_by_chance(found, verdict):
    assert across(found) == verdict


def test_every_claim_that_a_verdict_is_on_is_in_a_register_and_needs_a_run():
    registers = pd.concat([read_register(ROOT / f"config/claims/{paper}.csv") for paper in PAPERS])
    named = set()
    for file in (ROOT / "scripts/modality_gap/claims").glob("*.py"):
        for text in re.findall(r'"((?:[LYC]\d{3} ?)+)"', file.read_text("utf-8")):
            named |= set(text.split())
    assert len(named) > 150
    assert named <= set(registers.id)
    judged = registers[registers.id.isin(named)]
    without = [row.id for row in judged.itertuples() if not row.table and reason_of(row.note)]
    # What no run of the paper's own study can tell, another study may.
    assert set(without) <= {"L046"}


def test_a_claim_made_false_on_purpose_comes_out_as_such():
    """Three whole ways, from a table to a status: the sign of what is measured is turned."""
    registers = pd.concat(
        [read_register(ROOT / f"config/claims/{p}.csv").assign(paper=p) for p in PAPERS],
        ignore_index=True,
    )
    steps = pd.DataFrame(
        [
            (seed, step, 1 + 0.1 * step + 0.001 * seed * step)
            for seed in range(9)
            for step in (0, 1)
        ],
        columns=["seed", "step", "modality_gap"],
    )
    flow = pd.DataFrame(
        [
            (start, time, gap + 0.01 * start, share)
            for start in range(5)
            for time, gap, share in ((0, 0.2, 0), (1, 0.6 + 0.01 * start, 0.5), (2, 0.1, 1))
        ],
        columns=["start", "time", "modality_gap", "matched_share"],
    )
    shares = pd.DataFrame(
        {"family": "vit", "trained": False, "tower": ["image"], "inputs": "data"}
        | {"share_between": 0.9, "share_low": 0.8, "share_high": 0.95}
        | {"within_cosine": 0.9, "between_cosine": 0.1}
    )
    false = {
        "first_steps": steps.assign(step=1 - steps.step),
        "flows": flow.assign(modality_gap=1 - flow.modality_gap),
        "seed_cones": shares.assign(share_between=-0.1, share_low=-0.2, share_high=-0.05),
    }
    for tables, status in (
        ({"first_steps": steps, "flows": flow, "seed_cones": shares}, DIRECTION_HOLDS),
        (false, DIRECTION_FAILS),
    ):
        claims, _ = answer(registers, judge(tables), {}, {})
        found = claims.set_index("id").status
        assert found[["Y041", "Y005", "Y006", "L041"]].tolist() == [status] * 4
    assert not np.isin([REPRODUCED, NOT_REPRODUCED], claims.status).any()
    assert set(claims.status) <= set(statuses.STATUSES)
