"""Files of the form that the package datasets writes."""

import io
import json

import pyarrow as pa
from PIL import Image

IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
FEATURES = {
    "img": {"_type": "Image"},
    "text": {"dtype": "string", "_type": "Value"},
    "kind": {"names": ["cat", "dog"], "_type": "ClassLabel"},
}


def png(number):
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4), (number, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def table(first, number):
    """So many rows with an image, two captions and a class."""
    rows = range(first, first + number)
    columns = {
        "img": pa.array([{"bytes": png(n), "path": f"{n}.png"} for n in rows], IMAGE),
        "text": pa.array([[f"a {n}", f"the {n}"] for n in rows]),
        "kind": pa.array([n % 2 for n in rows], pa.int64()),
    }
    told = json.dumps({"info": {"features": FEATURES}})
    return pa.table(columns).replace_schema_metadata({"huggingface": told})


def save_to_disk(folder, parts):
    """The files that datasets 4 writes: a stream a part, and what names them."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"data-{n:05d}-of-{len(parts):05d}.arrow" for n in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        sink = pa.OSFile(str(folder / name), "wb")
        with sink, pa.ipc.new_stream(sink, part.schema) as stream:
            stream.write_table(part)
    state = {"_data_files": [{"filename": name} for name in names], "_split": None}
    (folder / "state.json").write_text(json.dumps(state | {"_indices_data_files": None}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": FEATURES}))
