import numpy as np
import pytest

from modality_gap.origin.seed_cones import (
    cone_points,
    gap_and_spread,
    read_cones,
    spread_by_network,
    variance_between_seeds,
    write_cones,
)


def cones(random, networks, items, width, spread):
    """Unit vectors around a direction of each network's own."""
    centres = random.standard_normal((networks, 1, width))
    found = centres + spread * random.standard_normal((networks, items, width))
    return found / np.linalg.norm(found, axis=2, keepdims=True)


def test_parts_come_back_together(tmp_path, random):
    files = [str(tmp_path / f"{part}.parquet") for part in range(2)]
    raw = {seed: 3 * random.standard_normal((5, 4)) for seed in (0, 1, 2)}
    noise = random.standard_normal((5, 4))
    write_cones(files[0], [(0, "image", "data", raw[0]), (0, "image", "noise", noise)])
    write_cones(files[1], [(seed, "image", "data", raw[seed]) for seed in (1, 2)])
    data, noisy = list(read_cones(files))
    assert data[:3] == ("image", "data", [0, 1, 2])
    assert noisy[:3] == ("image", "noise", [0])
    for seed in raw:
        expected = raw[seed] / np.linalg.norm(raw[seed], axis=1, keepdims=True)
        np.testing.assert_allclose(data[3][seed], expected, rtol=1e-6)


def test_embeddings_that_are_not_finite_are_named(tmp_path):
    with pytest.raises(ValueError, match="seed 4, text tower, noise: row 1"):
        write_cones(tmp_path / "x", [(4, "text", "noise", np.array([[1.0, 0], [np.nan, 0]]))])


@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_the_share_between_seeds_is_that_of_all_pairs(random, spread):
    embeddings = cones(random, 4, 30, 8, spread)
    found = variance_between_seeds(embeddings)
    flat, labels = embeddings.reshape(-1, 8), np.repeat(range(4), 30)
    cosines = flat @ flat.T
    same = labels[:, None] == labels[None, :]
    off = ~np.eye(len(flat), dtype=bool)
    assert found["within_cosine"] == pytest.approx(cosines[same & off].mean(), rel=1e-9)
    assert found["between_cosine"] == pytest.approx(cosines[~same].mean(), rel=1e-9)
    centres = embeddings.mean(axis=1)
    between = ((centres - flat.mean(axis=0)) ** 2).sum() / 3
    within = sum(((rows - rows.mean(axis=0)) ** 2).sum() for rows in embeddings) / 120
    assert found["share_between"] == pytest.approx(between / (between + within), rel=1e-9)
    assert found["share_low"] < found["share_between"] < found["share_high"]


def test_one_network_twice_has_no_variance_between(random):
    embeddings = cones(random, 1, 30, 8, 1.0)
    found = variance_between_seeds(np.repeat(embeddings, 3, axis=0))
    assert found["share_between"] == pytest.approx(0, abs=1e-12)


def test_the_plane_of_pca_keeps_distances_of_planar_points(random):
    planar = np.zeros((3, 6, 5))
    angles = random.uniform(0, 2 * np.pi, (3, 6))
    planar[..., 0], planar[..., 1] = np.cos(angles), np.sin(angles)
    points = cone_points(planar, [7, 8, 9], 0)
    pca = points[points.method == "pca"]
    assert list(pca.seed) == [7] * 6 + [8] * 6 + [9] * 6
    assert pca.share.iloc[0] == pytest.approx(1)
    drawn, flat = pca[["x", "y"]].to_numpy(), planar.reshape(-1, 5)
    np.testing.assert_allclose(
        np.linalg.norm(drawn[0] - drawn[1:], axis=1),
        np.linalg.norm(flat[0] - flat[1:], axis=1),
        atol=1e-9,
    )
    assert set(points.method) == {"pca", "umap"}


def test_gap_and_spread_of_known_points():
    images = np.array([[[1.0, 0], [0, 1.0]]])
    texts = np.array([[[-1.0, 0], [0, -1.0]]])
    table = gap_and_spread({"image": images, "text": texts}, [3]).set_index("measure").value
    assert table["modality_gap"] == pytest.approx(np.sqrt(2))
    np.testing.assert_allclose(table["image_distance"], np.sqrt(0.5))


def test_one_tower_has_no_gap(random):
    table = gap_and_spread({"image": cones(random, 2, 4, 3, 1.0)}, [0, 1])
    assert set(table.measure) == {"image_distance"}


def test_networks_have_the_means_of_their_items(random):
    towers = {name: cones(random, 2, 4, 3, 1.0) for name in ("image", "text")}
    spread = gap_and_spread(towers, [7, 3])
    found = spread_by_network(spread).set_index("seed")
    assert sorted(found) == ["image_distance", "modality_gap", "text_distance"]
    rows = towers["text"][1]
    distances = [np.linalg.norm(row - rows.mean(axis=0)) for row in rows]
    assert found.text_distance[3] == pytest.approx(np.mean(distances))
    assert sorted(spread_by_network(gap_and_spread({"image": towers["image"]}, [7, 3]))) == [
        "image_distance",
        "seed",
    ]
