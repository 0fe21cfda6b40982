import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge


@pytest.mark.parametrize(("low", "verdict"), [(0.2, HOLDS), (-0.1, UNDECIDED)])
def test_seeds_make_other_places_where_they_make_some_of_the_variance(low, verdict):
    row = {"family": "vit", "trained": False, "tower": "image", "inputs": "data"}
    row |= {"share_between": 0.3, "within_cosine": 0.9, "between_cosine": 0.1}
    found = judge({"seed_cones": pd.DataFrame([row | {"share_low": low, "share_high": 0.4}])})
    assert found.verdict.tolist() == [verdict]


def test_trained_networks_are_another_claim():
    row = {"family": "vit", "tower": "image", "inputs": "data", "share_between": 0.9}
    row |= {"within_cosine": 0.9, "between_cosine": 0.1}
    rows = [row | {"trained": trained} for trained in (False, True)]
    found = judge({"seed_cones": pd.DataFrame(rows).assign(share_low=0.8, share_high=0.95)})
    assert found.ids.tolist() == ["L041 L042 L012", "L046"]
    assert found.claim.str.contains("Trained").tolist() == [False, True]
    noise = pd.DataFrame([row | {"trained": trained} for trained in (False, True)])
    noise = noise.assign(share_low=0.8, share_high=0.95, inputs="noise")
    assert judge({"seed_cones": noise}).ids.tolist() == ["L045"], "of random networks alone"


def networks(family, gap, images=0.5, texts=0.3, seeds=5):
    rows = [{"seed": seed, "modality_gap": gap + 0.01 * seed} for seed in range(seeds)]
    return pd.DataFrame(rows).assign(family=family, image_distance=images, text_distance=texts)


@pytest.mark.parametrize(
    ("gaps", "verdict"),
    [
        ([1.0], HOLDS),
        ([0.4], FAILS),
        ([0.48], UNDECIDED),
        ([1.0, 0.4], PARTLY),
        # Beyond the interval of one family, but not of ten.
        ([0.5], HOLDS),
        ([0.5] * 10, UNDECIDED),
    ],
)
def test_the_gap_of_random_networks_is_held_against_their_own_spread(gaps, verdict):
    tables = [networks(f"f{number}", gap) for number, gap in enumerate(gaps)]
    found = judge({"seed_spread": pd.concat(tables)})
    assert found.verdict.tolist() == [verdict]
    times = (gaps[0] + 0.02) / 0.5
    assert f"(f0, 5 networks; the gap is {times:.1f} times the distance)" in found.numbers[0]
    swapped = [networks(f"f{number}", gap, 0.3, 0.5) for number, gap in enumerate(gaps)]
    same = judge({"seed_spread": pd.concat(swapped)})
    assert same.numbers.tolist() == found.numbers.tolist(), "the farther modality counts"


def test_one_network_decides_nothing():
    assert judge({"seed_spread": networks("f", 1.0, seeds=1)}).verdict.tolist() == [UNDECIDED]
