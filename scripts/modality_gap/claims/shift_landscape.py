"""Where the loss is least while the gap changes: judged from the tables of `shift_landscape`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, in_how_many, joint, judges, named, seen

KEYS = "encoder corpus split temperature shift"
AT = f"{KEYS} centre_distance"


@judges("shift_landscape", order=0)
def landscape_claims(losses: pd.DataFrame) -> Iterator[tuple]:
    """Whether the loss keeps the gap at a low temperature only; of `shift.shift_landscape`.

    losses: with columns encoder, corpus, split, and initial: the encoder that one started from.
    Encoders that others started from are left aside: what their loss is like was never trained.
    """
    starts, keys = set(losses.initial.dropna()), ["encoder", "corpus", "split"]
    trained = losses[~losses.encoder.isin(starts)]
    symmetric = trained[(trained.scope == "batches") & (trained.direction == "symmetric")]
    symmetric = symmetric.reset_index(drop=True)  # of several files, each of which counts from 0
    own = symmetric[symmetric["shift"] == 0].groupby(keys, sort=False).centre_distance.first()
    # A batch of one pair costs nothing wherever it is: that has no least.
    curves = symmetric.groupby([*keys, "temperature"]).loss
    span = (curves.max() - curves.min()).groupby(keys).min()
    own = own[span.reindex(own.index) > 0]
    if own.empty:
        return
    least = symmetric.loc[curves.idxmin()].set_index(keys)
    lowest, highest = least.temperature.min(), least.temperature.max()
    cold, hot = (least[least.temperature == end].reindex(own.index) for end in (lowest, highest))
    verdicts = [HOLDS if shift == 0 else FAILS for shift in cold["shift"]]
    yield (
        "L066",
        "At the lowest temperature the loss is least with the model's own gap",
        joint(verdicts),
        f"τ = {lowest:g}: {in_how_many(verdicts)}; {where(own, cold.centre_distance)}",
        seen(cold.reset_index(), "centre_distance", KEYS),
    )
    yield from cold_claims(symmetric[symmetric.temperature == lowest], own)
    if lowest == highest:
        return
    smaller = hot.centre_distance.abs() < cold.centre_distance.abs()
    verdicts = [HOLDS if found else FAILS for found in smaller]
    yield (
        "L069",
        "At the highest temperature the loss is least with a smaller gap than at the lowest",
        joint(verdicts),
        f"τ = {highest:g}: {in_how_many(verdicts)}; {where(own, hot.centre_distance)}",
        seen(pd.concat([cold, hot]).reset_index(), "centre_distance", KEYS),
    )


def cold_claims(losses: pd.DataFrame, own: pd.Series) -> Iterator[tuple]:
    """What a low temperature holds against closing the gap.

    losses: symmetric, at that temperature; own: each place's distance of centres. Places whose shifts
    do not reach the closed gap, or go no further, are left aside.
    """
    closing, beyond, ends, minima = {}, {}, [], []
    for place, curve in losses.groupby(["encoder", "corpus", "split"], sort=False):
        if place not in own.index:
            continue
        curve = curve.sort_values("shift").reset_index(drop=True)
        closed = curve.loc[curve.centre_distance.abs().idxmin()]
        if abs(closed.centre_distance) < abs(own[place]) / 2:
            start = curve[curve["shift"] == 0].iloc[0]
            closing[place] = closed.loss - start.loss
            ends += [start, closed]
        if (past := curve.centre_distance < 0).sum() > 2:
            below = (curve.loss < curve.loss.shift(1)) & (curve.loss < curve.loss.shift(-1))
            beyond[place] = curve.centre_distance[past & below].tolist()
            minima += [row for _, row in curve[past & below].iterrows()] or [closed]
    told = f"τ = {losses.temperature.iloc[0]:g}: "
    if closing:
        verdicts = [HOLDS if rise > 0 else FAILS for rise in closing.values()]
        numbers = [f"{' '.join(place)} {rise:+.3f}" for place, rise in closing.items()]
        claim = "At the lowest temperature the loss grows while the clouds are brought together"
        numbers = f"{told}{in_how_many(verdicts)}; from its own gap to none {named(numbers)}"
        yield "L067", claim, joint(verdicts), numbers, seen(pd.DataFrame(ends), "loss", AT)
    if beyond:
        verdicts = [HOLDS if found else FAILS for found in beyond.values()]
        numbers = [
            f"{' '.join(place)} {', '.join(f'{at:.2f}' for at in found) or 'none'}"
            for place, found in beyond.items()
        ]
        claim = "There the loss has a local minimum with the clouds on each other's far side"
        numbers = f"{told}{in_how_many(verdicts)}; distance of centres {named(numbers)}"
        yield "L068", claim, joint(verdicts), numbers, seen(pd.DataFrame(minima), "loss", AT)


def where(own: pd.Series, least: pd.Series) -> str:
    """Each place's distance of centres with the least loss, beside the model's own."""
    texts = [
        f"{encoder} on {corpus} {split} at {least[encoder, corpus, split]:.2f}, own {gap:.2f}"
        for (encoder, corpus, split), gap in own.items()
    ]
    return f"distance of centres {named(texts)}"
