from types import ModuleType

import numba
import numpy as np
import pytest
from sklearn.decomposition import PCA, TruncatedSVD

from modality_gap.data.embeddings import normalize
from modality_gap.measures.views import (
    compiled_functions,
    keep_compiled,
    shift_view,
    view,
    without_kept,
)


@pytest.mark.parametrize(
    ("method", "reference"),
    [("pca", PCA(2, svd_solver="full")), ("svd", TruncatedSVD(2, algorithm="arpack"))],
)
def test_linear_views_equal_scikit_learn(real_pairs, method, reference):
    points = view(*real_pairs, method, seed=0)
    expected = reference.fit_transform(np.concatenate(real_pairs).astype(np.float64))
    np.testing.assert_allclose(np.abs(points[["x", "y"]]), np.abs(expected), atol=1e-6)
    if method == "pca":
        shares = points[["x_share", "y_share"]].iloc[0]
        np.testing.assert_allclose(shares, reference.explained_variance_ratio_, atol=1e-6)


def test_the_first_axis_of_clip_is_the_gap(real_pairs):
    points = view(*real_pairs, "pca", seed=0)
    centres = points.groupby("modality")[["x", "y"]].mean()
    distance = np.linalg.norm(centres.loc["image"] - centres.loc["text"])
    gap = np.linalg.norm(real_pairs[0].mean(axis=0) - real_pairs[1].mean(axis=0))
    assert distance == pytest.approx(gap, rel=0.01)


def test_umap_is_repeatable_and_separates_two_clouds(random):
    x, y = (normalize(random.normal(size=(40, 8)) + mean) for mean in (3, -3))
    points = view(x, y, "umap", seed=1)
    again = view(x, y, "umap", seed=1)
    np.testing.assert_array_equal(points[["x", "y"]], again[["x", "y"]])
    images, texts = (points[points.modality == name][["x", "y"]] for name in ("image", "text"))
    assert np.linalg.norm(images.mean() - texts.mean()) > images.std().max() + texts.std().max()


def test_what_is_compiled_of_umap_is_kept(random):
    import umap

    view(*(normalize(random.normal(size=(12, 8))) for _ in range(2)), "umap", seed=1)
    for function in (umap.umap_.fast_knn_indices, umap.umap_.smooth_knn_dist):
        kept = function.stats
        assert kept.cache_path
        assert kept.cache_hits or kept.cache_misses


def doubling() -> ModuleType:
    """A module with a function that Numba compiles, of no file: there is no place beside it."""
    module = ModuleType("of_no_file")
    exec("def double(x):\n    return 2 * x", vars(module))
    module.double = module.double_parallel = numba.njit(module.double)
    return module


def test_what_cannot_be_kept_is_compiled_all_the_same():
    functions = compiled_functions(doubling())
    assert len(functions) == 1
    with pytest.raises(RuntimeError, match="no locator available"):
        functions[0].enable_caching()
    keep_compiled(functions)
    assert functions[0](2) == 4


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), EOFError("Ran out of input")]
)
def test_a_full_disk_or_a_damaged_file_is_said_and_what_it_kept_compiled_anew(caplog, error):
    class Unusable:
        """What Numba keeps, where it can neither be read nor written."""

        cache_path = "/kept"

        def load_overload(self, *asked):
            raise error

        save_overload = load_overload

    functions = compiled_functions(doubling())
    functions[0]._cache = Unusable()
    with pytest.raises(type(error)):
        functions[0](2)
    assert without_kept(functions, lambda: functions[0](2)) == 4
    assert caplog.messages == [f"/kept: compiled code not used ({type(error).__name__}: {error})"]
    with pytest.raises(OSError, match="of something else"):
        without_kept(functions, lambda: (_ for _ in ()).throw(OSError("of something else")))


def test_umap_asks_no_solver_that_has_no_seed(random, monkeypatch):
    import umap.umap_

    def unseeded(*_, **__):
        raise AssertionError("SciPy's eigenvectors begin at random")

    monkeypatch.setattr(umap.umap_, "spectral_layout", unseeded)
    points = view(*(normalize(random.normal(size=(12, 1))) for _ in range(2)), "umap", seed=0)
    assert len(points) == 24
    assert np.isfinite(points[["x", "y"]]).all(axis=None)


def test_the_way_along_the_gap_starts_as_it_is_and_nearly_closes(real_pairs):
    points = shift_view(*real_pairs, [0, 0.5, 1])
    as_it_is = view(*real_pairs, "pca", seed=0)
    np.testing.assert_allclose(
        points[points.share == 0][["x", "y"]], as_it_is[["x", "y"]], atol=1e-6
    )
    distances = points.groupby("share").centre_distance.first()
    gap = np.linalg.norm(real_pairs[0].mean(axis=0) - real_pairs[1].mean(axis=0))
    assert distances[0] == pytest.approx(gap, abs=1e-6)
    assert distances[0] > distances[0.5] > distances[1]
    assert distances[1] < 0.15


def test_what_cannot_be_drawn_is_refused(random):
    with pytest.raises(ValueError, match="all embeddings are one point"):
        view(np.ones((20, 1)), np.ones((20, 1)), "umap", seed=0)
    x = normalize(random.normal(size=(5, 3)))
    with pytest.raises(ValueError, match="5 pairs are too few for UMAP, expected at least 8"):
        view(x, x, "umap", seed=0)
    with pytest.raises(ValueError, match="unknown view 'tsne'"):
        view(x, x, "tsne", seed=0)
