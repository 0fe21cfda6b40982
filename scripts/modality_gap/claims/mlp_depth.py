"""Whether depth makes a cone: judged from the table of `mlp_depth`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import computed, in_how_many, interval, joint, judges, sign
from modality_gap.measures.intervals import mean_interval

NEARLY_ONE = 0.985  # of a mean cosine: what is printed as 0.99 is at least that
SIGMOID = "mean_cosine where activation=sigmoid and bias=True and layer=2"
LITTLE = 0.1  # of a mean cosine: liang2022 draws 0.05 to 0.07 and says there is little


@judges("mlp_depth", order=1)
def depth_claims(cosines: pd.DataFrame) -> Iterator[tuple]:
    """What depth and activation do to the mean cosine; of `mlp.depth_table`, over its repeats."""
    last = cosines[cosines.layer == cosines.layer.max()]
    n = cosines["repeat"].nunique()
    plain, active = ends(last[last.activation == "none"]), rises_of(cosines)
    if plain:
        yield (
            "L036",
            f"Without an activation, depth makes little cone (mean cosine below {LITTLE:g})",
            joint([sign(low - LITTLE, high - LITTLE, -1) for _, low, high in plain.values()]),
            f"in layer {last.layer.iloc[0]}: {texts(plain)}",
            [
                computed(
                    last, f"mean_cosine where layer={last.layer.iloc[0]}, {name}", mean, ends, n
                )
                for name, (mean, *ends) in plain.items()
            ],
        )
    if active:
        verdicts = [sign(low, high, 1) for _, low, high in active.values()]
        least = min(active, key=lambda name: active[name][0])
        yield (
            "L037",
            "With an activation, the mean cosine rises with depth",
            joint(verdicts),
            f"from the inputs to layer {last.layer.iloc[0]}: {in_how_many(verdicts)}; the least "
            f"{texts({least: active[least]})}",
            [
                computed(
                    cosines, f"mean_cosine of the last layer less the first, {name}", mean, ends, n
                )
                for name, (mean, *ends) in active.items()
            ],
        )
    yield from sigmoid_claims(cosines)


def sigmoid_claims(cosines: pd.DataFrame) -> Iterator[tuple]:
    """Whether two layers with a sigmoid and biases bring the mean cosine to 0.99, as printed."""
    chosen = cosines[(cosines.activation == "sigmoid") & cosines.bias & (cosines.layer == 2)]
    if len(chosen):
        mean, low, high = mean_interval(chosen.mean_cosine)
        yield (
            "L038",
            f"After two layers with a sigmoid the mean cosine is above {NEARLY_ONE:g}",
            sign(low - NEARLY_ONE, high - NEARLY_ONE, 1),
            interval(mean, low, high),
            [computed(chosen, SIGMOID, mean, (low, high), len(chosen))],
        )


def ends(rows: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Mean cosine with its interval, by activation and bias."""
    return {
        f"{activation} {'with' if bias else 'without'} bias": mean_interval(own.mean_cosine)
        for (activation, bias), own in rows.groupby(["activation", "bias"], sort=False)
    }


def rises_of(cosines: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """By how much the mean cosine of networks with an activation rises, first layer to last."""
    keys = ["activation", "bias", "repeat"]
    by_network = cosines[cosines.activation != "none"].sort_values("layer")
    networks = by_network.groupby(keys, sort=False).mean_cosine
    return ends((networks.last() - networks.first()).reset_index())


def texts(found: dict[str, tuple[float, float, float]]) -> str:
    """Means with their intervals, one after the other."""
    return ", ".join(f"{name} {interval(*values)}" for name, values in found.items())
