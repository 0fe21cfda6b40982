"""What the project says of itself in several places agrees."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, loaded_by

from modality_gap.study.base import Keys
from modality_gap.study.networks import ENVIRONMENT
from modality_gap.study.parts import PARTS


def lock() -> dict[str, str]:
    """Version by package name."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = (line.partition(" ;")[0].partition("==") for line in lines)
    return {name.lower(): version for name, _, version in pins}


def test_every_line_of_the_lock_is_an_exact_version_without_an_address():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+-]+( ; .*)?", line), line


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def name_of(requirement: str) -> str:
    """A package's name as the lock writes it."""
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].replace("_", "-").lower()


def test_the_lock_holds_everything_the_project_asks_for():
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    libraries = project["dependencies"] + project["optional-dependencies"]["networks"]
    for requirement in groups["workflow"] + groups["docs"] + groups["dev"]:
        assert requirement.partition("==")[2] in ("", lock()[name_of(requirement)])
    for requirement in libraries:
        assert "==" not in requirement, f"{requirement}: a library has ranges"
        own, least = lock()[name_of(requirement)], requirement.partition(">=")[2]
        numbers = [[int(n) for n in re.findall(r"\d+", version)] for version in (own, least)]
        assert numbers[0] >= numbers[1], requirement


def test_the_projects_version_is_one():
    version = PROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)[1] == version


@pytest.mark.parametrize("file", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda file: file.name)
def test_conda_environments_carry_the_locks_versions(file):
    *_, pip = yaml.safe_load(file.read_text())["dependencies"]
    assert pip["pip"]
    for requirement in pip["pip"]:
        name, _, version = requirement.partition("==")
        assert version == lock()[name], requirement


def test_the_container_holds_what_the_environments_name():
    """No container can be built in the tests: its recipe is read, and its own command is run."""
    recipe = (ROOT / "envs/Dockerfile").read_text()
    command = re.search(r"sed .*?sort -u", recipe)[0].replace("/envs/", "envs/")
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    named = set()
    for file in (ROOT / "envs").glob("*.yaml"):
        *_, pip = yaml.safe_load(file.read_text())["dependencies"]
        named |= {*pip["pip"]}
    assert {*done.stdout.splitlines()} == named
    names = [requirement.partition("==")[0] for requirement in named]
    assert len(names) == len({*names}), "two environments have two versions"
    for name, version in re.findall(r"(snakemake[\w-]*)==(\S+)", recipe):
        assert version == lock()[name]


def test_every_rule_has_a_log_a_benchmark_and_an_environment():
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for rule in re.split(r"^rule ", file.read_text(), flags=re.M)[1:]:
            if "script:" in rule:
                parts = ["log:", "benchmark:", "conda:", "mem_mb=", "runtime="]
                # A pinned file is the same whatever code fetched it.
                parts += [] if rule.startswith("download") else ["code="]
                for part in parts:
                    assert part in rule, f"{file.name}: {rule.splitlines()[0]} {part}"


# Folders of the library whose modules a script imports by a name of the study.
BY_NAME = {"read_corpus": "data/corpora", "train": "training/policies", "judge_claims": "claims"}
BY_NAME |= dict.fromkeys(("embed", "embed_prompts", "embed_noise"), "models/kinds")


def imported_by(script: Path) -> set[str]:
    """Packages that a script imports, itself or through the project's modules."""
    packages, modules, unread = set(), set(), [script, ROOT / "scripts/job.py"]
    if script.stem in BY_NAME:
        files = (ROOT / "scripts/modality_gap" / BY_NAME[script.stem]).glob("*.py")
        unread += [file for file in files if file.stem != "emoji"]  # has a rule of its own
    while unread:
        for node in ast.walk(ast.parse(unread.pop().read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in names:
                path = ROOT.joinpath("scripts", *name.split("."))
                file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
                if file.is_file() and file not in modules:
                    modules.add(file)
                    unread.append(file)
                elif not file.is_file():
                    packages.add(name.partition(".")[0])
    return packages - set(sys.stdlib_module_names)


def environment_of(rule: str) -> str:
    """The conda file of a rule; of one that depends on the encoder, the workflow's own."""
    said = re.search(r"conda:\s+(.*)", rule)[1]
    said = ENVIRONMENT if said == 'of(networks.environment, "encoder")' else said.strip('"')
    return said.removeprefix("../../")


RULES = [
    (file.name, environment_of(rule), re.search(r"/(\w+)\.py\"", rule)[1])
    for file in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for rule in re.split(r"^rule ", file.read_text(), flags=re.M)[1:]
    if "script:" in rule
]


@pytest.mark.parametrize("environment", sorted({environment for _, environment, _ in RULES}))
def test_a_rules_environment_holds_what_its_script_imports(environment):
    *_, pip = yaml.safe_load((ROOT / environment).read_text())["dependencies"]
    held = {requirement.partition("==")[0].lower() for requirement in pip["pip"]}
    names = packages_distributions()
    needed = set()
    for _, own, script in RULES:
        if own == environment:
            needed |= imported_by(ROOT / f"scripts/{script}.py")
    distributions = {names[name][0].lower().replace("_", "-") for name in needed}
    assert distributions <= held


def keys_of(model: type[Keys]) -> set[str]:
    """The keys of a type of mappings, and of those that are made from it."""
    return {*model.model_fields, *(key for own in model.__subclasses__() for key in keys_of(own))}


def test_every_key_of_a_study_is_explained():
    explained = (ROOT / "config/README.md").read_text()
    keys = keys_of(Keys) | PARTS.keys()
    assert len(keys) > 150
    assert not [name for name in keys if not re.search(rf"\b{name}\b", explained)]


def test_planning_a_study_needs_nothing_that_only_jobs_need():
    """Snakemake may run in an environment of its own, with the jobs in those of `envs/`."""
    code = "import modality_gap.study; import modality_gap.code"
    assert loaded_by(code, ("numpy", "pandas", "torch", "resvg_py")) == []


@pytest.mark.parametrize(
    ("libraries", "loaded"),
    [([], []), (["timm", "transformers"], ["timm", "transformers", "torch._dynamo"])],
)
def test_a_job_loads_of_libraries_what_its_rule_says(libraries, loaded):
    code = (
        "import gc; from types import SimpleNamespace; "
        f"snakemake = SimpleNamespace(params={{'libraries': {libraries}}}); import job, open_clip; "
        "assert not gc.isenabled(); open_clip.create_model('RN50', pretrained=None)"
    )
    assert loaded_by(code, ("timm", "transformers", "torch._dynamo")) == loaded


def test_the_citation_file_is_valid_yaml_with_all_three_papers():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert [paper["year"] for paper in citation["references"]] == [2022, 2024, 2026]
