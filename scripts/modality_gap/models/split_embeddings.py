"""The embeddings of one split of a corpus, put together and written."""

from pathlib import Path

import numpy as np

from modality_gap.data.corpora import distinct_texts, pair_table, read_split
from modality_gap.data.embeddings import write_embeddings


def write_split(
    outputs: dict[str, str],
    corpus: str | Path,
    split: str,
    parts: list[dict[str, np.ndarray]],
    metadata: dict,
) -> None:
    """Write the embeddings of a split: images, each distinct text once, and which belong together.

    outputs: paths by name (images, texts, pairs). parts: of `encoder.embed_part`, all of them. Raises
    ValueError where images and texts are not of one width, or parts are missing.
    """
    images, captions = read_split(corpus, split)
    texts, pairs, matched = distinct_texts(images, captions)
    check_widths(parts)
    image_ids = list(images.image_id)
    text_ids = [f"text {row}" for row in range(len(texts))]
    for side, key, ids in (("image", "image_id", image_ids), ("text", "text_id", text_ids)):
        rows = np.concatenate([part[f"{side}_rows"] for part in parts])
        embeddings = np.concatenate([part[f"{side}s"] for part in parts if f"{side}s" in part])
        if not np.array_equal(np.sort(rows), np.arange(len(ids))):
            raise ValueError(
                f"{corpus}: the parts of {split} do not make up its {len(ids)} {side}s"
            )
        write_embeddings(outputs[f"{side}s"], key, ids, embeddings[np.argsort(rows)], metadata)
    table = pair_table(images, text_ids, texts, pairs, matched)
    table.to_parquet(outputs["pairs"], index=False)


def check_widths(parts: list[dict[str, np.ndarray]]) -> None:
    """Raise ValueError where images and texts are not in one space."""
    widths = {
        side: part[side].shape[1] for part in parts for side in ("images", "texts") if side in part
    }
    if len(set(widths.values())) > 1:
        raise ValueError(
            f"images have {widths['images']} dimensions and texts {widths['texts']}, expected as many: "
            "one space for both"
        )
