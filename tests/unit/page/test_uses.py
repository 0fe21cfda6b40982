"""One answer a use: what the tables say, in words."""

import pandas as pd
import pytest

from modality_gap.closing.mitigations import DIRECTIONS, NOISE, RECALL, STORED
from modality_gap.closing.ways import MITIGATIONS
from modality_gap.page.results import Place, Results
from modality_gap.page.uses import (
    COSTLY,
    MITIGATED,
    MIXED,
    NO,
    NOT_MEASURED,
    QUANTIZED,
    UNDEFINED,
    YES,
    answers,
    judged_shift,
)

PLACE = Place("end", "photos", "test")


def ways(changed: dict[tuple[str, str], float], half: float = 0.01) -> pd.DataFrame:
    """A table of ways to close the gap: 0 but for some (way, measure), each ± half."""
    return pd.DataFrame(
        [
            {
                "mitigation": way,
                "direction": direction,
                "measure": measure,
                "mean": 0.5 + change,
                "change": change,
                "change_low": change - half,
                "change_high": change + half,
            }
            for way in MITIGATIONS
            for direction in DIRECTIONS
            for measure in (RECALL, NOISE, STORED)
            for change in [changed.get((way, measure), 0.0)]
        ]
    )


@pytest.fixture
def answered(tmp_path):
    """The answers of a study that has some tables; by use."""

    def ask(tables: dict[str, pd.DataFrame]):
        for path, table in tables.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            table.to_parquet(tmp_path / path)
        return {one.use: one for one in answers(Results(tmp_path, tables), PLACE)}

    return ask


MITIGATION = MITIGATED.format(**PLACE._asdict())


def test_what_was_not_measured_says_which_section_would(answered):
    found = answered({})
    assert {one.verdict for one in found.values()} == {NOT_MEASURED}
    sections = {use: one.how for use, one in found.items()}
    assert "shifted_recall" in sections["retrieval"]
    assert "zero_shot" in sections["classification"]
    assert "robustness" in sections["noise"]
    assert "quantization" in sections["few_bits"]


def test_a_way_that_raises_recall_is_taken(answered):
    found = answered({MITIGATION: ways({("centring", RECALL): 0.2, ("whitening", RECALL): -0.3})})
    one = found["retrieval"]
    assert (one.verdict, one.how) == (YES, "By centring.")
    assert "0.500 → 0.700, +0.200 [+0.190, +0.210]" in one.gains[0]
    assert "whitening" in one.costs[0]
    assert "−0.300 [−0.310, −0.290]" in one.costs[0]
    assert one.links[0].table == MITIGATION


def test_without_a_gain_nothing_is_moved_and_the_harmful_are_counted(answered):
    one = answered({MITIGATION: ways({("whitening", RECALL): -0.3})})["retrieval"]
    assert one.verdict == NO
    assert f"1 of {len(MITIGATIONS) - 1} ways lower it" in one.how


@pytest.mark.parametrize(("use", "measure"), [("noise", NOISE), ("few_bits", STORED)])
def test_a_guard_is_taken_and_one_that_loses_recall_says_so(answered, use, measure):
    free = ways(
        {("rotation", measure): 0.1, ("whitening", measure): 0.4, ("whitening", RECALL): -0.3}
    )
    one = answered({MITIGATION: free})[use]
    assert one.verdict == YES
    assert "Procrustes rotation" in one.how
    costly = ways({("whitening", measure): 0.4, ("whitening", RECALL): -0.3})
    one = answered({MITIGATION: costly})[use]
    assert one.verdict == COSTLY
    assert "−0.300" in one.costs[0]
    assert answered({MITIGATION: ways({})})[use].verdict == NO


def test_a_table_without_rows_says_why(answered):
    empty = pd.DataFrame()
    empty.attrs["undefined"] = "a single query"
    found = answered({MITIGATION: empty})
    assert found["retrieval"].verdict == UNDEFINED
    assert "a single query" in found["noise"].how


def gains(*held_out: float, closed: float = 0.0) -> pd.DataFrame:
    """Gains of as many tasks, each ± 0.02 by the normal law."""
    rows = [
        {
            "task": f"task {number}",
            "metric": "top_1",
            "choice": choice,
            "before": 0.5,
            "after": 0.5 + gain,
            "gain": gain,
            "gap": "smaller",
            "gain_low": gain - 0.02,
            "gain_high": gain + 0.02,
        }
        for number, value in enumerate(held_out)
        for choice, gain in (("held_out", value), ("closed", closed))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("held_out", "verdict"),
    [((0.1,), YES), ((0.1, 0.1), YES), ((0.1, -0.1), MIXED), ((0.0,), NO), ((-0.1,), NO)],
)
def test_a_shift_is_judged_on_data_that_it_was_not_chosen_on(held_out, verdict):
    table = gains(*held_out)
    assert judged_shift("classification", table, table.task, []).verdict == verdict


def test_of_many_tasks_one_may_rise_by_chance():
    """±0.02 at 95% is ±0.0285 for ten at once: 0.025 above 0 counts alone, and not among ten."""
    alone, among = gains(0.025), gains(0.025, *[0.0] * 9)
    assert judged_shift("classification", alone, alone.task, []).verdict == YES
    assert judged_shift("classification", among, among.task, []).verdict == NO


def test_what_closing_loses_is_counted():
    table = gains(0.0, 0.0, closed=-0.2)
    (cost,) = judged_shift("classification", table, table.task, []).costs
    assert "lowers 2 of 2" in cost
    assert "−0.200 [−0.220, −0.180]" in cost


@pytest.mark.parametrize(
    ("changes", "verdict", "counted"),
    [
        ([0.2, 0.2], YES, "raises recall@1 in 2 and lowers it in 0 of 2"),
        ([0.2, 0.0], MIXED, "raises recall@1 in 1 and lowers it in 0 of 2"),
        ([0.2, -0.2], MIXED, "raises recall@1 in 1 and lowers it in 1 of 2"),
        # ±0.04 is ±0.046 for two at once.
        ([0.042, 0.0], NO, "raises recall@1 in 0 and lowers it in 0 of 2"),
    ],
)
def test_few_bits_are_answered_by_all_schemes(answered, changes, verdict, counted):
    table = pd.DataFrame({"scheme": ["sign", "vector_scale"], "bits": [1, 8], "change": changes})
    table = table.assign(mean=0.4 + table.change, change_low=table.change - 0.04, queries=5000)
    table = table.assign(change_high=table.change + 0.04, closest=True, measure=RECALL, alpha=1.0)
    one = answered({QUANTIZED.format(**PLACE._asdict()): table})["few_bits"]
    assert one.verdict == verdict
    assert counted in one.gains[0]
    assert f"0.400 → {0.4 + max(changes):.3f}" in one.gains[0]


def test_a_studys_own_tables_are_answered(made_up):
    found = {one.use: one for one in answers(made_up, PLACE)}
    assert NOT_MEASURED not in {one.verdict for one in found.values()}
    assert found["classification"].links[0].table == "zero_shot/end/photos/test/gains.parquet"
    assert found["retrieval"].links[0].figure == "figures/photos/test/ways_to_close.svg"


def test_without_mitigations_the_sections_own_tables_answer(made_up):
    tables = [table for table in made_up.tables if not table.startswith("mitigations")]
    found = {one.use: one for one in answers(Results(made_up.folder, tables), PLACE)}
    for use, folder in (
        ("retrieval", "shifted_recall"),
        ("noise", "robustness"),
        ("few_bits", "quantization"),
    ):
        assert found[use].verdict != NOT_MEASURED
        assert found[use].links[0].table.startswith(folder)
