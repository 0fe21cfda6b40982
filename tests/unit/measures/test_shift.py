import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import ttest_1samp

from modality_gap.data.embeddings import normalize
from modality_gap.measures.shift import shift_landscape

SHIFTS = [-5.0, -1.0, -0.25, 0.0, 0.25, 0.5, 0.75, 3.0]
TEMPERATURES = [1 / 100, 1 / 30, 1.0]


def brute_force(x, y, shifts, temperatures, size):
    """Move, normalise and multiply anew for every shift, in float64."""
    x, y = (array.astype(np.float64) for array in (x, y))
    x, y = (array / np.linalg.norm(array, axis=1, keepdims=True) for array in (x, y))
    gap = x.mean(axis=0) - y.mean(axis=0)
    unit = gap / np.linalg.norm(gap)
    rows = []
    for shift in shifts:
        moved_x, moved_y = x - shift / 2 * unit, y + shift / 2 * unit
        moved_x /= np.linalg.norm(moved_x, axis=1, keepdims=True)
        moved_y /= np.linalg.norm(moved_y, axis=1, keepdims=True)
        centres = moved_x.mean(axis=0) - moved_y.mean(axis=0)
        distance = np.sign(centres @ unit) * np.linalg.norm(centres)
        for temperature in temperatures:
            losses = []
            for first in range(0, len(x) - size + 1, size):
                logits = (
                    moved_x[first : first + size] @ moved_y[first : first + size].T / temperature
                )
                own = np.diag(logits)
                losses.append([(logsumexp(logits, axis=axis) - own).mean() for axis in (1, 0)])
            forth, back = np.mean(losses, axis=0)
            rows += [(shift, distance, loss) for loss in (forth, back, (forth + back) / 2)]
    return np.array(rows)


@pytest.mark.parametrize("size", [50, 120, None])
def test_real_embeddings_equal_brute_force(real_pairs, size):
    table = shift_landscape(*real_pairs, SHIFTS, TEMPERATURES, size)
    expected = brute_force(*real_pairs, SHIFTS, TEMPERATURES, size or 500)
    np.testing.assert_allclose(
        table[["shift", "centre_distance", "loss"]].to_numpy(), expected, atol=1e-6
    )


def test_the_change_of_a_shift_is_that_of_the_same_batches(trained_pairs):
    """Student's interval over batches, as SciPy has it, of losses by brute force a batch."""
    images, texts = (modality[:200].astype(np.float64) for modality in trained_pairs)
    table = shift_landscape(images, texts, [0.0, 0.5], [1 / 30], 50)
    own = table[(table["shift"] == 0.5) & (table.direction == "symmetric")].iloc[0]
    gap = images.mean(axis=0) - texts.mean(axis=0)
    moved = [
        normalize(rows + side * 0.25 * gap / np.linalg.norm(gap))
        for rows, side in ((images, -1), (texts, 1))
    ]
    losses = [
        [symmetric_loss(x[at : at + 50] @ y[at : at + 50].T * 30) for at in range(0, 200, 50)]
        for x, y in ((images, texts), moved)
    ]
    found = ttest_1samp(np.subtract(losses[1], losses[0]), 0).confidence_interval(0.95)
    assert (own.change_low, own.change_high) == pytest.approx(tuple(found), abs=1e-6)
    assert own.batches == 4
    whole = shift_landscape(images, texts, [0.0, 0.5], [1 / 30], None)
    assert whole.change_low.isna().all()


def symmetric_loss(logits):
    """The contrastive loss of one batch."""
    return np.mean([(logsumexp(logits, axis=axis) - np.diag(logits)).mean() for axis in (0, 1)])


def test_clip_keeps_its_gap_when_cold_and_closes_it_when_warm(trained_pairs):
    """liang2022, Fig. 3b and d: the minimum is at the model's own gap for τ = 1/100, at 0 for 1."""
    images, texts = trained_pairs
    shifts = list(np.arange(-2, 2.01, 0.25))
    table = shift_landscape(images, texts, shifts, [1 / 100, 1.0], 50)
    own = table[table["shift"] == 0].centre_distance.iloc[0]
    symmetric = table[table.direction == "symmetric"]
    best = symmetric.loc[symmetric.groupby("temperature").loss.idxmin()].set_index("temperature")
    assert best.centre_distance[1 / 100] == pytest.approx(own)
    assert abs(best.centre_distance[1.0]) < 0.2


def test_a_whole_set_that_spans_many_blocks(random):
    x, y = (normalize(random.normal(size=(900, 6)) + mean) for mean in (0.5, -0.2))
    table = shift_landscape(x, y, [0.0, 0.4], [0.05], None)
    np.testing.assert_allclose(
        table.loss, brute_force(x, y, [0.0, 0.4], [0.05], 900)[:, 2], atol=1e-9
    )


def test_no_gap_has_no_direction():
    x = np.eye(3)
    with pytest.raises(ValueError, match="no gap to move along"):
        shift_landscape(x, x, [0.0], [1.0], None)


def test_a_temperature_that_would_underflow_is_refused(random):
    x, y = (normalize(random.normal(size=(4, 3))) for _ in "xy")
    with pytest.raises(ValueError, match="expected at least 0.0029"):
        shift_landscape(x, y, [0.0], [0.001], None)
