"""A study on Slurm, from the login node to its report."""

import shutil

from cluster.conftest import tiny_study


def test_a_study_runs_to_its_report(checkout, archives):
    shutil.copytree(archives, checkout.folder / "results/downloads")
    checkout.write(tiny_study(archives))
    checkout.succeeds("snakemake downloads --cores 1 --configfile config/mine.yaml")
    print(checkout.succeeds("snakemake --workflow-profile profiles/slurm --configfile config/mine.yaml"))
    for job in checkout.cluster.jobs(): print(job)
    assert (checkout.folder / "results/small/report.html").is_file()
