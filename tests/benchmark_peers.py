"""Time of what other packages measure too, in one run, and that both find the same.

make benchmark
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
# Last: of what both have, NumPy above all, ours is imported.
sys.path.append(str(Path(__file__).parents[1] / ".peers"))

import faiss
import numpy as np
import torch
from benchmark import coco_like_captions, cone
from clip_benchmark_metrics import own_process, package_metrics
from PIL import Image
from rehearsal.webdataset_files import write_classification, write_retrieval
from scipy.spatial.distance import pdist
from sklearn.neighbors import NearestNeighbors

from modality_gap.data.embeddings import normalize
from modality_gap.measures.cone import cosine_statistics
from modality_gap.measures.retrieval import best_ranks, hits
from modality_gap.measures.uniformity import uniformity
from modality_gap.models.build import build_model, register_architectures

ROOT = Path(__file__).parents[1]
ARCHITECTURE, IMAGES, CLASSES = "ViT-B-32-quickgelu", 192, 12
TEMPLATES = ["a photo of a {c}.", "a drawing of a {c}.", "{c}"]
PAIRS, QUERIES = 100_000, 10_000


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds of wall time, and what came of it."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def compare(name: str, peer: str, ours: Callable, theirs: Callable, tolerance: float) -> None:
    """Print both times and their ratio; raises AssertionError where the two disagree."""
    (mine, found), (other, expected) = timed(ours), timed(theirs)
    np.testing.assert_allclose(found, expected, rtol=tolerance)
    say(name, peer, mine, other)


def say(name: str, peer: str, mine: float, other: float) -> None:
    """A line of the benchmark."""
    how = f"{other / mine:.1f} times faster" if mine < other else f"{mine / other:.1f} times slower"
    print(f"{name}: {mine:.2f} s, {peer} {other:.2f} s: {how}", flush=True)


def our_recall(queries: np.ndarray, items: np.ndarray) -> list[float]:
    """recall@1, 5 and 10; query i matches item i."""
    matches = np.column_stack([np.arange(len(queries))] * 2)
    ranks = best_ranks(queries, items, matches)
    return [hits(ranks, k).mean() for k in (1, 5, 10)]


def recall_of_neighbours(neighbours: np.ndarray) -> list[float]:
    """The same from the ten nearest items of each query; shape (n, 10)."""
    found = neighbours == np.arange(len(neighbours))[:, None]
    return [found[:, :k].any(axis=1).mean() for k in (1, 5, 10)]


def flat_index(queries: np.ndarray, items: np.ndarray) -> list[float]:
    """By FAISS's exact search for the largest inner products."""
    index = faiss.IndexFlatIP(items.shape[1])
    index.add(items)
    return recall_of_neighbours(index.search(queries, 10)[1])


def nearest_neighbours(queries: np.ndarray, items: np.ndarray) -> list[float]:
    """By scikit-learn's exact search."""
    search = NearestNeighbors(n_neighbors=10, algorithm="brute", metric="cosine").fit(items)
    return recall_of_neighbours(search.kneighbors(queries, return_distance=False))


def cosines_of_scipy(x: np.ndarray) -> list[float]:
    """Mean, deviation, least and quartiles of all pairs' cosines."""
    cosines = 1 - pdist(x, "cosine")
    quartiles = np.quantile(cosines, [0.25, 0.5, 0.75])
    return [cosines.mean(), cosines.std(), cosines.min(), *quartiles, cosines.max()]


def cosines_of_ours(x: np.ndarray) -> list[float]:
    """The same of the project's own."""
    summary = cosine_statistics(x).summary
    names = ("mean", "std", "min", "quartile_1", "median", "quartile_3", "max")
    return [summary[name] for name in names]


def uniformity_of_scipy(x: np.ndarray) -> float:
    """Wang & Isola's uniformity by the distances of all pairs."""
    return float(np.log(np.exp(-2 * pdist(x, "sqeuclidean")).mean()))


def compare_measures() -> None:
    """Exact search among 100,000 items; cosines and distances of all pairs of 10,000."""
    items = cone(PAIRS, 512, 0)
    queries = normalize(items[:QUERIES] + np.float32(1.2) * cone(QUERIES, 512, 1))
    search = f"recall@1, 5, 10 of {QUERIES:,} queries among {PAIRS:,} items, 512 dimensions"
    ours = partial(our_recall, queries, items)
    compare(search, "FAISS (IndexFlatIP)", ours, partial(flat_index, queries, items), 1e-3)
    theirs = partial(nearest_neighbours, queries, items)
    compare(search, "scikit-learn (NearestNeighbors)", ours, theirs, 1e-3)
    few = items[:10_000].astype(np.float64)
    pairs = "all pairs of 10,000 embeddings, 512 dimensions"
    cosines = (partial(cosines_of_ours, few), partial(cosines_of_scipy, few))
    compare(f"cosine statistics, {pairs}", "SciPy (pdist)", *cosines, 1e-3)
    uniform = (partial(uniformity, few), partial(uniformity_of_scipy, few))
    compare(f"uniformity, {pairs}", "SciPy (pdist)", *uniform, 1e-6)


def write_folders(folder: Path) -> dict[str, Path]:
    """The same pictures with classes, and with three captions each, as webdatasets."""
    random = np.random.default_rng(0)
    images = [
        Image.fromarray(random.integers(0, 256, (240, 320, 3), dtype=np.uint8))
        for _ in range(IMAGES)
    ]
    labels = [row % CLASSES for row in range(IMAGES)]
    names = [f"thing {number}" for number in range(CLASSES)]
    texts = [f"{text} {row}" for row, text in enumerate(coco_like_captions(3 * IMAGES))]
    captions = [texts[3 * row : 3 * row + 3] for row in range(IMAGES)]
    return {
        "zeroshot_classification": write_classification(
            folder / "classes", {"test": (images, labels)}, names, TEMPLATES, per_shard=64
        ),
        "zeroshot_retrieval": write_retrieval(
            folder / "captions", {"test": (images, captions)}, per_shard=64
        ),
    }


def compare_package() -> None:
    """Zero-shot and retrieval of a checkpoint, as clip-benchmark and this project do it."""
    architectures = ROOT / "config/architectures"
    register_architectures(architectures)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        checkpoint = folder / "weights.pt"
        torch.save(build_model(ARCHITECTURE, seed=0).state_dict(), checkpoint)
        how = (architectures, ARCHITECTURE, checkpoint, write_folders(folder))
        theirs, (expected, parts) = timed(lambda: package_metrics(*how, folder))
        ours, (found, own) = timed(lambda: own_process(*how))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-6, err_msg=name)
    what = f"{IMAGES} images, {ARCHITECTURE}, two cores"
    say(f"zero-shot and retrieval in a process, {what}", "clip-benchmark", ours, theirs)
    for name, task in (("zero-shot", "zeroshot_classification"), ("recall", "zeroshot_retrieval")):
        say(f"{name} alone, {what}", "clip-benchmark", own[task], parts[task])


if __name__ == "__main__":
    compare_measures()
    compare_package()
