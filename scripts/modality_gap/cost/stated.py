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
# Seconds of a job in the default study, and items (images and captions) of a split in it. Measured.
ITEMS = 3_546
SECONDS: dict[str, float] = {
    "compare_runs": 2.0,
    "cosine_statistics": 1.4,
    "descend_plane": 22.1,
    "descend_sphere": 90.7,
    "download": 1.9,
    "embed": 7.0,
    "embed_noise": 9.8,
    "embed_prompts": 7.6,
    "fairness": 2.0,
    "first_steps": 51.3,
    "gather_first_steps": 1.3,
    "gradient_flow": 20.3,
    "judge_claims": 1.6,
    "layer_theorems": 8.4,
    "linear_probe": 6.0,
    "loss_geometry": 3.2,
    "measure_gap": 1.1,
    "measure_run": 4.7,
    "mitigations": 2.9,
    "mlp_depth": 40.9,
    "plot_cone": 2.6,
    "plot_cosines": 1.7,
    "plot_examples": 4.8,
    "plot_fairness": 5.3,
    "plot_first_steps": 6.6,
    "plot_free_embeddings": 43.4,
    "plot_gap": 1.3,
    "plot_gap_cosines": 1.7,
    "plot_gradient_flow": 19.4,
    "plot_layer_theorems": 8.0,
    "plot_linear_probe": 1.4,
    "plot_mitigations": 2.4,
    "plot_mlp_depth": 5.5,
    "plot_quantization": 2.7,
    "plot_recall": 1.4,
    "plot_rephrasing": 2.6,
    "plot_robustness": 4.2,
    "plot_run_comparisons": 5.0,
    "plot_seed_cones": 3.0,
    "plot_seed_spread": 4.1,
    "plot_shift_landscape": 3.3,
    "plot_shift_view": 2.9,
    "plot_shifted_recall": 2.0,
    "plot_sphere": 4.2,
    "plot_trajectories": 10.4,
    "plot_two_class": 2.5,
    "plot_view": 1.5,
    "plot_zero_shot": 4.1,
    "quantization": 10.0,
    "random_cones": 28.5,
    "read_emoji": 42.5,
    "recall": 0.7,
    "rephrasing": 2.4,
    "report": 4.2,
    "robustness": 7.0,
    "seed_cone_statistics": 30.1,
    "shift_landscape": 1.7,
    "shift_view": 1.3,
    "shifted_recall": 3.7,
    "sphere": 4.3,
    "summarize": 1.2,
    "train": 90.5,
    "trained_cones": 7.8,
    "two_class": 3.5,
    "view": 1.2,
    "zero_shot": 4.9,
}
