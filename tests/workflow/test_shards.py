"""Embedding that is split over jobs."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from modality_gap.data.embeddings import read_embeddings

pytestmark = pytest.mark.study
TARGETS = [
    f"results/shards/embeddings/random/mine/all/{part}.parquet"
    for part in ("images", "texts", "pairs")
]


def study(shards: int) -> dict:
    """Seventy small images, batches of eight."""
    return {
        "study": "shards",
        "title": "Parts",
        "corpora": {"mine": {"reader": "table", "file": "mine.csv", "evaluate": ["all"]}},
        "encoders": {"random": {"kind": "random", "architecture": "emoji-vit", "seed": 0}},
        "embedding": {"batch_size": 8, "precision": "float32", "shards": shards},
    }


def test_any_number_of_jobs_makes_the_same_files(workplace):
    made = {}
    for shards in (1, 4):
        place = workplace(study(shards))
        random = np.random.default_rng(0)
        rows = []
        for row in range(70):
            pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(place.folder / f"{row}.png")
            rows.append({"image": f"{row}.png", "caption": "word " * (1 + row % 9)})
        pd.DataFrame(rows).to_csv(place.folder / "mine.csv", index=False)
        place.succeeds("--forcerun", "read_table", "--", *TARGETS)
        made[shards] = [(place.folder / target).read_bytes() for target in TARGETS]
    assert read_embeddings(place.folder / TARGETS[0])[0].shape == (70, 128)
    assert made[1] == made[4]
