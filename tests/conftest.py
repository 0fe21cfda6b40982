import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from modality_gap.closing.choices import retrieval_task
from modality_gap.closing.robustness import robustness_tables

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "embeddings"
REAL = ("coco500_clip_vit_b16", "coco500_clip_random")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def two_clusters(random):
    """80 images and texts of one content, of unit length, far apart along their first dimension."""
    content, apart = random.normal(size=(80, 10)), np.r_[2.0, np.zeros(9)]
    sides = [content + 0.3 * random.normal(size=(80, 10)) + side * apart for side in (1, -1)]
    return tuple(rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in sides)


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
def clip_robustness(trained_pairs):
    """Robustness of CLIP's retrieval, as the gap is closed with a share of variance kept."""
    images, texts = trained_pairs
    pairs = np.column_stack([np.arange(500)] * 2)
    tasks = {
        "image_to_text": retrieval_task(images, texts, pairs),
        "text_to_image": retrieval_task(texts, images, pairs),
    }
    how = ([-1, 0, 1], [0.01, 0.025], ["laplace"], 0.025, [0, 0.05], 10, 0)
    return lambda kept_variance: robustness_tables(tasks, kept_variance, *how)


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


def loaded_by(code: str, packages: tuple[str, ...]) -> list[str]:
    """Which of some packages are loaded after some code, in a process of its own beside the scripts."""
    told = f"{code}; import sys; print(*(name for name in {packages} if sys.modules.get(name)))"
    done = subprocess.run(
        [sys.executable, "-c", told],
        capture_output=True,
        text=True,
        cwd=ROOT / "scripts",
        check=True,
    )
    return done.stdout.split()
