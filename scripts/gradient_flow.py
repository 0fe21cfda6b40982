"""Gradient flows on parallel modalities: opening, closing, and what theory says of both."""

from job import job
from modality_gap.origin.flow_theorems import initial_growth_table, slow_closing
from modality_gap.origin.gradient_flow import arrangements, coupled_flows, flow_from_random_starts
from modality_gap.origin.temperature_rates import temperature_rates

with job(snakemake):
    settings = snakemake.params.settings
    flow = settings["flow"]
    flows, pictures = flow_from_random_starts(**flow)
    tables = {
        "flows": flows,
        "pictures": pictures,
        "coupled": coupled_flows(**{key: flow[key] for key in flow if key != "starts"}),
        "slow_closing": slow_closing(**settings["slow_closing"]),
        "arrangements": arrangements(pairs=6, seed=flow["seed"], height=0.5),
        "initial_growth": initial_growth_table(**settings["initial_growth"]),
        "temperature_rates": temperature_rates(**settings["temperature_rates"]),
    }
    for name, table in tables.items():
        table.to_parquet(snakemake.output[name], index=False)
