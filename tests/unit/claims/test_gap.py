import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.gap import below_chance, length
from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.measures.gap import gap_interval, gap_measures

BINS = np.linspace(-1, 1, 401)


def counted(cosines, encoder="clip", initial=None, dimension=64):
    """As `measure_gap` writes them: cosines of two modalities, counted in bins."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "modality": modality,
                    "from": BINS[:-1],
                    "to": BINS[1:],
                    "count": np.histogram(values, BINS)[0],
                    "mean_absolute": np.abs(values).mean(),
                    "dimension": dimension,
                }
            )
            for modality, values in zip(("image", "text"), cosines, strict=True)
        ]
    ).assign(encoder=encoder, initial=initial, corpus="c", split="s")


def directions(random, number, dimension=64):
    rows = random.normal(size=(number, dimension))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_direction_by_chance_is_no_nearer_to_a_right_angle(random):
    """Cosines of uniform directions are on average √(2/(πd)), nearly: below it by less than nothing."""
    cosines = directions(random, 2000)[:, 0]
    room = below_chance(counted((cosines, cosines)).query("modality == 'text'"))
    error = np.abs(cosines).std(ddof=1) / np.sqrt(len(cosines))
    assert room.error == pytest.approx(error, rel=0.01)
    assert room.ends()[0] < 0 < room.ends()[1]
    assert judge({"gap_cosines": counted((cosines, cosines))}).verdict.tolist() == [UNDECIDED]


def test_the_gap_is_held_against_a_direction_by_chance(random):
    cosines = directions(random, 500)[:, 0]
    for factor, verdict in ((0.5, HOLDS), (2, FAILS)):
        table = counted((factor * cosines, factor * cosines))
        start = counted((2 * cosines, 0.1 * cosines), "start")
        found = judge({"gap_cosines": pd.concat([table.assign(initial="start"), start])})
        assert found.verdict.tolist() == [verdict]
        assert "start" not in found.numbers[0]
        assert (
            f"{np.abs(factor * cosines).mean() - np.sqrt(2 / 64 / np.pi):+.3f} (clip, images of c s)"
            in found.numbers[0]
        )
    mixed = counted((0.5 * cosines, 2 * cosines))
    assert judge({"gap_cosines": mixed}).verdict.tolist() == [PARTLY]
    many = [counted((cosines / 2, cosines / 2), f"e{number}") for number in range(5)]
    assert judge({"gap_cosines": pd.concat(many)}).numbers[0].endswith("and 4 more")


def places(*rows):
    names = ["modality_gap", "image_centre_length", "text_centre_length", "pairs", "place"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([(0.5, 0.7, 0.7, 500, "a on c s")], HOLDS),
        ([(0.1, 0.7, 0.7, 500, "a on c s")], UNDECIDED),
        ([(0.5, 0.7, 0.7, 500, "a"), (0.1, 0.7, 0.7, 500, "b")], PARTLY),
        ([(0.5, 0.7, 0.7, 1, "a")], UNDECIDED),
    ],
)
def test_a_gap_without_normalisation_is_judged_by_its_interval(rows, verdict):
    found = judge({"gap_without_normalization": places(*rows)})
    assert found.verdict.tolist() == [verdict]
    assert f"gap {rows[0][0]:.3f}" in found.numbers[0]


def test_its_interval_is_at_least_as_wide_as_the_pairs_own(trained_pairs, random):
    few = [rows[:200] for rows in trained_pairs]
    noise = [directions(random, 200) for _ in range(2)]
    for x, y in (few, noise):
        measures = gap_measures(x, y, *[np.arange(200)] * 2, None)
        gap = length(pd.DataFrame([measures]).assign(pairs=200).iloc[0])
        low, high = gap_interval(x, y)
        assert gap.ends()[1] - gap.ends()[0] >= high - max(low, 0)
    # Two samples of one and the same noise have none.
    assert gap.ends()[0] < 0
