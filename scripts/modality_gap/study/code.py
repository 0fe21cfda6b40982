"""What a script does, as one value: another value is another reason to run."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

SURROUNDINGS = "job.py"


def code_of(
    scripts: Path, script: str, modules: Iterable[str] = (), files: Iterable[Path] = ()
) -> str:
    """A hash of what a script does: of its own code and that of every module which it reaches.

    scripts: the folder of all scripts; script: its name; modules: further modules, which it imports
    by a name that it is given; files: of the project, which it reads. Docstrings, comments and layout count nothing; `job.py`, and files
    beside a module that are no code (the style of figures), do. Raises FileNotFoundError for a
    script or module that is not there.
    """
    found, unread = set(), [scripts / f"{script}.py", scripts / SURROUNDINGS]
    unread += [module_file(scripts, name) for name in modules]
    while unread:
        file = unread.pop()
        if file not in found:
            found.add(file)
            unread += imported(scripts, file)
    digest = hashlib.sha256()
    for file in sorted(found):
        digest.update(f"{file.relative_to(scripts).as_posix()} {hash_of(file)}\n".encode())
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def hash_of(file: Path) -> str:
    """A hash of what a module does, and of the files beside it that are no code."""
    digest = hashlib.sha256(ast.dump(without_docstrings(file)).encode())
    if (file.parent / "__init__.py").is_file():
        for beside in sorted(file.parent.iterdir()):
            if beside.is_file() and beside.suffix != ".py" and beside.name[0] != ".":
                digest.update(beside.name.encode() + beside.read_bytes())
    return digest.hexdigest()


@cache
def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def without_docstrings(file: Path) -> ast.Module:
    """The syntax tree of a file without its docstrings, those alone in a body replaced by `pass`."""
    tree = tree_of(file)
    for node in ast.walk(tree):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return tree


@cache
def imported(scripts: Path, file: Path) -> list[Path]:
    """The files of the project that a file imports."""
    names = [
        name
        for node in ast.walk(tree_of(file))
        for name in imported_names(node)
        if (scripts / name.split(".")[0]).exists() or (scripts / f"{name}.py").is_file()
    ]
    files = [module_file(scripts, name) for name in names if is_module(scripts, name)]
    return list(dict.fromkeys(files))


def imported_names(node: ast.AST) -> Iterator[str]:
    """The modules that a statement imports; what it takes from one may be a module too."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module is not None:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_module(scripts: Path, name: str) -> bool:
    """Whether the project has a module of this name."""
    path = scripts.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def module_file(scripts: Path, name: str) -> Path:
    """The file of a module of the project."""
    path = scripts.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
