"""What training does to the temperature: judged from the trajectories of the runs that are compared."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.estimates import Estimate, every, in_each, of_values
from modality_gap.claims.mitigated_runs import those
from modality_gap.claims.verdicts import computed, in_how_many, interval, joint, judges, named


@judges("trajectories", order=5)
def temperature_claims(steps: pd.DataFrame) -> Iterator[tuple]:
    """Whether a learned temperature falls, and mitigations hold it up (yaras2024, Fig. 5b, App. D.1).

    steps: trajectories of `training`, with columns run, seed and the settings of `mitigation`. The
    baseline is the run that does nothing against the gap; seeds are compared one by one.
    """
    ends = steps.sort_values("step").groupby(["run", "seed"], sort=False)
    first, last = ends.temperature.first(), ends.temperature.last()
    plain = those(steps, {}).run.unique()
    if not len(plain):
        return
    falls = of_values((first - last)[plain[0]])
    yield (
        "Y053",
        "A temperature that is learned falls in training",
        every([falls]),
        f"{plain[0]} by {interval(falls.mean, *falls.ends())}, over {len(last[plain[0]])} seeds",
        [falls.seen_in(steps[steps.run == plain[0]], "first temperature less the last")],
    )
    others = [run for run in last.index.unique("run") if run != plain[0]]
    yield from above_claims(
        "Y053", "Mitigations hold the temperature up", others, last, plain[0], steps
    )
    divided = list(those(steps, {"divisor": None}).run.unique())
    slower = [run for run in divided if run != plain[0]]
    yield from above_claims(
        "Y154", "Dividing ν by s slows the fall of the temperature", slower, last, plain[0], steps
    )


def above_claims(
    ids: str, claim: str, runs: list[str], last: pd.Series, baseline: str, steps: pd.DataFrame
) -> Iterator[tuple]:
    """Whether the last temperature of runs is above the baseline's; last: by run and seed."""
    found: dict[str, Estimate] = {
        run: of_values((last[run] - last[baseline]).dropna())
        for run in runs
        if last[run].index.intersection(last[baseline].index).size
    }
    if found:
        verdicts = in_each(found.values())
        told = [f"{run} {interval(one.mean, *one.ends())}" for run, one in found.items()]
        yield (
            ids,
            claim,
            joint(verdicts),
            f"{in_how_many(verdicts)}; last temperature less that of {baseline}: {named(told)}",
            [
                computed(
                    steps[steps.run.isin([run, baseline])],
                    f"last temperature where run={run} less that where run={baseline}",
                    one.mean,
                    one.ends(),
                    one.degrees + 1,
                )
                for run, one in found.items()
            ],
        )
