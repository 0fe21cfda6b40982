"""What a script does, as one value: another value is another reason to run."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SURROUNDINGS = "job.py"


@cache
def code_of(
    scripts: Path, script: str, modules: tuple[str, ...] = (), files: tuple[Path, ...] = ()
) -> str:
    """A hash of what a script does: of its own code and that of every module which it reaches.

    scripts: the folder of all scripts; script: its name; modules: further modules, which it imports
    by a name that it is given (`package.*`: all of a package); files: of the project, which it
    reads. Docstrings, comments and layout count nothing, nor does the front door of the library,
    which only looks names up; `job.py`, and files beside a module that are no code (the style of
    figures), do. Raises FileNotFoundError for a script or module that is not there, and ValueError,
    naming the file, for a relative import.
    """
    found, unread = set(), [scripts / f"{script}.py", scripts / SURROUNDINGS]
    unread += [file for name in modules for file in module_files(scripts, name)]
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
        digest.update(beside(file.parent))
    return digest.hexdigest()


@cache
def beside(folder: Path) -> bytes:
    """Names and contents of the files in a folder that are neither code nor what editors leave."""
    files = [
        file
        for file in sorted(folder.iterdir())
        if file.suffix != ".py" and not file.name.startswith(".") and not file.name.endswith("~")
    ]
    return b"".join(file.name.encode() + file.read_bytes() for file in files if file.is_file())


@cache
def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_bytes(), str(file))


def without_docstrings(file: Path) -> ast.Module:
    """The syntax tree of a file without its docstrings, those alone in a body replaced by `pass`."""
    tree = tree_of(file)
    for node in (tree, *statements(tree)):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return tree


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements below a node; expressions, of which there are many more, are passed over."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        below = getattr(node, part, ())
        for statement in below if isinstance(below, list) else ():
            yield statement
            yield from statements(statement)


@cache
def imported(scripts: Path, file: Path) -> list[Path]:
    """The files of the project that a file imports."""
    try:
        found = [name for node in statements(tree_of(file)) for name in names_of(node)]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    # Importing a module runs the packages that it lies in.
    names = dict.fromkeys(package for name in found for package in packages_of(name))
    return [file for file in (module_file(scripts, name) for name in names) if file is not None]


def names_of(node: ast.stmt) -> Iterator[str]:
    """The modules that a statement imports; what it takes from one may be a module too."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise ValueError(f"line {node.lineno}: a relative import, expected a full name")
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_of(name: str) -> list[str]:
    """A module and the packages that it lies in, without the front door of the library."""
    parts = name.split(".")
    return [".".join(parts[:number]) for number in range(min(2, len(parts)), len(parts) + 1)]


def module_files(scripts: Path, name: str) -> list[Path]:
    """The file of a module, or all those of a package that is named with `.*`."""
    package = name.removesuffix(".*")
    if package != name:
        return sorted(scripts.joinpath(*package.split(".")).glob("*.py"))
    file = module_file(scripts, name)
    if file is None:
        raise FileNotFoundError(f"{scripts}: no module {name}")
    return [file]


@cache
def module_file(scripts: Path, name: str) -> Path | None:
    """The file of a module of the project; None for one of another package."""
    if name.partition(".")[0] not in own_names(scripts):
        return None
    path = scripts.joinpath(*name.split("."))
    own = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in own if file.is_file()), None)


@cache
def own_names(scripts: Path) -> set[str]:
    """The names at the top of the project: of scripts, and of the library."""
    return {path.stem for path in scripts.iterdir()}
