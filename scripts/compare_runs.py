"""Answer what training does to the gap, from the measures and trajectories of several runs."""

import math

import pandas as pd

from job import job
from modality_gap.training.run_comparisons import (
    SETTINGS,
    gap_by_dimension,
    gap_by_temperature,
    measure_correlations,
    run_differences,
    slow_closing_fit,
    starts,
)

with job(snakemake):
    params = snakemake.params
    asked, runs = params.comparisons, pd.DataFrame(params.runs)
    measures = [pd.read_parquet(file) for file in snakemake.input.measures]
    measures = pd.concat(measures) if measures else None
    trajectories = [
        pd.read_parquet(file).assign(run=run, seed=seed)
        for file, (run, seed) in zip(snakemake.input.trajectories, params.trajectories, strict=True)
    ]
    trajectories = pd.concat(trajectories) if trajectories else None
    tables = {}
    if "gap_by_temperature" in asked:
        chosen = runs[runs.run.isin(asked["gap_by_temperature"])]
        points, correlations = gap_by_temperature(measures[measures.run.isin(chosen.run)], chosen)
        tuned = trajectories.run.isin(chosen.run[chosen.fine_tuned]) & (trajectories.step == 0)
        before = trajectories.modality_gap[tuned].mean()
        correlations["before"] = correlations.fine_tuned.map({True: before, False: math.nan})
        tables |= {"gap_by_temperature": points, "temperature_correlations": correlations}
    if "starts" in asked:
        found = starts(trajectories, **asked["starts"])
        tables |= zip(("starts", "starts_means"), found, strict=True)
    if "mitigations" in asked:
        chosen = pd.concat([measures[measures.run == run] for run in asked["mitigations"]])
        differences = run_differences(chosen, asked["mitigations"][0])
        tables["mitigations"] = differences.merge(runs[["run", *SETTINGS]], on="run")
        tables["task_correlations"] = measure_correlations(chosen)
    if "long_training" in asked:
        found = slow_closing_fit(trajectories, **asked["long_training"])
        tables |= zip(("long_training", "long_training_fit"), found, strict=True)
    if "gap_by_dimension" in asked:
        chosen = runs[runs.run.isin(asked["gap_by_dimension"])]
        found = gap_by_dimension(measures[measures.run.isin(chosen.run)], chosen)
        tables |= zip(("gap_by_dimension", "gap_by_dimension_means"), found, strict=True)
    for name, table in tables.items():
        table.to_parquet(snakemake.output[name], index=False)
