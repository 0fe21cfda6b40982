"""Whether closing the gap guards against other words: judged from the tables of `rephrasing`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    computed,
    interval,
    judges,
    rises,
    seen,
    stays,
)
from modality_gap.closing.rephrasing import ACCURACY, ANSWER, CLEAN_ACCURACY, KEPT

KEYS = "experiment measure kind distance alpha"
# Of noise without a mean, n drawings' mean square is 1/n of theirs on average, and hardly ever thrice it.
MANY_TIMES = 3
TEMPLATE, NEARLY_ONE = "template", 0.05  # chowers2026, Fig. 15
UNCORRELATED = 0.1  # of d(C), which is 0 of a diagonal covariance
LARGEST_LOSS = 0.06  # of accuracy by another template (chowers2026, Fig. 1)


@judges("choices", "noise", placed=True, order=10)
def rephrasing_claims(results: pd.DataFrame, noise: pd.DataFrame) -> Iterator[tuple]:
    """What chowers2026 says of rephrasing.

    results: of `answer_table`, and of `template_table`, which no claim is on; noise: of `noise_table`.
    """
    if len(noise):
        yield from noise_claims(noise)
    closed = results[
        (results.alpha == 1) & (results.distance == "euclidean") & (results.experiment == ANSWER)
    ]
    if len(closed):
        for claim, measure in (
            ("raises accuracy under rephrasing", ACCURACY),
            ("keeps more choices under rephrasing", KEPT),
        ):
            rows = closed[closed.measure == measure]
            numbers = [
                f"{row.kind} {interval(row.change, row.change_low, row.change_high)}"
                for row in rows.itertuples()
            ]
            yield (
                "C048 C050",
                f"Closing the gap {claim} of the right answer",
                rises(rows),
                ", ".join(numbers),
                seen(rows, "change", KEYS, "change_", "units"),
            )
        rows = closed[closed.measure == CLEAN_ACCURACY]
        row = rows.iloc[0]
        yield (
            "C049 C050",
            "Closing the gap leaves accuracy without rephrasing as it is",
            stays(rows),
            f"changes by {interval(row.change, row.change_low, row.change_high)}",
            seen(rows, "change", KEYS, "change_", "units"),
        )


def noise_claims(noise: pd.DataFrame) -> Iterator[tuple]:
    """What chowers2026 says of the noise that rephrasing is; of `noise_table`."""
    own = noise[noise.kind == TEMPLATE]
    if len(own):
        near = own.off_diagonal_share >= 1 - NEARLY_ONE
        yield (
            "C072 C073",
            f"For every template d(C) is within {NEARLY_ONE:g} of 1",
            HOLDS if near.all() else PARTLY if near.any() else FAILS,
            f"in {near.sum()} of {len(own)}; d(C) from {own.off_diagonal_share.min():.3f} to "
            f"{own.off_diagonal_share.max():.3f}, of independent noise {own.independent.mean():.3f}",
            seen(own, "off_diagonal_share", "kind name") + seen(own, "independent", "kind name"),
        )
    none = noise.independent.max()
    yield (
        "C071",
        f"Of noise without correlations d(C) is 0 (below {UNCORRELATED:g})",
        HOLDS if none < UNCORRELATED else FAILS,
        f"d(C) of independent noise of as many texts {noise.independent.mean():.3f} on average, "
        f"{none:.3f} at most",
        seen(noise, "independent", "kind name", n="texts"),
    )
    chance = 1 / noise.texts
    larger = noise.mean_share > MANY_TIMES * chance
    yield (
        "C051",
        "What rephrasing adds to the embeddings has a mean that is not zero",
        HOLDS if larger.all() else PARTLY if larger.any() else FAILS,
        f"the mean is {noise.mean_share.mean():.3f} of its mean square on average, of noise without one "
        f"{chance.mean():.4f} is expected; more than {MANY_TIMES} times that in {larger.sum()} of {len(noise)}",
        seen(noise, "mean_share", "kind name", n="texts"),
    )
    yield (
        "C052",
        "Rephrasing has little variance along the gap",
        HOLDS if noise.along_gap.median() < 1 else FAILS,
        f"{noise.along_gap.median():.2f} times that along a random direction, "
        f"{noise.along_move.median():.2f} times along g′ (median of {len(noise)} rephrasings)",
        seen(noise, "along_gap", "kind name"),
    )


@judges("templates", placed=True, order=10)
def template_claims(templates: pd.DataFrame) -> Iterator[tuple]:
    """What another template costs at worst, and an image that it turns; of `each_template_table`."""
    as_it_is = templates[(templates.alpha == 0) & (templates.kind == TEMPLATE)]
    if as_it_is.empty:
        return
    worst = as_it_is.loc[as_it_is.change.idxmin()]
    lost, surely = worst.all_low < -LARGEST_LOSS, worst.all_high < -LARGEST_LOSS
    change = interval(worst.change, worst.all_low, worst.all_high)
    yield (
        "C003",
        f"Another template loses more than {LARGEST_LOSS:.0%} of accuracy",
        HOLDS if surely else UNDECIDED if lost else FAILS,
        f"{worst['name']!r} {change} from {worst.base_accuracy:.3f}, the worst of {len(as_it_is)} "
        f"(interval for all at once); their mean {as_it_is.change.mean():.3f}",
        [
            computed(
                as_it_is,
                f"change where alpha=0 and name={worst['name']}",
                worst.change,
                (worst.all_low, worst.all_high),
                worst.images,
            )
        ],
    )
    example = f", e.g. {worst.example}" if worst.example else ""
    yield (
        "C002",
        "An image changes its class with the template alone",
        HOLDS if (as_it_is.flipped > 0).any() else FAILS,
        f"{worst.flipped:,} of {worst.images:,} with {worst['name']!r}{example}; "
        f"{as_it_is.flipped.mean():,.0f} on average of {len(as_it_is)} templates",
        seen(as_it_is, "flipped", "name alpha", n="images"),
    )
