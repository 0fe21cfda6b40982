"""Fairness of zero-shot classification while the images move along the gap."""

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import check_pair
from modality_gap.effects.moves import centre_distances, gap_direction, shift_grid
from modality_gap.effects.prompts import allowed_rows, check_labels
from modality_gap.measures.intervals import (
    CONFIDENCE,
    effective_number,
    mcnemar,
    number_of_units,
    paired_interval,
    wilson,
)

OWN = "own"  # the kind of the classes that name a group; every other kind is one of probes
ANY_PROBE = "any_probe"  # the papers' Sum
CORRECT = "correct"
ALL = "all"
ORIGINAL = "original"
CROSS, JOIN = " x ", ", "


def prompt_table(
    columns: list[str],
    prompts: dict[str, str | list[str]],
    probes: dict[str, dict[str, str | list[str]]],
) -> pd.DataFrame:
    """A row a prompt: columns class, kind, text; the groups' own classes first.

    columns: the image labels that own classes are named by. prompts: a text, or several that are
    averaged, by own class: the labels' values joined by `, `. probes: the same by kind and class.
    """
    for name in prompts:
        if len(name.split(JOIN)) != len(columns):
            raise ValueError(
                f"class {name!r}, expected a value for each of {JOIN.join(columns)}, joined by ', '"
            )
    if OWN in probes:
        raise ValueError(f"probes: a kind named {OWN!r}, expected another name")
    named = [(OWN, prompts), *probes.items()]
    names = [name for _, kind in named for name in kind]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"class {twice[0]!r} occurs twice, expected distinct names")
    rows = [
        (name, kind, text)
        for kind, classes in named
        for name, texts in classes.items()
        for text in ([texts] if isinstance(texts, str) else texts)
    ]
    return pd.DataFrame(rows, columns=["class", "kind", "text"])


def select_images(
    images: pd.DataFrame,
    where: dict[str, list[str]],
    groups: list[str],
    columns: list[str],
    classes: list[str],
) -> tuple[pd.DataFrame, list[str]]:
    """The images that have every label asked for and belong to one of the own classes; and notes.

    images: a row an image with its labels. where: the values allowed in some columns. groups:
    columns, crossed ones as `a x b`. Only the label columns are returned, under the same index. The
    notes say how many images are left out, and why.
    """
    used = list(dict.fromkeys([*columns, *(part for group in groups for part in parts_of(group))]))
    check_labels([*where, *used], images)
    asked = images.loc[allowed_rows(images, where), used]
    labels = asked.dropna().astype(str)
    notes = []
    if len(labels) < len(asked):
        notes.append(
            f"{len(asked) - len(labels):,} of {len(asked):,} images lack a label among "
            f"{JOIN.join(used)} and are left out"
        )
    own = group_names(labels, CROSS.join(columns))
    for name in classes:
        if not (own == name).any():
            raise ValueError(
                f"class {name!r}: no image has these labels, expected some of "
                f"{'; '.join(sorted(own.unique()))}"
            )
    others = own[~own.isin(classes)]
    if len(others):
        notes.append(
            f"{len(others):,} of {len(own):,} images belong to none of the classes "
            f"({'; '.join(sorted(others.unique())[:5])}) and are left out"
        )
    return labels[own.isin(classes)], notes


def study_groups(settings: dict) -> list[str]:
    """The group columns of a study, with those that its own classes are named by, crossed."""
    return list(dict.fromkeys([*settings["groups"], CROSS.join(settings["classes"]["columns"])]))


def study_shifts(settings: dict) -> list[float]:
    """Every shift of a study in ascending order: a grid or a list, the compared ones, and 0."""
    grid = settings.get("shifts", [])
    if isinstance(grid, dict):
        grid = shift_grid(**grid)
    compared = [entry["shift"] for entry in settings["compared"].values()]
    return sorted({float(np.round(shift, 9)) for shift in [0, *grid, *compared]})


def fairness_tables(
    images: np.ndarray,
    labels: pd.DataFrame,
    classes: np.ndarray,
    kinds: dict[str, str],
    reference: tuple[np.ndarray, np.ndarray],
    settings: dict,
    units: np.ndarray | None = None,
) -> dict[str, pd.DataFrame]:
    """The tables of a study: rates, gaps, confusion and changes.

    images, labels: the selected ones, n rows; classes: shape (c, d), in the order of `kinds`, the
    kind of each by name; reference: images and texts that the gap and its size are taken from.
    settings: a study's `groups`, `classes`, `shifts` and `compared`. Every table says with each
    shift the signed centre_distance, the comparison's name, and whether it is the best shift;
    changes also the original_distance, and what the comparison is said to exacerbate. units: which
    images are not independent, shape (n,); None: each is its own.
    """
    groups, columns = study_groups(settings), settings["classes"]["columns"]
    compared = {name: float(entry["shift"]) for name, entry in settings["compared"].items()}
    shifts, unit = study_shifts(settings), gap_direction(*reference).unit
    steps = np.array([(-shift, 0) for shift in shifts])
    distances = centre_distances(*reference, unit, steps).tolist()
    distances = dict(zip(shifts, distances, strict=True))
    predictions = moved_predictions(images, classes, unit, shifts)
    cells = count_predictions(predictions, shifts, labels, list(kinds))
    rates = outcome_rates(cells, groups, kinds, columns)
    if number_of_units(units, len(labels)) < len(labels):
        rates = rates_of_units(rates, predictions, shifts, labels, kinds, columns, units)
    tables = {
        "rates": rates,
        "gaps": largest_gaps(rates),
        "confusion": confusion(cells, groups, list(kinds)),
    }
    names = {0.0: ORIGINAL} | {shift: name for name, shift in compared.items()}
    for table in tables.values():
        table["comparison"] = table["shift"].map(names)
    changed = changes(predictions, shifts, compared, labels, groups, kinds, columns, units)
    said = {name: entry.get("exacerbates") for name, entry in settings["compared"].items()}
    changed["exacerbates"] = changed.comparison.map(said)
    changed["original_distance"] = distances[0.0]
    tables["changes"] = changed
    tables["confusion"]["kind"] = tables["confusion"].predicted.map(kinds)
    best = best_shift(rates)
    for name, table in tables.items():
        table["centre_distance"] = table["shift"].map(distances)
        table["best"] = table["shift"] == best
        if "group" in table:
            tables[name] = in_class_order(table, groups, columns, kinds)
    return tables


def in_class_order(
    table: pd.DataFrame, groups: list[str], columns: list[str], kinds: dict[str, str]
) -> pd.DataFrame:
    """A table by shift, then column, then group, both as a study lists them.

    Groups that no own class names follow by the number that they begin with, as ages do.
    """
    own = [name for name, kind in kinds.items() if kind == OWN]
    order = {(CROSS.join(columns), name): rank for rank, name in enumerate(own)}
    for place, column in enumerate(columns):
        values = dict.fromkeys(name.split(JOIN)[place] for name in own)
        order |= {(column, value): rank for rank, value in enumerate(values)}
    numbers = table.group.str.extract(r"^(\d+)")[0].astype(float).fillna(np.inf) + len(order)
    keys = zip(table.column, table.group, numbers, strict=True)
    ranks = [order.get((column, group), number) for column, group, number in keys]
    places = table.column.map({column: place for place, column in enumerate([ALL, *groups])})
    return table.iloc[np.lexsort([ranks, places, table["shift"]])].reset_index(drop=True)


def parts_of(group: str) -> list[str]:
    """The columns of a group, one or several that are crossed."""
    return group.split(CROSS)


def group_names(labels: pd.DataFrame, group: str) -> pd.Series:
    """The group of each row, values of crossed columns joined by `, `."""
    if group == ALL:
        return pd.Series(ALL, labels.index)
    first, *others = (labels[part] for part in parts_of(group))
    return first.str.cat(others, sep=JOIN) if others else first


def moved_predictions(
    images: np.ndarray, classes: np.ndarray, unit: np.ndarray, shifts: list[float]
) -> np.ndarray:
    """The most similar class of every image after each shift, shape (shifts, n).

    Only images move: normalize(x − δ·u) (liang2022, Sec. 5.2; their code, as the text leaves it
    open). The length of a moved image is the same for all classes, so that x·y − δ·u·y ranks them.
    images, classes: shape (n, d) and (c, d), rows of unit length; unit: shape (d,), of unit length.
    """
    check_pair(images, classes)
    similarity = images.astype(np.float64) @ classes.T
    along = classes @ unit
    return np.stack([np.argmax(similarity - shift * along, axis=1) for shift in shifts])


def count_predictions(
    predictions: np.ndarray, shifts: list[float], labels: pd.DataFrame, classes: list[str]
) -> pd.DataFrame:
    """How many images of each combination of labels are given each class, after each shift.

    predictions: rows of `classes`, shape (shifts, n); labels: n rows. Returns columns shift, those
    of the labels, predicted, count; what never occurs has no row.
    """
    combinations = labels.groupby(list(labels), sort=True)
    code, names = combinations.ngroup().to_numpy(), combinations.size().index.to_frame(index=False)
    tables = []
    for shift, predicted in zip(shifts, predictions, strict=True):
        counts = np.bincount(code * len(classes) + predicted, minlength=len(names) * len(classes))
        cells = np.flatnonzero(counts)
        table = names.iloc[cells // len(classes)].reset_index(drop=True)
        table.insert(0, "shift", shift)
        table["predicted"] = np.array(classes, dtype=object)[cells % len(classes)]
        table["count"] = counts[cells]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def confusion(cells: pd.DataFrame, groups: list[str], classes: list[str]) -> pd.DataFrame:
    """Columns shift, column, group, predicted, count: the confusion tables of every group column.

    cells: of `count_predictions`, or published counts in the same columns. Zeros have a row too.
    """
    tables = []
    for column in groups:
        table = cells.assign(group=group_names(cells, column)).pivot_table(
            index=["shift", "group"], columns="predicted", values="count", aggfunc="sum"
        )
        table = table.reindex(columns=classes).fillna(0).astype(int)
        table = table.rename_axis(columns="predicted").stack().rename("count").reset_index()
        table.insert(1, "column", column)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def outcomes(table: pd.DataFrame, kinds: dict[str, str], columns: list[str]) -> pd.DataFrame:
    """Which outcomes each row is, one boolean column each.

    table: columns predicted and the labels. kinds: the kind of each class. columns: the labels
    that own classes are named by. Outcomes: every probe kind; `any_probe`; `correct`, the image's
    own class; and, where classes are named by several labels, `correct_<label>` for each alone.
    """
    kind = table.predicted.map(kinds)
    if kind.isna().any():
        raise ValueError(f"predicted class {table.predicted[kind.isna()].iloc[0]!r} has no kind")
    found = {name: kind == name for name in dict.fromkeys(kinds.values()) if name != OWN}
    if found:
        found[ANY_PROBE] = kind != OWN
    own = {name: name.split(JOIN) for name in kinds if kinds[name] == OWN}
    single = {}
    for place, column in enumerate(columns):
        value = table.predicted.map({name: parts[place] for name, parts in own.items()})
        single[f"{CORRECT}_{column}"] = value == table[column]
    found[CORRECT] = np.logical_and.reduce(list(single.values()))
    if len(columns) > 1:
        found |= single
    return pd.DataFrame(found, index=table.index)


def outcome_rates(
    cells: pd.DataFrame, groups: list[str], kinds: dict[str, str], columns: list[str]
) -> pd.DataFrame:
    """Share of each group's images with each outcome, and its 95% Wilson interval.

    cells: as `confusion` takes them. Returns columns shift, column, group, kind, count, images,
    units (independent ones), effective (of `intervals.effective_number`), rate, low, high, of all images
    together (column and group `all`) and of every group, as if each image were independent.
    """
    weighted = outcomes(cells, kinds, columns).mul(cells["count"], axis=0)
    tables = []
    for column in [ALL, *groups]:
        keyed = weighted.assign(
            shift=cells["shift"], group=group_names(cells, column), images=cells["count"]
        )
        sums = keyed.groupby(["shift", "group"]).sum().reset_index()
        table = sums.melt(["shift", "group", "images"], var_name="kind", value_name="count")
        table.insert(1, "column", column)
        tables.append(table)
    rates = pd.concat(tables, ignore_index=True)
    rates["rate"] = rates["count"] / rates.images
    rates["units"], rates["effective"] = rates.images, rates.images.astype(float)
    rates["low"], rates["high"] = wilson(rates["count"].to_numpy(), rates.images.to_numpy())
    order = ["shift", "column", "group", "kind", "count", "images", "units", "effective", "rate"]
    return rates[[*order, "low", "high"]]


def rates_of_units(
    rates: pd.DataFrame,
    predictions: np.ndarray,
    shifts: list[float],
    labels: pd.DataFrame,
    kinds: dict[str, str],
    columns: list[str],
    units: np.ndarray,
) -> pd.DataFrame:
    """`outcome_rates` with intervals that count units: columns units, effective, low, high.

    rates: of `outcome_rates`; predictions, shifts: of `moved_predictions`; labels: n rows; units: of
    each image, shape (n,).
    """
    names = np.array(list(kinds), dtype=object)
    found = {
        shift: outcomes(labels.assign(predicted=names[predicted]), kinds, columns)
        for shift, predicted in zip(shifts, predictions, strict=True)
    }
    members = {
        (column, group): (group_names(labels, column) == group).to_numpy()
        for column, group in rates[["column", "group"]].drop_duplicates().itertuples(index=False)
    }
    rows = [(found[row["shift"]][row.kind], members[row.column, row.group]) for row in rates.iloc]
    rates = rates.assign(
        units=[number_of_units(units[own], own.sum()) for _, own in rows],
        effective=[effective_number(values[own], units[own]) for values, own in rows],
    )
    low, high = wilson((rates.rate * rates.effective).to_numpy(), rates.effective.to_numpy())
    return rates.assign(low=low, high=high)


def best_shift(rates: pd.DataFrame) -> float:
    """The shift with the most correct images; of several, the smallest one.

    Chosen on the images that it is measured on, and so optimistic.
    """
    accuracy = rates[(rates.column == ALL) & (rates.kind == CORRECT)]
    best = accuracy[accuracy["count"] == accuracy["count"].max()]["shift"]
    return float(best.loc[best.abs().idxmin()])


def largest_gaps(rates: pd.DataFrame) -> pd.DataFrame:
    """Highest less lowest rate among the groups of a column, with a 95% interval.

    rates: of `outcome_rates`. Returns columns shift, column, kind, difference, low, high, highest,
    lowest (the groups; the first in order where several are). See `range_interval`; of images that
    are not independent, it takes `effective` ones, and groups as if they had no unit in common.
    """
    rows = []
    compared = rates[rates.column != ALL]
    for key, table in compared.groupby(["shift", "column", "kind"], sort=False):
        high, low = table.loc[table.rate.idxmax()], table.loc[table.rate.idxmin()]
        number = table.effective.to_numpy()
        limits = range_interval(table.rate.to_numpy() * number, number)
        rows.append((*key, high.rate - low.rate, *limits, high.group, low.group))
    names = ["shift", "column", "kind", "difference", "low", "high", "highest", "lowest"]
    return pd.DataFrame(rows, columns=names)


def changes(
    predictions: np.ndarray,
    shifts: list[float],
    compared: dict[str, float],
    labels: pd.DataFrame,
    groups: list[str],
    kinds: dict[str, str],
    columns: list[str],
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """What each compared shift changes, image by image, against the embeddings as they are.

    predictions: of `moved_predictions`; shifts: theirs, with 0 and the compared ones among them.
    units: which images are not independent, shape (n,); None: each is its own.
    Returns columns comparison, shift, column, group, kind, images, units (independent ones), gained and
    lost (images that have the outcome only after, only before the shift), before and after (rates),
    difference, its 95% interval for paired shares low and high, and p of `intervals.mcnemar`.
    """
    names = np.array(list(kinds), dtype=object)

    def outcomes_at(shift: float) -> pd.DataFrame:
        predicted = names[predictions[list(shifts).index(shift)]]
        return outcomes(labels.assign(predicted=predicted), kinds, columns)

    before = outcomes_at(0.0)
    tables = []
    for comparison, shift in compared.items():
        after = outcomes_at(shift)
        for column in [ALL, *groups]:
            group = group_names(labels, column)
            parts = {
                "gained": after & ~before,
                "lost": before & ~after,
                "before": before,
                "after": after,
            }
            sums = {
                part: table.groupby(group).sum().rename_axis("group").stack()
                for part, table in parts.items()
            }
            table = pd.DataFrame(sums).rename_axis(["group", "kind"]).reset_index()
            table.insert(2, "images", table.group.map(group.value_counts()))
            table = table.join(tests_of_units(after.astype(int) - before, table, group, units))
            identity = {"comparison": comparison, "shift": shift, "column": column}
            tables.append(pd.DataFrame(identity, index=table.index).join(table))
    table = pd.concat(tables, ignore_index=True)
    table["before"], table["after"] = table.before / table.images, table.after / table.images
    gained, lost, n = (table[name].to_numpy() for name in ("gained", "lost", "images"))
    table["difference"] = (gained - lost) / n
    number = table.pop("effective").to_numpy()
    table["low"], table["high"] = paired_interval(gained * number / n, lost * number / n, number)
    table["p"] = table.pop("p")
    return table


def tests_of_units(
    changed: pd.DataFrame, rows: pd.DataFrame, group: pd.Series, units: np.ndarray | None
) -> pd.DataFrame:
    """Columns units, effective (of `intervals.effective_number`) and p (of `intervals.mcnemar`).

    changed: 1 of an image that gains an outcome, −1 of one that loses it, else 0, a column an outcome;
    rows: the group and kind of each row that is returned; group: of each image; units: of each or None.
    """
    found = []
    for name, kind in rows[["group", "kind"]].itertuples(index=False):
        here = (group == name).to_numpy()
        own, values = None if units is None else units[here], changed[kind].to_numpy()[here]
        found.append(
            (number_of_units(own, len(values)), effective_number(values, own), mcnemar(values, own))
        )
    return pd.DataFrame(found, index=rows.index, columns=["units", "effective", "p"])


def range_interval(count: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Interval of the largest difference between k independent shares count/n, at least 95%.

    Newcombe's hybrid score interval (1998, method 10) of every pair, at a level that holds for all
    pairs at once (Bonferroni): the largest difference lies between the greatest lower and the
    greatest upper limit. It allows for having picked the extremes, as an interval of the picked
    pair alone would not, and stays honest for counts of 0, where a bootstrap has no spread.
    """
    pairs = len(n) * (len(n) - 1) / 2
    if pairs == 0:
        return 0.0, 0.0
    share = count / n
    low, high = wilson(count, n, 1 - (1 - CONFIDENCE) / pairs)
    difference = share[:, None] - share
    lower = difference - np.hypot((share - low)[:, None], high - share)
    upper = difference + np.hypot((high - share)[:, None], share - low)
    other = ~np.eye(len(n), dtype=bool)
    # NaN, where a group is a single unit, stays NaN.
    return float(np.maximum(0, lower[other].max())), float(np.minimum(1, upper[other].max()))
