"""Made-up tables, arrays, studies and webdatasets: each is read as a plain reading of the same bytes
has it, or refused in one line that names it.

The readings that are compared with are a few lines each of the standard library. The last tests
take fixes out again: the same examples find them.
"""

import collections
import csv
import io
import itertools
import re
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from modality_gap.data import precomputed
from modality_gap.data.corpora import table as table_module
from modality_gap.data.corpora.shards import Shard, read_parts
from modality_gap.data.corpora.table import read_table
from modality_gap.data.corpora.webdataset import read_webdataset
from modality_gap.data.embeddings import normalize
from modality_gap.data.precomputed import distinct_items, read_precomputed
from modality_gap.measures.retrieval import recall_at_k
from modality_gap.study import keys_of_other_types
from modality_gap.study.errors import check_file

bounded = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

NASTY = [
    "NA",
    "None",
    "null",
    "nan",
    "no",
    "True",
    "007",
    "3",
    "3.0",
    "1e3",
    "",
    " ",
    "-",
    "é",
    "猫",
]
NASTY += ["a,b", 'say "x"', "two\nlines", "a;b", "#", "{}", "[1]", "a  b", "x", "y"]
PICTURES = ("a.png", "b.png", "./a.png", "c.png")


@pytest.fixture(scope="module", autouse=True)
def folder():
    """A folder with three pictures, in which examples are written."""
    with tempfile.TemporaryDirectory() as place:
        global HERE
        HERE = Path(place)
        for name in ("a", "b", "c"):
            Image.new("RGB", (2, 2), "red").save(HERE / f"{name}.png")
        yield HERE


def outcome(read, *arguments):
    """What a reader gives, or the error in one line; nothing else may be raised."""
    try:
        return read(*arguments)
    except (ValueError, FileNotFoundError) as error:
        told = str(error)
    assert "\n" not in told
    return told


# Tables


rows = st.lists(
    st.fixed_dictionaries(
        {"image": st.sampled_from(PICTURES), "caption": st.sampled_from(NASTY)},
        optional={"label": st.sampled_from(NASTY), "split": st.sampled_from(["x", "0", "no", ""])},
    ),
    min_size=1,
    max_size=6,
)


def same_keys(rows: list[dict]) -> list[dict]:
    """Rows with the columns of the first one."""
    return [{key: row.get(key, "x") for key in rows[0]} for row in rows]


def plain_table(rows: list[dict]) -> dict | None:
    """What a table says, read row by row; None where it contradicts itself or lacks something."""
    images, captions = {}, []
    for row in rows:
        if not row["caption"].strip() or row.get("split") == "":
            return None
        name = row["image"].removeprefix("./")
        first = images.setdefault(name, row)
        if first.get("split") != row.get("split"):
            return None
        if (name, row["caption"]) not in captions:
            captions.append((name, row["caption"]))
    labels = {name: row.get("label") or None for name, row in images.items()}
    differ = any(
        (row.get("label") or None) != labels[row["image"].removeprefix("./")] for row in rows
    )
    return {"captions": captions, "labels": None if differ else labels}


def check_table(corpus, rows: list[dict]) -> None:
    """A corpus is what `plain_table` reads, or an error where that has nothing."""
    expected = plain_table(rows)
    if expected is None or isinstance(corpus, str):
        assert expected is None, corpus
        assert isinstance(corpus, str)
        assert "mine." in corpus
        assert re.search(r"row \d", corpus)
        return
    names = {key: key.removeprefix("./") for key in corpus.images.image_id}
    found = [
        (names[image], text) for image, text in corpus.captions[["image_id", "text"]].to_numpy()
    ]
    assert found == expected["captions"]
    if "label" in rows[0]:
        assert ("label" in corpus.images) == (expected["labels"] is not None)
    if "label" in corpus.images:
        labels = [None if pd.isna(label) else label for label in corpus.images.label]
        assert (
            dict(zip(map(names.get, corpus.images.image_id), labels, strict=True))
            == (expected["labels"])
        )


@bounded
@given(rows, st.sampled_from(["utf-8", "utf-8-sig"]), st.sampled_from([",", "\t"]),
       st.sampled_from(["\n", "\r\n"]))  # fmt: skip
def test_tables_of_text(rows, encoding, delimiter, end):
    rows, text = same_keys(rows), io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    file = HERE / ("mine.csv" if delimiter == "," else "mine.tsv")
    file.write_bytes(text.getvalue().encode(encoding))
    check_table(outcome(read_table, file), rows)


@bounded
@given(rows, st.booleans())
def test_tables_in_parquet(rows, as_lists):
    rows = same_keys(rows)
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    if as_lists:
        columns["caption"] = pa.array([[row["caption"]] for row in rows])
    pq.write_table(pa.table(columns), HERE / "mine.parquet")
    check_table(outcome(read_table, HERE / "mine.parquet"), rows)


@bounded
@given(st.text(alphabet=',;\t"\n ab', max_size=40), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_any_text_is_a_table_or_an_error(text, encoding):
    """Whatever follows the header: no row is lost, no cell is moved to another column."""
    content = f"image,caption\na.png,x\n{text}"
    (HERE / "mine.csv").write_bytes(content.encode(encoding))
    found = outcome(read_table, HERE / "mine.csv")
    if isinstance(found, str):
        assert found.startswith(f"{HERE}/mine.csv: ")
        return
    assert encoding != "utf-16"
    plain = [row for row in csv.reader(io.StringIO(content, newline="")) if row][1:]
    assert {len(row) for row in plain} == {2}
    distinct = list(dict.fromkeys((Path(image).name, caption) for image, caption in plain))
    assert [
        (Path(i).name, t) for i, t in found.captions[["image_id", "text"]].to_numpy()
    ] == distinct


# Arrays


@st.composite
def arrays(draw):
    """Images and texts as a user brings them: few distinct rows, any kind of numbers, odd values."""
    n, d = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 9)))
    kind = draw(st.sampled_from(["f4", "f4", "f4", "f2", ">f8", "i1", "u1", "?", "c8"]))
    sides = []
    for _ in range(2):
        distinct = random.normal(size=(n, d)) + 2
        side = distinct[draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n))]
        value = draw(st.sampled_from([None, None, None, None, np.nan, np.inf, 0.0]))
        if value is not None:
            side[draw(st.integers(0, n - 1))] = value
        with np.errstate(invalid="ignore"):
            sides.append(side.astype(kind))
    if draw(st.integers(0, 9)) == 0:
        sides[1] = sides[1][:, : d - 1] if d > 1 else sides[1][: n - 1]
    return sides


def plain_recall(images: np.ndarray, texts: np.ndarray) -> float:
    """Recall@1 of images among distinct texts, each order of a tie alike, by counting."""
    distinct = list(dict.fromkeys(map(tuple, texts.tolist())))
    own = collections.defaultdict(set)
    for image, text in zip(images.tolist(), texts.tolist(), strict=True):
        own[tuple(image)].add(distinct.index(tuple(text)))
    unit = normalize(np.array(distinct, np.float64))
    shares = []
    for image, right in own.items():
        cosines = np.round(unit @ normalize(np.array([image], np.float64))[0], 6)
        best = set(np.flatnonzero(cosines == cosines.max()))
        shares.append(len(best & right) / len(best))
    return float(np.mean(shares))


@bounded
@given(arrays(), st.sampled_from(["npz", "two npy"]))
def test_arrays(sides, form):
    images, texts = sides
    if form == "npz":
        np.savez(HERE / "mine.npz", images=images, texts=texts)
        files = [HERE / "mine.npz"]
    else:
        files = [HERE / "mine1.npy", HERE / "mine2.npy"]
        for file, side in zip(files, sides, strict=True):
            np.save(file, side)
    usable = images.shape == texts.shape and images.dtype.kind == "f"
    for side in sides if usable else []:
        finite = np.isfinite(side.astype(np.float64)).all()
        usable &= bool(finite and (side != 0).any(axis=1).all())
    found = outcome(read_precomputed, files)
    assert isinstance(found, str) != usable, found
    if not usable:
        assert "mine" in found
        return
    for side, read in zip(sides, found, strict=True):
        np.testing.assert_array_equal(read, side.astype(np.float32))
    (distinct_images, own_image), (distinct_texts, own_text) = map(distinct_items, found)
    pairs = np.column_stack([own_image, own_text])
    recall = recall_at_k(normalize(distinct_images), normalize(distinct_texts), pairs, [1])
    assert recall["image_to_text", 1] == pytest.approx(plain_recall(*found), abs=1e-6)


# Studies


@bounded
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["no", "yes", "on", "007", "1:20", "1.5", "null", "~", "cat", "None"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_keys_of_studies(keys):
    lines = [f'"{key}": x' if quoted else f"{key}: x" for key, quoted in keys]
    text = "\n".join(["prompts:", *(f"  {line}" for line in lines)])
    (HERE / "study.yaml").write_text(text)
    twice = outcome(check_file, HERE / "study.yaml")
    other = list(keys_of_other_types(yaml.safe_load(text)))
    meant = [key for key, _ in keys]
    if len(set(meant)) < len(meant):
        assert f"{HERE}/study.yaml: line " in twice
        return
    assert twice is None
    as_text = yaml.load(text, Loader=yaml.BaseLoader)["prompts"]
    retyped = [key for key, quoted in keys if not quoted and key not in ("cat", "None")]
    assert len(other) == len(retyped)
    if not retyped:
        assert yaml.safe_load(text)["prompts"] == as_text == dict.fromkeys(meant, "x")
    assert all("prompts: a key is read as" in line for line in other)


# Webdatasets


parts = st.lists(
    st.sampled_from(["png", "jpg", "JPG", "cls", "cls", "json", "bmp", "npy", "txt"]),
    min_size=1,
    max_size=3,
)


@bounded
@given(
    st.lists(parts, min_size=1, max_size=3),
    st.sampled_from(["0", "1", "2", "-1", "1.0", "", " 1\r\n", "\ufeff1", "one", "0 1"]),
    st.sampled_from(["s{}", "d/s{}", "./s{}", "._s{}", "s{}.x"]),
)
def test_webdatasets(samples, label, key):
    content = io.BytesIO()
    Image.new("RGB", (2, 2)).save(content, "PNG")
    data = HERE / "wds"
    (data / "test").mkdir(parents=True, exist_ok=True)
    (data / "test/nshards.txt").write_text("1\n")
    (data / "classnames.txt").write_text("cat\ndog\n")
    members = [
        (
            f"{key.format(number)}.{ending}",
            label.encode() if ending == "cls" else content.getvalue(),
        )
        for number, endings in enumerate(samples)
        for ending in endings
    ]
    with tarfile.open(data / "test/0.tar", "w") as tar:
        for name, body in members:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    found = outcome(read_webdataset, data, ["test"])
    expected = plain_webdataset(data / "test/0.tar")
    if isinstance(found, str):
        assert expected is None, found
        assert str(data) in found
        return
    assert list(found.images["class"]) == expected
    assert len(found.captions) == len(expected)


def plain_webdataset(shard: Path) -> list[int] | None:
    """The class of each sample of a shard, where each has one image and one class of two."""
    with tarfile.open(shard) as tar:
        files = [(Path(m.name).name, tar.extractfile(m).read()) for m in tar.getmembers()]
    visible = [(name, body) for name, body in files if not name.startswith(".")]
    samples = itertools.groupby(visible, key=lambda file: file[0].partition(".")[0])
    classes = []
    for _, group in samples:
        group = list(group)
        endings = [name.partition(".")[2].lower() for name, _ in group]
        images = sum(ending in ("png", "jpg", "jpeg", "webp") for ending in endings)
        if images != 1 or endings.count("cls") != 1 or "bmp" in endings:
            return None
        if len(set(endings)) < len(endings):
            return None
        text = next(body for name, body in group if name.endswith(".cls"))
        text = text.decode("utf-8-sig").strip()
        if text not in ("0", "1"):
            return None
        classes.append(int(text))
    return classes or None


# What these examples find when a fix is taken out


@contextmanager
def found():
    """One of the examples fails inside."""
    with pytest.raises((AssertionError, ExceptionGroup, UnicodeDecodeError)):
        yield


def test_they_find_cells_that_pandas_takes_for_something_else(monkeypatch):
    def by_pandas(file):
        separator = "\t" if str(file).endswith("tsv") else ","
        read = pd.read_csv(file, sep=separator)
        return {name: list(read[name]) for name in read}

    monkeypatch.setattr(table_module, "read_text_table", by_pandas)
    with found():
        test_tables_of_text()


def test_they_find_repeated_rows_that_are_rivals(monkeypatch):
    def as_they_come(rows):
        return precomputed.Distinct(rows, np.arange(len(rows)))

    monkeypatch.setitem(globals(), "distinct_items", as_they_come)
    with found():
        test_arrays()


def test_they_find_whole_numbers_taken_for_embeddings(monkeypatch):
    monkeypatch.setattr(
        precomputed, "in_single_precision", lambda name, array: array.astype(np.float32)
    )
    with found():
        test_arrays()


def test_they_find_keys_that_yaml_takes_for_something_else(monkeypatch):
    monkeypatch.setitem(globals(), "keys_of_other_types", lambda study: iter(()))
    with found():
        test_keys_of_studies()


def test_they_find_samples_that_are_passed_over(monkeypatch):
    def whole_ones(shard, split, ending):
        samples, unread = read_parts(shard, ending)
        kept = [
            (f"{split}/{key}", parts["png"], split, parts[ending])
            for key, parts in samples.items()
            if "png" in parts and ending in parts
        ]
        return Shard(kept, unread)

    monkeypatch.setattr("modality_gap.data.corpora.webdataset.read_shard", whole_ones)
    with found():
        test_webdatasets()
