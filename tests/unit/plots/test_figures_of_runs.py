"""What figures of compared runs show beside the runs."""

import pandas as pd
import pytest

from modality_gap.plots.run_comparisons import chance_levels, plot_mitigations


def compared(**means):
    """A table of two runs with these means of measures."""
    rows = [
        {"run": run, "measure": measure, "mean": mean + change, "seeds": 3}
        | {"low": mean - 0.1, "high": mean + 0.1, "difference": change}
        | {"difference_low": change - 0.1, "difference_high": change + 0.1}
        for run, change in (("baseline", 0.0), ("other", 0.05))
        for measure, mean in means.items()
    ]
    return pd.DataFrame(rows)


def dotted(figure):
    """Where a dotted line stands in each panel, by its title."""
    return {
        axis.get_title() or axis.get_title("left"): line.get_xdata()[0]
        for axis in figure.axes
        for line in axis.lines
        if line.get_linestyle() == ":"
    }


def test_what_no_skill_reaches_is_drawn_where_it_says_something():
    table = compared(
        modality_gap=0.5, zero_shot_top_1=0.3, linear_probe=0.6, pair_matching_text_to_image=0.14
    )
    classes = compared(largest_class=0.12)
    classes["mean"] = 0.12
    table = pd.concat([table, classes])
    levels = chance_levels(table)
    assert levels == pytest.approx(
        {"zero_shot_top_1": 0.12, "linear_probe": 0.12, "pair_matching_text_to_image": 0.25}
    )
    assert dotted(plot_mitigations(table)) == pytest.approx(
        {"zero-shot accuracy ↑": 0.12, "linear probe ↑": 0.12, "matched pairs ↑": 0.25}
    )


def test_without_classes_or_pairs_nothing_is_drawn():
    assert dotted(plot_mitigations(compared(modality_gap=0.5))) == {}
