"""Changed pictures, tars and folders make the next run do what depends on them, and nothing else."""

import os
import re
import shutil

import pandas as pd
import pytest
from PIL import Image
from rehearsal.labelled_files import pictures
from rehearsal.webdataset_files import encode_image, write_classification, write_shard
from sentence_transformer_folder import write_sentence_transformer

from workflow.test_bad_input import line_with, pictures_study

pytestmark = pytest.mark.study


def things_in(folder):
    images = [Image.fromarray(pixels) for pixels in pictures(9, 20, seed=3)]
    write_classification(folder, {"test": (images, [n % 3 for n in range(9)])}, list("abc"))


@pytest.fixture
def place(workplace, tmp_path):
    (tmp_path / "pictures").mkdir()
    study = pictures_study(tmp_path / "pictures")
    things_in(tmp_path / "things")
    study["corpora"]["things"] = {
        "reader": "webdataset",
        "folder": str(tmp_path / "things"),
        "splits": ["test"],
        "evaluate": ["test"],
    }
    study["encoders"]["random"]["corpora"] = ["pictures"]
    study["encoders"]["words"] = {
        "kind": "sentence_transformer",
        "folder": str(write_sentence_transformer(tmp_path / "sentences")),
        "corpora": ["things"],
    }
    return workplace(study)


GAP = "results/mine/gap/random/pictures/test.parquet"
TEXTS = "results/mine/embeddings/words/things/test/texts.parquet"
NOTHING = set()


def planned(place):
    """The jobs that a dry run shows: (rule, encoder, corpus)."""
    output = place.succeeds("--quiet", "host", "--dry-run", "--", GAP, TEXTS)
    if "Nothing to be done" in output:
        return NOTHING
    jobs = re.findall(r"^rule (\w+):$.*?^    wildcards: (.*?)$", output, re.M | re.S)
    return {
        (rule, *re.findall(r"(?:encoder|corpus)=([\w-]+)", wildcards)) for rule, wildcards in jobs
    }


OF_PICTURES = {
    ("read_table", "pictures"),
    ("embed", "random", "pictures"),
    ("measure_gap", "random", "pictures"),
}
OF_THINGS = {("read_corpus", "things"), ("embed_backbone", "words", "things")}


def later(file):
    now = os.stat(file).st_mtime_ns + 10**9
    os.utime(file, ns=(now, now))


def test_what_changed_is_done_again_and_nothing_else(place, tmp_path):
    things, table = tmp_path / "things", tmp_path / "pictures"
    assert planned(place) == OF_PICTURES | OF_THINGS
    place.succeeds("--", GAP, TEXTS)
    assert planned(place) == NOTHING
    gap = pd.read_parquet(place.folder / GAP).modality_gap[0]

    for file in (table / "3.png", things / "test/0.tar"):
        later(file)
    assert planned(place) == NOTHING

    size = (table / "3.png").stat().st_size
    Image.new("RGB", (20, 20), (1, 2, 3)).save(table / "3.png")
    assert (table / "3.png").stat().st_size == size
    later(table / "3.png")
    assert planned(place) == OF_PICTURES
    place.succeeds("--", GAP, TEXTS)
    assert pd.read_parquet(place.folder / GAP).modality_gap[0] != gap
    assert planned(place) == NOTHING

    samples = [
        {"png": encode_image(Image.fromarray(pixels)), "cls": str(n % 3).encode()}
        for n, pixels in enumerate(pictures(9, 20, seed=4), start=1)
    ]
    write_shard(things / "test/0.tar", samples)
    later(things / "test/0.tar")
    assert planned(place) == OF_THINGS
    place.succeeds("--", GAP, TEXTS)
    assert planned(place) == NOTHING

    shutil.copy(things / "test/0.tar", things / "other.tar")
    assert planned(place) == NOTHING
    (tmp_path / "sentences/saved/extra").mkdir()
    (tmp_path / "sentences/saved/extra/config.json").write_text("{}")
    assert planned(place) == {("embed_backbone", "words", "things")}

    (things / "test/0.tar").rename(things / "test/1.tar")
    (table / "3.png").unlink()
    assert planned(place) >= OF_PICTURES
    line_with(place.fails("--", GAP), f"no such image 3.png ({table / '3.png'})")
    line_with(place.fails("--", TEXTS), "test/0.tar: no such shard, expected by nshards.txt")
