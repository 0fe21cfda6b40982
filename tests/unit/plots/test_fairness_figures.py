"""Figures of groups, of which some are too small for an interval."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from modality_gap.plots.fairness import draw_lines


@pytest.mark.parametrize("known", [True, False])
def test_a_rate_is_drawn_whether_or_not_its_interval_is_known(known):
    distances = np.linspace(-0.5, 1, 4)
    table = pd.DataFrame({"shift": distances, "centre_distance": distances, "group": "light"})
    table["rate"] = [0.2, 0.4, 0.8, 0.6]
    table["low"] = table.rate - 0.1 if known else np.nan
    table["high"] = table.rate + 0.1 if known else np.nan
    _, axis = plt.subplots()
    draw_lines(axis, table, "group", "rate", 5)
    assert axis.get_ylim() == pytest.approx((0, 1.08 * (0.9 if known else 0.8)))
    np.testing.assert_allclose(axis.lines[0].get_ydata(), table.rate)
    plt.close()
