"""Files that the workflow made and that cannot be read whole any more."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from modality_gap.data.file_kinds import WHOLE, damaged_files


def write_arrow(file):
    table = pa.table({"x": np.arange(1000)})
    with pa.OSFile(str(file), "wb") as out, pa.ipc.new_file(out, table.schema) as batches:
        batches.write_table(table)


WRITE = {
    ".parquet": lambda file: pd.DataFrame({"x": np.random.rand(1000)}).to_parquet(file),
    ".arrow": write_arrow,
    ".npz": lambda file: np.savez(file, x=np.random.rand(1000)),
    ".pt": lambda file: torch.save({"x": torch.rand(1000)}, file),
    ".json": lambda file: file.write_text(json.dumps(list(range(1000)))),
}


@pytest.fixture(params=WRITE)
def file(request, tmp_path):
    path = tmp_path / f"x{request.param}"
    WRITE[request.param](path)
    return path


def test_every_kind_is_tried():
    assert WRITE.keys() == WHOLE.keys()


def test_a_whole_file_is_not_damaged(file):
    assert damaged_files([file]) == {}


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_file_that_was_cut_is(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    (found,) = damaged_files([file, file.with_name("gone.parquet")]).items()
    assert found[0] == file
    assert found[1]
    assert "\n" not in found[1]


@pytest.mark.parametrize("kind", [".npz", ".pt"])
def test_a_byte_in_the_middle_is_told_by_checksums(tmp_path, kind):
    WRITE[kind](tmp_path / f"x{kind}")
    content = bytearray((tmp_path / f"x{kind}").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / f"x{kind}").write_bytes(content)
    assert "another checksum" in damaged_files([tmp_path / f"x{kind}"])[tmp_path / f"x{kind}"]
