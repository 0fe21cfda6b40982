import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.measures.shift import shift_landscape

SHIFTS = [-1.0, -0.5, 0.0, 0.5, 1.0]


def losses(encoder, least, initial=None):
    """A table of one encoder: its loss is least at these shifts, by temperature."""
    rows = [
        {"shift": shift, "centre_distance": 0.8 - shift, "temperature": temperature}
        | {"loss": abs(shift - at), "scope": scope, "direction": direction}
        for temperature, at in least.items()
        for shift in SHIFTS
        for scope in ("batches", "whole")
        for direction in ("symmetric", "image_to_text")
    ]
    table = pd.DataFrame(rows).assign(encoder=encoder, initial=initial, corpus="c", split="s")
    return changed(table)


def changed(table, half=0.01, batches=100):
    """A table with what shifts change, and with an interval of this half width."""
    start = table[table["shift"] == 0].drop_duplicates("temperature").set_index("temperature").loss
    change = table.loss - table.temperature.map(start)
    return table.assign(
        change=change, change_low=change - half, change_high=change + half, batches=batches
    )


COLD = "grows|far side"


def judged(*tables, cold=False):
    """What is said of the least loss; cold: of the rest."""
    found = judge({"shift_landscape": pd.concat(tables)})
    return found[found.claim.str.contains(COLD) == cold].reset_index(drop=True)


def cold(losses_at, encoder="clip"):
    """A table at one temperature: the loss by shift; the gap is 0.8 and closes at a shift of 0.8."""
    rows = [
        {"shift": shift, "centre_distance": 0.8 - shift, "loss": loss, "temperature": 0.01}
        for shift, loss in losses_at.items()
    ]
    place = {"encoder": encoder, "initial": None, "corpus": "c", "split": "s"}
    return changed(pd.DataFrame(rows).assign(scope="batches", direction="symmetric", **place))


KEPT = {-0.8: 2.0, 0.0: 1.0, 0.4: 1.5, 0.8: 2.0, 1.2: 1.8, 1.6: 1.2, 2.0: 1.9}


@pytest.mark.parametrize(
    ("changed", "verdicts"),
    [
        ({}, [HOLDS, HOLDS]),
        ({0.8: 0.9}, [FAILS, HOLDS]),
        ({1.2: 2.1, 1.6: 2.2, 2.0: 2.3}, [HOLDS, FAILS]),
        ({2.0: 1.1}, [HOLDS, UNDECIDED]),
        ({1.2: 2.2, 1.6: 2.1, 2.0: 2.3}, [HOLDS, HOLDS]),
    ],
)
def test_the_way_to_the_far_side_is_judged_at_the_lowest_temperature(changed, verdicts):
    found = judged(cold(KEPT | changed), cold=True)
    assert found.verdict.tolist() == verdicts
    assert f"clip c s {(KEPT | changed)[0.8] - 1:+.3f}" in found.numbers[0]
    far = "-0.80" if verdicts[1] == HOLDS else "none seen"
    assert found.numbers[1].endswith(f"distance of centres clip c s {far}")
    other = cold(KEPT | {0.8: 0.9, 2.0: 1.1}, "other")
    assert judged(cold(KEPT), other, cold=True).verdict.tolist() == [PARTLY, PARTLY]


def test_what_lies_within_its_interval_is_undecided():
    for half, verdict in ((0.01, HOLDS), (1.5, UNDECIDED)):
        table = changed(cold(KEPT), half)
        assert set(judged(table, cold=True).verdict) == {verdict}
        assert set(judged(table).verdict) == {verdict}
    single = changed(cold(KEPT), np.nan, 1)
    assert set(judged(single).verdict) | set(judged(single, cold=True).verdict) == {UNDECIDED}


def test_the_least_loss_may_be_wherever_it_is_not_beyond_doubt_above_it():
    """Of seven shifts at once ±0.2 becomes ±0.28: the loss at 0.4 is above the least, 0, by 0.5."""
    (row,) = judged(changed(cold(KEPT | {1.6: 1.8}), 0.2)).itertuples()
    (found,) = row.evidence
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4, 0.8))


def test_shifts_that_do_not_reach_the_closed_gap_say_nothing_of_it():
    short = cold({shift: loss for shift, loss in KEPT.items() if shift < 0.4})
    assert judged(short, cold=True).empty
    here = cold({shift: loss for shift, loss in KEPT.items() if shift < 1.2})
    assert len(judged(here, cold=True)) == 1


def test_the_least_loss_is_held_against_the_models_own_gap():
    kept = losses("clip", {0.01: 0.0, 1.0: 1.0})
    found = judged(kept)
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "clip on c s at 0.80 [0.80, 0.80], own 0.80" in found.numbers[0]
    assert "τ = 1: " in found.numbers[1]
    assert "clip on c s at -0.20 [-0.20, -0.20], own 0.80" in found.numbers[1]
    moved = losses("b", {0.01: -1.0, 1.0: -1.0})
    assert judged(moved).verdict.tolist() == [FAILS, FAILS]
    assert judged(kept, moved).verdict.tolist() == [PARTLY, PARTLY]


def test_starts_are_left_aside_and_one_temperature_is_compared_with_none():
    start = losses("start", {0.01: 1.0})
    found = judged(start, losses("clip", {0.01: 0.0}, "start"))
    assert found.verdict.tolist() == [HOLDS]
    assert "start" not in found.numbers[0]
    only = losses("start", {0.01: 1.0}, "start")
    assert judged(only).empty


def test_a_loss_that_is_the_same_everywhere_has_no_least():
    flat = losses("flat", {0.01: 0.0, 1.0: 0.0}).assign(loss=0.0)
    assert judged(flat).empty
    found = judged(flat, losses("clip", {0.01: 0.0, 1.0: 1.0}))
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "flat" not in found.numbers[0]


def test_many_places_are_counted():
    many = [losses(f"e{number}", {0.01: 0.0}) for number in range(9)]
    found = judged(*many)
    assert "holds in 9 and fails in 0 of 9 cases" in found.numbers[0]
    assert found.numbers[0].endswith("own 0.80, and 3 more")


def test_real_embeddings_keep_their_gap_at_a_low_temperature(trained_pairs):
    """liang2022, Fig. 3, on CLIP ViT-B/16: least at its own gap of .851, and at τ = 1 near 0."""
    shifts = np.linspace(-1, 6, 29).tolist()
    tables = [
        shift_landscape(*trained_pairs, shifts, [0.01, 1.0], 50).assign(scope="batches"),
    ]
    place = {"encoder": "clip", "initial": None, "corpus": "coco", "split": "val"}
    tables = [table.assign(**place) for table in tables]
    found = judged(*tables)
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert judged(*tables, cold=True).verdict.tolist() == [HOLDS, HOLDS]
    assert "own 0.85" in found.numbers[0]
