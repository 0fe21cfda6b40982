"""Charts: their rows are those of the tables."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
import vl_convert
from made_up_results import HOSTILE, N, figures
from PIL import Image

from modality_gap.data.embeddings import sample_pairs
from modality_gap.page.build import embedded_json
from modality_gap.page.charts import CHARTS, broken, charts, specifications, with_choice
from modality_gap.page.pictures import Pictures
from modality_gap.page.results import Place, Results


@pytest.fixture
def pictures(made_up):
    return Pictures(made_up, 30, 0, ["photos"])


@pytest.fixture
def drawn(made_up, pictures):
    """The charts beside each figure of the study, by the caption's name."""
    return {
        figure["caption"]: charts(made_up, pictures, figure["caption"], figure["wildcards"])
        for figure in figures().values()
    }


def test_every_kind_of_chart_is_drawn_with_its_rows(drawn):
    specs = specifications()
    kinds = {one.kind for found in drawn.values() for one in found}
    assert kinds == set(specs)
    for found in drawn.values():
        for one in found[:1]:
            names = list(one.columns)
            rows = [
                dict(zip(names, row, strict=True))
                for row in zip(*one.columns.values(), strict=True)
            ]
            svg = vl_convert.vegalite_to_svg(
                specs[one.kind] | {"width": 400, "datasets": {"rows": rows}}
            )
            assert svg.count("<path") > 10
    assert {caption for caption, found in drawn.items() if found} == set(CHARTS)


def test_points_of_a_view_are_those_of_its_table(made_up, drawn):
    table = made_up.read("views/photos/test/pca.parquet")
    (chart,) = (one for one in drawn["view"] if one.choice == {"encoder": "end"})
    images = table[(table.encoder == "end") & (table.modality == "image")].sort_values("pair")
    assert chart.columns["image_x"] == pytest.approx(images.x.to_numpy(), rel=1e-3)
    assert chart.columns["item"] == list(range(30))


def test_a_point_has_the_picture_and_caption_of_its_pair(pictures, drawn):
    (own,) = pictures.sets.values()  # one set for both encoders
    rows = sample_pairs(N, 30, 0)
    expected = [f"caption {row}" if row < N - 1 else HOSTILE for row in rows]
    assert own["captions"] == expected
    first = Image.open(io.BytesIO(base64.b64decode(own["pictures"][0])))
    assert first.size == (56, 42)


def test_another_number_of_pairs_is_refused(made_up):
    with pytest.raises(
        ValueError, match=r"pairs.parquet: 20 pairs are its sample, expected the view's 30"
    ):
        Pictures(made_up, 20, 0, []).name(Place("end", "photos", "test"), 30)


def test_a_picture_that_is_gone_is_remarked(made_up, tmp_path):
    broken = made_up.read("corpora/photos/images.parquet").assign(image=b"no picture")
    (tmp_path / "corpora/photos").mkdir(parents=True)
    broken.to_parquet(tmp_path / "corpora/photos/images.parquet")
    found = Pictures(Results(tmp_path, ["corpora/photos/images.parquet"]), 30, 0, ["photos"])
    assert found.thumbnails("photos", ["photo 1"]) == []
    assert "views of photos show no pictures: image 'photo 1' does not decode" in found.remarks[0]


def test_the_landscapes_minimum_and_own_distance_are_marked(made_up, drawn):
    table = made_up.read("shift/end/photos/test.parquet")
    for one in drawn["shift_landscape"]:
        if one.choice["encoder"] != "end":
            continue
        scale = float(one.choice["temperature"].rpartition("/")[2])
        own = table[
            (table.temperature.sub(1 / scale).abs() < 1e-9) & (table.direction == "symmetric")
        ]
        least = one.columns["loss"][one.columns["least"].index(True)]
        assert least == pytest.approx(own.loss.min(), rel=1e-3)
        assert one.columns["from_own"][one.columns["own"].index(True)] == 0


def test_a_trained_encoder_is_shown_first(drawn):
    entries = {"start": {}, "end": {"initial": "start"}}
    shown = [(choice, chosen) for choice, _, chosen in with_choice(drawn["view"], entries)]
    assert [choice["encoder"] for choice, chosen in shown if chosen] == ["end"]


def test_json_in_a_page_ends_no_script():
    assert (
        embedded_json({"a": "</script><!--&"}) == '{"a":"\\u003c/script\\u003e\\u003c!--\\u0026"}'
    )
    with pytest.raises(ValueError, match="JSON"):
        embedded_json(float("nan"))


def test_a_line_is_broken_where_the_centres_pass_at_a_distance():
    rows = pd.DataFrame({"centre_distance": [0.4, 0.2, -0.2, -0.3], "shift": [0.0, 1, 2, 3]})
    rows = rows.assign(value=0.5, moved=["texts move"] * 4)
    found = broken(rows)
    assert found["shift"].tolist() == [0, 1, 1.5, 2, 3]
    assert np.isnan(found.value.iloc[2])
    near = rows.assign(centre_distance=[0.4, 0.1, -0.1, -0.3])
    assert len(broken(near)) == 4
    assert len(broken(rows.assign(moved=list("aabb")))) == 4
