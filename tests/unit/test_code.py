"""What a script does, as one value."""

import pytest
from conftest import ROOT

from modality_gap import code

FILES = {
    "job.py": "import os\n",
    "measure.py": "from job import job\nfrom modality_gap.room.a import f\n",
    "draw.py": "from modality_gap.plots import style\n",
    "modality_gap/__init__.py": "",
    "modality_gap/room/__init__.py": "",
    "modality_gap/room/a.py": '"""A."""\n\n\ndef f():\n    """F."""\n    from modality_gap.room import b\n',
    "modality_gap/room/b.py": "VALUE = 1\n",
    "modality_gap/room/c.py": "VALUE = 1\n",
    "modality_gap/plots/__init__.py": "",
    "modality_gap/plots/style.py": "",
    "modality_gap/plots/lines.mplstyle": "lines.linewidth: 1\n",
}


@pytest.fixture
def of(tmp_path):
    """The code of a script of a small project, in which some files were edited."""

    def code_of(script, edits=(), modules=(), files=()):
        for cached in vars(code).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
        for name, text in {**FILES, **dict(edits)}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return code.code_of(tmp_path, script, tuple(modules), tuple(files))

    return code_of


@pytest.mark.parametrize(
    "edit",
    [
        {"modality_gap/room/a.py": FILES["modality_gap/room/a.py"].replace("F.", "Anew.")},
        {"modality_gap/room/a.py": "# A remark.\n" + FILES["modality_gap/room/a.py"]},
        {"measure.py": '"""What it does."""\n' + FILES["measure.py"]},
        {"modality_gap/room/b.py": "VALUE  =  1  # a remark\n"},
        {"modality_gap/room/c.py": "VALUE = 2\n"},
        {"modality_gap/plots/lines.mplstyle": "lines.linewidth: 2\n"},
        {"modality_gap/room/new.py": "VALUE = 1\n"},
        {"modality_gap/room/a.py~": "VALUE = 1\n"},
        {"modality_gap/__init__.py": "NAMES = {}\n"},
    ],
)
def test_what_changes_nothing_that_a_script_does_is_the_same_code(of, edit):
    assert of("measure", edit) == of("measure")


@pytest.mark.parametrize(
    "edit",
    [
        {"job.py": "import sys\n"},
        {"measure.py": FILES["measure.py"] + "f()\n"},
        {"modality_gap/room/b.py": "VALUE = 2\n"},  # imported within a function
        {"modality_gap/room/__init__.py": "VALUE = 2\n"},
        {"modality_gap/room/a.py": FILES["modality_gap/room/a.py"].replace('"""F."""', "'F'; 1")},
    ],
)
def test_what_a_script_reaches_is_part_of_its_code(of, edit):
    assert of("measure", edit) != of("measure")


def test_files_beside_a_module_are_part_of_it(of):
    changed = of("draw", {"modality_gap/plots/lines.mplstyle": "lines.linewidth: 2\n"})
    assert changed != of("draw")
    assert of("draw", {"modality_gap/plots/.hidden": "x"}) == of("draw")


def test_modules_and_files_that_are_named_are_part_of_it(of, tmp_path):
    assert len({of("measure", modules=m) for m in ([], ["modality_gap.room.c"])}) == 2
    every = ["modality_gap.room.*"]
    assert of("measure", {"modality_gap/room/c.py": "VALUE = 3\n"}, every) != of(
        "measure", (), every
    )
    (tmp_path / "net.json").write_text("{}")
    assert of("measure", files=[tmp_path / "net.json"]) != of("measure")


def test_the_folder_is_no_part_of_it(of, tmp_path):
    here = of("measure")
    elsewhere = tmp_path.with_name("elsewhere")
    tmp_path.rename(elsewhere)
    assert code.code_of(elsewhere, "measure") == here


def test_a_relative_import_is_refused(of):
    with pytest.raises(ValueError, match=r"room/b\.py: line 1: a relative import"):
        of("measure", {"modality_gap/room/b.py": "from . import c\n"})


def test_a_module_that_is_not_there_is_named(of):
    with pytest.raises(FileNotFoundError, match=r"no module modality_gap\.room\.x"):
        of("measure", modules=["modality_gap.room.x"])


def test_every_script_of_the_project_has_a_code():
    scripts = ROOT / "scripts"
    names = [file.stem for file in scripts.glob("*.py")]
    assert len({code.code_of(scripts, name) for name in names}) == len(names)
