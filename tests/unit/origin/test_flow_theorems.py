import mpmath
import numpy as np
import pytest
from flow_starts import HEIGHT, LOGIT_SCALE, attraction, directions
from scipy.integrate import quad, solve_ivp

from modality_gap.measures.gap import modality_gap
from modality_gap.origin import contrastive_loss as loss_of
from modality_gap.origin import flow_theorems as theorems
from modality_gap.origin import gradient_flow as theory


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
    found = theorems.height_bound(times, pairs, alpha, height, logit_scale)
    np.testing.assert_allclose(found, omega**-2, rtol=1e-7)
    assert found[0] == pytest.approx(height)


@pytest.mark.parametrize(("n", "d", "height"), [(2, 2, 0.6), (5, 3, 0.3), (20, 30, 0.8)])
def test_the_gap_stays_above_the_bound(n, d, height):
    x, _ = directions(6, n, d)
    alpha = loss_of.margin(x @ x.T)
    logit_scale = theorems.smallest_logit_scale(n, alpha, height)
    times = theory.record_times(1e10)
    table, _ = theory.gradient_flow(x, x, height, logit_scale, times, 0)
    bound = theorems.height_bound(times, n, alpha, height, logit_scale)
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
    table = theorems.slow_closing(pairs=6, dimension=6, seed=0, height=0.5, duration=1e14)
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
    assert theorems.smallest_logit_scale(5, 0.5, 0.6) == pytest.approx(np.log(16) / (0.5 * 0.64))


def test_theorem_3_2_names_what_it_needs():
    with pytest.raises(ValueError, match="logit scale 1, expected at least"):
        theorems.height_bound(np.ones(1), 8, 0.5, 0.3, 1.0)
    with pytest.raises(ValueError, match="margin -0.1, expected a positive one"):
        theorems.smallest_logit_scale(8, -0.1, 0.3)
    with pytest.raises(ValueError, match="too small for the proof"):
        theorems.height_bound(np.ones(1), 2, 1.0, 0.001, 1.5)


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
    found = theorems.exponential_moments(dimension, scale)
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
    found = np.array(theorems.exponential_moments(dimension, scale)) * np.exp(-scale)
    expected = [integral(lambda z: z) / total, integral(lambda _: 1) / total]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("logit_scale", [0.01, 1.0, 14.3, 300.0])
def test_three_dimensions_have_an_elementary_limit(logit_scale):
    a = mpmath.mpf(logit_scale * (1 - HEIGHT**2))
    expected = float(4 * logit_scale * HEIGHT * (mpmath.coth(a) - 1 / a))
    assert theorems.initial_growth_limit(3, HEIGHT, logit_scale) == pytest.approx(
        expected, rel=1e-8
    )


def test_the_bound_is_equation_8():
    pairs, height, logit_scale, delta = 1e6, 0.3, 2.0, 0.1
    a = logit_scale * (1 - height**2)
    xi_1, xi_2 = theorems.exponential_moments(5, a)
    epsilon = np.sqrt(np.log((4 * pairs + 1) / delta) / (2 * pairs))
    ratio = (xi_1 - 2 * np.exp(a) * epsilon) / (xi_2 + (np.exp(a) - np.exp(-a)) * epsilon)
    expected = 4 * logit_scale * height * (ratio - 2 * epsilon)
    found = theorems.initial_growth_bound(pairs, 5, height, logit_scale, delta)
    assert found == pytest.approx(expected)
    limit = theorems.initial_growth_limit(5, height, logit_scale)
    assert 0.85 * limit < found < limit
    many = theorems.initial_growth_bound(1e16, 5, height, logit_scale, delta)
    assert many == pytest.approx(limit, rel=1e-5)


def test_pairs_needed_is_where_the_bound_turns_positive():
    needed = theorems.pairs_needed(3, HEIGHT, 2.0, 0.05)
    for factor, sign in ((0.99, -1), (1.01, 1)):
        bound = theorems.initial_growth_bound(factor * needed, 3, HEIGHT, 2.0, 0.05)
        assert np.sign(bound) == sign
    assert theorems.pairs_needed(2048, HEIGHT, 700.0, 0.05) == np.inf


def test_growth_at_random_starts_is_what_the_theorem_says():
    table = theorems.initial_growth_table([400], 30, [2, 16, 300], 0, HEIGHT, 2.0, 0.05)
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
    found = theorems.initial_growth(x, y, HEIGHT, 5.0)
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
        found = theorems.initial_growth(x, y, HEIGHT, LOGIT_SCALE)
        assert modality_gap(*theory.parallel_embeddings(x, y, HEIGHT)) > 2 * HEIGHT
        assert found["plane_distance"] > 0
        ratios.append(found["gap_fixed"] / found["plane_distance"])
        assert found["gap_moving"] < found["plane_distance"]
    assert max(ratios) < 1
    assert np.mean(ratios) < 0.8
    y = directions(0, 12, 3)[1]
    centred = np.vstack([y, -y])
    found = theorems.initial_growth(centred[np.r_[5:24, 0:5]], centred, HEIGHT, LOGIT_SCALE)
    assert found["gap_fixed"] == pytest.approx(found["plane_distance"])


def test_moments_name_what_they_need():
    with pytest.raises(ValueError, match="scale 701, expected"):
        theorems.exponential_moments(3, 701)
    with pytest.raises(ValueError, match="dimension 1, expected"):
        theorems.exponential_moments(1, 1)
