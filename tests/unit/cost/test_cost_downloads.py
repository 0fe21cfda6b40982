from pathlib import Path

import pytest
from conftest import ROOT
from made_up_jobs import job

from modality_gap.cost.downloads import by_hand
from modality_gap.cost.work import Facts
from modality_gap.data.packages import PACKAGES
from modality_gap.data.published import BY_HAND, FACTS, IMAGES
from modality_gap.study import Study
from modality_gap.study.corpora import READERS, Download, Source
from modality_gap.study.errors import read_yaml

STUDIES = sorted(file.stem for file in (ROOT / "config").glob("*.yaml"))
OWN = ROOT / "config/architectures"
USERS = ("webdataset", "folder", "datasets")  # readers of what we do not know


def facts_of(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = ROOT / f"config/{name}.yaml"
    return Facts(Study.read(read_yaml(file), [file], OWN), OWN)


@pytest.mark.parametrize("name", STUDIES)
def test_every_corpus_that_is_downloaded_has_sizes_and_licences(name, tmp_path, monkeypatch):
    facts = facts_of(name, tmp_path, monkeypatch)
    for corpus in facts.study.originals.public:
        found = [
            facts.sizes.of(job("download", outputs=[f"results/downloads/{file}"], file=file))
            for file in facts.study.originals.original_files(corpus)
        ]
        assert all(one.licence and one.source.startswith("http") for one in found)
        assert not found or any(one.bytes for one in found), corpus
        splits = facts.config["corpora"][corpus].get("splits", [])
        assert all(facts.items.of(corpus, split) for split in splits), corpus
    for corpus in facts.study.originals.emoji:
        for package in facts.study.originals.packages(corpus).values():
            found = facts.sizes.of(job("download", outputs=["x.tgz"], file=package["file"]))
            assert found.bytes > 1e6
            assert found.source == f"npm, {package['npm']}"


def test_every_reader_is_known():
    """Also those that no study of ours has."""
    for name, reader in READERS.items():
        if not issubclass(reader, Source) or name in USERS:
            continue
        assert any(key.split()[0] == name for key in IMAGES), name
        assert issubclass(reader, Download) != (name in BY_HAND), name
    for url in ("train", "test", "extra"):
        assert FACTS[f"{url}_32x32.mat"][0] > 1e7
    assert {package["file"] for package in PACKAGES.values()} <= FACTS.keys()


@pytest.mark.parametrize("reader", BY_HAND)
def test_a_reader_says_the_same_address(reader):
    code = (ROOT / f"scripts/modality_gap/data/corpora/{reader}.py").read_text()
    assert BY_HAND[reader][0] in code
    assert "modality_gap.data.published" not in code


def test_what_is_got_by_hand(tmp_path, monkeypatch):
    facts = facts_of("chowers2026", tmp_path, monkeypatch)
    Path("data/imagenet").mkdir(parents=True)
    imagenet, flickr = by_hand(facts.study)
    assert (imagenet.corpus, imagenet.there, flickr.there) == ("imagenet", True, False)
    assert "ILSVRC2012_img_val.tar or **/ILSVRC2012_val_*.JPEG" in imagenet.files
    assert imagenet.bytes == 6_747_492_305
    assert flickr.source == "https://shannon.cs.illinois.edu/DenotationGraph"


def test_a_file_that_is_there_is_measured(tmp_path, monkeypatch):
    facts = facts_of("chowers2026", tmp_path, monkeypatch)
    name = "aokvqa_v1p0.tar.gz"
    there = job("download", outputs=[name], file=name)
    assert facts.sizes.of(there).bytes is None
    Path(name).write_bytes(b"12345")
    assert facts.sizes.of(there).bytes == 5


def test_weights_are_as_large_as_their_parameters(tmp_path, monkeypatch):
    """ViT-B/16 of CLIP has 149,620,737 of them (open_clip's model_profile.csv says 149.62 million)."""
    facts = facts_of("chowers2026", tmp_path, monkeypatch)
    places = {"library": "open_clip", "architecture": "ViT-B-16-quickgelu", "tag": "openai"}
    found = facts.sizes.of(job("download_weights", outputs=["a.txt"], **places))
    assert found.bytes == pytest.approx(4 * 149_620_737, rel=0.002)
    assert found.licence == "MIT"
    other = facts.sizes.of(job("download_weights", outputs=["a.txt"], **places | {"tag": "webli"}))
    assert other.licence == "see its page"
