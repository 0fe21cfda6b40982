import numpy as np
import pytest
from scipy.optimize import nnls

from modality_gap.cost.measured import line_through, read_benchmark

HEAD = "s\th:m:s\tmax_rss\tmax_vms\n"


def test_a_benchmark_of_snakemake(tmp_path):
    file = tmp_path / "job.tsv"
    assert read_benchmark(file) is None
    file.write_text(HEAD + "12.5\t0:00:12\t800.25\t1\n7.5\t0:00:07\t900.5\t1\n")
    assert read_benchmark(file) == (10, 900.5)
    file.write_text(HEAD + "0.01\t0:00:00\t-\t-\n")
    assert read_benchmark(file) == (0.01, 0)


@pytest.mark.parametrize("text", ["", "a\tb\n1\t2\n", HEAD, HEAD + "long\t0\t1\t1\n"])
def test_another_file_is_none(tmp_path, text):
    file = tmp_path / "job.tsv"
    file.write_text(text)
    with pytest.raises(ValueError, match=f"^{file}: no benchmark of Snakemake, expected columns"):
        read_benchmark(file)


def test_a_line_is_found_again():
    assert line_through([(w, 4 + 0.5 * w) for w in (1, 10, 30)]) == pytest.approx((4, 0.5))
    assert line_through([(10, 20)]) == (0, 2)
    assert line_through([(10, 20), (10, 40)]) == (0, 3)
    assert line_through([(0, 5), (0, 7)]) == (6, 0)


@pytest.mark.parametrize("seed", range(50))
def test_least_squares_without_less_than_nothing(seed):
    """scipy's own, of one column of ones and one of work."""
    random = np.random.default_rng(seed)
    works = random.uniform(1, 9, 6)
    seconds = np.abs(random.uniform(-5, 5) + random.uniform(-1, 2) * works + random.normal(size=6))
    expected, _ = nnls(np.column_stack([np.ones(6), works]), seconds)
    assert line_through(list(zip(works, seconds, strict=True))) == pytest.approx(tuple(expected))
