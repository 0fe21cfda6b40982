import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.origin.flow_theorems import initial_growth_table, slow_closing
from modality_gap.origin.gradient_flow import coupled_flows, flow_from_random_starts
from modality_gap.origin.temperature_rates import temperature_rates


def test_theory_is_judged_by_its_own_solution():
    coupled = coupled_flows(4, 0, 0.2, 14.3, 4, 10)
    closing = slow_closing(6, 8, 0, 0.5, 1000)
    growth = initial_growth_table([32], 5, [2, 8], 0, 0.2, 14.3, 0.05)
    tables = {"coupled": coupled, "slow_closing": closing, "initial_growth": growth}
    assert judge(tables).verdict.tolist() == [HOLDS] * 3
    broken = coupled.assign(invariant=coupled.invariant + 1e-3 * coupled.time)
    below = closing.assign(modality_gap=closing.bound / 2)
    found = judge({"coupled": broken, "slow_closing": below})
    assert found.verdict.tolist() == [FAILS] * 2


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
