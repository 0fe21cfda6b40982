"""What is proved of random layers: judged from the tables of `layer_theorems`."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.estimates import of_interval
from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    UNDECIDED,
    computed,
    in_how_many,
    interval,
    joint,
    judges,
    seen,
    sign,
)

OFTEN = 0.99  # a probability so high that its complement is no chance to speak of


@judges("rising_cosine", order=1)
def rising_claims(rising: pd.DataFrame) -> Iterator[tuple]:
    """Whether a wide layer raises cosines below the bound; of `bounds.rising_table`."""
    wide = rising[(rising.width == rising.width.max()) & (rising.cosine < rising.bound)]
    least = wide.loc[wide.probability.idxmin()]
    likely, unlikely = wide.low > 0.5, wide.high < 0.5
    yield (
        "L048",
        "A wide layer with a ReLU most likely raises any cosine below the bound",
        HOLDS if likely.all() else FAILS if unlikely.any() else UNDECIDED,
        f"with a probability of at least {interval(least.probability, least.low, least.high)} "
        f"(cosine {least.cosine:g}, ratio of lengths {least.length_ratio:g}) at width "
        f"{least.width}, {len(wide)} cosines and ratios",
        seen(wide, "probability", "width length_ratio cosine", ""),
    )
    yield from bound_claims(rising)
    yield from width_claims(rising)


def bound_claims(rising: pd.DataFrame) -> Iterator[tuple]:
    """Whether a wide layer raises every cosine below 2r/(1 + r²); above it the theorem says nothing."""
    wide = rising[rising.width == rising.width.max()]
    formula = 2 * wide.length_ratio / (1 + wide.length_ratio**2)
    beyond, below = wide[wide.cosine > wide.bound], wide[wide.cosine < wide.bound]
    verdicts = [sign(row.low - 0.5, row.high - 0.5, 1) for row in below.itertuples()]
    if len(below):
        yield (
            "L049",
            "A wide layer raises every cosine below 2r/(1 + r²), r being the ratio of the lengths",
            FAILS if not np.allclose(formula, wide.bound) else joint(verdicts),
            f"{in_how_many(verdicts)}; below the bound a rise has a probability of "
            f"{below.probability.mean():.3f} on average"
            + (f", above it {beyond.probability.mean():.3f}" if len(beyond) else ""),
            seen(wide, "probability", "width length_ratio cosine bound", ""),
        )


def width_claims(rising: pd.DataFrame) -> Iterator[tuple]:
    """Whether the chance that a layer does not raise a cosine falls with its width, below the bound.

    Of each cosine and ratio of lengths, the narrowest and the widest layer.
    """
    below = rising[rising.cosine < rising.bound].sort_values("width")
    cases = below.groupby(["length_ratio", "cosine"])
    first, last = cases.first(), cases.last()
    # Where a narrow layer hardly ever fails to raise it, there is no chance that could fall.
    apart = (first.width < last.width) & (first.high < OFTEN)
    if not apart.any():
        # Whether it falls where there is hardly any is a question of all.
        apart = first.width <= last.width
    first, last = first[apart], last[apart]
    rises, falls = last.low > first.high, last.high < first.low
    yield (
        "L050",
        "The chance that a layer does not raise a cosine below the bound falls with the width",
        HOLDS if rises.all() else FAILS if falls.any() else UNDECIDED,
        f"in {rises.sum()} of {len(first)} cosines and ratios (how fast is not judged); on average "
        f"{1 - first.probability.mean():.3f} at width {first.width.min()}, "
        f"{1 - last.probability.mean():.3f} at width {last.width.max()}",
        seen(
            pd.concat([first, last]).reset_index(), "probability", "width length_ratio cosine", ""
        ),
    )


@judges("layer_variance", order=1)
def variance_claims(variance: pd.DataFrame) -> Iterator[tuple]:
    """Whether most of the variance is the weights'; of `bounds.variance_table`."""
    above = variance.from_weights_low > variance.beta_high
    below = variance.from_weights_high < variance.beta_low
    shares = ", ".join(
        f"layer {row.layer}: {row.from_weights:.3f}, β {row.beta:.3f}"
        for row in variance.iloc[[0, -1]].itertuples()
    )
    yield (
        "L052",
        "Of the variance of an output, at least β comes from the weights",
        HOLDS if above.all() else FAILS if below.any() else UNDECIDED,
        f"{shares}; above it in {above.sum()} of {len(variance)} layers",
        seen(variance, "from_weights", "layer", "from_weights_")
        + seen(variance, "beta", "layer", "beta_"),
    )
    first, last = variance.iloc[0], variance.iloc[-1]
    risen = last.from_weights_low - first.from_weights_high
    fallen = last.from_weights_high - first.from_weights_low
    yield (
        "L053",
        "The deeper the layer, the more of its variance comes from the weights",
        sign(risen, fallen, 1),
        f"from {first.from_weights:.3f} in layer {first.layer:.0f} to {last.from_weights:.3f} in layer "
        f"{last.layer:.0f}",
        seen(variance.iloc[[0, -1]], "from_weights", "layer", "from_weights_"),
    )


@judges("inner_product", order=1)
def product_claims(products: pd.DataFrame) -> Iterator[tuple]:
    """Whether a ReLU keeps at least half of the inner product; of `bounds.inner_product_table`.

    Decided by the closed form, for a simulation cannot tell an equality, which there is at cosine 1,
    from more than that.
    """
    room = products.closed_form - products.lower_bound
    broken = products.before_low > products.after_high
    means = [
        of_interval(row.before - row.lower_bound, row.before_high - row.lower_bound, math.inf)
        for row in products.itertuples()
    ]
    below = sum(sign(*mean.ends(len(means)), 1) == FAILS for mean in means)
    yield (
        "L056",
        "Before the ReLU the expected inner product is at least 1 + u·v",
        FAILS if below else HOLDS,
        f"the two are equal; the simulation is off by {max(abs(mean.mean) for mean in means):.4f} at "
        f"most, and below in {below} of {len(products)} cases, by intervals that hold for all",
        seen(products, "before", "cosine", "before_"),
    )
    yield (
        "L057",
        "Twice the inner product behind a ReLU is at least 1 + u·v",
        HOLDS if (room > -1e-9).all() and not broken.any() else FAILS,
        f"by {room.min():.3f} at least (cosine {products.cosine[room.idxmin()]:g}), "
        f"{room.max():.3f} at most; the simulation is against it in {broken.sum()} of "
        f"{len(products)} cases",
        [
            computed(products, "least closed_form less lower_bound", room.min(), n=len(products)),
            computed(products, "rows where before_low > after_high", broken.sum(), n=len(products)),
        ],
    )
