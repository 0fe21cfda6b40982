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
    found = judge(tables).groupby("ids").verdict.apply(list)
    assert found["Y034"] == [HOLDS, UNDECIDED]
    for ids in ("Y021", "Y016", "Y001 Y025 Y028", "Y023"):
        assert found[ids] == [HOLDS], ids
    broken = coupled.assign(invariant=coupled.invariant + 1e-3 * coupled.time)
    below = closing.assign(modality_gap=closing.bound / 2)
    found = judge({"coupled": broken, "slow_closing": below}).set_index("ids").verdict
    assert found[["Y021", "Y001 Y025 Y028"]].tolist() == [FAILS] * 2
    low = coupled.assign(modality_gap=coupled.plane_distance - 1e-3)
    assert judge({"coupled": low}).set_index("ids").verdict["Y016"] == FAILS
    steeper = closing.assign(height=closing.logit_scale**2)
    assert judge({"slow_closing": steeper}).set_index("ids").verdict["Y023"] == FAILS


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
    found = judge({"initial_growth": growth({16: 4.0}, bound, gaps=gaps)})
    found = found[found.claim.str.endswith("at least as fast as a bound")].iloc[0]
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
    found = judge({"initial_growth": growth(planes, limit=limit)})
    found = found[found.ids == "Y036"].iloc[0]
    assert found.verdict == verdict
    assert f"{planes[256]:.3g} against {limit:g} in 2" in found.numbers


def test_random_starts_come_to_their_limit_with_more_pairs():
    table = initial_growth_table([16, 256], 20, [2, 8], 0, 0.2, 14.3, 0.05)
    found = judge({"initial_growth": table})
    assert found.ids.tolist() == ["Y034", "Y034", "Y036", "Y035"]
    assert found.verdict.tolist()[:3] == [HOLDS, UNDECIDED, HOLDS]


@pytest.mark.parametrize(("speed", "verdict"), [(2.0, HOLDS), (4.0, FAILS), (3.0, UNDECIDED)])
def test_the_gap_is_held_against_the_planes_in_every_setting(speed, verdict):
    """The gap grows by 3 in any of them."""
    found = judge({"initial_growth": growth({16: speed, 256: speed})})
    assert found[found.ids == "Y035"].verdict.tolist() == [verdict]


def test_the_gap_of_random_starts_rises_and_falls():
    """yaras2024, Fig. 2, with its sizes smaller: 8 pairs from 4 starts."""
    flows, _ = flow_from_random_starts(8, 4, 0, 0.2, 14.3, 8, 100)
    found = judge({"flows": flows})
    assert found.verdict.tolist() == [HOLDS, HOLDS, HOLDS]
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
    assert found.verdict.tolist() == [HOLDS, HOLDS, PARTLY]
    assert "mean of 3 of 4 starts" in found.numbers[1]
    assert "in 3 of 4 starts, the last of them from time 2 on" in found.numbers[2]
    downs = [flow([0.6 + 0.01 * n, 0.2, 0.5], [0, 0.5, 1], n) for n in range(3)]
    assert judge({"flows": pd.concat(downs)}).verdict.tolist() == [FAILS, FAILS, HOLDS]
    assert judge({"flows": ups[0]}).verdict.tolist() == [UNDECIDED, UNDECIDED, HOLDS]
    found = judge({"flows": lost})
    assert found.verdict.tolist() == [UNDECIDED, UNDECIDED, FAILS]
    assert found.numbers[0] == "of 0 of 1 starts, from which all pairs find each other"


def test_the_learned_exponential_closes_the_gap_slowest():
    rates = temperature_rates(0.5, 3, 1, 1e4, 60)
    found = judge({"temperature_rates": rates})
    assert found.verdict.tolist() == [HOLDS] * 6
    assert "Y132" in set(found.ids)
    straight = rates.assign(logit_scale=rates.time)
    assert judge({"temperature_rates": straight}).set_index("ids").verdict["Y132"] == FAILS
    assert "log γ at time 60: " in found.numbers[0]
    slow = rates.assign(log_height=rates.log_height.where(rates.scheme != "constant", -0.5))
    found = judge({"temperature_rates": slow})
    assert found.verdict[0] == PARTLY
    assert found[found.ids == "Y135"].verdict.tolist() == [FAILS], "not by its law"
    other = rates[rates.scheme != "exponential"]
    assert "Y032" not in set(judge({"temperature_rates": other}).ids)


def test_margins_tell_matched_pairs_from_exchanged_ones():
    points = pd.DataFrame({"arrangement": ["matched", "mismatched"], "pair_margin": [0.3, -0.4]})
    assert judge({"arrangements": points}).verdict.tolist() == [HOLDS]
    for margins in ([-0.1, -0.4], [0.3, 0.1]):
        assert judge({"arrangements": points.assign(pair_margin=margins)}).verdict[0] == FAILS
