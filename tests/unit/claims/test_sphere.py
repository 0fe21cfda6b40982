from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, judge
from modality_gap.origin.sphere import sphere_landscape

SHIFTS = [float(shift) for shift in range(-90, 91)]


def test_exchanged_pairs_repel_at_a_low_temperature_only():
    """At 15° as the paper, at 20° as its authors' code: 0, 0, 0, 42, 68 and 0, 0, 53, 65, 78."""
    found = judge({"sphere_landscape": sphere_landscape([15, 20], [1, 100], SHIFTS)})
    assert found.verdict.tolist() == [HOLDS] * 3
    assert "in 2 of 2 cases; smallest and largest angle 68° (τ = 1/100, 15°" in found.numbers[0]
    assert ", 78° (τ = 1/100, 20° between pairs)" in found.numbers[0]
    assert "in 4 of 4 cases" in found.numbers[2]


def test_what_is_no_low_or_high_temperature_does_not_hold():
    warm = judge({"sphere_landscape": sphere_landscape([15], [1], SHIFTS)})
    assert warm.verdict.tolist() == [FAILS, HOLDS], "one temperature is no lowest and highest"
    mixed = judge({"sphere_landscape": sphere_landscape([15, 20], [35, 100], SHIFTS)})
    # At 1/35 and 15° there is no gap yet.
    assert mixed.verdict.tolist() == [PARTLY, PARTLY, HOLDS]
