"""Where Slurm cannot be installed, the tests fail and say what is missing."""

import os
import shutil

import pytest

from cluster import slurm


def test_a_machine_without_slurm_is_told_what_is_missing(monkeypatch):
    there = {name: shutil.which(name) for name in (*slurm.COMMANDS, "apt-get")}
    there |= {"slurmctld": None, "munged": None, "apt-get": None}
    monkeypatch.setattr(shutil, "which", there.get)
    with pytest.raises(RuntimeError, match=r"slurmctld, munged not found, expected Debian's pack"):
        slurm.install()


def test_another_user_than_root_is_told_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RuntimeError, match="expected root, who may start its daemons"):
        slurm.install()
