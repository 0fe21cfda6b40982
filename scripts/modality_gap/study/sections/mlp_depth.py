"""Cones of random layers by depth."""

from modality_gap.study.base import Count, Keys, Seed, Several, distinct, one_of

ACTIVATIONS = ("none", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "quick_gelu")


class Section(Keys):
    """Layers, inputs and activations."""

    width: Several
    inputs: Several
    layers: Count
    activations: distinct(one_of(*ACTIVATIONS))
    repeats: Several
    seed: Seed
