"""Time and memory of a study of one's own embeddings by their number; writes it into docs/performance.md.

make benchmark-scale [SIZES="1000 10000"]
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml
from page_section import put_section

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/performance.md"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROWS_AT_A_TIME = 10_000
STAGES = {
    "read_precomputed": "reading the file",
    "measure_gap": "modality gap, margins",
    "cosine_statistics": "cosines of all pairs",
    "recall": "recall@k",
    "shift_landscape": "loss landscape",
    "shift_view": "moving along the gap",
    "view": "views (PCA, SVD, UMAP)",
}
OTHERS = "figures, summary, report"


def write_cones(file: Path, n: int, d: int, seed: int = 0) -> None:
    """n pairs in two cones with a gap between them, a match nearer than most others; (2, n, d)."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((2, d), dtype=np.float32)
    rows = np.lib.format.open_memmap(file, "w+", np.float32, (2, n, d))
    for first in range(0, n, ROWS_AT_A_TIME):
        shape = min(ROWS_AT_A_TIME, n - first), d
        common = random.standard_normal(shape, dtype=np.float32)
        for side, centre in enumerate(centres):
            own = random.standard_normal(shape, dtype=np.float32)
            rows[side, first : first + shape[0]] = centre + common + 2 * own


class Run(NamedTuple):
    """Snakemake's benchmarks of a study by stage; CPU time and time of the whole run, in seconds."""

    stages: pd.DataFrame
    cpu: float
    wall: float


def run_study(folder: Path, n: int, d: int) -> Run:
    """A study of n pairs, on two cores."""
    file = folder / "pairs.npy"
    write_cones(file, n, d)
    encoder = {"kind": "precomputed", "corpus": "pairs", "file": str(file)}
    study = {"study": "scale", "title": f"{n:,} pairs", "encoders": {"mine": encoder}}
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--directory", folder, "--configfile", folder / "study.yaml"]
    command += ["--cores", "2", "--resources", "gpu=1", "--quiet"]
    start, before = time.perf_counter(), cpu_of_children()
    subprocess.run(command, check=True, env={**os.environ, "NO_COLOR": "1"})
    wall, cpu = time.perf_counter() - start, cpu_of_children() - before
    return Run(read_benchmarks(folder / "benchmarks/scale"), cpu, wall)


def cpu_of_children() -> float:
    """CPU seconds of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_benchmarks(folder: Path) -> pd.DataFrame:
    """CPU seconds, in all, and the largest memory of a job in MB, by stage."""
    rows = [
        {
            "stage": STAGES.get(file.relative_to(folder).parts[0].removesuffix(".tsv"), OTHERS),
            **pd.read_csv(file, sep="\t", na_values="-")[["cpu_time", "max_rss"]].iloc[0],
        }
        for file in sorted(folder.rglob("*.tsv"))
    ]
    table = pd.DataFrame(rows).groupby("stage").agg({"cpu_time": "sum", "max_rss": "max"})
    return table.reindex([*STAGES.values(), OTHERS])


def section(found: dict[int, Run], d: int) -> list[str]:
    """The lines of the page's section: a row a stage, a column a number of pairs."""
    lines = [
        f"CPU seconds and largest memory of a job by number of pairs, in {d} dimensions: synthetic cones "
        "with a gap between them, from a `.npy` file to the report, by `make benchmark-scale`. Snakemake looks "
        "at a long job every half minute, so that a stage may have taken up to that much more; the total is "
        "exact. The keys are the defaults: what would compare each pair with all asks a sample of more than 20,000 "
        "([config/README.md](../config/README.md), *Large sets*).",
        "",
        "| stage | " + " | ".join(f"{n:,}" for n in found) + " |",
        "| --- |" + " ---: |" * len(found),
    ]
    for stage in (*STAGES.values(), OTHERS):
        cells = (run.stages.loc[stage] for run in found.values())
        shown = (f"{row.cpu_time:,.0f} s, {row.max_rss / 1000:.1f} GB" for row in cells)
        lines.append(f"| {stage} | " + " | ".join(shown) + " |")
    totals = (f"{run.cpu:,.0f} s" for run in found.values())
    walls = (f"{run.wall / 60:.1f} min" for run in found.values())
    lines.append("| CPU time in all | " + " | ".join(totals) + " |")
    lines.append("| from file to report, on two cores | " + " | ".join(walls) + " |")
    return lines


def main() -> None:
    """Measure every size that is asked for, the small ones first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked, found = parser.parse_args(), {}
    for n in sorted(asked.sizes):
        folder = Path(tempfile.mkdtemp(prefix="modality-gap-scale-"))
        try:
            found[n] = run_study(folder, n, asked.dimension)
        finally:
            shutil.rmtree(folder)
        print(f"{n:,} pairs: {found[n].cpu:.0f} s of CPU time\n{found[n].stages.to_string()}")
    put_section(asked.page, "make benchmark-scale", section(found, asked.dimension))


if __name__ == "__main__":
    main()
