"""Made-up plans, forecast in closed form."""

import pytest
from made_up_jobs import job

from modality_gap.cost import stated
from modality_gap.cost.forecast import Machine, forecast, stated_seconds
from modality_gap.cost.jobs import Plan
from modality_gap.cost.page import wall
from modality_gap.cost.work import MAX_DECODED_BYTES, Work
from modality_gap.models import prepared

WORKS = {
    "train": lambda own: Work("train", "operations", own, 0, "net", "transformer"),
    "embed": lambda own: Work("embed", "operations", own, 90, "net", "convolutions"),
    "download": lambda own: Work("download", "bytes", own),
    "recall": lambda own: Work("recall", "items", own),
    "report": lambda own: Work("report", "jobs", 1),
}


class Facts:
    """Work as its jobs say themselves."""

    @staticmethod
    def work(job):
        return WORKS[job.rule.name](job.wildcards_dict.get("amount"))


def measured(folder, name, seconds):
    file = folder / f"{name}.tsv"
    file.write_text(f"s\tmax_rss\n{seconds}\t700\n")
    return str(file)


def plan_of(*jobs, needs=None):
    return Plan(list(jobs), set(jobs), {one: [] for one in jobs} | (needs or {}), None)


def test_the_best_basis_counts(tmp_path):
    """Measured; 2 s and 3 s a unit, by two of its kind; the median; a table."""
    known = [job("train", measured(tmp_path, n, 2 + 3 * n), amount=n, name=str(n)) for n in (1, 5)]
    reports = [job("report", measured(tmp_path, f"r{n}", n)) for n in (1, 3, 50)]
    asked = job("train", str(tmp_path / "none.tsv"), amount=100)
    more, recall = job("report"), job("recall", amount=2 * stated.ITEMS)
    lost = job("recall", amount=None)
    found = forecast(plan_of(*known, *reports, asked, more, recall, lost), Facts, Machine(2))
    assert found[known[0]] == (5, "measured", 700)
    assert found[asked][:2] == (pytest.approx(302), "rate")
    assert found[more][:2] == (3, "median")
    assert found[recall][:2] == (pytest.approx(max(1.5, 2 * stated.SECONDS["recall"])), "stated")
    assert found[lost][:2] == (stated.SECONDS["recall"], "unknown")
    plan = plan_of(*known, *reports)
    alike = forecast(plan, Facts, Machine(2), own=False)
    assert alike[known[1]][:2] == (pytest.approx(17), "rate")
    assert alike[reports[2]][:2] == (3, "median")


def test_other_studies_count_where_this_one_has_none(tmp_path):
    """5 s a unit there; 2 s a unit here, where reports were not measured."""
    there = plan_of(
        job("train", measured(tmp_path, "a", 50), amount=10),
        job("report", measured(tmp_path, "b", 9)),
    )
    train, report = job("train", amount=3), job("report")
    found = forecast(plan_of(train, report), Facts, Machine(2), others=[(there, Facts)])
    assert found[train][:2] == (pytest.approx(15), "rate")
    assert found[report][:2] == (9, "median")
    here = plan_of(job("train", measured(tmp_path, "c", 2), amount=1), train, report)
    found = forecast(here, Facts, Machine(2), others=[(there, Facts)])
    assert found[train].seconds == pytest.approx(6)
    assert found[report].seconds == 9
    found = forecast(here, Facts, Machine(2), measured=False, others=[(there, Facts)])
    assert {one.basis for one in found.values()} == {"stated"}


def test_a_small_network_tells_nothing_of_a_large_one(tmp_path, monkeypatch):
    small, of_train = WORKS["embed"](1e9)._replace(small=True), WORKS["train"]
    works = {"embed": lambda own: small if own == "small" else of_train(own)}
    monkeypatch.setitem(WORKS, "embed", works["embed"])
    known, asked = (
        job("embed", measured(tmp_path, "a", 9), amount="small"),
        job("embed", amount=1e14),
    )
    found = forecast(plan_of(known, asked), Facts, Machine(1))
    expected = stated.START_NETWORK + 1e14 / stated.CORE
    assert found[asked][:2] == (pytest.approx(expected), "stated")


def test_gpus_share_a_training():
    train = job("train", threads=8, gpu=4, amount=1e15)
    work = WORKS["train"](1e15)._replace(gpus=4)
    for gpus, shared in ((1, 1), (2, 2), (8, 4)):
        seconds = stated_seconds(work, "train", 8, True, Machine(64, gpus, "a100"))
        expected = stated.START_NETWORK + 1e15 / (19.5e12 * 0.5) / shared
        assert seconds == pytest.approx(expected)
    small = stated_seconds(work._replace(small=True), "train", 8, True, Machine(64, 1))
    assert small == pytest.approx(stated.START_NETWORK + 1e15 / stated.GPU_SMALL)
    assert forecast(plan_of(train), Facts, Machine(64, 8, "a100"))[train].basis == "stated"


def test_stated_rates(tmp_path):
    train, embed = (
        job("train", threads=8, gpu=1, amount=1e15),
        job("embed", threads=8, gpu=1, amount=1e9),
    )
    load = job("download", amount=3e8)
    here = forecast(plan_of(train, embed, load), Facts, Machine(4))
    start = stated.START_NETWORK
    assert here[train].seconds == pytest.approx(start + 1e15 / (4 * stated.CORE))
    decoded = 90 / stated.DECODED
    assert here[embed].seconds == pytest.approx(start + 1e9 / (4 * stated.CORE) + decoded)
    assert here[load].seconds == pytest.approx(stated.START + 3e8 / stated.DOWNLOADED)
    there = forecast(plan_of(train, embed, load), Facts, Machine(64, 2, "a100"))
    assert there[train].seconds == pytest.approx(start + 1e15 / (19.5e12 * 0.5))
    # Decoding by eight processes takes longer than the network.
    assert there[embed].seconds == pytest.approx(start + decoded / 8)


def test_what_a_core_took_tells_nothing_of_another_machines_gpu(tmp_path):
    train = job("train", measured(tmp_path, "a", 1e5), gpu=1, amount=1e12)
    recall = job("recall", measured(tmp_path, "b", 7), amount=10)
    found = forecast(plan_of(train, recall), Facts, Machine(16, 1, "h100", here=False))
    assert found[train].basis == "stated"
    assert found[recall][:2] == (7, "measured")


def test_the_clock_of_a_plan(tmp_path):
    """One GPU for two trainings, which run on a core each; then a report."""
    first, second = (job("train", measured(tmp_path, n, 40), gpu=1, amount=1) for n in ("a", "b"))
    report = job("report", measured(tmp_path, "c", 5))
    plan = plan_of(first, second, report, needs={report: [first, second]})
    found = forecast(plan, Facts, Machine(2))
    own = stated.PLANNING + 3 * stated.STARTING
    assert wall(plan.jobs, plan, found, Machine(2)) == pytest.approx(own + 85)
    assert wall(plan.jobs, plan, found, Machine(2, 2)) == pytest.approx(own + 45)


def test_images_are_kept_decoded_up_to_the_same_size():
    assert MAX_DECODED_BYTES == prepared.MAX_DECODED_BYTES
