"""A user's own images and captions, listed in a table."""

from pathlib import Path

import pandas as pd

READERS = {
    ".csv": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
    ".parquet": pd.read_parquet,
}


def read_table(file: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The corpus of a .csv, .tsv or .parquet table: (images, captions).

    The table has a row a caption, with columns `image` (a path, absolute or from the table's own
    folder) and `caption`, and, if wanted, `split` and any labels of the image. An image with
    several captions stands in several rows. Without `split`, every image is in split `all`.
    """
    file = Path(file)
    if file.suffix not in READERS:
        raise ValueError(f"{file}: unknown ending, expected one of {', '.join(READERS)}")
    table = READERS[file.suffix](file)
    for column in ("image", "caption"):
        if column not in table:
            raise ValueError(f"{file}: no column {column!r}, expected `image` and `caption`")
        empty = table[column].isna()
        if empty.any():
            raise ValueError(f"{file}: row {int(empty.idxmax()) + 1} has no {column}")
    if table.empty:
        raise ValueError(f"{file}: no rows, expected a caption in each")
    if "split" not in table:
        table["split"] = "all"
    table["image_id"] = table.image.astype(str)
    images = table.drop(columns="caption").drop_duplicates("image_id").reset_index(drop=True)
    images["image"] = [str((file.parent / path).resolve()) for path in images.image_id]
    for path in images.image:
        if not Path(path).is_file():
            raise FileNotFoundError(f"{file}: no such image {path}")
    captions = pd.DataFrame(
        {
            "caption_id": [f"{image}#{row}" for row, image in enumerate(table.image_id)],
            "image_id": table.image_id,
            "text": table.caption.astype(str),
        }
    )
    return images, captions
