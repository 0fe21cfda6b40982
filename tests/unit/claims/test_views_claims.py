import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.claims.views import share


def picture(random, distance, encoder="clip", method="umap", n=100):
    """Two clouds of deviation 1, so far apart."""
    points = random.normal(size=(2, n, 2))
    points[1, :, 0] += distance
    table = pd.DataFrame(points.reshape(-1, 2), columns=["x", "y"])
    table["modality"] = np.repeat(["image", "text"], n)
    about = {"encoder": encoder, "method": method, "corpus": "c", "split": "s", "starts": "start"}
    return table.assign(**about)


def test_the_share_of_like_neighbours_is_counted_by_brute_force(random):
    table = picture(random, 2)
    points, labels = table[["x", "y"]].to_numpy(), table.modality.to_numpy()
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = (labels[distances.argmin(axis=1)] == labels).mean()
    found = share(["encoder"], ("clip",), table, "modality")
    assert found.value == expected
    assert found.low < expected < found.high
    assert (found.row, found.n) == ("share of x, y where encoder=clip", 200)


def test_points_in_one_place_have_neighbours_too():
    table = pd.DataFrame({"x": 0.0, "y": 0.0, "label": ["a"] * 9})
    assert share([], (), table, "label").value == 1


@pytest.mark.parametrize(("distance", "verdict"), [(20, HOLDS), (0, FAILS), (4.4, UNDECIDED)])
def test_modalities_mix_or_do_not(random, distance, verdict):
    found = judge({"views": picture(random, distance)})
    assert found.verdict.tolist() == [verdict]
    assert found.ids[0].startswith("L001")


def test_networks_that_others_started_from_are_a_claim_of_their_own(random):
    both = pd.concat([picture(random, 20), picture(random, 0, "start")])
    found = judge({"views": both})
    assert found.verdict.tolist() == [HOLDS, FAILS]
    assert found.claim.str.contains("started from").tolist() == [False, True]
    pca = judge({"views": both.assign(method="pca")})
    assert pca.ids.tolist() == ["C001 Y003 L089"]


def test_seeds_are_told_apart_by_random_networks_on_data(random):
    points = picture(random, 20, method="pca").rename(columns={"modality": "seed"})
    points = points.assign(family="vit", tower="image", inputs="data", trained=False)
    mixed = picture(random, 0, method="pca").rename(columns={"modality": "seed"})
    mixed = mixed.assign(family="vit", tower="text", inputs="data", trained=False)
    noise = points.assign(inputs="noise", x=0.0)
    found = judge({"seed_points": pd.concat([points, mixed, noise])})
    assert found.verdict.tolist() == [PARTLY]
    assert "1.000 (family=vit and tower=image)" in found.numbers[0]
    assert judge({"seed_points": points.assign(trained=True)}).empty


def test_clouds_that_are_moved_come_nearer():
    rows = [
        {"encoder": encoder, "corpus": "c", "split": "s", "share": at, "modality": modality}
        | {"x": sign * (1 - at * pull), "starts": "start"}
        for encoder, pull in (("clip", 0.9), ("start", -1))
        for at in (0.0, 0.5, 1.0)
        for modality, sign in (("image", 1), ("text", -1))
    ]
    found = judge({"shift_view": pd.DataFrame(rows)})
    assert found.verdict.tolist() == [HOLDS], "of trained ones alone"
    assert "2.00 → 1.10 → 0.20" in found.numbers[0]
    away = pd.DataFrame(rows).assign(starts="")
    assert judge({"shift_view": away}).verdict.tolist() == [PARTLY]
