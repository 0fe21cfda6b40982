"""What theory says of the gap: gradient flow of the contrastive loss on parallel modalities.

Image i stands at (√(1−γ²)·xᵢ, γ) and text i at (√(1−γ²)·yᵢ, −γ), with xᵢ and yᵢ on the unit sphere
(yaras2024, Sec. 2). The height γ, the logit scale β = exp(ν) and, where they move, the directions x
and y follow the gradient of the contrastive loss.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import exp1, hyp0f1, lambertw, logsumexp

from modality_gap.data.embeddings import check_pair, normalize
from modality_gap.measures.gap import modality_gap
from modality_gap.measures.intervals import mean_interval

SOLVER = {"method": "LSODA", "rtol": 1e-9, "atol": 1e-12}
FIRST_TIME = 1e-3  # of a recorded flow, after 0
RECORDS_PER_DECADE = 20
MAX_SCALE = 700  # exp(700) is a float64, exp(710) is not
SLACK = 0.1  # of the proof of Theorem 3.2: ω² ≤ (2/(e·slack))² exp(slack·ω) for every ω


def matched_margins(similarity: np.ndarray) -> np.ndarray:
    """How much more similar each pair is than its images' and texts' best other match, shape (n,).

    similarity: shape (n, n), images by texts, n ≥ 2, pair i at (i, i). Zᵢᵢ − max over j ≠ i of Zᵢⱼ
    and Zⱼᵢ: positive where the image finds its text and the text its image (yaras2024, Sec. 2).
    """
    similarity = np.asarray(similarity, dtype=np.float64)
    if similarity.ndim != 2 or len(set(similarity.shape)) != 1 or len(similarity) < 2:
        raise ValueError(
            f"similarity: expected an array (n, n) with n at least 2, got shape {similarity.shape}"
        )
    if not np.isfinite(similarity).all():
        raise ValueError("similarity: holds NaN or infinity, expected finite values")
    others = similarity.copy()
    np.fill_diagonal(others, -np.inf)
    return np.diag(similarity) - np.maximum(others.max(axis=0), others.max(axis=1))


def margin(similarity: np.ndarray) -> float:
    """α(Z), the smallest of `matched_margins`: above 0 all pairs are matched (yaras2024, Fig. 3)."""
    return float(matched_margins(similarity).min())


def contrastive_loss(logits: np.ndarray) -> float:
    """Mean cross entropy of rows and columns, in nats; logits: shape (n, n) (yaras2024, eq. 2)."""
    own = np.diag(logits)
    rows = logsumexp(logits - own[:, None], axis=1)
    columns = logsumexp(logits - own, axis=0)
    return float((rows + columns).mean() / 2)


def contrastive_gradient(logits: np.ndarray) -> np.ndarray:
    """Gradient of `contrastive_loss`, shape (n, n) (yaras2024, App. B.1).

    The diagonal is minus the sum of what the others take, not a probability minus 1: so it keeps
    its digits when the loss is all but 0.
    """
    wrong = []
    for axis in (1, 0):
        exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=axis, keepdims=True)
        np.fill_diagonal(probabilities, 0)
        wrong.append(probabilities)
    gradient = wrong[0] + wrong[1]
    np.fill_diagonal(gradient, -wrong[0].sum(axis=1) - wrong[1].sum(axis=0))
    return gradient / (2 * len(logits))


def random_directions(random: np.random.Generator, number: int, dimension: int) -> np.ndarray:
    """Independent and uniform on the unit sphere, shape (number, dimension)."""
    return normalize(random.normal(size=(number, dimension)))


def parallel_embeddings(
    x: np.ndarray, y: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Images and texts in two parallel planes 2γ apart, both of shape (n, d + 1), of unit length.

    x, y: shape (n, d), rows of unit length; height: γ, from 0 to 1 (yaras2024, Sec. 2).
    """
    shrink = np.sqrt(1 - height**2)
    planes = np.full((len(x), 1), height)
    return np.hstack([shrink * x, planes]), np.hstack([shrink * y, -planes])


def record_times(last: float) -> np.ndarray:
    """0, and times from FIRST_TIME to the last one in equal steps of their logarithm."""
    if last <= FIRST_TIME:
        raise ValueError(f"duration {last:g}, expected more than {FIRST_TIME:g}")
    number = 1 + round(RECORDS_PER_DECADE * np.log10(last / FIRST_TIME))
    return np.append(0, np.geomspace(FIRST_TIME, last, number))


def flow_velocity(state: np.ndarray, dimension: int, embedding_rate: float) -> np.ndarray:
    """Time derivative of (log γ, ν, rows of x and of y), shape (2 + 2nd,) (yaras2024, eqs. 4, 11)."""
    height, logit_scale = np.exp(state[:2])
    rows = normalize(state[2:].reshape(-1, dimension))
    x, y = np.split(rows, 2)
    scale = logit_scale * (1 - height**2)
    similarity = x @ y.T
    gradient = contrastive_gradient(scale * similarity)
    closing = -np.vdot(similarity, gradient)
    downhill = -scale * np.vstack([gradient @ y, gradient.T @ x])
    downhill -= np.einsum("nd,nd->n", downhill, rows)[:, None] * rows
    change = [-2 * logit_scale * closing, scale * closing]
    return np.concatenate([change, embedding_rate * downhill.ravel()])


def start_state(x: np.ndarray, y: np.ndarray, height: float, logit_scale: float) -> np.ndarray:
    """The state of `flow_velocity`; raises ValueError for what cannot be a start."""
    check_pair(x, y, paired=True)
    if not 0 < height < 1:
        raise ValueError(f"height {height:g}, expected a number between 0 and 1")
    if logit_scale <= 0:
        raise ValueError(f"logit scale {logit_scale:g}, expected a positive number")
    return np.concatenate([np.log([height, logit_scale]), x.ravel(), y.ravel()])


def gradient_flow(
    x: np.ndarray,
    y: np.ndarray,
    height: float,
    logit_scale: float,
    times: np.ndarray,
    embedding_rate: float,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Gap and temperature along the gradient flow from a start (yaras2024, eqs. 3, 4 and 11).

    x, y: shape (n, d), rows of unit length, n ≥ 2. times: ascending from 0. embedding_rate: how
    fast x and y follow the gradient, relative to height and logit scale; 0 holds them fixed, and r
    is what rows that are normalised from length 1/√r do.
    Returns a row a time, with columns time, height, logit_scale, temperature, modality_gap,
    plane_distance (2γ), loss, margin, matched_share, invariant (of Lemma 3.1), and the rows of x
    and y then, shape (times, 2, n, d). Both end early where the height reaches 1: there every image
    is at one pole and every text at the other, and eq. 3 means nothing beyond.
    """
    shape = (-1, 2, *x.shape)
    # Logarithms keep both numbers positive at any step.
    start = start_state(x, y, height, logit_scale)
    solution = solve_ivp(
        lambda _, state: flow_velocity(state, x.shape[1], embedding_rate),
        (0, times[-1]),
        start,
        t_eval=times,
        events=at_poles,
        **SOLVER,
    )
    if not solution.success:
        raise ValueError(f"the flow stopped at time {solution.t[-1]:g}: {solution.message}")
    positions = solution.y[2:].T.reshape(shape)
    positions /= np.linalg.norm(positions, axis=-1, keepdims=True)
    heights, scales = np.exp(solution.y[:2])
    records = [
        flow_record(*rows, *numbers)
        for rows, *numbers in zip(positions, heights, scales, strict=True)
    ]
    table = pd.DataFrame(records)
    table.insert(0, "time", solution.t)
    return table, positions


def at_poles(_: float, state: np.ndarray) -> float:
    """Zero where the height is 1, for the solver to end there."""
    return state[0]


at_poles.terminal = True


def flow_record(x: np.ndarray, y: np.ndarray, height: float, logit_scale: float) -> dict:
    """What is recorded of a moment of the flow, by name."""
    similarity = x @ y.T
    margins = matched_margins(similarity)
    return {
        "height": height,
        "logit_scale": logit_scale,
        "temperature": 1 / logit_scale,
        "modality_gap": modality_gap(*parallel_embeddings(x, y, height)),
        "plane_distance": 2 * height,
        "loss": contrastive_loss(logit_scale * (1 - height**2) * similarity),
        "margin": margins.min(),
        "matched_share": (margins > 0).mean(),
        "invariant": np.log(logit_scale) + np.log(height) / 2 - height**2 / 4,
    }


def coupled_logit_scale(
    height: np.ndarray, start_height: float, start_logit_scale: float
) -> np.ndarray:
    """β that belongs to a height γ, β₀√(γ₀/γ)·exp((γ² − γ₀²)/4) (yaras2024, Lemma 3.1, eq. 6).

    Along the flow log β + ½ log γ − γ²/4 does not change, however the embeddings move.
    """
    change = (np.square(height) - start_height**2) / 4
    return start_logit_scale * np.sqrt(start_height / height) * np.exp(change)


def turning_points(table: pd.DataFrame) -> list[int]:
    """Rows of the start, the widest gap, the first moment from which all pairs match, and the end.

    table: of `gradient_flow`. The third is left out where not all pairs are matched in the end.
    """
    unmatched = np.flatnonzero(table.matched_share < 1)
    matched = unmatched[-1] + 1 if len(unmatched) else 0
    rows = {0, int(table.modality_gap.argmax()), len(table) - 1}
    return sorted(rows | ({int(matched)} if matched < len(table) else set()))


def position_table(x: np.ndarray, y: np.ndarray, height: float) -> pd.DataFrame:
    """Where both modalities stand on the unit sphere, a row an embedding.

    x, y: shape (n, 2), rows of unit length. Columns pair, modality, x, y, height, pair_margin (of
    `matched_margins`).
    """
    margins = matched_margins(x @ y.T)
    tables = []
    embeddings = parallel_embeddings(x, y, height)
    for modality, rows in zip(("image", "text"), embeddings, strict=True):
        table = pd.DataFrame(rows, columns=["x", "y", "height"])
        tables.append(table.assign(modality=modality, pair=np.arange(len(x)), pair_margin=margins))
    return pd.concat(tables, ignore_index=True)


def flow_from_random_starts(
    pairs: int,
    starts: int,
    seed: int,
    height: float,
    logit_scale: float,
    embedding_rate: float,
    duration: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows on circles from random directions, and pictures of one (yaras2024, Fig. 2).

    pairs: n; starts: how many flows, each from its own draw. Returns the tables of `gradient_flow`
    with column start, and of `position_table` at the turning points of the start whose widest gap
    is the median of all, with columns start and time.
    """
    times, flows = record_times(duration), []
    for random in np.random.default_rng(seed).spawn(starts):
        x, y = (random_directions(random, pairs, 2) for _ in "xy")
        flows.append(gradient_flow(x, y, height, logit_scale, times, embedding_rate))
    widest = [table.modality_gap.max() for table, _ in flows]
    typical = int(np.argsort(widest)[starts // 2])
    table, positions = flows[typical]
    pictures = [
        position_table(*positions[row], table.height[row]).assign(
            start=typical, time=table.time[row]
        )
        for row in turning_points(table)
    ]
    tables = [table.assign(start=start) for start, (table, _) in enumerate(flows)]
    return pd.concat(tables, ignore_index=True), pd.concat(pictures, ignore_index=True)


def coupled_flows(
    pairs: int, seed: int, height: float, logit_scale: float, embedding_rate: float, duration: float
) -> pd.DataFrame:
    """Three flows from one height and logit scale, for Lemma 3.1 (yaras2024, eq. 6).

    Columns of `gradient_flow`, and flow: `moving` (random directions, free to move), `mismatched`
    (the same, held fixed) and `matched` (every image is its text, evenly spread, held fixed).
    """
    random = np.random.default_rng(seed).spawn(1)[0]
    x, y = (random_directions(random, pairs, 2) for _ in "xy")
    start = {"height": height, "logit_scale": logit_scale, "times": record_times(duration)}
    even = on_circle(2 * np.pi * np.arange(pairs) / pairs)
    flows = {"moving": (x, y, embedding_rate), "mismatched": (x, y, 0), "matched": (even, even, 0)}
    tables = [
        gradient_flow(images, texts, **start, embedding_rate=rate)[0].assign(flow=name)
        for name, (images, texts, rate) in flows.items()
    ]
    return pd.concat(tables, ignore_index=True)


def on_circle(angles: np.ndarray) -> np.ndarray:
    """Unit vectors at these angles (radians), shape (n, 2)."""
    return np.column_stack([np.cos(angles), np.sin(angles)])


def arrangements(pairs: int, seed: int, height: float) -> pd.DataFrame:
    """Two modalities on parallel circles, matched and with two texts exchanged (yaras2024, Fig. 3).

    pairs: at least 3, nearly evenly spread. Columns of `position_table`, and arrangement
    (`matched`, `mismatched`).
    """
    if pairs < 3:
        raise ValueError(f"{pairs} pairs, expected at least 3")
    random = np.random.default_rng(seed)
    step = 2 * np.pi / pairs
    image_angles = step * (np.arange(pairs) + random.uniform(-0.15, 0.15, pairs))
    text_angles = image_angles + step * random.uniform(-0.15, 0.15, pairs)
    x, y = on_circle(image_angles), on_circle(text_angles)
    exchanged = y.copy()
    exchanged[:2] = y[1::-1]
    tables = {
        "matched": position_table(x, y, height),
        "mismatched": position_table(x, exchanged, height),
    }
    named = [table.assign(arrangement=name) for name, table in tables.items()]
    return pd.concat(named, ignore_index=True)


def smallest_logit_scale(pairs: int, margin: float, height: float) -> float:
    """β₀ from which Theorem 3.2 holds: log(4(n − 1)) / (ᾱ(1 − γ₀²)) (yaras2024, Theorem 3.2).

    margin: ᾱ > 0, which the margin never falls below; height: γ₀.
    """
    if margin <= 0:
        raise ValueError(f"margin {margin:g}, expected a positive one: all pairs matched")
    return float(np.log(4 * (pairs - 1)) / (margin * (1 - height**2)))


def height_bound(
    times: np.ndarray, pairs: int, margin: float, height: float, logit_scale: float
) -> np.ndarray:
    """What γ(t) cannot fall below while the margin stays at least ᾱ, shape of times.

    margin: ᾱ; height and logit_scale: γ₀ and β₀ at time 0. The proof's bound on ω = 1/√γ is
    dω/dt = c₃ exp(−c₄ω), of which exp(c₄ω) = c₃c₄t + exp(c₄ω₀) is the solution (yaras2024, App.
    B.3, with its constants after integration corrected).
    """
    if logit_scale < smallest_logit_scale(pairs, margin, height) * (1 - 1e-9):
        least = smallest_logit_scale(pairs, margin, height)
        raise ValueError(f"logit scale {logit_scale:g}, expected at least {least:g} (Theorem 3.2)")
    c1 = 2 * margin * (pairs - 1) * logit_scale * np.sqrt(height)
    c2 = margin * logit_scale * np.sqrt(height) * (1 - height**2) * np.exp(-(height**2) / 4)
    c3 = c1 / 2 * (2 / (np.e * SLACK)) ** 2
    c4 = c2 - SLACK
    if c4 <= 0:
        raise ValueError(f"height {height:g} is too small for the proof: c₂ = {c2:.2g}, not > 0.1")
    with np.errstate(divide="ignore"):
        growth = np.log(c3 * c4) + np.log(times)
    return c4**2 / np.logaddexp(growth, c4 / np.sqrt(height)) ** 2


def slow_closing(
    pairs: int, dimension: int, seed: int, height: float, duration: float
) -> pd.DataFrame:
    """Flows from perfectly matched starts over many decades of time (yaras2024, Theorem 3.2).

    Random directions that both modalities share, and the smallest logit scale that the theorem
    admits. Columns of `gradient_flow`; flow: `fixed` or `moving`; bound: on the modality gap.
    Raises ValueError where the margin falls along the flow.
    """
    x = random_directions(np.random.default_rng(seed), pairs, dimension)
    alpha = margin(x @ x.T)
    logit_scale = smallest_logit_scale(pairs, alpha, height)
    tables = []
    for flow, rate in (("fixed", 0), ("moving", 1)):
        table, _ = gradient_flow(x, x, height, logit_scale, record_times(duration), rate)
        lowest = table.margin.min()
        if lowest < alpha * (1 - 1e-6):
            raise ValueError(
                f"the margin fell from {alpha:.3g} to {lowest:.3g}, which Theorem 3.2 excludes: "
                "expected a start (another seed) whose margin stays"
            )
        bound = 2 * height_bound(table.time.to_numpy(), pairs, alpha, height, logit_scale)
        tables.append(table.assign(flow=flow, bound=bound))
    return pd.concat(tables, ignore_index=True)


def exponential_moments(dimension: int, scale: float) -> tuple[float, float]:
    """ξ₁ = E[z·exp(az)] and ξ₂ = E[exp(az)] of the cosine z of two random directions.

    dimension: d ≥ 2; scale: a, from 0 to 700. As ₀F₁, which keeps its digits where the paper's
    product of a gamma and a Bessel function over- and underflows (yaras2024, Lemma B.3).
    """
    if dimension < 2:
        raise ValueError(f"dimension {dimension}, expected at least 2")
    if not 0 <= scale <= MAX_SCALE:
        raise ValueError(f"scale {scale:g}, expected a number from 0 to {MAX_SCALE}")
    quarter = scale**2 / 4
    xi_1 = scale / dimension * hyp0f1(dimension / 2 + 1, quarter)
    return float(xi_1), float(hyp0f1(dimension / 2, quarter))


def initial_growth_limit(dimension: int, height: float, logit_scale: float) -> float:
    """2 dγ/dt at a random start of infinitely many pairs, 4β₀γ₀ξ₁/ξ₂ (yaras2024, eq. 9)."""
    xi_1, xi_2 = exponential_moments(dimension, logit_scale * (1 - height**2))
    return 4 * logit_scale * height * xi_1 / xi_2


def initial_growth_bound(
    pairs: float, dimension: int, height: float, logit_scale: float, failure_probability: float
) -> float:
    """What 2 dγ/dt at a random start of n pairs exceeds, but with a probability δ (yaras2024, eq. 8).

    Below 0 where n is too small for the theorem to say anything.
    """
    scale = logit_scale * (1 - height**2)
    xi_1, xi_2 = (moment * np.exp(-scale) for moment in exponential_moments(dimension, scale))
    epsilon = np.sqrt(np.log((4 * pairs + 1) / failure_probability) / (2 * pairs))
    ratio = (xi_1 - 2 * epsilon) / (xi_2 + (1 - np.exp(-2 * scale)) * epsilon)
    return float(4 * logit_scale * height * (ratio - 2 * epsilon))


def pairs_needed(
    dimension: int, height: float, logit_scale: float, failure_probability: float
) -> float:
    """Pairs from which `initial_growth_bound` is above 0, so that Theorem 3.3 promises growth."""

    def bound(log_pairs: float) -> float:
        return initial_growth_bound(
            np.exp(log_pairs), dimension, height, logit_scale, failure_probability
        )

    if bound(MAX_SCALE) <= 0:
        return np.inf
    return float(np.exp(brentq(bound, 0, MAX_SCALE)))


def initial_growth(
    x: np.ndarray, y: np.ndarray, height: float, logit_scale: float
) -> dict[str, float]:
    """Growth at time 0 of 2γ and of the modality gap, embeddings held fixed and moving, by name.

    x, y: shape (n, d), rows of unit length. Since Δ² = (1 − γ²)‖c‖² + 4γ², c = mean(x) − mean(y),
    fixed embeddings give dΔ/dt = (2γ/Δ)(1 − ‖c‖²/4)·2 dγ/dt: less than 2 dγ/dt, not more.
    """
    velocity = flow_velocity(start_state(x, y, height, logit_scale), x.shape[1], 1)
    height_growth = height * velocity[0]
    centres = x.mean(axis=0) - y.mean(axis=0)
    x_change, y_change = velocity[2:].reshape(2, *x.shape)
    drift = centres @ (x_change.mean(axis=0) - y_change.mean(axis=0))
    gap = modality_gap(*parallel_embeddings(x, y, height))
    fixed = height * (4 - centres @ centres) * height_growth / gap
    return {
        "plane_distance": 2 * height_growth,
        "gap_fixed": fixed,
        "gap_moving": fixed + (1 - height**2) * drift / gap,
    }


def initial_growth_table(
    pairs: list[int],
    draws: int,
    dimensions: list[int],
    seed: int,
    height: float,
    logit_scale: float,
    failure_probability: float,
) -> pd.DataFrame:
    """Growth at random starts, against Theorem 3.3 (yaras2024, eqs. 8 and 9).

    Columns pairs, dimension, measure (of `initial_growth`), mean, low and high (95% interval of the
    mean over draws), growing_share (of draws with growth), limit, bound, pairs_needed.
    """
    tables = []
    random = np.random.default_rng(seed)
    for dimension in dimensions:
        where = dimension, height, logit_scale
        theory = {
            "dimension": dimension,
            "limit": initial_growth_limit(*where),
            "pairs_needed": pairs_needed(*where, failure_probability),
        }
        for number in pairs:
            found = pd.DataFrame(
                initial_growth(
                    *(random_directions(random, number, dimension) for _ in "xy"),
                    height,
                    logit_scale,
                )
                for _ in range(draws)
            )
            bound = initial_growth_bound(number, *where, failure_probability)
            tables.append(summarize_draws(found).assign(**theory, pairs=number, bound=bound))
    return pd.concat(tables, ignore_index=True)


def summarize_draws(draws: pd.DataFrame) -> pd.DataFrame:
    """Each column's mean with its 95% interval: measure, mean, low, high, growing_share."""
    rows = [
        [name, *mean_interval(values), float((values > 0).mean())] for name, values in draws.items()
    ]
    return pd.DataFrame(rows, columns=["measure", "mean", "low", "high", "growing_share"])


def scalar_flow(
    height: float,
    logit_scale: float,
    times: np.ndarray,
    scale_velocity: Callable[[float, float], float],
) -> tuple[np.ndarray, np.ndarray]:
    """Log γ and β along the flow of ℓ(m) = exp(−m), m = β(1 − γ²), at ascending times from 0.

    scale_velocity: dβ/dt of (β, −dℓ/dβ) (yaras2024, Sec. 3.1 and App. C).
    """

    def velocity(_: float, state: np.ndarray) -> list[float]:
        log_height, scale = state
        shrink = -np.expm1(2 * log_height)
        loss = np.exp(-scale * shrink)
        return [-2 * scale * loss, scale_velocity(scale, shrink * loss)]

    start = [np.log(height), logit_scale]
    solution = solve_ivp(velocity, (0, times[-1]), start, t_eval=times, **SOLVER)
    return solution.y[0], solution.y[1]


def learned_exponential(height: float, logit_scale: float, times: np.ndarray) -> pd.DataFrame:
    """β = exp(ν), learned: γ ~ C²/β² and exp(β)/β² ~ t, with C = β₀√γ₀ exp(−γ₀²/4).

    So γ falls as C²/log² t. The second law is solved by Lambert's W, from t = e²/4 on.
    """
    log_height, scale = scalar_flow(
        height, logit_scale, times, lambda scale, downhill: scale**2 * downhill
    )
    late = np.where(times > np.e**2 / 4, times, np.nan)
    theory = -2 * lambertw(-0.5 / np.sqrt(late), k=-1).real
    constant = logit_scale * np.sqrt(height) * np.exp(-(height**2) / 4)
    return scheme_table("exponential", times, log_height, scale, 2 * np.log(constant / theory))


def learned_directly(height: float, logit_scale: float, times: np.ndarray) -> pd.DataFrame:
    """β = ν, learned: β² + log γ − γ²/2 is constant and exp(β) ~ t, so γ falls as t^(−log t)."""
    log_height, scale = scalar_flow(height, logit_scale, times, lambda _, downhill: downhill)
    theory = (
        np.log(height) + logit_scale**2 - height**2 / 2 - np.log(times + np.exp(logit_scale)) ** 2
    )
    return scheme_table("direct", times, log_height, scale, theory)


def late_constant(height: float, logit_scale: float) -> float:
    """Log of the factor K that a γ near 1 leaves behind: γ ~ K·exp(−2∫β exp(−β) dt).

    From E₁(βγ²) = E₁(βγ₀²) + 4β exp(−β)·t, exact for constant β, and E₁(u) ~ −log u − 0.577….
    """
    return float(-(np.euler_gamma + exp1(logit_scale * height**2) + np.log(logit_scale)) / 2)


def constant_scale(height: float, logit_scale: float, times: np.ndarray) -> pd.DataFrame:
    """β held constant: γ falls exponentially, at rate 2β exp(−β)."""
    log_height, scale = scalar_flow(height, logit_scale, times, lambda *_: 0.0)
    theory = late_constant(height, logit_scale) - 2 * logit_scale * np.exp(-logit_scale) * times
    return scheme_table("constant", times, log_height, scale, theory)


def schedule_rate(first: float, last: float) -> float:
    """c(β₀, β₁), the mean of 2β exp(−β) for β spread evenly between two different logit scales."""
    integral = (first + 1) * np.exp(-first) - (last + 1) * np.exp(-last)
    return float(2 * integral / (last - first))


def linear_schedule(
    height: float, logit_scale: float, last_logit_scale: float, times: np.ndarray
) -> pd.DataFrame:
    """β moved linearly from first to last value over the training time: γ at its end, by its length.

    Exponential in the length, at the rate of `schedule_rate`; each length is its own flow.
    """
    ends = []
    for time in times[1:]:
        speed = (last_logit_scale - logit_scale) / time
        flow = scalar_flow(height, logit_scale, np.array([0, time]), lambda *_, v=speed: v)
        ends.append([part[-1] for part in flow])
    log_height, scale = np.array([(np.log(height), logit_scale), *ends]).T
    rate = schedule_rate(logit_scale, last_logit_scale)
    theory = late_constant(height, logit_scale) - rate * times
    return scheme_table("linear", times, log_height, scale, theory)


def scheme_table(
    scheme: str, times: np.ndarray, log_height: np.ndarray, scale: np.ndarray, theory: np.ndarray
) -> pd.DataFrame:
    """Columns scheme, time, log_height (log γ, natural), logit_scale, log_theory."""
    columns = {"time": times, "log_height": log_height, "logit_scale": scale, "log_theory": theory}
    return pd.DataFrame(columns).assign(scheme=scheme)


def temperature_rates(
    height: float,
    logit_scale: float,
    last_logit_scale: float,
    learned_duration: float,
    scheduled_duration: float,
) -> pd.DataFrame:
    """How fast the gap closes under four rules for the temperature, beside theory (yaras2024, App. C).

    height, logit_scale: γ₀ and β₀ of all; last_logit_scale: at the end of the linear schedule.
    Columns of `scheme_table`; scheme: exponential, direct, constant, linear.
    """
    if last_logit_scale == logit_scale:
        raise ValueError(f"the schedule starts and ends at logit scale {logit_scale:g}")
    learned, scheduled = record_times(learned_duration), np.linspace(0, scheduled_duration, 41)
    return pd.concat(
        [
            learned_exponential(height, logit_scale, learned),
            learned_directly(height, logit_scale, learned),
            constant_scale(height, logit_scale, scheduled),
            linear_schedule(height, logit_scale, last_logit_scale, scheduled),
        ],
        ignore_index=True,
    )
