from modality_gap.claims.verdicts import FAILS, HOLDS, judge
from modality_gap.origin.flow_theorems import initial_growth_table, slow_closing
from modality_gap.origin.gradient_flow import coupled_flows


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
