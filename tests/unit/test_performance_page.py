"""What commands write into docs/performance.md."""

import pytest
from page_section import put_section
from profile_study import read_jobs, section

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def test_a_section_is_replaced_and_nothing_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- begin of x -->\nold\n<!-- end of x -->\nafter\n")
    put_section(page, "x", ["new", "lines"])
    put_section(page, "x", ["new", "lines"])
    text = page.read_text()
    assert text == "before\n<!-- begin of x -->\n\nnew\nlines\n\n<!-- end of x -->\nafter\n"
    with pytest.raises(ValueError, match=r"page.md: expected one line"):
        put_section(page, "y", ["new"])


def write_job(folder, place, seconds, memory, start, work):
    benchmark = folder / f"benchmarks/s/{place}.tsv"
    log = folder / f"logs/s/{place}.log"
    for file in (benchmark, log):
        file.parent.mkdir(parents=True, exist_ok=True)
    benchmark.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1\t1\t1\t0\t0\t1\t1\n")
    log.write_text(
        f"said\nCPU time: 9.00 s to start, 9.00 s to work\nCPU time: {start} s to start, {work} s to work\n"
    )


def test_the_profile_sums_the_last_run_of_each_job(tmp_path):
    write_job(tmp_path, "train/a/0.5", 20, 900, "3.00", "15.50")
    write_job(tmp_path, "train/a/1", 24, 1200, "2.00", "20.00")
    write_job(tmp_path, "report", 4, 300, "1.00", "2.00")
    write_job(tmp_path, "summarize", 2, 200, "1.00", "0.50")
    lines = section(read_jobs(tmp_path, "s"), "s")
    assert lines[-3:] == [
        "| train | 2 | 44 | 5 | 36 | 1.2 GB |",
        "| 2 others | 2 | 6 | 2 | 2 | 0.3 GB |",
        "| all | 4 | 50 | 7 | 38 | 1.2 GB |",
    ]
    with pytest.raises(ValueError, match="no finished jobs"):
        read_jobs(tmp_path, "other")
