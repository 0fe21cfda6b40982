"""What was found, in one sentence a question."""

import re

import pandas as pd
import pytest
from made_up_results import STUDY

from modality_gap.page.findings import findings, places_of
from modality_gap.page.numbers import listed, minus, plain, signed, with_interval
from modality_gap.page.results import Place, Results

END, START = Place("end", "photos", "test"), Place("start", "photos", "test")


def read(made_up, place):
    return made_up.read("gap/{encoder}/{corpus}/{split}.parquet".format(**place._asdict())).iloc[0]


def test_gap_and_what_training_did_are_those_of_the_tables(made_up):
    size, origin, training, cost, closing = findings(made_up, END, STUDY)
    before, after = (read(made_up, place).modality_gap for place in (START, END))
    assert f"{after:.3f}" in size.found
    assert f"closed {1 - after / before:.0%}" in training.found
    assert f"from {before:.3f} [" in training.found
    assert f"(start) to {after:.3f} [" in training.found
    cones = made_up.read("cone/start/photos/test/statistics.parquet").set_index("pairs")["mean"]
    assert f"{cones['image_image']:.2f}" in origin.found
    gains = made_up.read("shifted_recall/end/photos/test/gains.parquet")
    closed = gains[
        (gains.choice == "closed") & (gains.metric == "recall@1") & (gains.moved == "both")
    ]
    for gain in closed.gain:
        assert signed(gain) in cost.found
    assert closing.found
    assert all(
        link.table in made_up.tables for one in (size, origin, training, cost) for link in one.links
    )


def test_the_gap_has_its_interval(made_up):
    size, row = findings(made_up, END, STUDY)[0], read(made_up, END)
    ends = row.modality_gap_low, row.modality_gap_high
    assert with_interval(row.modality_gap, *ends) in size.found


def test_what_was_not_measured_says_what_it_needs(made_up):
    bare = Results(made_up.folder, [t for t in made_up.tables if t.startswith(("gap/", "cone/"))])
    size, _, training, cost, closing = findings(bare, START, STUDY)
    assert size.found
    assert (training.found, cost.found, closing.found) == (None, None, None)
    assert "`initial`" in training.needed
    assert "`mitigations`" in closing.needed
    assert "shifted_recall" in cost.needed


def test_what_the_seed_makes_is_told_of_networks_that_were_not_trained(tmp_path, made_up):
    shares = pd.DataFrame(
        [
            {
                "tower": "image",
                "inputs": "data",
                "share_between": 0.9998,
                "share_low": 0.9996,
                "share_high": 0.9999,
            }
        ]
    )
    tables = [t for t in made_up.tables if t.startswith("gap/")]
    for table in tables:
        (tmp_path / table).parent.mkdir(parents=True, exist_ok=True)
        made_up.read(table).to_parquet(tmp_path / table)
    for family in ("random", "trained"):
        (tmp_path / f"seed_cones/{family}").mkdir(parents=True)
        shares.to_parquet(tmp_path / f"seed_cones/{family}/shares.parquet")
    tables += [f"seed_cones/{family}/shares.parquet" for family in ("random", "trained")]
    study = STUDY | {
        "seed_cones": {"families": {"random": {"seeds": 9}, "trained": {"run": "vit"}}}
    }
    origin = findings(Results(tmp_path, tables), END, study)[1]
    assert "99.98% [99.96%, 99.99%] (random, images)" in origin.found
    assert "(trained" not in origin.found


def test_trained_encoders_come_first(made_up):
    assert places_of(made_up, STUDY["encoders"]) == [END, START]


def test_a_table_that_is_no_input_is_not_read(made_up):
    with pytest.raises(ValueError, match="secret.parquet: not a table that the page may read"):
        made_up.read("secret.parquet")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.12345, "0.123"), (-0.5, "−0.500"), (-0.0001, "0.000"), (float("nan"), "–")],
)
def test_numbers_have_three_digits_and_a_minus(value, expected):
    assert plain(value) == expected


def test_changes_have_signs_and_intervals_where_known():
    assert with_interval(0.1, -0.2, 0.4, signed) == "+0.100 [−0.200, +0.400]"
    assert with_interval(0.1, float("nan"), float("nan")) == "0.100"
    assert signed(-0.0001) == "+0.000"
    assert (
        minus("by -0.1 [-0.2, +0.3], zero-shot vit-14") == "by −0.1 [−0.2, +0.3], zero-shot vit-14"
    )
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert not re.search("-", signed(-1))


def test_a_single_pair_has_the_cosine_of_an_image_and_a_text_alone(tmp_path, made_up):
    gap, cone = "gap/end/photos/test.parquet", "cone/end/photos/test/statistics.parquet"
    for table in (gap, cone):
        (tmp_path / table).parent.mkdir(parents=True)
    made_up.read(gap).to_parquet(tmp_path / gap)
    pd.DataFrame({"pairs": ["image_text"], "mean": [0.25]}).to_parquet(tmp_path / cone)
    study = {"encoders": {"end": {}}}
    origin = findings(Results(tmp_path, [gap, cone]), END, study)[1]
    assert (
        "with the weights as they are, by the mean cosine: of an image and a text 0.25 (0"
        in origin.found
    )
