"""Where the loss is least while the gap changes: judged from the tables of `shift_landscape`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, in_how_many, joint, judges

NAMED = 6  # places that a row names; of more, it says how many


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
        "liang2022, Fig. 3b",
        "At the lowest temperature the loss is least with the model's own gap",
        joint(verdicts),
        f"τ = {lowest:g}: {in_how_many(verdicts)}; {where(own, cold.centre_distance)}",
    )
    if lowest == highest:
        return
    smaller = hot.centre_distance.abs() < cold.centre_distance.abs()
    verdicts = [HOLDS if found else FAILS for found in smaller]
    yield (
        "liang2022, Fig. 3c–d",
        "At the highest temperature the loss is least with a smaller gap than at the lowest",
        joint(verdicts),
        f"τ = {highest:g}: {in_how_many(verdicts)}; {where(own, hot.centre_distance)}",
    )


def where(own: pd.Series, least: pd.Series) -> str:
    """Each place's distance of centres with the least loss, beside the model's own."""
    texts = [
        f"{encoder} on {corpus} {split} at {least[encoder, corpus, split]:.2f}, own {gap:.2f}"
        for (encoder, corpus, split), gap in own.items()
    ]
    rest = f", and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return f"distance of centres {', '.join(texts[:NAMED])}{rest}"
