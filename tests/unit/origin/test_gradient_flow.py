import mpmath
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.special import exp1, logsumexp

from modality_gap.data.embeddings import normalize
from modality_gap.measures.gap import modality_gap
from modality_gap.origin import gradient_flow as theory

LOGIT_SCALE, HEIGHT = 1 / 0.07, 0.2


def directions(seed, n, d):
    random = np.random.default_rng(seed)
    return tuple(theory.random_directions(random, n, d) for _ in "xy")


def brute_force_loss(logits):
    n = len(logits)
    rows = [logsumexp(logits[i]) - logits[i, i] for i in range(n)]
    columns = [logsumexp(logits[:, i]) - logits[i, i] for i in range(n)]
    return (np.mean(rows) + np.mean(columns)) / 2


def numerical_gradient(function, point, step=1e-6):
    found = np.empty_like(point)
    for index in np.ndindex(point.shape):
        moved = [point.copy(), point.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        found[index] = (function(moved[0]) - function(moved[1])) / (2 * step)
    return found


# Margin


def test_margin_equals_the_definition(random):
    similarity = random.uniform(-1, 1, (7, 7)) + np.diag(random.uniform(0, 2, 7))
    z = similarity
    others = [(i, j) for i in range(7) for j in range(7) if i != j]
    expected = min(min(z[i, i] - z[i, j], z[j, j] - z[i, j]) for i, j in others)
    assert theory.margin(z) == pytest.approx(expected)
    for i, found in enumerate(theory.matched_margins(z)):
        best = max(max(z[i, j], z[j, i]) for j in range(7) if j != i)
        assert found == pytest.approx(z[i, i] - best)


def test_margins_are_positive_where_both_find_their_partner(random):
    x, y = normalize(random.normal(size=(40, 5))), random.normal(size=(40, 5))
    y = normalize(x + 0.3 * y)
    similarity = x @ y.T
    own = np.arange(40)
    found = (similarity.argmax(axis=1) == own) & (similarity.argmax(axis=0) == own)
    assert 0 < found.sum() < 40
    np.testing.assert_array_equal(theory.matched_margins(similarity) > 0, found)


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (4,)])
def test_margin_needs_a_square(shape):
    with pytest.raises(ValueError, match=r"expected an array \(n, n\) with n at least 2"):
        theory.margin(np.ones(shape))


def test_margin_names_values_that_are_not_finite():
    with pytest.raises(ValueError, match="NaN or infinity"):
        theory.margin(np.array([[1, np.nan], [0, 1]]))


# Loss and its gradient


def test_loss_and_gradient_equal_brute_force(random):
    logits = 3 * random.normal(size=(6, 6))
    assert theory.contrastive_loss(logits) == pytest.approx(brute_force_loss(logits))
    np.testing.assert_allclose(
        theory.contrastive_gradient(logits),
        numerical_gradient(brute_force_loss, logits),
        atol=1e-9,
    )


def test_loss_and_gradient_keep_their_digits_when_all_but_zero():
    """At logits of 1000 a probability less 1 is 0 in float64; the loss is about exp(−500)."""
    cosines = [[1, 0.5, 0.2], [0.4, 1, 0.1], [0.3, 0.45, 1]]
    logits = np.array(cosines) * 1000
    with mpmath.workdps(600):
        exact = mpmath.matrix(logits.tolist())
        rows = [mpmath.fsum(mpmath.exp(exact[0, j]) for j in range(3))]
        columns = [mpmath.fsum(mpmath.exp(exact[i, 0]) for i in range(3))]
        own = mpmath.exp(exact[0, 0])
        expected = float((own / rows[0] + own / columns[0] - 2) / 6)
        loss = sum(
            mpmath.log(mpmath.fsum(mpmath.exp(exact[i, j] - exact[i, i]) for j in range(3)))
            + mpmath.log(mpmath.fsum(mpmath.exp(exact[j, i] - exact[i, i]) for j in range(3)))
            for i in range(3)
        )
        loss = float(loss / 6)
    assert expected != 0
    assert theory.contrastive_gradient(logits)[0, 0] == pytest.approx(expected, rel=1e-12)
    assert theory.contrastive_loss(logits) == pytest.approx(loss, rel=1e-12)


def attraction(similarity, scale):
    """−⟨Z, ∇ℓ(aZ)⟩: above 0 the loss closes the gap (yaras2024, eq. 11)."""
    return -np.vdot(similarity, theory.contrastive_gradient(scale * similarity))


def test_attraction_is_how_fast_the_loss_falls_with_the_scale():
    x, y = directions(1, 8, 3)
    similarity, step = x @ y.T, 1e-5
    slope = (
        brute_force_loss((4 + step) * similarity) - brute_force_loss((4 - step) * similarity)
    ) / (2 * step)
    assert attraction(similarity, 4) == pytest.approx(-slope, abs=1e-8)


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
    assert last.margin == theory.margin(left @ right.T)
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


def test_the_bound_solves_its_equation():
    """The proof's dω/dt = c₃ exp(−c₄ω), with γ = 1/ω² (yaras2024, App. B.3)."""
    pairs, alpha, height, logit_scale = 6, 0.5, 0.4, 12.0
    c1 = 2 * alpha * (pairs - 1) * logit_scale * np.sqrt(height)
    c2 = alpha * logit_scale * np.sqrt(height) * (1 - height**2) * np.exp(-(height**2) / 4)
    largest = 400 * np.exp(-2)  # of ω² exp(−ω/10), at ω = 20
    times = np.array([0, 0.1, 1, 10, 1000.0])
    omega = solve_ivp(
        lambda _, w: c1 / 2 * largest * np.exp(-(c2 - 0.1) * w),
        (0, 1000),
        [height**-0.5],
        t_eval=times,
        method="LSODA",
        rtol=1e-11,
        atol=1e-12,
    ).y[0]
    found = theory.height_bound(times, pairs, alpha, height, logit_scale)
    np.testing.assert_allclose(found, omega**-2, rtol=1e-7)
    assert found[0] == pytest.approx(height)


@pytest.mark.parametrize(("n", "d", "height"), [(2, 2, 0.6), (5, 3, 0.3), (20, 30, 0.8)])
def test_the_gap_stays_above_the_bound(n, d, height):
    x, _ = directions(6, n, d)
    alpha = theory.margin(x @ x.T)
    logit_scale = theory.smallest_logit_scale(n, alpha, height)
    times = theory.record_times(1e10)
    table, _ = theory.gradient_flow(x, x, height, logit_scale, times, 0)
    bound = theory.height_bound(times, n, alpha, height, logit_scale)
    assert (table.height >= bound * (1 - 1e-9)).all()
    assert table.height.iloc[-1] < 0.5 * height


def test_no_margin_admits_a_faster_closing():
    """Lemma B.1: g ≤ ᾱ(1 − p₁) from the smallest logit scale on."""
    random = np.random.default_rng(7)
    n, alpha = 6, 0.3
    scale = np.log(4 * (n - 1)) / alpha
    limit = alpha * (n - 1) / (n - 1 + np.exp(scale * alpha))
    for _ in range(200):
        below = alpha + random.exponential(0.3, (n, n))
        np.fill_diagonal(below, 0)
        assert attraction(-below, scale) <= limit * (1 + 1e-9)


def test_matched_pairs_close_as_one_over_log_squared():
    """1/√γ gains ever more nearly the same in every decade, ≈ ln 10/(ᾱ β₀√γ₀ exp(−γ₀²/4))."""
    table = theory.slow_closing(pairs=6, dimension=6, seed=0, height=0.5, duration=1e14)
    assert (table.modality_gap >= table.bound * (1 - 1e-9)).all()
    fixed = table[table.flow == "fixed"]
    root = fixed.height.to_numpy() ** -0.5
    gained = np.diff(root[1::20])[-6:]
    start = fixed.iloc[0]
    slope = np.log(10) / (start.margin * start.logit_scale)
    slope /= np.sqrt(start.height) * np.exp(-(start.height**2) / 4)
    assert np.ptp(gained) < 0.06 * slope
    assert gained[-1] == pytest.approx(slope, rel=0.1)


def test_the_smallest_logit_scale_is_the_theorems():
    assert theory.smallest_logit_scale(5, 0.5, 0.6) == pytest.approx(np.log(16) / (0.5 * 0.64))


def test_theorem_3_2_names_what_it_needs():
    with pytest.raises(ValueError, match="logit scale 1, expected at least"):
        theory.height_bound(np.ones(1), 8, 0.5, 0.3, 1.0)
    with pytest.raises(ValueError, match="margin -0.1, expected a positive one"):
        theory.smallest_logit_scale(8, -0.1, 0.3)
    with pytest.raises(ValueError, match="too small for the proof"):
        theory.height_bound(np.ones(1), 2, 1.0, 0.001, 1.5)


# Theorem 3.3


@pytest.mark.parametrize("dimension", [2, 3, 7, 512, 2048])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 14.3, 100.0, 690.0])
def test_moments_equal_50_digits(dimension, scale):
    with mpmath.workdps(50):
        a, rho = mpmath.mpf(scale), mpmath.mpf(dimension - 2) / 2
        factor = mpmath.gamma(rho + 1) * (2 / a) ** rho
        expected = [
            factor * (mpmath.besseli(rho - 1, a) - 2 * rho / a * mpmath.besseli(rho, a)),
            factor * mpmath.besseli(rho, a),
        ]
    found = theory.exponential_moments(dimension, scale)
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=1e-11)


@pytest.mark.parametrize(("dimension", "scale"), [(3, 5.0), (4, 100.0), (64, 14.3), (512, 100.0)])
def test_moments_equal_their_integrals(dimension, scale):
    """Over the cosine's density, proportional to sin^(d−2) in the angle (yaras2024, Lemma B.2)."""

    def integral(function):
        def weighted(angle):
            z = np.cos(angle)
            return function(z) * np.sin(angle) ** (dimension - 2) * np.exp(scale * (z - 1))

        return quad(weighted, 0, np.pi, epsabs=0, epsrel=1e-11, limit=400, points=[0.1, 0.4, 1.4])[
            0
        ]

    total = quad(lambda a: np.sin(a) ** (dimension - 2), 0, np.pi, epsrel=1e-11, points=[1.5])[0]
    found = np.array(theory.exponential_moments(dimension, scale)) * np.exp(-scale)
    expected = [integral(lambda z: z) / total, integral(lambda _: 1) / total]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("logit_scale", [0.01, 1.0, 14.3, 300.0])
def test_three_dimensions_have_an_elementary_limit(logit_scale):
    a = mpmath.mpf(logit_scale * (1 - HEIGHT**2))
    expected = float(4 * logit_scale * HEIGHT * (mpmath.coth(a) - 1 / a))
    assert theory.initial_growth_limit(3, HEIGHT, logit_scale) == pytest.approx(expected, rel=1e-8)


def test_the_bound_is_equation_8():
    pairs, height, logit_scale, delta = 1e6, 0.3, 2.0, 0.1
    a = logit_scale * (1 - height**2)
    xi_1, xi_2 = theory.exponential_moments(5, a)
    epsilon = np.sqrt(np.log((4 * pairs + 1) / delta) / (2 * pairs))
    ratio = (xi_1 - 2 * np.exp(a) * epsilon) / (xi_2 + (np.exp(a) - np.exp(-a)) * epsilon)
    expected = 4 * logit_scale * height * (ratio - 2 * epsilon)
    found = theory.initial_growth_bound(pairs, 5, height, logit_scale, delta)
    assert found == pytest.approx(expected)
    limit = theory.initial_growth_limit(5, height, logit_scale)
    assert 0.85 * limit < found < limit
    many = theory.initial_growth_bound(1e16, 5, height, logit_scale, delta)
    assert many == pytest.approx(limit, rel=1e-5)


def test_pairs_needed_is_where_the_bound_turns_positive():
    needed = theory.pairs_needed(3, HEIGHT, 2.0, 0.05)
    for factor, sign in ((0.99, -1), (1.01, 1)):
        bound = theory.initial_growth_bound(factor * needed, 3, HEIGHT, 2.0, 0.05)
        assert np.sign(bound) == sign
    assert theory.pairs_needed(2048, HEIGHT, 700.0, 0.05) == np.inf


def test_growth_at_random_starts_is_what_the_theorem_says():
    table = theory.initial_growth_table([400], 30, [2, 16, 300], 0, HEIGHT, 2.0, 0.05)
    planes = table[table.measure == "plane_distance"]
    assert (planes.growing_share == 1).all()
    assert (planes["mean"] >= planes.bound).all()
    # Beyond the interval, what 400 pairs leave of the limit: the mean of few exponentials.
    slack = (planes.high - planes.low) / 2 + 0.02 * planes.limit
    assert ((planes["mean"] - planes.limit).abs() < slack).all()
    assert (planes.low < planes["mean"]).all()


@pytest.mark.parametrize("rate", [0, 1])
def test_initial_growth_is_the_derivative_of_the_flow(rate):
    x, y = directions(8, 10, 4)
    found = theory.initial_growth(x, y, HEIGHT, 5.0)
    step = 1e-4
    flow, _ = theory.gradient_flow(x, y, HEIGHT, 5.0, np.array([0, step, 2 * step]), rate)
    for column, measure in (
        ("plane_distance", "plane_distance"),
        ("modality_gap", "gap_moving" if rate else "gap_fixed"),
    ):
        first, second, third = flow[column]
        slope = (4 * second - third - 3 * first) / (2 * step)
        assert found[measure] == pytest.approx(slope, rel=1e-5)


def test_the_gap_of_fixed_embeddings_grows_more_slowly_than_the_planes():
    """Δ ≥ 2γ, and dΔ/dt ≤ 2 dγ/dt: the last step of Theorem 3.3's proof is not a valid one."""
    ratios = []
    for seed in range(20):
        x, y = directions(seed, 12, 3)
        found = theory.initial_growth(x, y, HEIGHT, LOGIT_SCALE)
        assert modality_gap(*theory.parallel_embeddings(x, y, HEIGHT)) > 2 * HEIGHT
        assert found["plane_distance"] > 0
        ratios.append(found["gap_fixed"] / found["plane_distance"])
        assert found["gap_moving"] < found["plane_distance"]
    assert max(ratios) < 1
    assert np.mean(ratios) < 0.8
    y = directions(0, 12, 3)[1]
    centred = np.vstack([y, -y])
    found = theory.initial_growth(centred[np.r_[5:24, 0:5]], centred, HEIGHT, LOGIT_SCALE)
    assert found["gap_fixed"] == pytest.approx(found["plane_distance"])


def test_moments_name_what_they_need():
    with pytest.raises(ValueError, match="scale 701, expected"):
        theory.exponential_moments(3, 701)
    with pytest.raises(ValueError, match="dimension 1, expected"):
        theory.exponential_moments(1, 1)


# Appendix C


@pytest.fixture(scope="module")
def rates():
    table = theory.temperature_rates(0.5, 3.0, 1.0, 1e12, 40.0)
    return {scheme: part.reset_index(drop=True) for scheme, part in table.groupby("scheme")}


def test_the_scalar_flow_follows_its_coupling(rates):
    exponential, direct = rates["exponential"], rates["direct"]
    height = np.exp(exponential.log_height)
    np.testing.assert_allclose(
        exponential.logit_scale, theory.coupled_logit_scale(height, 0.5, 3.0), rtol=1e-6
    )
    squared = 9 + np.log(0.5) - direct.log_height
    squared += (np.exp(2 * direct.log_height) - 0.25) / 2
    np.testing.assert_allclose(direct.logit_scale**2, squared, rtol=1e-6)


def test_a_constant_scale_has_an_exact_solution(rates):
    table = rates["constant"]
    found = exp1(3 * np.exp(2 * table.log_height))
    expected = exp1(3 * 0.25) + 4 * 3 * np.exp(-3) * table.time
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("scheme", "accuracy"),
    [("exponential", 0.006), ("direct", 1e-6), ("constant", 1e-6), ("linear", 0.012)],
)
def test_late_times_reach_the_theory(rates, scheme, accuracy):
    """In log γ, which falls by 5 to 750; half as far from it at the end as early on."""
    table = rates[scheme].iloc[len(rates[scheme]) // 3 :]
    distance = (table.log_height - table.log_theory).abs().to_numpy()
    assert distance[-1] < accuracy
    assert distance[-1] <= distance[0] / 2 + 1e-8
    assert table.log_height.iloc[-1] < np.log(0.5) - 4


def test_the_theory_of_the_direct_rule_holds_early_too(rates):
    table = rates["direct"]
    assert (table.log_height - table.log_theory).abs().max() < 0.2


def test_the_rate_of_a_schedule_is_an_integral():
    expected = quad(lambda b: 2 * b * np.exp(-b), 3, 1)[0] / (1 - 3)
    assert theory.schedule_rate(3, 1) == pytest.approx(expected)
    assert theory.schedule_rate(1, 3) == pytest.approx(expected)


def test_a_schedule_ends_where_it_should(rates):
    table = rates["linear"]
    np.testing.assert_allclose(table.logit_scale[1:], 1.0)
    with pytest.raises(ValueError, match="starts and ends at logit scale 3"):
        theory.temperature_rates(0.5, 3.0, 3.0, 1.0, 1.0)


def test_only_the_exponential_keeps_the_gap(rates):
    ends = {scheme: part.log_height.iloc[-1] for scheme, part in rates.items()}
    assert ends["exponential"] == max(ends.values())
    assert ends["direct"] < 100 * ends["exponential"]
