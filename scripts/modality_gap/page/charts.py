"""Charts that say a value under the pointer: specifications of Vega-Lite, and the data of each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from modality_gap.page.pictures import Pictures
from modality_gap.page.results import Place, Results, readable
from modality_gap.plots.moved_gap import JUMP, MOVED_COLOURS, MOVED_NAMES, distance
from modality_gap.plots.style import BLUE, GREY, MODALITY_COLOURS, ORANGE
from modality_gap.words import spoken

DIGITS = 4
ROWS = alt.NamedData("rows")
THRESHOLD_LINES = "#222222"


class Chart(NamedTuple):
    """One chart: what chooses it, which specification draws it, and its rows by column.

    pictures: the name of the pictures that its column `item` counts, or None; square: whether both
    axes have one scale.
    """

    choice: dict[str, str]
    kind: str
    columns: dict[str, list]
    pictures: str | None = None


def columns_of(table: pd.DataFrame) -> dict[str, list]:
    """A table by column, numbers rounded to what a screen tells apart; None for no number."""
    found = {}
    for name in table:
        values = table[name]
        if pd.api.types.is_float_dtype(values):
            rounded = [float(f"{value:.{DIGITS}g}") for value in values]
            found[name] = [None if np.isnan(value) else value for value in rounded]
        else:
            found[name] = values.tolist()
    return found


def specifications() -> dict[str, dict]:
    """Every kind of chart, without its rows, as Vega-Lite; its words as the study says them."""
    kinds = {"view": view(), "landscape": landscape(), "tradeoff": tradeoff(), "moved": moved()}
    return {name: spoken_chart(chart.to_dict(validate=True)) for name, chart in kinds.items()}


def spoken_chart(part):
    """A specification with its titles as the study says them."""
    if isinstance(part, dict):
        return {
            key: spoken(value) if key == "title" and isinstance(value, str) else spoken_chart(value)
            for key, value in part.items()
        }
    return [spoken_chart(one) for one in part] if isinstance(part, list) else part


def styled(chart: alt.Chart | alt.LayerChart) -> alt.Chart | alt.LayerChart:
    """As wide as its place, in the page's letters."""
    return (
        chart.properties(width="container", height=300, background="white")
        .configure_view(stroke=None)
        .configure_axis(
            gridColor="#eeeeee",
            domainColor="#999999",
            tickColor="#999999",
            labelColor="#444444",
            titleColor="#222222",
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=13,
        )
        .configure_legend(
            orient="top",
            title=None,
            labelFontSize=13,
            symbolStrokeWidth=3,
            symbolOpacity=1,
            symbolType="stroke",
        )
    )


def view() -> alt.LayerChart:
    """Pairs in a plane: a dot an image, one a text, and a line between them."""
    axis = alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=None)
    scale = alt.Scale(zero=False, nice=False, padding=12)
    base = alt.Chart(ROWS)
    lines = base.mark_rule(color="#999999", opacity=0.3, strokeWidth=0.5).encode(
        x=alt.X("image_x:Q", axis=axis, scale=scale),
        y=alt.Y("image_y:Q", axis=axis, scale=scale),
        x2="text_x:Q",
        y2="text_y:Q",
    )
    dots = [
        base.mark_circle(color=MODALITY_COLOURS[side], size=36, opacity=0.8).encode(
            x=alt.X(f"{side}_x:Q", axis=axis, scale=scale),
            y=alt.Y(f"{side}_y:Q", axis=axis, scale=scale),
            tooltip=[alt.Tooltip("item:Q")],
        )
        for side in ("image", "text")
    ]
    return styled(alt.layer(lines, *dots)).properties(usermeta={"square": True})


def landscape() -> alt.LayerChart:
    """The loss against the distance of the centres, its minimum, and the model's own distance."""
    base = alt.Chart(ROWS)
    x = alt.X("centre_distance:Q", title="signed distance between the centres of images and texts")
    names = ["image→text", "text→image", "mean of both"]
    colour = alt.Color(
        "direction:N", scale=alt.Scale(domain=names, range=[BLUE, ORANGE, "#222222"])
    )
    told = [
        alt.Tooltip("direction:N"),
        alt.Tooltip("centre_distance:Q", title="distance of centres"),
        alt.Tooltip("loss:Q", title="loss (nats)"),
        alt.Tooltip("from_own:Q", title="moved by"),
    ]
    y = alt.Y("loss:Q", title="contrastive loss (nats)", scale=alt.Scale(zero=False))
    own = base.transform_filter("datum.own").mark_rule(color=GREY, strokeDash=[5, 4]).encode(x=x)
    line = base.mark_line().encode(x=x, y=y, color=colour)
    best = (
        base.transform_filter("datum.least")
        .mark_point(filled=True, size=90)
        .encode(x=x, y=y, color=colour, opacity=alt.value(1), tooltip=told)
    )
    touched = base.mark_point(size=120, filled=True).encode(
        x=x, y=y, color=colour, opacity=alt.value(0.001), tooltip=told
    )
    return styled(alt.layer(own, line, best, touched))


def tradeoff() -> alt.LayerChart:
    """What each threshold gains in robustness, by noise, and loses in accuracy."""
    base = alt.Chart(ROWS)
    x = alt.X("threshold:O", title="threshold ε", axis=alt.Axis(labelAngle=0))
    y = alt.Y("change:Q", title="change from the model as it is")
    colour = alt.Color("what:N", scale=alt.Scale(scheme="viridis"), sort=None)
    told = [
        alt.Tooltip("what:N", title="line"),
        alt.Tooltip("threshold:O"),
        alt.Tooltip("change:Q"),
        alt.Tooltip("low:Q", title="95% from"),
        alt.Tooltip("high:Q", title="to"),
    ]
    band = base.mark_area(opacity=0.15).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour)
    line = base.mark_line(point=alt.OverlayMarkDef(size=60, filled=True)).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=told,
        strokeDash=alt.condition(
            "datum.what == 'loss of accuracy'", alt.value([6, 4]), alt.value([1, 0])
        ),
    )
    return styled(alt.layer(band, line))


def moved() -> alt.LayerChart:
    """Recall or accuracy against the distance of the centres, a line a way to move."""
    base = alt.Chart(ROWS)
    x = alt.X("centre_distance:Q", title="signed distance between the centres")
    names = list(MOVED_NAMES.values())
    colour = alt.Color("moved:N", scale=alt.Scale(domain=names, range=list(MOVED_COLOURS.values())))
    y = alt.Y("value:Q", title="share that is right", scale=alt.Scale(zero=False))
    told = [
        alt.Tooltip("moved:N"),
        alt.Tooltip("centre_distance:Q", title="distance of centres"),
        alt.Tooltip("value:Q", title="share that is right"),
        alt.Tooltip("shift:Q", title="moved by"),
    ]
    own = (
        base.transform_filter("datum.shift == 0")
        .mark_rule(color=GREY, strokeDash=[5, 4])
        .encode(x=x)
    )
    line = base.mark_line().encode(x=x, y=y, color=colour, order="shift:Q")
    touched = base.mark_point(size=120, filled=True).encode(
        x=x, y=y, color=colour, opacity=alt.value(0.001), tooltip=told
    )
    return styled(alt.layer(own, line, touched))


def view_charts(results: Results, pictures: Pictures, place: dict[str, str]) -> Iterator[Chart]:
    """A chart an encoder of one picture of a split."""
    path = "views/{corpus}/{split}/{method}.parquet".format(**place)
    table = results.read(path)
    if table.empty:
        return
    for encoder, points in table.groupby("encoder", sort=False):
        images, texts = (
            points[points.modality == side].sort_values("pair") for side in ("image", "text")
        )
        name, items = pictures.name(Place(encoder, place["corpus"], place["split"]), len(images))
        rows = pd.DataFrame(
            {
                "image_x": images.x.to_numpy(),
                "image_y": images.y.to_numpy(),
                "text_x": texts.x.to_numpy(),
                "text_y": texts.y.to_numpy(),
                "item": items,
            }
        )
        yield Chart({"encoder": encoder}, "view", columns_of(rows), name)


def landscape_charts(
    results: Results, pictures: Pictures, place: dict[str, str]
) -> Iterator[Chart]:
    """A chart an encoder and temperature of one split."""
    pattern = f"shift/{{encoder}}/{place['corpus']}/{place['split']}.parquet"
    names = {
        "image_to_text": "image→text",
        "text_to_image": "text→image",
        "symmetric": "mean of both",
    }
    for (encoder,), path in results.matching(pattern).items():
        table = results.read(path)
        if table.empty:
            continue
        table = table[table.scope == place["scope"]]
        for temperature, own in table.groupby("temperature", sort=True):
            own = own.sort_values(["direction", "centre_distance"])
            both = own.direction == "symmetric"
            rows = own[["centre_distance", "loss"]].assign(
                direction=own.direction.map(names),
                from_own=own["shift"],
                own=both & (own["shift"].abs() == own["shift"].abs().min()),
                least=both & (own.loss == own.loss[both].min()),
            )
            choice = {"encoder": encoder, "temperature": f"τ = 1/{1 / temperature:g}"}
            yield Chart(choice, "landscape", columns_of(rows))


def tradeoff_charts(results: Results, pictures: Pictures, place: dict[str, str]) -> Iterator[Chart]:
    """A chart a reading of the threshold and a task."""
    path = "robustness/{encoder}/{corpus}/{split}/tradeoff.parquet".format(**place)
    table = results.read(path)
    if table.empty:
        return
    for (reading, task), own in table.groupby(["reading", "task"], sort=False):
        gains = own.assign(what=[f"gain, σ = {value:g}" for value in own.deviation])
        one = own[own.deviation == own.deviation.iloc[0]]
        lost = one.assign(
            what="loss of accuracy",
            change=-one.accuracy_change,
            change_low=np.nan,
            change_high=np.nan,
        )
        rows = pd.concat([gains, lost])[
            ["what", "threshold", "change", "change_low", "change_high"]
        ]
        rows = rows.rename(columns={"change_low": "low", "change_high": "high"})
        yield Chart({"task": task, "threshold": reading}, "tradeoff", columns_of(rows))


def moved_charts(results: Results, tables: dict, keys: dict[str, str]) -> Iterator[Chart]:
    """A chart for each combination of some columns of tables of curves; keys: column by its name."""
    for path in tables.values():
        table = results.read(path)
        if table.empty:
            continue
        for values, own in table.groupby(list(keys.values()), sort=False):
            rows = pd.DataFrame(
                {
                    "centre_distance": distance(own),
                    "value": own.value,
                    "shift": own["shift"],
                    "moved": own.moved.map(MOVED_NAMES),
                }
            )
            choice = dict(zip(keys, map(str, values), strict=True))
            yield Chart(choice, "moved", columns_of(broken(rows.sort_values(["moved", "shift"]))))


def broken(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines without a piece where the centres pass each other at a distance: nothing was measured there."""
    after = rows.centre_distance
    before, same = after.shift(), rows.moved == rows.moved.shift()
    jumps = same & (np.sign(after) != np.sign(before)) & ((after - before).abs() > JUMP)
    gaps = rows[jumps].assign(
        value=np.nan, shift=(rows["shift"] + rows["shift"].shift())[jumps] / 2
    )
    return pd.concat([rows, gaps]).sort_values(["moved", "shift"])


def recall_charts(results: Results, pictures: Pictures, place: dict[str, str]) -> Iterator[Chart]:
    """A chart for each direction and k of each encoder and split, while the gap moves."""
    tables = results.matching("shifted_recall/{encoder}/{corpus}/{split}/curves.parquet")
    names = ("encoder", "corpus", "split", "direction", "metric")
    return moved_charts(results, tables, dict(zip(names, names, strict=True)))


def accuracy_charts(results: Results, pictures: Pictures, place: dict[str, str]) -> Iterator[Chart]:
    """A chart for each task, metric and direction of each encoder and split, while the gap moves."""
    tables = results.matching("zero_shot/{encoder}/{corpus}/{split}/curves.parquet")
    keys = {name: name for name in ("encoder", "corpus", "split", "task", "metric")}
    return moved_charts(results, tables, keys | {"moved along the gap of": "direction"})


# By the caption of the figure beside which they stand.
CHARTS: dict[str, Callable[[Results, Pictures, dict[str, str]], Iterator[Chart]]] = {
    "view": view_charts,
    "shift_landscape": landscape_charts,
    "threshold_tradeoff": tradeoff_charts,
    "shifted_recall": recall_charts,
    "zero_shot": accuracy_charts,
}


def charts(
    results: Results, pictures: Pictures, caption: str, place: dict[str, str]
) -> list[Chart]:
    """The charts beside one figure, whose wildcards are `place`; none for most."""
    draw = CHARTS.get(caption)
    return [] if draw is None else list(draw(results, pictures, place))


def with_choice(found: list[Chart], entries: dict[str, dict]) -> list[tuple[dict, Chart, bool]]:
    """Charts, what chooses each, and which is shown first: that of an encoder that was trained.

    entries: the study's encoders, by name.
    """
    trained = [bool(entries.get(one.choice.get("encoder"), {}).get("initial")) for one in found]
    first = trained.index(True) if True in trained else 0
    return [
        ({key: readable(value) for key, value in one.choice.items()}, one, number == first)
        for number, one in enumerate(found)
    ]
