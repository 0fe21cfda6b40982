import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import exp1

from modality_gap.origin import gradient_flow as theory
from modality_gap.origin import temperature_rates as rules


@pytest.fixture(scope="module")
def rates():
    table = rules.temperature_rates(0.5, 3.0, 1.0, 1e12, 40.0)
    return {scheme: part.reset_index(drop=True) for scheme, part in table.groupby("scheme")}


def test_the_scalar_flow_follows_its_coupling(rates):
    exponential, direct = rates["exponential"], rates["direct"]
    height = np.exp(exponential.log_height)
    np.testing.assert_allclose(
        exponential.logit_scale, theory.coupled_logit_scale(height, 0.5, 3.0), rtol=1e-6
    )
    squared = 9 + np.log(0.5) - direct.log_height
    squared += (np.exp(2 * direct.log_height) - 0.25) / 2
    np.testing.assert_allclose(direct.logit_scale**2, squared, rtol=1e-6)


def test_a_constant_scale_has_an_exact_solution(rates):
    table = rates["constant"]
    found = exp1(3 * np.exp(2 * table.log_height))
    expected = exp1(3 * 0.25) + 4 * 3 * np.exp(-3) * table.time
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("scheme", "accuracy"),
    [("exponential", 0.006), ("direct", 1e-6), ("constant", 1e-6), ("linear", 0.012)],
)
def test_late_times_reach_the_theory(rates, scheme, accuracy):
    """In log γ, which falls by 5 to 750; half as far from it at the end as early on."""
    table = rates[scheme].iloc[len(rates[scheme]) // 3 :]
    distance = (table.log_height - table.log_theory).abs().to_numpy()
    assert distance[-1] < accuracy
    assert distance[-1] <= distance[0] / 2 + 1e-8
    assert table.log_height.iloc[-1] < np.log(0.5) - 4


def test_the_theory_of_the_direct_rule_holds_early_too(rates):
    table = rates["direct"]
    assert (table.log_height - table.log_theory).abs().max() < 0.2


def test_the_rate_of_a_schedule_is_an_integral():
    expected = quad(lambda b: 2 * b * np.exp(-b), 3, 1)[0] / (1 - 3)
    assert rules.schedule_rate(3, 1) == pytest.approx(expected)
    assert rules.schedule_rate(1, 3) == pytest.approx(expected)


def test_a_schedule_ends_where_it_should(rates):
    table = rates["linear"]
    np.testing.assert_allclose(table.logit_scale[1:], 1.0)
    with pytest.raises(ValueError, match="starts and ends at logit scale 3"):
        rules.temperature_rates(0.5, 3.0, 3.0, 1.0, 1.0)


def test_only_the_exponential_keeps_the_gap(rates):
    ends = {scheme: part.log_height.iloc[-1] for scheme, part in rates.items()}
    assert ends["exponential"] == max(ends.values())
    assert ends["direct"] < 100 * ends["exponential"]
