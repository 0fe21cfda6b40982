import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge


def errors(error, prediction="gap term", spread=0.001):
    rows = [
        {"deviation": deviation, "temperature": 0.1, "prediction": prediction, "seed": seed}
        | {"error": (error if deviation < 0.01 else 9) + spread * seed}
        for deviation in (1e-4, 1e-1)
        for seed in range(5)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("error", "verdict"), [(1e-4, HOLDS), (0.2, FAILS), (0.008, UNDECIDED)])
def test_predictions_are_judged_in_the_tightest_clusters(error, verdict):
    found = judge({"gradient_prediction": errors(error)})
    assert (found.ids[0], found.verdict[0]) == ("C020 C021", verdict)
    assert found.evidence[0][0].n == 5
    own = errors(error, "assignment sums")
    assert judge({"gradient_prediction": own}).ids.tolist() == ["C022"]
    # With the pull of partners, which the paper drops, it is another formula.
    assert judge({"gradient_prediction": errors(error, "first order")}).empty


def cluster(random, start, sums):
    """One modality of one run; sums: how often points are chosen, as a function of x and y."""
    x = np.zeros(30) if start == "collapsed" else random.normal(0, 0.01, 30)
    y = random.normal(0, 1, 30) if start == "collapsed" else 0.5 + random.normal(0, 0.01, 30)
    about = {"start": start, "deviation": 1.0, "temperature": 0.1, "seed": 0, "modality": "image"}
    return pd.DataFrame({"x": x, "y": y, "assignment_sum": sums(x, y), "step": 0}).assign(**about)


@pytest.mark.parametrize(
    ("start", "ids", "sums"),
    [
        ("isotropic", "C019", lambda _, y: 1 - y),
        ("collapsed", "C060", lambda _, y: 1 - np.abs(y - y.mean())),
    ],
)
def test_points_that_are_chosen_too_often_are_near_the_other_side_or_the_middle(
    random, start, ids, sums
):
    near = cluster(random, start, sums)
    far = near.assign(assignment_sum=-near.assignment_sum, modality="text")
    later = far.assign(step=25)
    for table, verdict in ((near, HOLDS), (far, FAILS), (pd.concat([near, far]), PARTLY)):
        found = judge({"plane_positions": pd.concat([table, later])})
        assert (found.ids[0], found.verdict[0]) == (ids, verdict)
