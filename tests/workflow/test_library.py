"""The library alone, installed into fresh environments as a user does it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.study
PYTHONS = ("python3.11", "python3.12", "python3.13")
ARRAYS = """
import numpy as np
random = np.random.default_rng(0)
images, texts = (random.normal(size=(30, 64)) + side for side in (1, -1))
images, texts = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (images, texts))
"""


def run(python: Path | str, *arguments: str, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(python), *arguments], capture_output=True, text=True, cwd=folder, env={"HOME": "/tmp"}
    )


def runs(python: str) -> str | None:
    """The path of an interpreter that is at hand and works; pyenv's own may be hidden behind shims."""
    versions = Path.home() / ".pyenv/versions"
    found = [shutil.which(python), *map(str, versions.glob(f"*/bin/{python}"))]
    for path in filter(None, found):
        if subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, so that nothing is left behind in the project."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    cached = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=cached)
    arguments = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", ".")
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module", params=PYTHONS)
def python(request, wheel, tmp_path_factory):
    """An interpreter of a fresh environment that has the library, and nothing but what it asks for."""
    base = runs(request.param)
    if base is None:
        pytest.skip(f"{request.param} is not here")
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([base, "-m", "venv", str(folder)], check=True)
    own = folder / "bin/python"
    done = subprocess.run(
        [str(own), "-m", "pip", "install", "--quiet", str(wheel)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return own


def blocks(file: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / file).read_text(), re.S)


def test_the_pages_block_closes_a_gap(python, tmp_path):
    (block,) = [block for block in blocks("docs/your_own.md") if "close_gap" in block]
    check = "assert moved_texts.shape == texts.shape; assert not np.allclose(moved_texts, texts)"
    done = run(python, "-c", f"{ARRAYS}\n{block}\n{check}", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_every_example_of_the_library_runs_without_torch(python, tmp_path):
    code = "\n".join(blocks("docs/library.md"))
    assert "close_gap" in code
    check = "import sys; assert not {'torch', 'open_clip'} & set(sys.modules)"
    done = run(python, "-c", f"{code}\n{check}", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_installed_library_is_the_whole_one(python, tmp_path):
    code = "import modality_gap.plots.style, modality_gap.closing.mitigations"
    done = run(python, "-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
