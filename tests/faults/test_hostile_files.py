"""Files of every public data set, damaged by chance: each is read, or refused in one line that names it.

What damages them is drawn with a fixed seed. A reader runs in a process with bounded memory, in a folder
that it may not write to anything beside.
"""

import json
import os
import random
import resource
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT
from rehearsal.corpora import WRITERS

from modality_gap.study import Study

CASES, MEMORY = 40, 6 * 2**30
STUDIES = ("liang2022", "yaras2024", "chowers2026")


def every_reader() -> dict[str, dict]:
    """Of each reader a corpus of the papers' studies: its settings, and what it is read with."""
    found = {}
    for name in STUDIES:
        file = ROOT / f"config/{name}.yaml"
        config = yaml.safe_load(file.read_text())
        study = Study.read(config, [str(file)], ROOT / "config/architectures")
        for corpus, settings in study.config["corpora"].items():
            if settings["reader"] in WRITERS:
                found.setdefault(settings["reader"], (settings, study.originals.reader(corpus)))
    return found


READERS = every_reader()


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Bytes with one thing wrong."""
    at = draw.randrange(len(content) + 1)
    some = draw.randbytes(draw.choice((1, 4, 64)))
    half = len(content) // 2
    return draw.choice(
        (
            content[:at],
            content[:at] + some + content[at + len(some) :],
            content[:at] + some + content[at:],
            content[:at] + bytes(min(64, len(content) - at)) + content[at + 64 :],
            content[half:] + content[:half],
            content + content,
            b"",
            b"<!DOCTYPE html><html><body>Not found</body></html>",
            content.replace(b"0", b"9"),
            content.replace(b"/", b"/../../"),
            content.replace(b'"', b""),
            content.replace(b"\n", b"\r"),
        )
    )


PROGRAM = """
import json, sys, traceback
from importlib import import_module
from pathlib import Path
sys.path.insert(0, sys.argv[1])
reader, splits, options, folder = json.loads(sys.argv[2])
read = getattr(import_module(f"modality_gap.data.corpora.{reader}"), f"read_{reader}")
from modality_gap.data.corpora import decode, write_corpus
print("ready", flush=True)
for line in sys.stdin:
    Path("written").mkdir(exist_ok=True)
    try:
        corpus = read(Path(folder), splits, **options)
        write_corpus(Path("written"), corpus)
        pictures = corpus.images["image"].tolist() if "image" in corpus.images else []
        for name, picture in zip(corpus.images.image_id, pictures):
            decode(picture if isinstance(picture, bytes) else str(picture), name)
        print(json.dumps(["read", len(corpus.images)]), flush=True)
    except (ValueError, OSError) as error:
        print(json.dumps(["refused", str(error)]), flush=True)
    except BaseException:
        print(json.dumps(["broken", traceback.format_exc()]), flush=True)
"""


def bounded() -> None:
    """As much memory for the process as a job of this size is given."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("reader", sorted(WRITERS))
def test_a_damaged_file_is_read_or_refused_by_name(tmp_path, reader):
    settings, how = READERS[reader]
    folder, place = tmp_path / "data", tmp_path / "place"
    folder.mkdir()
    place.mkdir()
    WRITERS[reader](settings | {"labelled": True}, folder)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    before = {file for file in tmp_path.rglob("*") if place not in file.parents}
    whole = json.dumps([reader, how["splits"], how["options"], str(folder)])
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(ROOT / "scripts"), whole],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=place, preexec_fn=bounded,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "ready\n"

        def outcome() -> tuple[str, str]:
            process.stdin.write("again\n")
            process.stdin.flush()
            return tuple(json.loads(process.stdout.readline()))

        assert outcome()[0] == "read"
        draw, refused = random.Random(0), 0
        for case in range(CASES):
            ending = draw.choice(sorted({file.suffix for file in files}))
            file = draw.choice([file for file in files if file.suffix == ending])
            content, times = file.read_bytes(), file.stat()
            file.write_bytes(damaged(content, draw))
            verdict, told = outcome()
            file.write_bytes(content)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
            assert verdict != "broken", f"case {case}, {file.name}: {told}"
            if verdict == "refused":
                refused += 1
                assert "\n" not in told.strip(), f"case {case}: {told}"
                # The file, another one that it contradicts, or the picture in it.
                named = any(one.name in told for one in [*files, folder])
                assert named or told.startswith("image '"), f"case {case}: {told}"
        process.stdin.close()
    assert refused > CASES / 8, "damage is found"
    assert {file for file in tmp_path.rglob("*") if place not in file.parents} == before
