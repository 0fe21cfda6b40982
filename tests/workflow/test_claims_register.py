"""The register of the papers' claims against the jobs of the papers' own studies."""

import pytest
import yaml
from conftest import ROOT

from modality_gap.claims.register import answers_of, not_made, read_register, reason_of
from workflow.test_plan import plan

PAPERS = ("liang2022", "yaras2024", "chowers2026")


@pytest.fixture(scope="module", params=PAPERS)
def paper(request):
    """A paper's register and its study."""
    study = yaml.safe_load((ROOT / f"config/{request.param}.yaml").read_text())
    return read_register(ROOT / f"config/claims/{request.param}.csv"), study


@pytest.fixture(scope="module")
def tables(paper, tmp_path_factory):
    """Paths of all that the jobs of the study make, below its results."""
    _, study = paper
    place = tmp_path_factory.mktemp(study["study"])
    for corpus in study["corpora"].values():
        if "folder" in corpus:  # what a user must have fetched; a dry run alone does without
            (place / corpus["folder"]).mkdir(parents=True)
    jobs = plan(ROOT, ROOT / f"config/{study['study']}.yaml", place)
    paths = [path for job in jobs for path in texts_in(job["output"])]
    return [path.removeprefix(f"results/{study['study']}/") for path in paths]


def texts_in(value):
    """All texts in nested lists and mappings."""
    if isinstance(value, str):
        yield value
        return
    for item in value.values() if isinstance(value, dict) else value:
        yield from texts_in(item)


def test_every_claim_that_needs_a_run_has_a_job_of_its_study(paper, tables):
    register, study = paper
    missing = not_made(register, tables)
    assert not missing, f"config/claims/{study['study']}.csv: {'; '.join(missing)}"


def test_a_table_that_no_job_makes_is_told(paper, tables):
    register, _ = paper
    number = (register.table != "").idxmax()
    wrong = register.copy()
    wrong.loc[number, "table"] = "gaps/no/such/table.parquet"
    wrong.loc[number, "column"] = "modality_gap"
    assert not_made(wrong, tables) == [
        f"{register.id[number]}: gaps/no/such/table.parquet: no job of the study makes such a table"
    ]


def test_runs_and_encoders_that_claims_ask_for_are_the_studys(paper):
    register, study = paper
    for row in register.itertuples():
        for table, _, where in answers_of(row):
            for name in where.get("encoder", []):
                assert name in study["encoders"], f"{row.id}: {name}"
            if table.startswith("run_comparisons/"):
                for name in where.get("run", []):
                    assert name in study["training"], f"{row.id}: {name}"


def test_settings_that_claims_are_about_are_the_studys(paper):
    register, study = paper
    for row in register[register.table == ""].itertuples():
        reason, named = reason_of(row.note)
        if reason == "setting":
            assert has_key(study, named["key"]), f"{row.id}: {named['key']}"


def has_key(section, path: str) -> bool:
    """Whether there is such a key; names may have dots in them, as in training.fixed_0.4.seeds."""
    if not isinstance(section, dict):
        return False
    return path in section or any(
        has_key(section[name], path.removeprefix(f"{name}."))
        for name in section
        if path.startswith(f"{name}.")
    )
