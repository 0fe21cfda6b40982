import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from modality_gap.comparison import (
    different_claims,
    different_numbers,
    interval_columns,
    sentences,
    summaries,
)
from modality_gap.plots.comparison import plot_gap_and_recall


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Two studies with one table of two measures, a summary and two claims each."""
    monkeypatch.chdir(tmp_path)
    folders = {}
    for number, name in enumerate(("one", "two")):
        folder = folders[name] = tmp_path / "results" / name
        (folder / "mitigations/clip").mkdir(parents=True)
        table = pd.DataFrame({"mitigation": ["none", "shift"], "alpha": 1.0, "mean": [0.5, 0.6]})
        table["mean"] += 0.03 * number * (table.mitigation == "shift") + 0.01 * number
        table = table.assign(
            low=table["mean"] - 0.02, high=table["mean"] + 0.02, queries=9 + number
        )
        table.to_parquet(folder / "mitigations/clip/val.parquet")
        summary = {"encoder": "clip", "corpus": "c", "split": "val", "pairs": 9}
        summary |= {"modality_gap": 0.8 - 0.1 * number, "share_closed": np.nan}
        summary |= {"recall@1_image_to_text": 0.5, "recall@1_text_to_image": 0.4}
        pd.DataFrame([summary]).to_parquet(folder / "summary.parquet")
        claims = pd.DataFrame({"id": ["L001", "L002"], "paper": "liang2022", "place": "Fig. 1"})
        statuses = ["direction holds", ("undecided", "direction fails")[number]]
        claims.assign(claim="A gap", status=statuses).to_csv(folder / "claims.csv", index=False)
    return folders


def test_numbers_differ_beyond_both_intervals_together(results):
    """0.01 apart: within. 0.04 apart, each ± 0.02, so that √2 times 0.02 is the room: beyond."""
    numbers, compared, left = different_numbers(results)
    assert (compared, left) == (2, [])
    (row,) = numbers.itertuples()
    assert (row.table, row.quantity) == ("mitigations/clip/val.parquet", "mean")
    assert row.row == "mitigation=shift and alpha=1.0"
    assert row.difference == pytest.approx(0.04)
    assert row.room == pytest.approx(0.02 * np.sqrt(2))


def test_intervals_of_one_in_twenty_differ_by_chance(results, random):
    """Two independent means of the same, 4,000 times: what is said of chance is true."""
    for folder in results.values():
        means = random.normal(size=4000)
        rows = pd.DataFrame({"item": np.arange(4000), "mean": means})
        rows = rows.assign(low=means - 1.96, high=means + 1.96)
        rows.to_parquet(folder / "mitigations/clip/val.parquet")
    numbers, compared, _ = different_numbers(results)
    assert compared == 4000
    assert 0.04 < len(numbers) / compared < 0.06


def test_rows_that_nothing_tells_apart_are_not_compared_and_named(results):
    rows = pd.DataFrame({"mean": [1.0, 2.0], "low": 0.0, "high": 3.0})
    for folder in results.values():
        rows.to_parquet(folder / "mitigations/clip/val.parquet")
    numbers, compared, left = different_numbers(results)
    assert (len(numbers), compared) == (0, 0)
    assert left == ["mitigations/clip/val.parquet: rows that no column tells apart"]


def test_claims_that_fare_otherwise_are_named(results):
    claims = different_claims(results)
    assert claims.id.tolist() == ["L002"]
    assert claims[["one", "two"]].to_numpy().tolist() == [["undecided", "direction fails"]]
    numbers, compared, _ = different_numbers(results)
    first, second = sentences(results, numbers, compared, claims)
    assert first.startswith("2 numbers with a 95% interval in two of the studies; 1 differ")
    assert second.startswith("1 claim with another status")


def test_gap_and_recall_of_all_studies_are_in_one_figure(results):
    figure = plot_gap_and_recall(summaries(results))
    left = figure.axes[0]
    assert [mark.get_label() for mark in left.collections] == ["one", "two"]
    assert left.collections[1].get_offsets().tolist() == [[0.7000000000000001, 0.5]]
    assert figure.axes[0].get_xlabel().startswith("modality gap")


def test_every_kind_of_interval_in_the_tables_is_known():
    table = pd.DataFrame(
        columns=["mean", "low", "high", "change", "change_low", "change_high", "n"]
    )
    assert interval_columns(table) == {"mean": "", "change": "change_"}


def test_the_page_says_what_differs(results, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import compare_studies

    monkeypatch.setattr(sys, "argv", ["compare_studies.py", "one", "two"])
    assert compare_studies.main() == 0
    page = (results["one"].parent / "compared/one-two/page.html").read_text("utf-8")
    for said in ("direction fails", "mitigation=shift and alpha=1.0", "<svg"):
        assert said in page
    for names, complaint in (
        (["one"], "STUDIES=one: expected two studies or more"),
        (["one", "none"], "results/none/summary.parquet: not there, expected the results"),
    ):
        monkeypatch.setattr(sys, "argv", ["compare_studies.py", *names])
        assert compare_studies.main() == 1
        assert capsys.readouterr().err.startswith(complaint)
