"""Rates that stand in for measured ones; all but those marked `measured` are estimates.

A network's rate is its device's peak, as its maker's data sheet says it (dense, without sparsity),
times the share of it that such networks reach. Shares are ours, rounded down: vision transformers of
open_clip in bfloat16 reach a quarter to a half, ResNets, which wait for memory, a tenth.
"""

from typing import NamedTuple


class Device(NamedTuple):
    """Peak operations a second of a GPU: bfloat16 (float16, where it has none) and float32."""

    bfloat16: float
    float32: float


DEVICES = {
    "h200": Device(989e12, 67e12),
    "h100": Device(989e12, 67e12),
    "a100": Device(312e12, 19.5e12),
    "l40s": Device(362e12, 91.6e12),
    "a10g": Device(125e12, 31.2e12),
    "l4": Device(121e12, 30.3e12),
    "v100": Device(125e12, 15.7e12),
    "t4": Device(65e12, 8.1e12),
    "rtx 4090": Device(165e12, 82.6e12),
    "rtx 3090": Device(71e12, 35.6e12),
}
USUAL = "h100"  # where nobody says which GPU
SHARES = {
    ("transformer", "bfloat16"): 0.25,
    ("transformer", "float32"): 0.5,
    ("convolutions", "bfloat16"): 0.1,
    ("convolutions", "float32"): 0.3,
}
# Operations a second of a core. Measured: ViT-B/32 and RN50 on a core of a server; and of networks of
# less than 10⁹ operations an image, those of the default study.
CORE, CORE_SMALL = 8e10, 3e10
# The same of such small networks on a GPU, which waits for its host. Measured: the default study's main
# run, 1e13 operations, took 18 s on an H100.
GPU_SMALL = 6e11
# Images a second that a core decodes and resizes to 224 pixels. Measured: JPEGs of 640 × 480 pixels and
# 120 kB, like COCO's, by the transform of open_clip.
DECODED = 180
DOWNLOADED = 10e6  # bytes a second: a line of 80 Mbit/s
# Until a job works: measured as `make profile` says it, import of torch and open_clip above all.
START_NETWORK, START = 4.0, 1.5
# Snakemake itself: until it has planned, and between two jobs.
PLANNING, STARTING = 5.0, 0.1
# What else a job needs, on a core and on a GPU: unit by rule, units a second.
RATES: dict[str, dict[str, float]] = {
    "descend_plane": {"core": 6.25e5, "gpu": 6.25e5},  # measured: 10⁷ steps in 16 s
    "descend_sphere": {"core": 1e7, "gpu": 1e9},  # measured on a core: 1,000 pairs, .1 s a step
    # Images; measured on drawings, which are rendered.
    **{rule: {"core": 800} for rule in ("read_emoji", "read_table", "read_corpus")},
}
# Seconds of a core for a job of the default study, start included, and items (images and captions) of
# a split in it: measured as `make profile` does, medians over the jobs of a rule.
ITEMS = 3_546
SECONDS: dict[str, float] = {
    "compare_runs": 1.6,
    "cosine_statistics": 0.6,
    "fairness": 2.0,
    "gather_first_steps": 0.4,
    "gradient_flow": 6.8,
    "judge_claims": 1.4,
    "layer_theorems": 2.9,
    "linear_probe": 5.4,
    "loss_geometry": 0.8,
    "measure_gap": 1.1,
    "measure_run": 2.5,
    "mitigations": 2.8,
    "mlp_depth": 16.3,
    "plot_cone": 1.8,
    "plot_cosines": 1.3,
    "plot_examples": 1.9,
    "plot_fairness": 4.8,
    "plot_first_steps": 1.5,
    "plot_free_embeddings": 15.8,
    "plot_gap": 0.9,
    "plot_gap_cosines": 1.1,
    "plot_gradient_flow": 5.7,
    "plot_layer_theorems": 2.1,
    "plot_linear_probe": 1.1,
    "plot_mitigations": 2.0,
    "plot_mlp_depth": 1.8,
    "plot_quantization": 2.0,
    "plot_recall": 1.0,
    "plot_rephrasing": 2.0,
    "plot_robustness": 3.1,
    "plot_run_comparisons": 4.0,
    "plot_seed_cones": 2.5,
    "plot_seed_spread": 1.5,
    "plot_shift_landscape": 2.5,
    "plot_shift_view": 1.7,
    "plot_shifted_recall": 1.5,
    "plot_sphere": 1.4,
    "plot_trajectories": 7.9,
    "plot_two_class": 0.9,
    "plot_view": 1.2,
    "plot_zero_shot": 3.3,
    "quantization": 7.5,
    "recall": 1.0,
    "rephrasing": 2.1,
    "robustness": 5.2,
    "seed_cone_statistics": 17.3,
    "shift_landscape": 1.4,
    "shift_view": 1.0,
    "shifted_recall": 2.6,
    "sphere": 1.0,
    "summarize": 1.0,
    "two_class": 1.4,
    "view": 1.1,
    "zero_shot": 3.5,
    "report": 3.0,
}
# The same of rules with networks, for data of which nobody knows how much there is.
SECONDS |= {"embed": 4.4, "embed_noise": 4.6, "embed_prompts": 4.4, "random_cones": 8.5}
SECONDS |= {"embed_run": 4.4, "embed_backbone": 4.4, "trained_cones": 4.7, "first_steps": 15.6}
SECONDS |= {"train": 20.1, "train_candidate": 20.1, "train_chosen": 20.1}
