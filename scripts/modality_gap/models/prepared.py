"""The images of a corpus as networks of one size take them, decoded once for all trainings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from open_clip.transform import PreprocessCfg
from torch.utils.data import Dataset

from modality_gap.models.embed import Pixels

MAX_DECODED_BYTES = 2 * 1024**3
ROWS_AT_A_TIME = 1024


def fits(number: int, size: int) -> bool:
    """Whether so many square images are kept decoded: up to 2 GiB.

    Of more, each training decodes what it needs.
    """
    return number * 3 * size * size <= MAX_DECODED_BYTES


def write_prepared(path: str | Path, images: pd.DataFrame, size: int) -> None:
    """Write the pixels of a corpus's images for networks of this size, as an Arrow file.

    images: image_id and image, as in a corpus. It is prepared as open_clip does where nothing else is
    said. Without images, the file says that there are too many: see `fits`.
    """
    pixels = Pixels(images, PreprocessCfg(size=size))
    bytes_each = 3 * size * size
    schema = pa.schema(
        [("image_id", pa.string()), ("pixels", pa.binary(bytes_each))],
        metadata={"prepared": pixels.way},
    )
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as table:
        for first in range(0, len(pixels), ROWS_AT_A_TIME):
            rows = range(first, min(first + ROWS_AT_A_TIME, len(pixels)))
            decoded = [pixels[row].contiguous().numpy().tobytes() for row in rows]
            names = [pixels.names[row] for row in rows]
            columns = [pa.array(names, pa.string()), pa.array(decoded, schema.field("pixels").type)]
            table.write_batch(pa.record_batch(columns, schema=schema))


def read_prepared(path: str | Path, pixels: Pixels) -> torch.Tensor | None:
    """What `pixels` would decode, shape (n, 3, h, w), uint8, from the file of `write_prepared`.

    None where the file was left empty, or its images are prepared in another way than these.
    Raises ValueError for an image that it lacks.
    """
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
        if not len(table) or table.schema.metadata[b"prepared"].decode() != pixels.way:
            return None
        rows = pd.Index(table.column("image_id").to_numpy()).get_indexer(pixels.names)
        if (rows < 0).any():
            missing = pixels.names[int((rows < 0).argmax())]
            raise ValueError(f"{path}: no image {missing!r}, expected all of its corpus")
        taken = table.column("pixels").take(pa.array(rows)).combine_chunks()
        height, width = pixels.size
        flat = np.frombuffer(taken.buffers()[1], np.uint8, len(rows) * 3 * height * width)
        return torch.from_numpy(flat.reshape(len(rows), 3, height, width).copy())


def decode_once(pixels: Pixels, prepared: str | Path | None = None) -> torch.Tensor | Dataset:
    """All images as one tensor where they fit in 2 GiB; otherwise the images as they are.

    prepared: a file of `write_prepared`, where there is one.
    """
    found = None if prepared is None else read_prepared(prepared, pixels)
    if found is not None:
        return found
    if len(pixels) * pixels[0].numel() > MAX_DECODED_BYTES:
        return pixels
    return torch.stack([pixels[row] for row in range(len(pixels))])
