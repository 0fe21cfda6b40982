"""Set the results of studies beside each other.

python scripts/compare_studies.py STUDY STUDY: of each its name, as in results/<study>. Writes results/compared/<names>/: page.html, gap_and_recall.svg
and .png, numbers.csv and claims.csv.
"""

import argparse
import sys
from pathlib import Path

import jinja2

from modality_gap.comparison import (
    check_results,
    counts_of_claims,
    different_claims,
    different_numbers,
    sentences,
    summaries,
)
from modality_gap.plots.comparison import plot_gap_and_recall
from modality_gap.plots.style import save

PROJECT = Path(__file__).parents[1]
SHOWN = 200  # numbers on the page; the file has all


def compare(names: list[str]) -> Path:
    """Write what differs between studies; the folder that it is in."""
    if len(set(names)) < 2:
        raise ValueError(f"STUDIES={' '.join(names)}: expected two studies or more")
    folders = {name: Path("results") / name for name in dict.fromkeys(names)}
    for folder in folders.values():
        check_results(folder)
    place = Path("results/compared") / "-".join(folders)
    place.mkdir(parents=True, exist_ok=True)
    numbers, compared, left = different_numbers(folders)
    claims, table = different_claims(folders), summaries(folders)
    numbers.to_csv(place / "numbers.csv", index=False)
    claims.to_csv(place / "claims.csv", index=False)
    drawing = [str(place / f"gap_and_recall.{ending}") for ending in ("svg", "png")]
    save(plot_gap_and_recall(table), drawing)
    told = list(sentences(folders, numbers, compared, claims))
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PROJECT / "workflow/report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    far = numbers.assign(times=numbers.difference.abs() / numbers.room)
    page = templates.get_template("comparison.html").render(
        studies=list(folders),
        told=told,
        left=left,
        figure=Path(drawing[0]).read_text("utf-8").partition("<svg")[2],
        summary=table.to_dict("records"),
        counts=counts_of_claims(folders).to_dict("records"),
        claims=claims.to_dict("records"),
        numbers=far.sort_values("times", ascending=False).head(SHOWN).to_dict("records"),
        more=max(0, len(numbers) - SHOWN),
        style=(PROJECT / "workflow/report/page.css").read_text("utf-8"),
    )
    (place / "page.html").write_text(page, "utf-8")
    print(*told, *left, f"The page: {place / 'page.html'}", sep="\n")
    return place


def main() -> int:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("studies", nargs="+", help="names, as in results/<study>")
    try:
        compare(parser.parse_args().studies)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
