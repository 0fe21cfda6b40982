"""Random embeddings of items, of their rephrasings and of images of them."""

import numpy as np
import pandas as pd

from modality_gap.closing.rephrased_texts import COLUMNS
from modality_gap.data.embeddings import normalize


def rephrased_items(random):
    """12 items of 10 groups with 2 templates each and 1 or 2 tags, and 20 images of them."""
    rows = []
    for item in range(12):
        group, name = item // 2 if item < 4 else item, f"item {item}"
        rows += [(name, group, "template", f"{n}", f"{n} {name}") for n in "xy"]
        rows.append((name, group, "clean", "clean", name))
        rows += [(name, group, "tags", str(n), f"tag {item} {n}") for n in range(1 + item % 2)]
    # In no order: rephrasings belong to their items, not to their places.
    table = pd.DataFrame([rows[row] for row in random.permutation(len(rows))], columns=COLUMNS)
    own = random.normal(size=(12, 8))
    places = table["item"].str.split(" ").str[1].astype(int)
    noise = np.where(table.kind == "clean", 0, 0.7)[:, None]
    texts = normalize(own[places] + noise * random.normal(size=(len(table), 8)) - 1)
    which = random.integers(0, 12, 20)
    images = normalize(own[which] + 0.8 * random.normal(size=(20, 8)) + 0.5)
    return images, [f"item {item}" for item in which], table, texts
