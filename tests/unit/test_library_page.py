"""The library's front door: what it offers, and the page that shows it."""

import io
import re
from contextlib import redirect_stdout

import pytest
from conftest import ROOT, loaded_by

import modality_gap

PAGE = (ROOT / "docs/library.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.S)


def test_every_example_runs_and_prints_what_the_page_says():
    names = {}
    for code, printed in BLOCKS:
        told = io.StringIO()
        with redirect_stdout(told):
            exec(compile(code, "docs/library.md", "exec"), names)
        assert told.getvalue() == printed, code


def test_every_name_has_an_example():
    shown = set(re.findall(r"\w+", " ".join(code for code, _ in BLOCKS)))
    assert set(modality_gap.NAMES) <= shown


@pytest.mark.parametrize("name", modality_gap.NAMES)
def test_a_name_is_what_its_module_says_it_is(name):
    found = getattr(modality_gap, name)
    assert name in dir(modality_gap)
    if callable(found):
        assert found.__module__ == f"modality_gap.{modality_gap.NAMES[name]}"
        assert found.__doc__


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="'modality_gap' has no attribute 'gaps'"):
        _ = modality_gap.gaps
    with pytest.raises(ImportError, match="gaps"):
        exec("from modality_gap import gaps")


def test_the_door_itself_imports_nothing_and_no_measure_needs_a_network():
    packages = ("numpy", "pandas", "torch", "open_clip")
    assert loaded_by("import modality_gap", packages) == []
    every = "import modality_gap as m; [getattr(m, name) for name in m.NAMES]"
    assert loaded_by(every, packages) == ["numpy", "pandas"]
