import pandas as pd
import pytest

from modality_gap.claims.mitigated_runs import PLAIN
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judge


def run(name, last, seeds=3, **settings):
    """Temperatures from 0.07 to a last one, seeds a little apart."""
    rows = [
        {"run": name, "seed": seed, "step": step, "temperature": at + 0.0001 * seed * step}
        for seed in range(seeds)
        for step, at in ((0, 0.07), (9, last))
    ]
    return pd.DataFrame(rows).assign(**(PLAIN | settings))


@pytest.mark.parametrize(
    ("last", "held", "falls", "above"),
    [
        (0.03, 0.06, HOLDS, HOLDS),
        (0.09, 0.06, FAILS, FAILS),
        (0.06955, 0.0696, UNDECIDED, UNDECIDED),
    ],
)
def test_mitigations_are_held_against_the_learned_temperature(last, held, falls, above):
    held_up = run("divided", held, divisor=2)
    if above == UNDECIDED:
        held_up["temperature"] += 0.002 * (held_up.seed == 1)
        last_one = run("plain", last)
        last_one["temperature"] += 0.002 * ((last_one.seed == 0) & (last_one.step > 0))
    else:
        last_one = run("plain", last)
    found = judge({"trajectories": pd.concat([last_one, held_up])})
    assert found.ids.tolist() == ["Y053", "Y053", "Y154"]
    assert found.verdict.tolist() == [falls, above, above]
    assert found.evidence[0][0].n == 3


def test_without_a_run_that_does_nothing_there_is_no_baseline():
    assert judge({"trajectories": run("divided", 0.05, divisor=2)}).empty
    alone = judge({"trajectories": run("plain", 0.05)})
    assert alone.claim.tolist() == ["A temperature that is learned falls in training"]
