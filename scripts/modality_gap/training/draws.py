"""Random numbers of a step of training, whatever was drawn before."""

import numpy as np
import torch


def step_generator(seed: int, step: int) -> torch.Generator:
    """A generator on the CPU that seed and step decide.

    torch's own takes the lower 32 bits of a seed alone, so both are hashed into as many first.
    """
    mixed = np.random.SeedSequence([seed, step]).generate_state(1)[0]
    return torch.Generator().manual_seed(int(mixed))
