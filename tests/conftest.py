from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "embeddings"
REAL = ("coco500_clip_vit_b16", "coco500_clip_random")


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture(params=REAL)
def real_pairs(request):
    """500 image-caption pairs of COCO as CLIP embeds them: normalised, float32."""
    file = SHARED / f"{request.param}.npy"
    if not file.is_file():
        pytest.skip(f"real embeddings are not here: {file.name}")
    return tuple(array / np.linalg.norm(array, axis=1, keepdims=True) for array in np.load(file))
