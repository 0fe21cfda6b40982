import numpy as np
import pytest

from modality_gap.data.embeddings import normalize
from modality_gap.effects.moves import SIDES, gap_direction, given_direction, move_table, shift_grid


def test_moves_start_at_the_model_as_it_is(random):
    x, y = (normalize(random.normal(size=(30, 5)) + mean) for mean in (1, -1))
    table = move_table(x, y, gap_direction(x, y), list(SIDES), shift_grid(-1, 1, 4))
    own = table[table["shift"] == 0]
    distance = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
    assert len(own) == 3
    np.testing.assert_allclose(own.centre_distance, distance)
    # All three ways move the modalities towards each other as the shift grows.
    assert (table.groupby("moved").centre_distance.diff().dropna() < 0).all()


def test_the_grid_of_shifts_always_has_zero():
    assert shift_grid(-2, 2, 5) == [-2, -1, 0, 1, 2]
    assert shift_grid(1, 2, 2) == [0, 1, 2]
    assert 0.3 in shift_grid(-1, 1, 21)


def test_directions_that_are_none_are_refused():
    with pytest.raises(ValueError, match="the two centres coincide"):
        gap_direction(np.eye(3), np.eye(3))
    for vector in (np.zeros(3), np.ones((2, 2)), np.array([1, np.nan])):
        with pytest.raises(ValueError, match="expected a finite vector"):
            given_direction(vector)
    np.testing.assert_allclose(given_direction([3, 4]).unit, [0.6, 0.8])
