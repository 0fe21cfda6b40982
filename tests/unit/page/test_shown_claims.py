"""The papers' claims on the page."""

import pandas as pd
import pytest
from made_up_results import HOSTILE

from modality_gap.claims import statuses
from modality_gap.page.claims import (
    JUDGED,
    MOST,
    STATUSES,
    counted,
    figure_of,
    in_words,
    number,
    read_claims,
    shown,
)


@pytest.fixture
def files(made_up, tmp_path):
    """Copies of the two tables of claims, of which some cells may be changed."""

    def copy(name="claims.csv", **changed):
        for file in ("claims.csv", "evidence.csv"):
            table = pd.read_csv(made_up.folder / file, dtype=str, keep_default_na=False)
            if file == name:
                table.loc[0, list(changed)] = list(changed.values())
            table.to_csv(tmp_path / file, index=False)
        return str(tmp_path / "claims.csv"), str(tmp_path / "evidence.csv")

    return copy


def test_counts_are_of_distinct_claims_in_plain_words(files):
    claims, _ = read_claims(*files())
    twice = pd.concat([claims, claims[:1]])
    assert [(status, count) for status, count, _ in counted(twice)] == [
        ("reproduced", 1),
        ("direction holds", 1),
        ("undecided", 1),
        ("no run needed", 1),
        ("not measured", 1),
    ]
    assert in_words(twice) == (
        "Of 5 claims of the papers, 3 were measured here: 1 are reproduced under the paper's own "
        "conditions, under this study's own conditions the direction of 1 holds and 1 are undecided. "
        "1 were not measured and 1 need no run."
    )


def test_each_claim_has_its_evidence_cut_and_counted(files, made_up):
    found = {claim["id"]: claim for claim in shown(*read_claims(*files()), made_up)}
    (judged,) = found["L001"]["judgements"]
    assert len(judged["rows"]) == MOST
    assert judged["more"] == 9 - MOST
    assert found["L001"]["number"] == "0.820 [0.800, 0.840]"
    own = {
        "table": "gap/end/photos/test.parquet",
        "linked": True,
        "figure": "figures/photos/test/gap.svg",
    }
    assert found["L001"]["tables"] == [own]
    assert HOSTILE in found["L001"]["claim"]
    assert found["C001"]["judgements"] == []
    assert found["C001"]["number"] == ""


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        (
            "claims.csv",
            {"status": "true"},
            r"claims.csv: L001: status 'true', expected one of reproduced",
        ),
        (
            "claims.csv",
            {"value": "much"},
            r"claims.csv: L001, column value: 'much', expected a number",
        ),
        ("evidence.csv", {"id": "X001"}, r"evidence.csv: X001: no such claim"),
    ],
)
def test_what_is_not_as_the_columns_want_it_is_refused(files, name, changed, told):
    with pytest.raises(ValueError, match=told):
        read_claims(*files(name, **changed))


def test_a_missing_column_is_named(files):
    claims, evidence = files()
    pd.read_csv(claims).drop(columns="topic").to_csv(claims, index=False)
    with pytest.raises(ValueError, match="claims.csv: no column topic"):
        read_claims(claims, evidence)


FIGURES = [
    "figures/emoji/test/ways_to_close.svg",
    "figures/zero_shot/shift_gains.svg",
    "figures/robustness/end/emoji/test/threshold_tradeoff.svg",
    "figures/seed_cones/vit/cones.svg",
    "figures/sphere/sphere.svg",
    "figures/emoji/test/view_pca.svg",
    "figures/modality_pairs.svg",
    "figures/fairness/end/people/fairness_rates.svg",
    "figures/run_comparisons/mitigations.svg",
]


@pytest.mark.parametrize(
    ("table", "figure"),
    [
        ("mitigations/end/emoji/test.parquet", FIGURES[0]),
        ("zero_shot/end/emoji/test/gains.parquet", FIGURES[1]),
        ("robustness/end/emoji/test/tradeoff.parquet", FIGURES[2]),
        ("seed_cones/vit/shares.parquet", FIGURES[3]),
        ("sphere/landscape.parquet", FIGURES[4]),
        ("views/emoji/test/pca.parquet", FIGURES[5]),
        ("modality_pairs.parquet", FIGURES[6]),
        ("fairness/end/people/rates.parquet", "figures/fairness/end/people/fairness_rates.svg"),
        ("run_comparisons/mitigations.parquet", "figures/run_comparisons/mitigations.svg"),
        ("linear_probe/end/accuracies.parquet", None),
    ],
)
def test_a_tables_figure_is_found_by_its_place(table, figure):
    assert figure_of(table, FIGURES) == figure


def test_numbers_of_any_size_are_readable():
    row = pd.Series({"value": 2.5e-7, "low": 1e-7, "high": 4e-7})
    assert number(row) == "2.5e-07 [1e-07, 4e-07]"
    assert set(STATUSES) > {"reproduced", "not measured"}


def test_the_page_knows_every_status_that_is_judged():
    assert set(STATUSES) == set(statuses.STATUSES)
    assert set(JUDGED) == set(statuses.JUDGED)
