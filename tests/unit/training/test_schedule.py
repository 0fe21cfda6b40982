import pandas as pd
import pytest
import torch

from modality_gap.training.schedule import (
    Schedule,
    build_learning_rate,
    compare_learning_rates,
    describe_choice,
)


def test_learning_rates_rise_and_fall_as_asked():
    weight = torch.nn.Parameter(torch.zeros(1))
    rates = {}
    for decay in ("cosine", "none"):
        schedule = Schedule(1, 2.0, 0, (0.9, 0.98), 1e-6, 0.1, "float32", 1, decay=decay)
        optimizer = torch.optim.AdamW([{"params": [weight]}], lr=2.0)
        scheduler = build_learning_rate(optimizer, schedule, 100)
        rates[decay] = []
        for _ in range(100):
            rates[decay].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    for rate in rates.values():
        assert rate[0] < 0.5
        assert rate[10] == pytest.approx(2.0)
        assert rate[5] == pytest.approx(2 * 6 / 11)
    assert rates["none"][10:] == pytest.approx([2.0] * 90)
    assert rates["cosine"][55] == pytest.approx(1.0)
    assert rates["cosine"][99] < 0.01


def trajectory(recalls):
    """Of a run whose recalls after the last step are these; the best ones come before that."""
    first, second = recalls
    rows = {
        "step": [5, 0, 10],
        "image_to_text_recall_at_1": [0.9, 0.0, first],
        "text_to_image_recall_at_1": [0.9, 0.0, second],
        "modality_gap": [0.5, 0.6, 0.4],
    }
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


@pytest.mark.parametrize(
    ("recalls", "rates", "best", "told"),
    [
        ([(0.3, 0.1), (0.2, 0.4), (0.3, 0.2)], [1e-5, 1e-4, 1e-3], 1e-4, "learning rate 0.0001: "),
        ([(0.3, 0.3), (0.5, 0.3), (0.4, 0.4)], [0.1, 0.01, 0.001], 0.001, "0.001, the smallest "),
        ([(0.3, 0.4), (0.3, 0.1)], [0.1, 0.01], 0.1, "0.1, the largest that was tried: "),
    ],
)
def test_the_best_rate_has_the_highest_mean_recall_at_the_end(recalls, rates, best, told):
    """Of equals the smallest, whatever the order of the list."""
    table = compare_learning_rates([trajectory(own) for own in recalls], rates)
    assert list(table.learning_rate) == sorted(rates)
    assert list(table.learning_rate[table.chosen]) == [best]
    means = dict(zip(rates, map(sum, recalls), strict=True))
    assert [2 * value for value in table.recall_at_1] == pytest.approx(
        [means[rate] for rate in sorted(rates)]
    )
    assert (table.step == 10).all()
    assert told in describe_choice(table)
    assert f"{best:g} {means[best] / 2:.3f}" in describe_choice(table)
