"""Whatever a user can get wrong ends in one line that names it; the next run goes on from there."""

import hashlib
import os

import numpy as np
import pytest
from PIL import Image
from rehearsal.emoji_archives import write_archives
from rehearsal.local_server import Truncating, serve

from modality_gap.data.packages import PACKAGES
from workflow.conftest import small_emoji_study


def line_with(output: str, part: str) -> str:
    """The one line of the output that says this."""
    lines = [line for line in output.splitlines() if part in line]
    assert lines, output
    return lines[0]


def embeddings_study(file) -> dict:
    """A study of one user's embeddings."""
    return {
        "study": "mine",
        "title": "My embeddings",
        "encoders": {"mine": {"kind": "precomputed", "corpus": "pairs", "file": str(file)}},
        "views": {"methods": ["pca"], "pairs": 8, "seed": 0},
    }


def pictures_study(folder) -> dict:
    """A study of one user's pictures, with random weights."""
    for number in range(10):
        picture = Image.new("RGB", (20, 20), (25 * number, 255 - 25 * number, 90))
        picture.save(folder / f"{number}.png")
    rows = [f"{number}.png,colour number {number},test" for number in range(10)]
    (folder / "pictures.csv").write_text("\n".join(["image,caption,split", *rows]) + "\n")
    return {
        "study": "mine",
        "title": "My pictures",
        "corpora": {
            "pictures": {
                "reader": "table",
                "file": str(folder / "pictures.csv"),
                "evaluate": ["test"],
            }
        },
        "encoders": {"random": {"kind": "random", "architecture": "emoji-resnet", "seed": 0}},
        "views": {"methods": ["pca"], "pairs": 8, "seed": 0},
    }


@pytest.fixture
def embeddings(tmp_path, random):
    file = tmp_path / "embeddings.npy"
    np.save(file, random.normal(size=(2, 20, 8)).astype(np.float32))
    return file


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"viewz": {}}, "viewz: unknown key, expected one of"),
        ({"retrieval": {"k": [0]}}, "retrieval.k[0]: 0 is less than the minimum of 1"),
        ({"sample": {"pairs": 99}}, "sample.pairs: 99 is less than the minimum of 100"),
        ({"sample": {"pairs": 1e5}}, "sample.pairs: 100000.0 is not of type 'integer'"),
    ],
)
def test_a_misspelt_key_or_an_impossible_value(workplace, embeddings, change, complaint):
    place = workplace(embeddings_study(embeddings) | change)
    assert line_with(place.fails("--dry-run"), complaint).startswith(complaint[:10])
    assert not place.results.exists()


def test_a_missing_file(workplace, embeddings):
    place = workplace(embeddings_study(embeddings.with_name("none.npy")))
    line_with(place.fails(), f"encoders.mine: no such file: {embeddings.with_name('none.npy')}")
    place.study = embeddings_study(embeddings) | {"local_files": "/no/such/folder"}
    line_with(place.fails(), "local_files: no such folder: /no/such/folder")
    place.study = embeddings_study(embeddings)
    place.succeeds("--", "figures")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda x: np.where(np.arange(8) == 3, np.nan, x), "texts: row 0 holds NaN or infinity"),
        (lambda x: x * (np.arange(20) != 7)[:, None], "texts: row 7 is a zero vector"),
    ],
)
def test_useless_embeddings_and_after(workplace, embeddings, spoil, complaint):
    good = np.load(embeddings)
    np.save(embeddings, np.stack([good[0], spoil(good[1])]).astype(np.float32))
    place = workplace(embeddings_study(embeddings))
    line = line_with(place.fails(), complaint)
    assert line.startswith(f"read_precomputed (mine, pairs, all): {embeddings}: ")
    assert not list(place.results.rglob("*.parquet"))
    np.save(embeddings, good)
    place.succeeds("--", "results/mine/gap/mine/pairs/all.parquet")


def test_embeddings_of_another_width(workplace, tmp_path, random):
    np.savez(
        tmp_path / "x.npz", images=random.normal(size=(9, 4)), texts=random.normal(size=(9, 5))
    )
    place = workplace(embeddings_study(tmp_path / "x.npz"))
    line_with(place.fails(), "images are 4 wide and texts 5, expected one width")


def test_a_wrong_checksum_and_a_truncated_download(workplace, embeddings, tmp_path):
    study = embeddings_study(embeddings)
    entry = study["encoders"]["mine"]
    del entry["file"]
    entry["sha256"] = "0" * 64
    place = workplace(study)
    downloaded = tmp_path / "results/downloads/embeddings.npy"
    with serve(tmp_path) as address:
        entry["url"] = f"{address}/embeddings.npy"
        line_with(place.fails(), "embeddings.npy: sha256 is")
        assert not downloaded.exists()
    entry["sha256"] = hashlib.sha256(embeddings.read_bytes()).hexdigest()
    with serve(tmp_path, Truncating) as address:
        entry["url"] = f"{address}/embeddings.npy"
        line_with(place.fails(), f"download (embeddings.npy): {address}/embeddings.npy")
        assert not downloaded.exists()
    with serve(tmp_path) as address:
        entry["url"] = f"{address}/embeddings.npy"
        place.succeeds("--", "results/mine/gap/mine/pairs/all.parquet")
    names = {path.name for path in downloaded.parent.iterdir()}
    assert names == {"embeddings.npy", "embeddings.npy.sha256"}


def test_local_files_of_another_version(workplace, tmp_path):
    write_archives(tmp_path / "archives")
    place = workplace(small_emoji_study(tmp_path / "archives"))
    line = line_with(place.fails(), "sha512 is")
    assert any(package["file"] in line for package in PACKAGES.values())
    assert not list((tmp_path / "results").rglob("*.tgz"))


def test_an_image_that_does_not_decode_and_after(workplace, tmp_path):
    place = workplace(pictures_study(tmp_path))
    good = (tmp_path / "4.png").read_bytes()
    (tmp_path / "4.png").write_bytes(good[:50])
    line = line_with(place.fails(), "does not decode")
    assert line.partition("): ")[2].startswith("image '4.png' does not decode")
    assert not list(place.results.glob("embeddings/*/*/*/*.parquet"))
    (tmp_path / "4.png").write_bytes(good)
    place.succeeds("--", "results/mine/gap/random/pictures/test.parquet")


def test_an_unknown_architecture_tag_or_checkpoint(workplace, tmp_path):
    place = workplace(pictures_study(tmp_path))
    for entry, complaint in (
        (
            {"kind": "random", "architecture": "emoji-resnett", "seed": 0},
            "unknown architecture: 'emoji-resnett', expected a known one, such as emoji-resnet",
        ),
        (
            {"kind": "pretrained", "architecture": "ViT-B-32", "tag": "opennai"},
            "unknown tag of ViT-B-32: 'opennai', expected a known one, such as openai",
        ),
        (
            {"kind": "checkpoint", "architecture": "RN50", "file": str(tmp_path / "pictures.csv")},
            "encoders.mine: missing quick_gelu, expected true or false",
        ),
        (
            {
                "kind": "checkpoint",
                "architecture": "emoji-vit",
                "file": str(tmp_path / "pictures.csv"),
            },
            "pictures.csv: not a checkpoint (not a file of torch",
        ),
    ):
        place.study["encoders"] = {"mine": entry}
        line_with(place.fails(), complaint)


def test_an_empty_split(workplace, tmp_path):
    place = workplace(pictures_study(tmp_path))
    place.study["corpora"]["pictures"]["evaluate"] = ["train"]
    line_with(place.fails("--dry-run"), "corpora.pictures.evaluate: no split 'train' in")


@pytest.mark.study
def test_a_table_that_a_disk_changed_ends_the_next_run(workplace, embeddings):
    place = workplace(embeddings_study(embeddings))
    place.succeeds()
    table = place.results / "retrieval/mine/pairs/all.parquet"
    told, content = table.stat(), bytearray(table.read_bytes())
    content[len(content) // 3] ^= 1
    table.write_bytes(content)
    os.utime(table, ns=(told.st_atime_ns, told.st_mtime_ns))
    place.study["title"] = "Another title"
    line_with(place.fails(), "retrieval/mine/pairs/all.parquet: altered since it was recorded")
    line_with(place.fails(), "retrieval/mine/pairs/all.parquet: altered since it was recorded")
    table.unlink()
    place.succeeds()
