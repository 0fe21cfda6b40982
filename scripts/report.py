"""The study as one page."""

from pathlib import Path

from job import job
from modality_gap.page.build import page
from modality_gap.page.results import Results

PROJECT = Path(snakemake.scriptdir).parent

with job(snakemake):
    output, params = Path(snakemake.output[0]), snakemake.params
    folder = output.parent
    figures = {path.removeprefix("<results>/"): own for path, own in params.figures.items()}
    tables = [str(Path(file).relative_to(folder)) for file in snakemake.input.tables]
    html = page(Results(folder, tables, figures), params.study, figures, params.pictured, PROJECT)
    output.write_text(html, "utf-8")
