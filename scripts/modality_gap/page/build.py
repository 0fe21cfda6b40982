"""The page itself: one file of HTML that asks no network for anything."""

import base64
import hashlib
import json
import re
from pathlib import Path

import jinja2
import pandas as pd
import vl_convert
from altair import SCHEMA_VERSION

from modality_gap.page import claims as papers_claims
from modality_gap.page.charts import charts, specifications, with_choice
from modality_gap.page.findings import findings, places_of
from modality_gap.page.methods import (
    citation,
    corpus_rows,
    encoder_rows,
    package_versions,
    remark_rows,
    run_row,
)
from modality_gap.page.pictures import Pictures
from modality_gap.page.results import Results, readable
from modality_gap.page.topics import anchor_of, topics
from modality_gap.page.uses import USES, answers
from modality_gap.words import spoken

# What a study without a section cannot say.
SECTIONS = {
    "seed_cones": "whether the seed of a network makes its cone",
    "run_comparisons": "what temperature, schedules and other changes of training do to the gap",
    "shifted_recall": "what moving along the gap does to retrieval",
    "zero_shot": "what it does to classification by prompts",
    "linear_probe": "what a linear classifier makes of the embeddings",
    "fairness": "what it does to groups of people",
    "mitigations": "which way to close the gap gains and costs what",
    "robustness": "how many neighbours survive noise while the gap is closed",
    "quantization": "what is left of search in few bits",
    "rephrasing": "whether other words give other answers",
    "model_comparison": "how the gap goes with size and training data of many models",
}
SUMMARY = {
    "encoder": "Encoder",
    "corpus": "Corpus",
    "split": "Split",
    "pairs": "Pairs",
    "modality_gap": "Modality gap",
    "share_closed": "Closed by training",
    "relative_modality_gap": "RMG",
    "matched_distance": "L2I",
    "mean_cosine_image_image": "cos, images",
    "mean_cosine_text_text": "cos, texts",
    "recall@1_image_to_text": "R@1 image→text",
    "recall@1_text_to_image": "R@1 text→image",
}


def page(
    results: Results, study: dict, figures: dict[str, dict], pictured: list[str], project: Path
) -> str:
    """A study's page.

    results: its tables; study: its configuration; figures: as for `topics`, by path below the
    results; pictured: corpora whose items are pictures; project: folder with the captions, the
    page's own template, style and script in `workflow/report`, and CITATION.cff.
    """
    report = project / "workflow/report"
    views = study["views"]
    pictures = Pictures(results, views["pairs"], views["seed"], pictured)
    remarks = pd.read_csv(results.folder / "remarks.csv", dtype=str, keep_default_na=False)
    shown_topics = topics(results.folder, figures, report)
    drawn = {
        variant.path: charts(
            results, pictures, card.caption_name, figures[variant.path]["wildcards"]
        )
        for cards in shown_topics.values()
        for card in cards
        for variant in card.variants
    }
    judged, evidence = papers_claims.read_claims(
        str(results.folder / "claims.csv"), str(results.folder / "evidence.csv")
    )
    places = places_of(results, study["encoders"])
    library = vl_convert.javascript_bundle(
        vl_version=SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    )
    script = (report / "page.js").read_text("utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(report),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "spoken": spoken,
        "readable": readable,
        "anchor": anchor_of,
        "data": embedded_json,
        "code": code_spans,
    }
    return environment.get_template("page.html").render(
        title=study["title"],
        study=study["study"],
        places=[
            {
                "name": str(place),
                "findings": findings(results, place, study),
                "uses": answers(results, place),
            }
            for place in places
        ],
        use_names=USES,
        left_out=study.get("left_out", []),
        absent={key: told for key, told in SECTIONS.items() if key not in study},
        summary=summary_rows(pd.read_csv(results.folder / "summary.csv")),
        claims=papers_claims.shown(judged, evidence, results),
        counts=papers_claims.counted(judged),
        counted=papers_claims.in_words(judged),
        topics=shown_topics,
        charts={path: with_choice(own, study["encoders"]) for path, own in drawn.items()},
        corpora=corpus_rows(study.get("corpora", {})),
        runs=[run_row(name, run) for name, run in study.get("training", {}).items()],
        encoders=encoder_rows(study["encoders"], results),
        remarks=remark_rows(remarks)
        + [{"What": one, "Said by": "this page"} for one in pictures.remarks],
        versions=package_versions(),
        cite=citation(project / "CITATION.cff"),
        specifications=specifications(),
        pictures=pictures.sets,
        style=(report / "page.css").read_text("utf-8"),
        library=library,
        script=script,
        hashes=[hash_of(library), hash_of(script)],
    )


def hash_of(script: str) -> str:
    """How a page's policy names a script that may run: no other may."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def embedded_json(value) -> str:
    """A value as JSON that may stand in a script element of any text's page."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return jinja2.utils.markupsafe.Markup(text)


def code_spans(text: str) -> str:
    """A text with what stands in single backquotes as code."""
    escaped = jinja2.utils.markupsafe.escape(text)
    return jinja2.utils.markupsafe.Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escaped)))


def summary_rows(summary: pd.DataFrame) -> list[dict[str, str]]:
    """The table of every encoder, in the columns that say anything; of `summary.summarize`."""
    columns = {
        key: name for key, name in SUMMARY.items() if key in summary and summary[key].notna().any()
    }
    return [
        {name: cell(key, row[key]) for key, name in columns.items()}
        for row in summary.to_dict("records")
    ]


def cell(key: str, value) -> str:
    """A value as a table shows it."""
    if isinstance(value, str):
        return readable(value)
    if pd.isna(value):
        return "–"
    if key == "pairs":
        return f"{int(value):,}"
    return f"{value:.0%}" if key == "share_closed" else f"{value:.3f}"
