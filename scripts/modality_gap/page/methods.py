"""What was run on what, with versions, licences and what to cite."""

from importlib.metadata import version
from pathlib import Path

import pandas as pd
import yaml

from modality_gap.data.embeddings import read_metadata
from modality_gap.data.published import BY_HAND, FACTS
from modality_gap.page.results import Results, readable

PACKAGES = ("numpy", "pandas", "scipy", "matplotlib", "altair", "vl-convert-python")
SHOWN = 3  # tables that say the same
# Licences of what a reader downloads: that of its first file.
LICENSED = {
    "emoji": "noto Apache-2.0, twemoji CC BY 4.0, openmoji CC BY-SA 4.0, fluent-emoji-flat and emojibase MIT",
    "cifar10": FACTS["cifar-10-binary.tar.gz"][1],
    "cifar100": FACTS["cifar-100-binary.tar.gz"][1],
    "eurosat": FACTS["EuroSAT.zip"][1],
    "svhn": FACTS["train_32x32.mat"][1],
    "fairface": FACTS["fairface_label_train.csv"][1],
    "coco": FACTS["train2014.zip"][1],
    "aokvqa": FACTS["aokvqa_v1p0.tar.gz"][1],
} | {reader: licence for reader, (_, _, licence) in BY_HAND.items()}


def corpus_rows(corpora: dict[str, dict]) -> list[dict[str, str]]:
    """Name, reader, origin and licence of each corpus."""
    return [
        {
            "Corpus": readable(name),
            "Reader": readable(corpus["reader"]),
            "From": corpus_origin(corpus),
            "Licence": LICENSED.get(corpus["reader"], "the study's own"),
        }
        for name, corpus in corpora.items()
    ]


def encoder_rows(entries: dict[str, dict], results: Results) -> list[dict[str, str]]:
    """Name, network, weights with their hash, device and versions of each encoder that was run."""
    rows = []
    files = results.matching("embeddings/{encoder}/{corpus}/{split}/images.parquet")
    first = {}
    for (encoder, *_), file in files.items():
        first.setdefault(encoder, file)
    for name, entry in entries.items():
        if name not in first:
            continue  # of one modality: its cone is in the figures
        facts = read_metadata(results.folder / first[name])
        hashes = [
            f"{what} SHA-256 {facts[f'{what}_sha256'][:12]}…"
            for what in ("weights", "file")
            if f"{what}_sha256" in facts
        ]
        given = entry["kind"] == "precomputed"
        rows.append(
            {
                "Encoder": readable(name),
                "Network": "precomputed embeddings" if given else facts["architecture"],
                "Weights": ", ".join([*([] if given else [encoder_origin(entry)]), *hashes]) or "–",
                "Device": facts.get("device", "–"),
                "Versions": ", ".join(f"{k} {v}" for k, v in facts.get("versions", {}).items())
                or "–",
            }
        )
    return rows


def package_versions() -> str:
    """The versions of what measured and drew, as far as the page itself is made with it."""
    return ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def remark_rows(remarks: pd.DataFrame) -> list[dict[str, str]]:
    """What was left out, merged or cut, each with the tables that say so; of `gather_remarks`."""
    rows = []
    for remark, tables in remarks.groupby("remark", sort=False).table:
        more = f" and {len(tables) - SHOWN} more" if len(tables) > SHOWN else ""
        rows.append({"What": remark, "Said by": ", ".join(tables.iloc[:SHOWN]) + more})
    return rows


def citation(file: Path) -> dict:
    """Title, version, licence and the papers of CITATION.cff."""
    told = yaml.safe_load(file.read_text("utf-8"))
    papers = [
        {
            "authors": ", ".join(author["family-names"] for author in paper["authors"]),
            "title": paper["title"],
            "year": paper["year"],
        }
        for paper in told["references"]
    ]
    return {key: told[key] for key in ("title", "version", "license")} | {"papers": papers}


def corpus_origin(corpus: dict) -> str:
    """Where a corpus comes from, in words."""
    if "vendors" in corpus:
        return ", ".join(corpus["vendors"])
    named = (corpus[key] for key in ("file", "folder", "url", "mirror") if key in corpus)
    splits = f" ({', '.join(map(readable, corpus['splits']))})" if "splits" in corpus else ""
    return next(named, "where it was published") + splits


def run_row(name: str, run: dict) -> dict[str, str]:
    """A training run of a study, as a row of a table."""
    start = f"from {readable(run['start'])}" if "start" in run else "from scratch"
    settings = dict(run["temperature"])
    policy = settings.pop("policy")
    numbers = ", ".join(f"{readable(key)} {value}" for key, value in settings.items())
    pairs = f"{run['pairs']:,} pairs of " if "pairs" in run else ""
    return {
        "Run": readable(name),
        "What": f"{run['architecture']} {start}" if "architecture" in run else start,
        "On": f"{pairs}{readable(run['corpus'])}, {readable(run['split'])}",
        "Epochs": str(run["epochs"]),
        "Batch": str(run["batch_size"]),
        "Temperature": f"{policy} ({numbers})" if numbers else policy,
        "Seeds": ", ".join(map(str, run["seeds"])),
    }


# What an entry says of its weights, by the key that says it; the first one counts.
WEIGHTS = {
    "run": "{weights} weights of the run {run}",
    "arguments": "code of {file}",
    "tag": "pretrained weights {tag}",
    "file": "weights of {file}",
    "seed": "random weights of seed {seed}",
    "folder": "weights in {folder}",
    "hub": "weights of {hub}",
}


def encoder_origin(encoder: dict) -> str:
    """Where an encoder's weights come from, in words."""
    words = next((words for key, words in WEIGHTS.items() if key in encoder), "weights of its own")
    disabled = "" if encoder.get("normalization", True) else ", normalisation disabled"
    return words.format(**encoder) + disabled
