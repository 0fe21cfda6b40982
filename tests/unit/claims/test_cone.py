import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.cone import with_intervals
from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge

NOISE = {"encoder": "x", "corpus": "noise", "split": "all"}


def cones(means, std=0.1, inputs=1000):
    """Statistics of encoders, texts and images alike; means: of encoder and start by name."""
    rows = [
        {"encoder": name, "initial": initial, "corpus": "c", "split": "s", "pairs": pairs}
        | {"mean": mean, "std": std, "min": mean - 0.2, "count": inputs * (inputs - 1) // 2}
        | {"log_cap_share": -20.0, "dimension": 16}
        for name, (mean, initial) in means.items()
        for pairs in ("image_image", "text_text", "image_text")
    ]
    return pd.DataFrame(rows)


def test_a_mean_cosine_is_judged_by_its_interval():
    for mean, verdict in ((0.4, HOLDS), (-0.4, FAILS), (0.001, UNDECIDED)):
        found = judge({"cone": cones({"clip": (mean, None)})})[:1]
        assert found.verdict.tolist() == [verdict]
        assert f"the least {mean:.3f} (clip, images of c s)" in found.numbers[0]
    few = cones({"clip": (0.4, None)}, std=0.0, inputs=2)
    assert judge({"cone": few}).verdict[0] == UNDECIDED, "one pair has no spread"
    assert judge({"cone": cones({"a": (0.4, None), "b": (-0.4, None)})}).verdict[0] == PARTLY


@pytest.mark.parametrize(
    ("means", "verdict"), [((0.4, 0.2), HOLDS), ((0.4, 0.19), PARTLY), ((0.1, 0.19), FAILS)]
)
def test_one_pair_beyond_a_right_angle_is_enough(means, verdict):
    """The smallest cosine of the fixture is 0.2 below its mean."""
    table = cones({f"e{number}": (mean, None) for number, mean in enumerate(means)})
    row = judge({"cone": table}).iloc[1]
    assert row.claim == "No two inputs of one modality have a cosine below 0"
    assert row.verdict == verdict
    assert f"{means[1] - 0.2:.3f} (e1, texts)" in row.numbers


def test_the_weights_of_the_start_are_set_beside_the_trained_ones_alone():
    means = {"start": (0.9, None), "clip": (0.4, "start"), "other": (0.3, None)}
    cone, least, of_start, _, _, across, random = judge({"cone": cones(means)}).itertuples()
    assert (across.ids, across.verdict) == ("L072", HOLDS)
    assert (
        "smallest 0.200 (clip, images and texts), 0.100 (other, images and texts)" in across.numbers
    ), "of trained ones alone"
    assert of_start.claim.startswith("With the weights of the start, too, no two")
    assert "holds in 4 and fails in 0 of 4 cases" in cone.numbers, "but the start"
    assert "start" not in least.numbers
    assert random.verdict == HOLDS
    assert random.numbers == "holds in 2 and fails in 0 of 2 cases; from +0.500 to +0.500"
    means["clip"] = (0.95, "start")
    assert judge({"cone": cones(means)}).verdict.iloc[-1] == FAILS
    means["clip"] = (0.899, "start")
    assert judge({"cone": cones(means)}).verdict.iloc[-1] == UNDECIDED


def test_embeddings_that_are_spread_evenly_have_a_mean_cosine_of_nearly_0():
    for mean, verdict in ((0.01, HOLDS), (0.9, FAILS), (0.048, UNDECIDED)):
        found = judge({"cone": cones({"start": (mean, None), "clip": (0.4, "start")})})
        assert found[found.ids == "Y039"].verdict.tolist() == [verdict]


def test_the_share_of_the_sphere_is_held_against_its_dimensions():
    """e^−20 is 2^−28.9: less than 2^−16, but not than 2^−32."""
    table = cones({"clip": (0.4, None)})
    for dimension, verdict in ((16, HOLDS), (32, FAILS)):
        (row,) = (
            row
            for row in judge({"cone": table.assign(dimension=dimension)}).itertuples()
            if row.ids == "L031"
        )
        assert row.verdict == verdict
        assert row.evidence[0].value == pytest.approx(-20 / np.log(2))


def test_a_cone_on_noise_is_a_claim_of_its_own():
    table = cones({"x": (0.9, None)}).assign(**NOISE)
    assert judge({"cone_of_noise": table.assign(random=False)}).empty
    found = judge({"cone_of_noise": table.assign(random=True)})
    assert found.ids.tolist() == ["L027"]
    assert found.verdict.tolist() == [HOLDS]


def test_the_interval_of_a_mean_over_pairs_is_at_least_95_per_cent(random):
    """Drawn again and again, from inputs around a common direction: all their pairs at once."""
    centre = np.r_[1.0, np.zeros(9)]
    truth, inside, repeats, n = None, 0, 400, 40
    many = random.normal(size=(20000, 10)) * 0.5 + centre
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    truth = float(many.mean(axis=0) @ many.mean(axis=0))
    for _ in range(repeats):
        rows = random.normal(size=(n, 10)) * 0.5 + centre
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        cosines = (rows @ rows.T)[np.triu_indices(n, 1)]
        table = pd.DataFrame(
            {"pairs": ["image_image"], "mean": cosines.mean(), "std": cosines.std()}
            | {"count": len(cosines)}
        )
        row = with_intervals(table).iloc[0]
        inside += abs(row["mean"] - truth) < row.half
    assert inside / repeats > 0.95
