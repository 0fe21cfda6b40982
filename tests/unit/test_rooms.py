"""The rooms of the library: who may import whom."""

import ast
from pathlib import Path

import pytest
from conftest import ROOT

LIBRARY = ROOT / "scripts/modality_gap"
SCIENCE = {"data", "measures", "models", "origin", "effects", "training", "closing"}
# What each room may import besides itself; in an order without circles.
MAY_IMPORT = {
    "data": set(),
    "measures": {"data"},
    "models": {"data", "measures"},
    "origin": {"data", "measures"},
    "effects": {"data", "measures"},
    "training": {"data", "measures", "models", "origin", "effects"},
    "closing": {"data", "measures"},
    "claims": SCIENCE,
    "plots": SCIENCE | {"claims", "words"},
    "page": SCIENCE | {"claims", "plots", "words"},
    # Which architectures there are, and what they need, is asked for when a study is planned.
    "study": {"data", "models"},
    # What a study will cost is told from its plan, before anything of it runs.
    "cost": {"study", "data", "models"},
}


def imported(file: Path) -> set[str]:
    """The modules of the library that a file imports, at its top or in a function."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        assert not getattr(node, "level", 0), f"{file}: a relative import, expected a full name"
    return {name for name in found if name.startswith("modality_gap.")}


def test_every_room_is_known():
    rooms = {file.parent.name for file in LIBRARY.glob("*/__init__.py")}
    assert rooms == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_those_before_it_only(room):
    """Above all, science imports no claims: another wording of a verdict measures nothing anew."""
    for file in (LIBRARY / room).rglob("*.py"):
        others = {name.split(".")[1] for name in imported(file)} - {room}
        assert others <= MAY_IMPORT[room], f"{file.relative_to(LIBRARY)}: {others}"


def test_there_is_no_circle_between_rooms():
    known = set()
    for room in ("data", "measures", "models", "origin", "effects", "training", "closing"):
        assert MAY_IMPORT[room] <= known
        known.add(room)
    assert known == SCIENCE
    assert MAY_IMPORT["claims"] <= known
    assert MAY_IMPORT["plots"] <= known | {"claims", "words"}


FULL = ("claims", "corpora", "plots", "sections")  # one file a thing


def test_files_folders_and_functions_stay_small():
    library, rules = ROOT / "scripts/modality_gap", ROOT / "workflow/rules"
    files = [*library.rglob("*.py"), *rules.glob("*.smk")]
    lines = {file.name: len(file.read_text().splitlines()) for file in files}
    assert lines["common.smk"] <= 200
    assert not {name: length for name, length in lines.items() if length > 450}
    for folder in {file.parent for file in library.rglob("*.py")}:
        modules = [*folder.glob("*.py")]
        assert len(modules) <= 14 or folder.name in FULL, folder
    for file in (ROOT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 80, f"{file.name}: {node.name}"
