"""SIGKILL of a whole run at random moments: the same command goes on, and no table is another one."""

import os
import random
import subprocess

import pytest

from faults.conftest import Project, assert_same, kill_group

KILLS = int(os.environ.get("KILLS", "20"))
SEED = 0


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The whole study, by `make run`."""
    return Project(tmp_path_factory.mktemp("project"))


def test_killed_at_random_moments_a_study_ends_as_if_undisturbed(project, undisturbed):
    """Where it ends before it is killed, its tables are compared, and it begins anew."""
    moments, kills, ends, locked = random.Random(SEED), 0, 0, 0
    project.clean()
    while kills < KILLS:
        was_locked = project.is_locked()
        run = project.start()
        try:
            status = run.wait(timeout=moments.uniform(0, undisturbed.seconds / 2))
        except subprocess.TimeoutExpired:
            kill_group(run)
            kills += 1
            print(f"kill {kills}", flush=True)
        else:
            said = project.said.read_text()
            assert status == 0, said
            assert ("lifted the lock" in said) == was_locked, said
            assert_same(project.tables(), undisturbed.tables)
            project.clean()
            ends += 1
        locked += was_locked
    said = project.succeeds()
    print(f"{kills} kills, {locked} of which left a lock; {ends + 1} studies ended")
    assert_same(project.tables(), undisturbed.tables)
    assert locked >= KILLS // 4
    assert "Nothing to be done" in project.succeeds()


def test_what_failed_for_a_damaged_table_is_made_anew(project, undisturbed):
    """Snakemake deletes what a failed job makes: the next run must not think that it has all."""
    project.succeeds()
    damaged = project.results / "embeddings/random/pictures/test/images.parquet"
    os.truncate(damaged, damaged.stat().st_size // 2)
    assert f"{damaged.relative_to(project.folder)}: damaged since it was made" in project.fails()
    assert not all((project.results / path).is_file() for path in undisturbed.tables)
    damaged.unlink()
    project.succeeds()
    assert_same(project.tables(), undisturbed.tables)
