import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime
from scipy.special import logsumexp

from modality_gap.origin.batched_descent import descend_batch, descend_on_sphere, span_coordinates
from modality_gap.origin.free_embeddings import (
    assignment_sums,
    collapsed_start,
    contrastive_loss,
    gradient,
    isotropic_start,
    measures,
    record_steps,
    sphere_start,
)
from modality_gap.origin.loss_geometry import (
    arrangement_table,
    gap_length_table,
    gradient_prediction,
    shared_caption_gradient,
    shared_caption_loss,
    shared_caption_table,
    shrinking_rates,
)
from modality_gap.origin.plane_descent import descend_compiled, descend_in_plane

CPU = torch.device("cpu")


def plain_loss(x, y, temperature):
    """The loss, pair by pair, as the paper writes it."""
    n = len(x)
    scores = np.array([[-np.sum((x[i] - y[j]) ** 2) for j in range(n)] for i in range(n)])
    scores /= temperature
    total = 0
    for i in range(n):
        total += logsumexp(scores[i]) + logsumexp(scores[:, i]) - 2 * scores[i, i]
    return total / n


def plain_descent(x, y, temperature, learning_rate, steps, sphere=False):
    """One step after another in NumPy; every state, the start included."""
    x, y = x.copy(), y.copy()
    yield x, y
    for _ in range(steps):
        moved = []
        for points, slope in zip((x, y), gradient(x, y, temperature), strict=True):
            if sphere:
                slope = slope - np.sum(slope * points, axis=1, keepdims=True) * points
            points = points - learning_rate * slope
            if sphere:
                points = points / np.linalg.norm(points, axis=1, keepdims=True)
            moved.append(points)
        x, y = moved
        yield x, y


def prism(n, radius, gap):
    """Matched pairs on two parallel circles: every point sees the same, Q is doubly stochastic."""
    angles = 2 * np.pi * np.arange(n) / n
    circle = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return tuple(np.column_stack([circle, np.full(n, side * gap / 2)]) for side in (1, -1))


def test_the_loss_equals_the_sum_over_pairs(random):
    x, y = random.normal(size=(2, 3, 7, 4))
    temperatures = np.array([0.03, 1.0, 20.0])
    expected = [plain_loss(*sides) for sides in zip(x, y, temperatures, strict=True)]
    np.testing.assert_allclose(contrastive_loss(x, y, temperatures), expected, rtol=1e-11)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_gradient_is_the_slope_of_the_loss(random, temperature):
    x, y = random.normal(size=(2, 6, 3))
    numeric = approx_fprime(
        np.concatenate([x, y]).ravel(),
        lambda flat: plain_loss(*flat.reshape(2, 6, 3), temperature),
        1e-7,
    )
    np.testing.assert_allclose(
        np.stack(gradient(x, y, temperature)).ravel(), numeric, rtol=1e-5, atol=1e-5
    )


def test_gradients_of_many_systems_are_those_of_each(random):
    x, y = random.normal(size=(2, 3, 5, 4))
    temperatures = np.array([0.1, 1.0, 5.0])
    together = gradient(x, y, temperatures)
    for k, temperature in enumerate(temperatures):
        for side, alone in zip(together, gradient(x[k], y[k], temperature), strict=True):
            np.testing.assert_allclose(side[k], alone, rtol=1e-12)


def test_each_text_is_taken_as_often_as_the_images_weights_say():
    """Two images at 0 and 1, texts at 0 and 3, τ = 1: weights by hand."""
    x, y = np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]])
    sums_x, sums_y = assignment_sums(x, y, 1.0)
    first = 1 / (1 + np.exp(-9)) + np.exp(-1) / (np.exp(-1) + np.exp(-4))
    np.testing.assert_allclose(sums_y, [first, 2 - first])
    nearest = 1 / (1 + np.exp(-1)) + np.exp(-9) / (np.exp(-9) + np.exp(-4))
    np.testing.assert_allclose(sums_x, [nearest, 2 - nearest])


def test_measures_of_a_state_that_can_be_done_by_hand():
    x = np.array([[1.0, 2.0], [-1.0, 2.0], [0.0, 3.0], [0.0, 1.0]])
    y = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    found = measures(x, y, 2.0, sphere=False)
    assert found["modality_gap"] == 2
    assert found["variance_along_gap"] == pytest.approx((0.5 + 0) / 2)
    assert found["variance_across_gap"] == pytest.approx((0.5 + 4.5) / 2)
    assert found["loss"] == pytest.approx(plain_loss(x, y, 2.0))
    assert np.isnan(found["gap_cosine"])  # two texts are their centre, which has no direction
    slopes = np.linalg.norm(np.concatenate(gradient(x, y, 2.0)), axis=1)
    assert found["gradient_norm"] == pytest.approx(slopes.max())
    y[2:] = [[0.0, 1.0], [0.0, -1.0]]
    assert measures(x, y, 2.0, sphere=False)["gap_cosine"] == pytest.approx(0.5)


def test_the_spread_of_local_gaps_by_hand(random):
    """0 for a translated copy, 1 on average for strangers, √2 for a mirrored copy."""
    x = random.normal(size=(4000, 3))
    x -= x.mean(axis=0)
    shift = np.array([5.0, 0, 0])
    spreads = [
        measures(x[:n], y[:n], 1.0, sphere=False)["local_gap_spread"]
        for n, y in (
            (30, x + shift),
            (4000, random.normal(size=x.shape) + shift),
            (30, shift - x),
        )
    ]
    assert spreads == pytest.approx([0, 1, np.sqrt(2)], abs=0.03)
    by_hand = x[:30] - random.normal(size=(30, 3))
    local = by_hand - by_hand.mean(axis=0)
    total = x[:30].var(axis=0).sum() + (x[:30] - by_hand).var(axis=0).sum()
    found = measures(x[:30], x[:30] - by_hand, 1.0, sphere=False)["local_gap_spread"]
    assert found == pytest.approx(np.sqrt(np.square(local).sum(axis=1).mean() / total))


def test_descent_from_tight_clusters_makes_local_gaps_equal():
    """Theorem 3.2: pairs that are strangers at the start become copies, a gap apart."""
    records, _ = descend_in_plane("isotropic", 10, 1.0, 0.01, 0.1, 0, 0.01, 10000, [0])
    assert records.local_gap_spread.iloc[0] > 0.5
    assert records.local_gap_spread.iloc[-1] < 0.001
    assert records.modality_gap.iloc[-1] == pytest.approx(1, abs=0.1)


def test_on_the_sphere_only_the_tangent_gradient_counts():
    """A regular polygon on the equator is pushed straight outwards: no tangent part."""
    x, y = prism(7, 1.0, 0.0)
    assert measures(x, y, 0.5, sphere=False)["gradient_norm"] > 0.1
    assert measures(x, y, 0.5, sphere=True)["gradient_norm"] < 1e-12


def test_recorded_steps_begin_at_0_and_end_at_the_last():
    steps = record_steps(1000, [25, 4000])
    assert (steps[0], steps[-1]) == (0, 1000)
    assert 25 in steps
    assert 4000 not in steps
    assert (np.diff(steps) > 0).all()


def test_starts_are_where_they_should_be():
    x, y = isotropic_start(20_000, 3, 1.0, 0.05, seed=1)
    np.testing.assert_allclose(x.mean(axis=0), [0, 0, 0.5], atol=0.002)
    np.testing.assert_allclose(y.mean(axis=0), [0, 0, -0.5], atol=0.002)
    np.testing.assert_allclose(np.std([x, y], axis=1), 0.05, rtol=0.03)
    x, y = collapsed_start(20_000, 3, 1.0, 0.05, seed=1)
    np.testing.assert_allclose(np.std([x, y], axis=1), [[0.05, 0, 0]] * 2, rtol=0.03)
    np.testing.assert_array_equal(x[:, 2] - y[:, 2], 1)


@pytest.mark.parametrize("gap", [0.0, 0.7, 1.8, 2.0])
def test_clusters_on_the_sphere_are_as_far_apart_as_asked(gap):
    x, y = sphere_start(50, 5, gap, 1e-6, seed=2)
    np.testing.assert_allclose(np.linalg.norm([x, y], axis=2), 1, rtol=1e-12)
    assert measures(x, y, 1.0, sphere=True)["modality_gap"] == pytest.approx(gap, abs=1e-5)


def test_what_no_sphere_holds_is_refused():
    with pytest.raises(ValueError, match="gap 2.5, expected 0 to 2"):
        sphere_start(5, 3, 2.5, 0.01, seed=0)
    with pytest.raises(ValueError, match="dimension 1, expected at least 2"):
        sphere_start(5, 1, 1.0, 0.01, seed=0)
    with pytest.raises(ValueError, match="dimension 1, expected at least 2"):
        collapsed_start(5, 1, 1.0, 0.01, seed=0)


def test_compiled_descent_equals_the_plain_loop_for_10_000_steps():
    """The paper's setting (Fig. 4, top); rounding differs, and grows to a few 1e-15."""
    x, y = isotropic_start(10, 2, 1.0, 0.01, seed=0)
    stops = np.arange(0, 10_001, 50)
    images, texts = descend_compiled(x, y, 0.1, 0.01, stops)
    for step, (a, b) in enumerate(plain_descent(x, y, 0.1, 0.01, 10_000)):
        if step % 50 == 0:
            np.testing.assert_allclose(images[step // 50], a, rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(texts[step // 50], b, rtol=1e-11, atol=1e-12)
    assert np.ptp(images[-1][:, 0]) > 5  # far from where they began


@pytest.mark.parametrize(
    ("dimension", "temperature", "learning_rate"),
    [(2, 0.1, 1e-3), (3, 0.1, 1e-3), pytest.param(3, 0.01, 1e-4, id="cold")],
)
def test_compiled_descent_on_the_sphere_equals_the_plain_loop(
    dimension, temperature, learning_rate
):
    x, y = sphere_start(8, dimension, 1.5, 0.01, seed=3)
    stops = np.arange(0, 501, 100)
    images, texts = descend_compiled(x, y, temperature, learning_rate, stops, sphere=True)
    for step, (a, b) in enumerate(plain_descent(x, y, temperature, learning_rate, 500, True)):
        if step % 100 == 0:
            np.testing.assert_allclose(images[step // 100], a, atol=1e-10)
            np.testing.assert_allclose(texts[step // 100], b, atol=1e-10)


def test_the_softmax_neither_overflows_nor_vanishes():
    """Squared distances of 10⁴ over τ = 0.01: every exponential but the nearest's is 0."""
    x, y = isotropic_start(6, 2, 1.0, 50.0, seed=0)
    images, texts = descend_compiled(x, y, 0.01, 1e-6, np.array([0, 200]))
    *_, (a, b) = plain_descent(x, y, 0.01, 1e-6, 200)
    assert np.isfinite(images).all()
    np.testing.assert_allclose(images[-1], a, rtol=1e-9)
    np.testing.assert_allclose(texts[-1], b, rtol=1e-9)


@pytest.mark.parametrize("sphere", [True, False])
def test_batched_descent_equals_the_plain_loop(sphere):
    temperatures = np.array([0.1, 1.0, 0.02])
    starts = [sphere_start(9, 6, gap, 0.05, seed=4) for gap in (2.0, 1.0, 0.5)]
    x, y = (np.stack(side) for side in zip(*starts, strict=True))
    found = list(descend_batch(x, y, temperatures, 0.002, np.array([0, 7, 300]), sphere, CPU))
    assert [step for step, _, _ in found] == [0, 7, 300]
    for k, temperature in enumerate(temperatures):
        states = list(plain_descent(x[k], y[k], temperature, 0.002, 300, sphere))
        for step, images, texts in found:
            np.testing.assert_allclose(images[k], states[step][0], atol=1e-10)
            np.testing.assert_allclose(texts[k], states[step][1], atol=1e-10)
        assert np.abs(states[-1][0] - states[0][0]).max() > 0.01


def test_the_common_centre_never_moves(random):
    """The loss knows distances alone, so that its gradients add up to nothing."""
    x, y = random.normal(size=(2, 12, 2))
    images, texts = descend_compiled(x, y, 0.2, 0.01, np.array([0, 5000]))
    centres = images.mean(axis=1) + texts.mean(axis=1)
    np.testing.assert_allclose(centres[1], centres[0], atol=1e-11)
    assert np.abs(images[1] - images[0]).max() > 0.5
    start = np.stack([x[None], y[None]])
    *_, (_, batch_x, batch_y) = descend_batch(*start, [0.2], 0.01, [5000], False, CPU)
    np.testing.assert_allclose(batch_x[0].mean(axis=0) + batch_y[0].mean(axis=0), centres[0])


def test_a_gap_across_a_doubly_stochastic_state_stays_in_space_and_shrinks_on_the_sphere():
    """Theorem 3.2: without normalisation the gap is kept to the last digit; with it, it is not."""
    gap, stops = 1.2, np.array([0, 3000])
    x, y = prism(7, np.sqrt(1 - gap**2 / 4), gap)
    for sphere, kept in ((False, True), (True, False)):
        images, texts = descend_compiled(x, y, 0.3, 0.01, stops, sphere)
        found = measures(images, texts, 0.3, sphere)
        np.testing.assert_allclose(found["assignment_variance"], 0, atol=1e-20)
        assert found["loss"][1] < found["loss"][0]
        if kept:
            assert found["modality_gap"][1] == pytest.approx(gap, abs=1e-9)
        else:
            assert found["modality_gap"][1] < 0.1


def test_coordinates_in_the_span_change_no_distance_and_no_descent():
    x, y = (side[None] for side in sphere_start(4, 30, 1.5, 0.1, seed=5))
    small_x, small_y = span_coordinates(x, y)
    assert small_x.shape == (1, 4, 8)
    ends = [
        next(descend_batch(*sides, [0.1], 0.01, [200], True, CPU))[1:]
        for sides in ((x, y), (small_x, small_y))
    ]
    whole, reduced = (measures(*end, np.array([0.1]), sphere=True) for end in ends)
    assert whole["loss"][0] < 0.5
    for name, value in whole.items():
        np.testing.assert_allclose(reduced[name], value, rtol=1e-6, atol=1e-12, err_msg=name)
    assert span_coordinates(small_x, small_y)[0] is small_x


def test_a_gap_across_the_points_costs_nothing_and_wrong_partners_do():
    """chowers2026, Fig. 3."""
    table = arrangement_table([0.1, 1.0]).drop_duplicates(["arrangement", "temperature"])
    for temperature in (0.1, 1.0):
        rows = table[table.temperature == temperature].set_index("arrangement")
        free, matched = rows.loc["pairs coincide"], rows.loc["gap, every pair matched"]
        assert matched.loss == pytest.approx(free.loss, rel=1e-9)
        for wrong in ("gap, two pairs swapped", "no gap, all pairs shuffled"):
            assert rows.loc[wrong].loss > matched.loss + 1
    cold = table[table.temperature == 0.1].set_index("arrangement")
    neighbour = np.exp(-1 / 0.1)  # the only text that matters besides an image's own
    assert cold.loss["gap, every pair matched"] == pytest.approx(8 / 3 * neighbour, rel=1e-3)
    lengths = gap_length_table([0.1, 1.0])
    for (gap, _), curve in lengths.groupby(["gap", "temperature"]):
        spread = np.ptp(curve.loss)
        assert spread < 1e-9 if gap == "across" else spread > 1


def test_the_whole_first_order_becomes_exact_and_the_gap_term_alone_does_not():
    """Errors of the whole fall linearly with the clusters' size (chowers2026, Theorem 3.1)."""
    table = gradient_prediction(12, 4, 1.0, [0.05, 1.0], [1e-5, 1e-4], seeds=3)
    errors = table.groupby(["prediction", "temperature", "deviation"]).error.mean()
    for temperature in (0.05, 1.0):
        for prediction in ("first order", "assignment sums"):
            small, large = errors[prediction, temperature]
            assert large < 0.01
            assert large / small == pytest.approx(10, rel=0.1)
        small, large = errors["gap term", temperature]
        assert large / small == pytest.approx(1, rel=0.01)
    # The term left out is τ/‖g‖² of the term kept: it matters less, the larger the gap.
    assert errors["gap term", 0.05, 1e-5] < 0.2
    assert errors["gap term", 1.0, 1e-5] > 0.8


def test_descent_first_shrinks_the_variance_along_the_gap():
    """chowers2026, Theorem 3.1 and Fig. 5."""
    for seed in range(5):
        x, y = isotropic_start(10, 2, 1.0, 0.01, seed)
        images, texts = descend_compiled(x, y, 0.1, 0.01, np.array([0, 10]))
        for side in (images, texts):
            before, after = side.var(axis=1)
            assert after[1] < 0.05 * before[1]
        found = measures(images, texts, 0.1, sphere=False)
        assert found["variance_across_gap"][1] > 0.8 * found["variance_across_gap"][0]


def test_rates_of_shrinking_are_those_predicted():
    rates = shrinking_rates(8, seed=0)
    np.testing.assert_allclose(rates.rate, rates.predicted, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("temperature", "grows"), [(0.8, False), (1.25, True)])
def test_what_pairs_share_along_the_gap_shrinks_only_above_the_temperature(temperature, grows):
    """A gap of 1: ‖g‖² = 1 lies between the two temperatures."""
    offsets = np.array([-1.5, -0.5, 0.5, 1.5]) * 1e-6
    x, y = np.zeros((2, 4, 2))
    x[:, 1], y[:, 1] = 0.5 + offsets, -0.5 + offsets
    images, _ = descend_compiled(x, y, temperature, 0.01, np.array([0, 500]))
    heights = np.ptp(images[:, :, 1], axis=1)
    rate = 0.01 * 4 / (temperature * 4) * (1 / temperature - 1)
    assert heights[1] / heights[0] == pytest.approx((1 - rate) ** 500, rel=1e-3)
    assert (heights[1] > heights[0]) == grows


def test_a_shared_caption_is_a_batch_with_that_caption_twice(random):
    images, caption = random.normal(size=(2, 3)), random.normal(size=3)
    defined = shared_caption_loss(images, caption, 0.7, simplified=False)
    assert defined == pytest.approx(plain_loss(images, np.stack([caption, caption]), 0.7))
    first, second = ((images - caption) ** 2).sum(axis=1) / 0.7
    assert defined == pytest.approx(2 * np.log(2) + np.log(np.cosh((first - second) / 2)))
    extra = shared_caption_loss(images, caption, 0.7, simplified=True) - defined
    assert extra == pytest.approx((first + second) / 2)


@pytest.mark.parametrize("simplified", [True, False])
def test_the_gradient_of_a_shared_caption(random, simplified):
    points = random.normal(size=(3, 2))
    numeric = approx_fprime(
        points.ravel(),
        lambda flat: shared_caption_loss(
            flat.reshape(3, 2)[:2], flat.reshape(3, 2)[2], 0.7, simplified
        ),
        1e-7,
    )
    by_images, by_caption = shared_caption_gradient(points[:2], points[2], 0.7, simplified)
    np.testing.assert_allclose([*by_images.ravel(), *by_caption], numeric, rtol=1e-5, atol=1e-6)


def test_images_equally_far_from_their_caption_are_at_the_minimum_at_any_gap():
    """Against chowers2026, appendix B: no gradient is left although there is a gap."""
    images, caption = np.array([[0.6, 0.8], [-1.0, 0.0]]), np.zeros(2)
    loss = shared_caption_loss(images, caption, 1.0, simplified=False)
    assert loss == pytest.approx(2 * np.log(2), abs=1e-15)
    for slope in shared_caption_gradient(images, caption, 1.0, simplified=False):
        np.testing.assert_allclose(slope, 0, atol=1e-15)
    assert shared_caption_loss(images, caption, 1.0, simplified=True) > loss + 0.9


def test_a_shared_caption_closes_at_its_rate_in_the_simplified_loss_alone():
    """From x₁ = x₂: a factor 1 − 3·learning_rate/τ a step, or no change at all."""
    stops = np.array([0, 10, 100])
    table = shared_caption_table([0.5, 2.0], 0.0, 1, 0.8, 0.01, stops)
    for (form, gap), run in table.groupby(["loss_form", "initial_gap"]):
        rate = 1 - 3 * 0.01 / 0.8 if form == "as simplified" else 1
        np.testing.assert_allclose(run.modality_gap, gap * rate**stops, rtol=1e-9)


def test_shared_captions_from_many_starts():
    table = shared_caption_table([0.5, 1.0, 2.0], 0.2, 20, 1.0, 0.01, record_steps(3000, []))
    last = table[table.step == 3000]
    np.testing.assert_allclose(last.loss, 2 * np.log(2), atol=1e-5)
    simplified = last[last.loss_form == "as simplified"]
    assert simplified.modality_gap.max() < 1e-12
    start = table[(table.step == 0) & (table.loss_form == "as defined")]
    defined = last[last.loss_form == "as defined"]
    wide = (start.initial_gap == 2).to_numpy()
    assert (defined.modality_gap.to_numpy()[wide] > 0.9 * start.modality_gap[wide]).all()


def test_a_run_in_the_plane_says_what_was_run():
    """A gap that the paper's setting keeps, and one that a wide, warm, collapsed start closes."""
    shared = {"pairs": 10, "gap": 1.0, "seed": 0, "learning_rate": 0.01, "snapshots": [0, 30]}
    kept, positions = descend_in_plane(
        "isotropic", deviation=0.01, temperature=0.1, steps=20_000, **shared
    )
    assert kept.step.tolist() == record_steps(20_000, [0, 30]).tolist()
    assert kept.modality_gap.iloc[-1] == pytest.approx(1, abs=0.02)
    assert kept.loss.iloc[-1] < 0.01
    assert kept.gap_cosine.iloc[-1] < 0.001
    assert len(positions) == 2 * 2 * 10
    later = positions[positions.step == 30]
    assert later.groupby("modality").assignment_sum.mean().tolist() == pytest.approx([1, 1])
    closed, _ = descend_in_plane(
        "collapsed", deviation=1.0, temperature=1.0, steps=50_000, **shared
    )
    assert closed.variance_along_gap.iloc[0] < 0.1 * closed.variance_across_gap.iloc[0]
    assert closed.modality_gap.iloc[-1] < 0.1


def test_runs_on_the_sphere_say_what_was_run():
    """In three dimensions the gap goes while it is orthogonal: it is not where descent ends."""
    table, positions = descend_on_sphere(
        3, 6, [0.0, 2.0], 0.01, [0.1, 1.0], 2, 0.01, 3000, CPU, [0, 3000]
    )
    runs = table.groupby(["initial_gap", "temperature", "seed"])
    assert len(runs) == 8
    assert (runs.step.max() == 3000).all()
    start, end = table[table.step == 0], table[table.step == 3000]
    np.testing.assert_allclose(start.modality_gap, start.initial_gap, atol=0.02)
    far = end[end.initial_gap == 2]
    assert far[far.temperature == 0.1].modality_gap.between(1, 1.2).all()
    assert (far[far.temperature == 1].modality_gap < 0.1).all()
    assert (table[table.initial_gap == 0].modality_gap < 0.03).all()
    assert len(positions) == 2 * 2 * 2 * 2 * 6
    np.testing.assert_allclose((positions[["x", "y", "z"]] ** 2).sum(axis=1), 1)
    again, _ = descend_on_sphere(3, 6, [2.0], 0.01, [1.0], 1, 0.01, 3000, CPU, [])
    alone = far[(far.temperature == 1.0) & (far.seed == 0)].modality_gap
    assert again.modality_gap.iloc[-1] == pytest.approx(alone.iloc[0], rel=1e-9)
