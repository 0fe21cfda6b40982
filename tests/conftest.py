from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "embeddings"
REAL = ("coco500_clip_vit_b16", "coco500_clip_random")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def read_real(name):
    """500 image-caption pairs of COCO as CLIP embeds them: normalised, float32."""
    file = SHARED / f"{name}.npy"
    if not file.is_file():
        pytest.skip(f"real embeddings are not here: {file.name}")
    return tuple(array / np.linalg.norm(array, axis=1, keepdims=True) for array in np.load(file))


@pytest.fixture(params=REAL)
def real_pairs(request):
    """Real embeddings, of trained and of random weights."""
    return read_real(request.param)


@pytest.fixture
def trained_pairs():
    """Real embeddings of trained weights."""
    return read_real(REAL[0])


@pytest.fixture
def pair(random):
    """60 images and 40 texts, which match the first of them, apart along their first dimension."""
    images = random.normal(size=(60, 12)) + np.r_[1.5, np.zeros(11)]
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    texts = images[:40] + 0.4 * random.normal(size=(40, 12)) - np.r_[2.5, np.zeros(11)]
    return images, texts / np.linalg.norm(texts, axis=1, keepdims=True)
