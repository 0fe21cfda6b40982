"""A small study's results, each table measured by the library on embeddings that are drawn here."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from modality_gap.closing.choices import retrieval_task
from modality_gap.closing.mitigations import mitigation_table
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.quantization import quantization_table
from modality_gap.closing.robustness import robustness_tables
from modality_gap.data.embeddings import METADATA_KEY
from modality_gap.effects.moved_gap import shifted_recall_table, zero_shot_table
from modality_gap.effects.moves import gap_direction
from modality_gap.measures.gap import gap_interval, modality_gap, relative_modality_gap
from modality_gap.measures.shift import shift_landscape
from modality_gap.measures.views import view
from modality_gap.page.claims import COLUMNS, EVIDENCE
from modality_gap.page.results import Results

N = 80
HOSTILE = '</script><script>document.title="taken"</script><img src="https://example.org/x.png" onerror="document.title=1">'
STUDY = {
    "study": "made_up",
    "title": f"A study {HOSTILE}",
    "corpora": {"photos": {"reader": "table", "file": "photos.csv"}},
    "training": {},
    "encoders": {
        "start": {"kind": "clip", "seed": 0},
        "end": {"kind": "clip", "file": "end.pt", "initial": "start"},
    },
    "views": {"methods": ["pca"], "pairs": 30, "seed": 0},
    "zero_shot": {},
    "shifted_recall": {},
    "mitigations": {},
    "robustness": {},
    "quantization": {},
    "left_out": ["corpora.imagenet"],
}
FIGURES = {
    "gap": ("Modality gap", "1 The gap"),
    "view_pca": ("View by {method}", "1 The gap"),
    "shift_landscape_batches": ("Loss landscape, {scope}", "1 The gap"),
    "ways_to_close": ("Ways to close the gap", "7 Should you close it?"),
}
CAPTIONS = {"view_pca": "view", "shift_landscape_batches": "shift_landscape"}
SHARED = {
    "shifted_recall/shifted_recall": ("Recall along the gap", "5 What the gap does"),
    "zero_shot/zero_shot": ("Zero-shot accuracy along the gap", "5 What the gap does"),
    "robustness/end/photos/test/threshold_tradeoff": (
        "Robustness gained, accuracy lost",
        "7 Should you close it?",
    ),
}


def clusters(random, apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Images and texts of one content, of unit length, this far apart along their first dimension."""
    content, along = random.normal(size=(N, 10)), np.r_[apart, np.zeros(9)]
    sides = [content + 0.3 * random.normal(size=(N, 10)) + side * along for side in (1, -1)]
    return tuple(rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in sides)


def write(folder: Path, path: str, table: pd.DataFrame) -> None:
    """A table below a folder."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(file, index=False)


def write_encoder(folder: Path, encoder: str, images: np.ndarray, texts: np.ndarray) -> None:
    """What every encoder has: gap, cone, landscape, and which pairs there are."""
    place, gap = f"{encoder}/photos/test", modality_gap(images, texts)
    measures = {
        "pairs": N,
        "modality_gap": gap,
        **dict(
            zip(("modality_gap_low", "modality_gap_high"), gap_interval(images, texts), strict=True)
        ),
        "relative_modality_gap": relative_modality_gap(images, texts),
    }
    write(folder, f"gap/{place}.parquet", pd.DataFrame([measures]))
    means = {
        "image_image": (images @ images.T)[~np.eye(N, dtype=bool)].mean(),
        "text_text": (texts @ texts.T)[~np.eye(N, dtype=bool)].mean(),
        "image_text": (images @ texts.T)[~np.eye(N, dtype=bool)].mean(),
    }
    cone = pd.DataFrame({"pairs": list(means), "mean": list(means.values())})
    write(folder, f"cone/{place}/statistics.parquet", cone)
    landscape = shift_landscape(images, texts, [-0.5, 0.0, 0.5], [0.01, 0.1], 20)
    write(folder, f"shift/{place}.parquet", landscape.assign(scope="batches"))
    ids = [f"photo {row}" for row in range(N)]
    captions = [f"caption {row}" for row in range(N - 1)] + [HOSTILE]
    pairs = pd.DataFrame({"image_id": ids, "text_id": ids, "text": captions, "matched": True})
    write(folder, f"embeddings/{place}/pairs.parquet", pairs)


def write_tasks(folder: Path, images: np.ndarray, texts: np.ndarray) -> None:
    """What is asked of the trained encoder alone."""
    place, pairs = "end/photos/test", np.column_stack([np.arange(N)] * 2)
    matched, half = np.ones(N, dtype=bool), slice(0, N // 2)
    units, asked = np.arange(N), (0.95, 0.05, 5, "fixed_range", 4, N, 0)
    reference = images[half], texts[half]
    table = mitigation_table(reference, images, texts, pairs, matched, units, *asked)
    write(folder, f"mitigations/{place}.parquet", table)
    names = {"encoder": "end", "corpus": "photos", "split": "test"}
    shifts = [-0.5, 0.0, 0.5]
    found = shifted_recall_table(
        images, texts, pairs, matched, ["both", "texts"], shifts, [1, 5], 50, 0
    )
    for name, one in zip(("curves", "gains"), found, strict=True):
        write(folder, f"shifted_recall/{place}/{name}.parquet", one.assign(**names))
    labels = np.arange(N) % 4
    classes = np.stack([texts[labels == label].mean(axis=0) for label in range(4)])
    classes /= np.linalg.norm(classes, axis=1, keepdims=True)
    own = {"task": gap_direction(images, classes)}
    found = zero_shot_table(images, classes, labels, own, ["both"], shifts, None, 50, 0)
    for name, one in zip(("curves", "gains"), found, strict=True):
        write(folder, f"zero_shot/{place}/{name}.parquet", one.assign(task="kinds", **names))
    tasks = {"text_to_image": retrieval_task(texts, images, pairs)}
    noise = ([-1, 0, 1], [0.05], ["laplace"], 0.05, [0, 0.5, 1], 5, 0)
    for name, one in robustness_tables(tasks, 0.95, *noise).items():
        write(folder, f"robustness/{place}/{name}.parquet", one)
    vector = orthogonal_gap(images, texts, 0.95).vector
    bits = quantization_table(
        images, texts, pairs, vector, {"fixed_range": [2, 4]}, [0, 1], 10, N, 0
    )
    write(folder, f"quantization/{place}.parquet", bits)


def drawing(words: str, size: tuple[int, int]) -> Image.Image:
    """A picture that says something."""
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((5, 5), words, "black")
    return picture


def write_pictures(folder: Path) -> None:
    """The corpus's images."""
    rows = []
    for row in range(N):
        buffer = io.BytesIO()
        drawing(str(row), (64, 48)).save(buffer, "PNG")
        rows.append({"image_id": f"photo {row}", "image": buffer.getvalue()})
    write(folder, "corpora/photos/images.parquet", pd.DataFrame(rows))


def write_claims(folder: Path) -> None:
    """Claims in the form of a study's, one of each status, two with evidence."""
    said = [
        ("L001", "reproduced", 0.82, 0.80, 0.84),
        ("L002", "direction holds", 0.5, 0.4, 0.6),
        ("Y001", "undecided", 0.1, -0.2, 0.4),
        ("C001", "not measured", "", "", ""),
        ("C002", "no run needed", "", "", ""),
    ]
    papers = {"L": "liang2022", "Y": "yaras2024", "C": "chowers2026"}
    rows = [
        dict.fromkeys(COLUMNS, "")
        | {
            "id": name,
            "paper": papers[name[0]],
            "place": "Fig. 1",
            "topic": "gap",
            "status": status,
            "claim": f"Claim {name} {HOSTILE}",
            "found": f"found {HOSTILE}",
            "value": value,
            "low": low,
            "high": high,
            "n": 80 if value else "",
            "table": "gap/end/photos/test.parquet",
            "row": "modality_gap",
            "printed_value": "0.82",
            "tolerance": "0.05",
        }
        for name, status, value, low, high in said
    ]
    pd.DataFrame(rows).to_csv(folder / "claims.csv", index=False)
    told = [
        dict.fromkeys(EVIDENCE, "")
        | {
            "id": name,
            "judged": "The gap is wide",
            "where": place,
            "verdict": "holds",
            "numbers": "0.8 of 2",
            "table": "gap/end/photos/test.parquet",
            "row": f"row {row}",
            "value": 0.1 * row,
            "low": 0,
            "high": 1,
            "n": 80,
        }
        for name, place in (("L001", "end on photos test"), ("Y001", ""))
        for row in range(9)
    ]
    pd.DataFrame(told).to_csv(folder / "evidence.csv", index=False)


def write_figure(folder: Path, path: str) -> None:
    """A figure as vector and as pixels."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    drawing(path, (900, 500)).save(file.with_suffix(".png"))
    words = "<text y='20'>drawn</text>" if "gap" in path else "<path d='M0 0'/>" * 9000
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="450" height="250">{words}</svg>'
    )


def figures() -> dict[str, dict]:
    """Every figure of the study, as the rules tell of them."""
    place = {"corpus": "photos", "split": "test"}
    more = {"view_pca": {"method": "pca"}, "shift_landscape_batches": {"scope": "batches"}}
    found = {
        f"figures/photos/test/{name}.svg": {
            "title": title,
            "category": category,
            "caption": CAPTIONS.get(name, name),
            "wildcards": place | more.get(name, {}),
            "labels": {},
        }
        for name, (title, category) in FIGURES.items()
    }
    for path, (title, category) in SHARED.items():
        own = {"encoder": "end"} | place if path.startswith("robustness") else {}
        found[f"figures/{path}.svg"] = {
            "title": title,
            "category": category,
            "caption": path.split("/")[-1],
            "wildcards": own,
            "labels": {},
        }
    return found


def write_embeddings(folder: Path) -> None:
    """Files of embeddings whose metadata say what made them."""
    for encoder in ("start", "end"):
        facts = {
            "architecture": "ViT-B-32",
            "weights_sha256": "0" * 64,
            "device": "cpu",
            "versions": {"torch": "2"},
        }
        table = pa.table({"x": [0]}).replace_schema_metadata({METADATA_KEY: json.dumps(facts)})
        file = folder / f"embeddings/{encoder}/photos/test/images.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, file)


def write_results(folder: Path) -> Results:
    """The whole study below a folder."""
    random = np.random.default_rng(0)
    sides = {"start": clusters(random, 3.0), "end": clusters(random, 1.0)}
    for encoder, (images, texts) in sides.items():
        write_encoder(folder, encoder, images, texts)
    views = [
        view(images[:30], texts[:30], "pca", 0).assign(encoder=name)
        for name, (images, texts) in sides.items()
    ]
    write(folder, "views/photos/test/pca.parquet", pd.concat(views))
    write_tasks(folder, *sides["end"])
    write_embeddings(folder)
    write_pictures(folder)
    write_claims(folder)
    for path in figures():
        write_figure(folder, path)
    remarks = pd.DataFrame({"table": ["gap/end"], "remark": [f"3 captions were cut {HOSTILE}"]})
    remarks.to_csv(folder / "remarks.csv", index=False)
    gaps = [
        pd.read_parquet(folder / f"gap/{name}/photos/test.parquet").modality_gap[0]
        for name in sides
    ]
    summary = {
        "encoder": list(sides),
        "corpus": "photos",
        "split": "test",
        "pairs": N,
        "modality_gap": gaps,
    }
    pd.DataFrame(summary).to_csv(folder / "summary.csv", index=False)
    tables = [str(file.relative_to(folder)) for file in folder.rglob("*.parquet")]
    return Results(folder, tables, figures())
