"""Gradient flows on parallel modalities: opening, closing, and what margin means."""

from job import job
from modality_gap.gradient_flow import (
    arrangements,
    coupled_flows,
    flow_from_random_starts,
    slow_closing,
)

with job(snakemake):
    flow = snakemake.params.flow
    flows, pictures = flow_from_random_starts(**flow)
    tables = {
        "flows": flows,
        "pictures": pictures,
        "coupled": coupled_flows(**{key: flow[key] for key in flow if key != "starts"}),
        "slow_closing": slow_closing(**snakemake.params.slow_closing),
        "arrangements": arrangements(pairs=6, seed=flow["seed"], height=0.5),
    }
    for name, table in tables.items():
        table.to_parquet(snakemake.output[name], index=False)
