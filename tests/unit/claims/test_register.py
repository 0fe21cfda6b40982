import csv

import pytest
from conftest import ROOT

from modality_gap.claims.register import (
    COLUMNS,
    REASONS,
    TOPICS,
    answers_of,
    not_made,
    numbers_of,
    read_register,
    reason_of,
)

MEASURED = {
    "id": "P001",
    "place": "Fig. 1",
    "statement": "The gap of a model is about one half.",
    "quantity": "gap",
    "printed_value": "0.52",
    "tolerance": "0.005",
    "condition": "a model; some data",
    "topic": "gap",
    "table": "gap/*/*/*.parquet",
    "column": "modality_gap",
    "note": "",
}
DEFINED = dict.fromkeys(COLUMNS, "") | {
    "id": "P002",
    "place": "Sec. 1",
    "statement": "What a gap is.",
    "quantity": "vector",
    "topic": "definition",
    "note": "definition",
}


@pytest.fixture
def register(tmp_path):
    def read(*rows):
        file = tmp_path / "paper.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return read_register(file)

    return read


def test_claims_are_read_as_they_are(register):
    found = register(MEASURED, DEFINED)
    assert found.to_dict("records") == [MEASURED, DEFINED]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"statement": " "}, "P001, column statement: ' ', expected a text"),
        ({"topic": "gaps"}, "P001, column topic: 'gaps', expected one of gap, cone"),
        ({"printed_value": "about 1"}, "P001, column printed_value: 'about 1', expected numbers"),
        ({"printed_value": ""}, "P001, column printed_value: '', expected numbers or direction"),
        ({"tolerance": ""}, "P001, column tolerance: '', expected 1 numbers from 0 on"),
        ({"tolerance": "0.1; 0.1"}, "P001, column tolerance: '0.1; 0.1', expected 1 numbers"),
        ({"tolerance": "-0.1"}, "P001, column tolerance: '-0.1', expected 1 numbers from 0 on"),
        ({"tolerance": "small"}, "P001, column tolerance: 'small', expected numbers, or nothing"),
        ({"printed_value": "direction"}, "P001, column tolerance: '0.005', expected no numbers"),
        ({"printed_value": "< 0.6"}, "P001, column tolerance: '0.005', expected no numbers"),
        ({"column": ""}, "P001, column column: '', expected 'name, name where"),
        ({"column": "a where b"}, "P001, column column: 'a where b', expected 'name, name"),
        ({"column": "a; b"}, "P001, column column: 'a; b', expected columns for all tables"),
        ({"note": "definition"}, "P001, column note: 'definition', expected no reason"),
        ({"table": "", "column": ""}, "P001, column note: '', expected a table, or a note"),
        ({"table": ""}, "P001, column column: 'modality_gap', expected nothing"),
        (
            {"table": "", "column": "", "note": "same as P009"},
            "P001, column note: 'same as P009', expected the id of another row",
        ),
        (
            {"table": "", "column": "", "note": "same as P001"},
            "P001, column note: 'same as P001', expected the id of another row",
        ),
        (
            {"table": "", "column": "", "note": "not measured: "},
            "P001, column note: 'not measured: ', expected a table, or a note that begins with one of",
        ),
        ({"id": "P002"}, "id 'P002', expected P001, none left out or repeated"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_file_row_and_column(register, changed, told):
    with pytest.raises(ValueError, match=r"paper\.csv: ") as error:
        register(MEASURED | changed, DEFINED)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_of_other_columns_and_one_of_uneven_rows(tmp_path):
    file = tmp_path / "paper.csv"
    file.write_text("id,place\nP001,here\n")
    with pytest.raises(ValueError, match=r"paper\.csv: columns id, place, expected id, place, st"):
        read_register(file)
    for row, told in (
        ("P001,Sec. 1", "P001: 2 values, expected 11"),
        ("P001" + "," * 12, "P001: 13 values, expected 11"),
        ("", "an empty line: 0 values, expected 11"),
        ('P001,"Sec. 1', "not a table in UTF-8: unexpected end of data"),
    ):
        file.write_text(",".join(COLUMNS) + f"\n{row}\n")
        with pytest.raises(ValueError, match=rf"paper\.csv: {told}$"):
            read_register(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"paper\.csv: not a table in UTF-8: 'utf-8' codec"):
        read_register(file)
    file.write_text("")
    with pytest.raises(ValueError, match=r"paper\.csv: not a table in UTF-8: not enough values"):
        read_register(file)


def test_numbers_as_papers_print_them():
    assert numbers_of("0.82") == [0.82]
    assert numbers_of("-1.165; 14.321%; 7.020e-06") == [-1.165, 0.14321, 7.02e-06]
    assert numbers_of("> 6%") == [0.06]
    assert numbers_of("~0.15") == [0.15]
    assert numbers_of("direction") == numbers_of("") == []


def test_where_a_claim_is_answered(register):
    two = MEASURED | {
        "table": "cone/a.parquet; cone/b.parquet",
        "column": "mean, min where pairs=image_image|text_text and kind=gap, every pair matched",
    }
    where = {"pairs": ["image_image", "text_text"], "kind": ["gap, every pair matched"]}
    row = register(two).iloc[0]
    assert answers_of(row) == [
        (table, ["mean", "min"], where) for table in ("cone/a.parquet", "cone/b.parquet")
    ]
    each = two | {"column": "x where encoder=clip; y"}
    assert [answer[1:] for answer in answers_of(register(each).iloc[0])] == [
        (["x"], {"encoder": ["clip"]}),
        (["y"], {}),
    ]
    assert answers_of(register(MEASURED, DEFINED).iloc[1]) == []


def test_a_table_that_no_job_makes_is_named_with_its_claim(register):
    found = register(MEASURED | {"table": "gap/*/*/*.parquet; shift/*.parquet"}, DEFINED)
    assert not_made(found, ["gap/clip/coco/val.parquet", "shift/a.parquet"]) == []
    assert not_made(found, ["gap/clip/coco/val.parquet"]) == [
        "P001: shift/*.parquet: no job of the study makes such a table"
    ]


def test_why_a_claim_has_no_table():
    assert reason_of("definition; with a remark") == ("definition", {})
    assert reason_of("setting: training.fixed_0.4.seeds") == (
        "setting",
        {"key": "training.fixed_0.4.seeds"},
    )
    assert reason_of("same as P003; it is what that implies") == ("same as", {"id": "P003"})
    assert reason_of("proof: no run; its sign is wrong")[0] == "proof: no run"
    assert reason_of("the same as P003") is None


# Rows of each paper: its claims are never fewer.
NUMBER = {"liang2022": 141, "yaras2024": 156, "chowers2026": 96}


def test_there_is_a_register_of_each_paper():
    assert {file.stem for file in (ROOT / "config/claims").iterdir()} == set(NUMBER)


@pytest.mark.parametrize("paper", NUMBER)
def test_every_claim_is_in_the_register_and_told_once(paper):
    """A row that is the same as another leads to one that is answered, or says why not."""
    found = read_register(ROOT / f"config/claims/{paper}.csv").set_index("id")
    assert len(found) == NUMBER[paper]
    assert found.statement.str.len().max() < 200
    for note in found.note[found.table == ""]:
        reason, named = reason_of(note)
        if reason == "same as":
            assert found.table[named["id"]] or reason_of(found.note[named["id"]])[0] != "same as"


def test_every_topic_and_every_reason_is_of_use():
    registers = [read_register(ROOT / f"config/claims/{paper}.csv") for paper in NUMBER]
    assert {topic for found in registers for topic in found.topic} == set(TOPICS)
    notes = [note for found in registers for note in found.note[found.table == ""]]
    assert {reason_of(note)[0] for note in notes} == set(REASONS)
