import numpy as np
import pytest
from flow_starts import HEIGHT, LOGIT_SCALE, brute_force_loss, directions, numerical_gradient

from modality_gap.data.embeddings import normalize
from modality_gap.origin import contrastive_loss as loss_of
from modality_gap.origin import gradient_flow as theory

# Margin


# Loss and its gradient


# The flow


def total_loss(state, n, d):
    """The loss of parallel embeddings as a function of everything that the flow moves."""
    height, logit_scale = np.exp(state[:2])
    x, y = (normalize(part) for part in state[2:].reshape(2, n, d))
    planes = np.full((n, 1), height)
    images = np.hstack([np.sqrt(1 - height**2) * x, planes])
    texts = np.hstack([np.sqrt(1 - height**2) * y, -planes])
    return brute_force_loss(logit_scale * images @ texts.T)


@pytest.mark.parametrize("rate", [0, 1, 5])
def test_the_velocity_is_the_gradient_of_the_loss(rate):
    x, y = directions(2, 5, 3)
    state = theory.start_state(x, y, 0.4, 3.0)
    gradient = numerical_gradient(lambda s: total_loss(s, 5, 3), state)
    expected = -gradient
    expected[0] /= 0.4**2  # d log γ/dt = −(∂ℓ/∂γ)/γ, and ∂ℓ/∂γ = (∂ℓ/∂log γ)/γ
    expected[2:] *= rate
    np.testing.assert_allclose(theory.flow_velocity(state, 3, rate), expected, atol=1e-7)


STARTS = {
    "fixed, matched": (0, True, 1e6),
    "fixed, mismatched": (0, False, 1e6),
    "moving": (10, False, 1e3),
}


@pytest.mark.parametrize("start", STARTS)
def test_lemma_3_1_holds_along_every_flow(start):
    rate, matched, last = STARTS[start]
    x, y = directions(3, 10, 2)
    times = theory.record_times(last)
    table, _ = theory.gradient_flow(x, x if matched else y, HEIGHT, LOGIT_SCALE, times, rate)
    expected = np.log(LOGIT_SCALE) + np.log(HEIGHT) / 2 - HEIGHT**2 / 4
    np.testing.assert_allclose(table.invariant, expected, atol=1e-6)
    closed = theory.coupled_logit_scale(table.height, HEIGHT, LOGIT_SCALE)
    np.testing.assert_allclose(table.logit_scale, closed, rtol=1e-6)
    assert abs(np.log(table.height.iloc[-1] / HEIGHT)) > 1  # it went somewhere
    fell = table.height.iloc[-1] < HEIGHT
    assert fell == (table.matched_share.iloc[-1] == 1)


def test_the_loss_falls_by_the_squared_velocity():
    """dℓ/dt = −Σ|velocity|², with every part of the state in its own coordinates."""
    x, y = directions(4, 6, 2)
    times = np.linspace(0, 0.5, 2001)
    table, positions = theory.gradient_flow(x, y, 0.3, 4.0, times, 2)
    power = []
    for row, (left, right) in zip(table.itertuples(), positions, strict=True):
        state = theory.start_state(left, right, row.height, row.logit_scale)
        velocity = theory.flow_velocity(state, 2, 2)
        power.append((row.height * velocity[0]) ** 2 + velocity[1] ** 2)
        power[-1] += (velocity[2:] ** 2).sum() / 2
    fallen = np.trapezoid(power, times)
    assert fallen > 0.1
    assert table.loss.iloc[0] - table.loss.iloc[-1] == pytest.approx(fallen, rel=1e-6)


def test_the_record_describes_the_positions():
    x, y = directions(5, 6, 3)
    table, positions = theory.gradient_flow(x, y, 0.3, 4.0, np.array([0, 0.1, 30]), 3)
    np.testing.assert_allclose(positions[0], [x, y])
    np.testing.assert_allclose(np.linalg.norm(positions, axis=-1), 1, rtol=1e-14)
    last, (left, right) = table.iloc[-1], positions[-1]
    centres = left.mean(axis=0) - right.mean(axis=0)
    gap = np.sqrt((1 - last.height**2) * centres @ centres + 4 * last.height**2)
    assert last.modality_gap == pytest.approx(gap)
    assert last.plane_distance == 2 * last.height
    assert last.temperature == 1 / last.logit_scale
    assert last.margin == loss_of.margin(left @ right.T)
    state = theory.start_state(left, right, last.height, last.logit_scale)
    assert last.loss == pytest.approx(total_loss(state, 6, 3))


def test_mismatched_pairs_open_the_gap_and_matched_ones_close_it():
    """What yaras2024, Fig. 2 shows, from every start."""
    flows, pictures = theory.flow_from_random_starts(
        pairs=8,
        starts=3,
        seed=0,
        height=HEIGHT,
        logit_scale=LOGIT_SCALE,
        embedding_rate=8,
        duration=100,
    )
    for _, flow in flows.groupby("start"):
        widest = flow.modality_gap.idxmax()
        assert flow.modality_gap[widest] > 1.05 * flow.modality_gap.iloc[0]
        assert flow.matched_share[widest] < 1 == flow.matched_share.iloc[-1]
        assert flow.modality_gap.iloc[-1] < 0.5 * flow.modality_gap.iloc[0]
        assert flow.temperature[widest] > flow.temperature.iloc[0] > flow.temperature.iloc[-1]
    shown = flows[flows.start == pictures.start.iloc[0]]
    widest = flows.groupby("start").modality_gap.max()
    assert shown.modality_gap.max() == widest.median()
    np.testing.assert_allclose((pictures[["x", "y", "height"]] ** 2).sum(axis=1), 1)
    assert pictures.time.nunique() == 4
    matched = pictures.groupby("time").pair_margin.min() > 0
    assert matched.to_list() == [False, False, True, True]


def test_a_flow_to_the_poles_ends_there():
    """Exchanged pairs held fixed are most alike where they should differ: γ would pass 1."""
    x = np.eye(4)
    times = theory.record_times(1e3)
    table, _ = theory.gradient_flow(x, x[::-1], HEIGHT, 5.0, times, 0)
    assert 0 < table.time.iloc[-1] < 1e3
    assert 0.9 < table.height.iloc[-1] < 1
    assert table.height.is_monotonic_increasing


def test_turning_points_without_a_match_are_three():
    x = np.eye(4)
    table, _ = theory.gradient_flow(x, x[::-1], HEIGHT, 5.0, theory.record_times(0.02), 0)
    assert theory.turning_points(table) == [0, len(table) - 1]
    table["matched_share"] = [0.5] * 3 + [1.0] + [0.5] + [1.0] * (len(table) - 5)
    assert theory.turning_points(table) == [0, 5, len(table) - 1]


@pytest.mark.parametrize(
    ("height", "logit_scale", "named"), [(0, 1, "height 0"), (1, 1, "height 1"), (0.5, 0, "scale")]
)
def test_an_impossible_start_is_named(height, logit_scale, named):
    x, y = directions(0, 3, 2)
    with pytest.raises(ValueError, match=named):
        theory.gradient_flow(x, y, height, logit_scale, np.array([0, 1.0]), 1)


def test_a_duration_before_the_first_record_is_named():
    with pytest.raises(ValueError, match="expected more than 0.001"):
        theory.record_times(1e-3)


def test_coupled_flows_share_their_start_and_curve():
    flows = theory.coupled_flows(8, 0, HEIGHT, LOGIT_SCALE, 8, 100)
    starts = flows.groupby("flow")[["height", "logit_scale"]].first()
    np.testing.assert_allclose(starts, [[HEIGHT, LOGIT_SCALE]] * 3)
    ends = flows.groupby("flow").height.last()
    assert ends.matched < HEIGHT
    assert ends.moving < HEIGHT < ends.mismatched
    np.testing.assert_allclose(flows.invariant, flows.invariant.iloc[0], atol=1e-6)


def test_arrangements_differ_in_two_texts():
    table = theory.arrangements(6, 0, 0.5)
    margins = table.groupby(["arrangement", "pair"]).pair_margin.first()
    assert (margins.matched > 0).all()
    assert (margins.mismatched[:2] < 0).all()
    assert (margins.mismatched[2:] > 0).all()
    with pytest.raises(ValueError, match="at least 3"):
        theory.arrangements(2, 0, 0.5)


# Theorem 3.2


# Theorem 3.3


# Appendix C
