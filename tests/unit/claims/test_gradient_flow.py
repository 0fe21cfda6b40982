import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.origin.flow_theorems import initial_growth_table, slow_closing
from modality_gap.origin.gradient_flow import coupled_flows, flow_from_random_starts
from modality_gap.origin.temperature_rates import temperature_rates


def test_theory_is_judged_by_its_own_solution():
    coupled = coupled_flows(4, 0, 0.2, 14.3, 4, 10)
    closing = slow_closing(6, 8, 0, 0.5, 1000)
    growth = initial_growth_table([32], 5, [2, 8], 0, 0.2, 14.3, 0.05)
    tables = {"coupled": coupled, "slow_closing": closing, "initial_growth": growth}
    # Of 32 pairs no bound says anything, and without another number of pairs there is no limit.
    assert judge(tables).verdict.tolist() == [*[HOLDS] * 3, UNDECIDED]
    broken = coupled.assign(invariant=coupled.invariant + 1e-3 * coupled.time)
    below = closing.assign(modality_gap=closing.bound / 2)
    found = judge({"coupled": broken, "slow_closing": below})
    assert found.verdict.tolist() == [FAILS] * 2


GROWN = {"gap_fixed": 3.0, "gap_moving": 3.0}


def growth(planes, bound=2.0, limit=5.0, gaps=GROWN):
    """Speeds of the planes by number of pairs, in two dimensions, and of the gaps."""
    rows = [
        {"measure": measure, "mean": mean, "dimension": dimension, "pairs": pairs}
        for dimension in (2, 8)
        for pairs, speed in planes.items()
        for measure, mean in ({"plane_distance": speed} | gaps).items()
    ]
    table = pd.DataFrame(rows).assign(bound=bound, limit=limit)
    return table.assign(low=table["mean"] - 0.1, high=table["mean"] + 0.1)


@pytest.mark.parametrize(
    ("bound", "gaps", "verdict"),
    [
        (2.0, GROWN, HOLDS),
        (2.0, {"gap_fixed": 3.0, "gap_moving": 1.0}, FAILS),
        (2.0, {"gap_fixed": 3.0, "gap_moving": 2.0}, UNDECIDED),
        (-2.0, GROWN, UNDECIDED),
    ],
)
def test_growth_is_held_against_a_bound_that_says_something(bound, gaps, verdict):
    found = judge({"initial_growth": growth({16: 4.0}, bound, gaps=gaps)}).iloc[-1]
    assert found.claim.endswith("at least as fast as a bound")
    assert found.verdict == verdict
    assert f"in {4 * (bound > 0)} of which" in found.numbers


@pytest.mark.parametrize(
    ("planes", "limit", "verdict"),
    [
        ({16: 4.0, 256: 4.6}, 5.0, HOLDS),
        ({16: 5.0, 256: 5.05}, 5.0, HOLDS),
        ({16: 4.6, 256: 4.0}, 5.0, FAILS),
        ({16: 4.6, 256: 4.65}, 5.0, UNDECIDED),
        ({16: -4.0, 256: -4.6}, -5.0, UNDECIDED),
    ],
)
def test_the_speed_of_the_planes_comes_to_its_limit(planes, limit, verdict):
    found = judge({"initial_growth": growth(planes, limit=limit)}).iloc[-1]
    assert found.source.endswith("Eq. 9")
    assert found.verdict == verdict
    assert f"{planes[256]:.3g} against {limit:g} in 2" in found.numbers


def test_random_starts_come_to_their_limit_with_more_pairs():
    table = initial_growth_table([16, 256], 20, [2, 8], 0, 0.2, 14.3, 0.05)
    found = judge({"initial_growth": table})
    assert found.verdict.tolist() == [HOLDS, UNDECIDED, HOLDS]


def test_the_gap_of_random_starts_rises_and_falls():
    """yaras2024, Fig. 2, with its sizes smaller: 8 pairs from 4 starts."""
    flows, _ = flow_from_random_starts(8, 4, 0, 0.2, 14.3, 8, 100)
    found = judge({"flows": flows})
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "mean of 4 of 4 starts" in found.numbers[0]


def flow(gaps, shares, start=0):
    times = range(len(gaps))
    return pd.DataFrame(
        {"start": start, "time": times, "modality_gap": gaps, "matched_share": shares}
    )


def test_starts_whose_pairs_do_not_all_meet_are_counted_and_left_out():
    ups = [flow([0.2, 0.6 + 0.01 * n, 0.1], [0, 0.5, 1], n) for n in range(3)]
    lost = flow([0.2, 0.1, 0.9], [0, 0.5, 0.9], 3)
    found = judge({"flows": pd.concat([*ups, lost])})
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "mean of 3 of 4 starts" in found.numbers[1]
    downs = [flow([0.6 + 0.01 * n, 0.2, 0.5], [0, 0.5, 1], n) for n in range(3)]
    assert judge({"flows": pd.concat(downs)}).verdict.tolist() == [FAILS, FAILS]
    assert judge({"flows": ups[0]}).verdict.tolist() == [UNDECIDED, UNDECIDED]
    assert judge({"flows": lost}).empty


def test_the_learned_exponential_closes_the_gap_slowest():
    rates = temperature_rates(0.5, 3, 1, 1e4, 60)
    found = judge({"temperature_rates": rates})
    assert found.verdict.tolist() == [HOLDS]
    assert "log γ at time 60: " in found.numbers[0]
    slow = rates.assign(log_height=rates.log_height.where(rates.scheme != "constant", -0.5))
    assert judge({"temperature_rates": slow}).verdict.tolist() == [PARTLY]
    other = rates[rates.scheme != "exponential"]
    assert judge({"temperature_rates": other}).empty
