import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.fairness import fairness_claims
from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED
from modality_gap.effects.fairness import changes

COLUMNS = ["tone", "gender"]
OWN = [f"{tone}, {gender}" for tone in ("light", "dark") for gender in ("female", "male")]
KINDS = {name: "own" for name in OWN} | {"ape": "beast", "bear": "beast", "thief": "rogue"}


def judged(
    before: dict[str, float], after: dict[str, float], exacerbates: str | None, n: int = 4000
):
    """Verdicts on two groups of n images; their shares of thieves before and after a shift."""
    labels = pd.DataFrame({"tone": np.repeat(list(before), n), "gender": "male"})
    code = {name: place for place, name in enumerate(KINDS)}

    def predicted(share: dict[str, float]) -> np.ndarray:
        rows = [
            np.where(np.arange(n) < share[tone] * n, code["thief"], code[f"{tone}, male"])
            for tone in share
        ]
        return np.concatenate(rows)

    table = changes(
        np.stack([predicted(before), predicted(after)]), [0.0, -0.2], {"moved": -0.2}, labels,
        ["tone"], KINDS, COLUMNS,
    )  # fmt: skip
    about = {"fairness": "people", "encoder": "clip", "exacerbates": exacerbates}
    table = table.assign(**about, original_distance=0.82, centre_distance=0.97)
    return {row[0].split()[0]: row[2] for row in fairness_claims(table)}


@pytest.mark.parametrize(
    ("light", "dark", "verdict"),
    [(0.08, 0.05, HOLDS), (0.08, 0.1, PARTLY), (0.1, 0.1, UNDECIDED), (0.12, 0.1, FAILS)],
)
def test_fewer_probes_are_judged_in_every_group(light, dark, verdict):
    found = judged({"light": 0.1, "dark": 0.1}, {"light": light, "dark": dark}, None)
    assert found["L110"] == verdict
    assert found["L133"] == (UNDECIDED if light == dark == 0.1 else HOLDS)


@pytest.mark.parametrize(("after", "verdict"), [(0.102, HOLDS), (0.11, UNDECIDED), (0.14, FAILS)])
def test_a_minor_loss_of_accuracy_is_below_one_in_a_hundred(after, verdict):
    shares = {"light": 0.1, "dark": 0.1}
    assert judged(shares, dict.fromkeys(shares, after), None)["L112"] == verdict


def test_more_probes_of_the_kind_named_hold_where_they_are_claimed():
    shares = {"light": 0.1, "dark": 0.1}
    assert judged(shares, {"light": 0.2, "dark": 0.15}, "rogue")["L122"] == HOLDS
    assert judged(shares, {"light": 0.05, "dark": 0.05}, "rogue")["L122"] == FAILS
    assert set(judged(shares, shares, "beast").values()) == {UNDECIDED}


def test_what_makes_probes_more_frequent_is_said_to_cost_accuracy():
    shares = {"light": 0.1, "dark": 0.1}
    assert judged(shares, {"light": 0.2, "dark": 0.15}, "rogue")["L141"] == HOLDS
    assert judged(shares, {"light": 0.05, "dark": 0.05}, "rogue")["L141"] == FAILS
