"""Two-dimensional views of paired embeddings."""

import logging
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pickle import UnpicklingError
from types import ModuleType

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import UndefinedError, check_pair
from modality_gap.measures.gap import gap_vector, modality_gap
from modality_gap.measures.shift import shift_embeddings

log = logging.getLogger(__name__)
METHODS = ("pca", "svd", "umap")


def view(images: np.ndarray, texts: np.ndarray, method: str, seed: int) -> pd.DataFrame:
    """Both modalities in one plane (liang2022, Fig. 1b-c by UMAP, Fig. 4 by SVD, Fig. 7 by PCA).

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    method: `pca` (centred), `svd` (not centred) or `umap` (needs `seed`; n at least 8).
    Returns 2n rows: pair, modality, x, y, and for PCA and SVD the share of the variance (of the
    squared length) that each axis holds, x_share and y_share.
    """
    check_pair(images, texts, paired=True)
    stacked = np.concatenate([images, texts]).astype(np.float64)
    if method == "umap":
        points, shares = umap_points(stacked, seed), (np.nan, np.nan)
    elif method in ("pca", "svd"):
        origin = stacked.mean(axis=0) if method == "pca" else 0.0
        axes, shares = leading_axes(stacked - origin)
        points = (stacked - origin) @ axes
    else:
        raise ValueError(f"unknown view {method!r}, expected one of {METHODS}")
    return point_table(points).assign(x_share=shares[0], y_share=shares[1])


def shift_view(images: np.ndarray, texts: np.ndarray, shares: list[float]) -> pd.DataFrame:
    """Both modalities while they move along the gap, in one fixed plane (liang2022, Fig. 3a).

    The plane holds the two leading principal components of the embeddings as they are.
    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    shares: how much of the gap's length they move towards each other; 0: as they are.
    Returns 2n rows a share: share, centre_distance, pair, modality, x, y.
    """
    check_pair(images, texts, paired=True)
    stacked = np.concatenate([images, texts]).astype(np.float64)
    origin = stacked.mean(axis=0)
    axes, _ = leading_axes(stacked - origin)
    gap = gap_vector(images, texts)
    length = np.linalg.norm(gap)
    if length == 0:
        raise UndefinedError("the two centres coincide: there is no gap to move along")
    tables = []
    for share in shares:
        moved = shift_embeddings(images, texts, gap / length, share * length)
        points = point_table((np.concatenate(moved) - origin) @ axes)
        tables.append(points.assign(share=share, centre_distance=modality_gap(*moved)))
    return pd.concat(tables, ignore_index=True)


def point_table(points: np.ndarray) -> pd.DataFrame:
    """Coordinates of n images, then of their n texts, shape (2n, 2), as a table."""
    n = len(points) // 2
    return pd.DataFrame(
        {
            "pair": np.tile(np.arange(n), 2),
            "modality": np.repeat(["image", "text"], n),
            "x": points[:, 0],
            "y": points[:, 1],
        }
    )


def leading_axes(stacked: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """The two leading right singular vectors, shape (d, 2), and their shares of ‖·‖²."""
    # A single dimension has no second axis: one of zeros is added.
    wide = np.pad(stacked, ((0, 0), (0, max(0, 2 - stacked.shape[1]))))
    values, vectors = np.linalg.eigh(wide.T @ wide)
    axes = vectors[: stacked.shape[1], [-1, -2]]
    # An axis's sign is arbitrary: point it where its largest entry is positive.
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)
    total = values.sum()
    return axes, tuple(values[[-1, -2]] / total if total > 0 else (np.nan, np.nan))


def compiled_functions(*modules: ModuleType) -> list:
    """What Numba compiles of these modules, but for functions that run on several threads.

    Numba keeps these under the same name as their twins that run on one.
    """
    return [
        function
        for module in modules
        for name, function in vars(module).items()
        if hasattr(function, "enable_caching") and not name.endswith("_parallel")
    ]


def keep_compiled(functions: list) -> None:
    """Have Numba keep what it compiles: of UMAP, each process else waits seconds for the same.

    Where Numba finds no folder that it may write in, nothing is kept.
    """
    for function in functions:
        with suppress(RuntimeError):
            function.enable_caching()


def without_kept(functions: list, fit: Callable[[], np.ndarray]) -> np.ndarray:
    """What `fit` returns; said and compiled anew where what is kept is damaged, or the disk is full."""
    try:
        return fit()
    except (OSError, EOFError, UnpicklingError) as error:
        reason = f"{type(error).__name__}: {error}"
        where = {function.stats.cache_path for function in functions} - {None}
        log.warning("%s: compiled code not used (%s)", " and ".join(sorted(where)), reason)
    from numba.core.caching import NullCache

    for function in functions:
        function._cache = NullCache()
    return fit()


def umap_points(stacked: np.ndarray, seed: int) -> np.ndarray:
    """UMAP with the package's own settings and a fixed seed, shape (n, 2).

    It starts from the leading axes: the package's own start asks SciPy for eigenvectors without a
    seed, and gives another picture in each process.
    """
    # Imported here: it takes seconds, which PCA and SVD need not wait for.
    import umap

    if len(stacked) < 16:
        raise UndefinedError(
            f"{len(stacked) // 2} pairs are too few for UMAP, expected at least 8: evaluate a larger "
            "split, or take `umap` out of `views.methods`"
        )
    if not np.ptp(stacked, axis=0).any():
        raise UndefinedError("all embeddings are one point: UMAP has no neighbours to keep")
    functions = compiled_functions(umap.umap_, umap.layouts)
    keep_compiled(functions)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_jobs value 1 overridden")
        wide = np.pad(stacked, ((0, 0), (0, max(0, 2 - stacked.shape[1]))))
        picture = umap.UMAP(init="pca", random_state=seed, n_jobs=1)
        return without_kept(functions, partial(picture.fit_transform, wide))
