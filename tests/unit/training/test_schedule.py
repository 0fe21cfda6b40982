import pytest
import torch

from modality_gap.training.schedule import Schedule, build_learning_rate


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
