"""Speed and memory of the measures, each against the obvious way, in one run.

make benchmark
"""

import io
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import open_clip
import pandas as pd
import torch
from PIL import Image
from scipy.special import logsumexp
from threadpoolctl import threadpool_limits

from modality_gap.closing.choices import classification_task
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.robustness import draw_noise, noise_outcomes
from modality_gap.data.embeddings import normalize
from modality_gap.effects.shifted_ranks import shifted_ranks
from modality_gap.measures.cone import HISTOGRAM_BINS, cosine_statistics
from modality_gap.measures.retrieval import best_ranks
from modality_gap.measures.shift import shift_landscape
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import Pixels, embed_images, embed_texts
from modality_gap.origin.free_embeddings import gradient, isotropic_start
from modality_gap.origin.plane_descent import descend_compiled
from modality_gap.training.data import CaptionedImages
from modality_gap.training.features import FeatureChange
from modality_gap.training.loop import train
from modality_gap.training.schedule import Schedule
from modality_gap.training.temperature import build_temperature

ROOT = Path(__file__).parents[1]
REPEATS = 5
LARGE = (50_000, 2_048)
BATCH = 64
TEN_PAIRS = {"pairs": 10, "dimension": 2, "gap": 1.0, "deviation": 0.01, "seed": 0}


def cone(n: int, d: int, seed: int) -> np.ndarray:
    """Unit vectors in a cone, as encoders give them; shape (n, d), float32."""
    random = np.random.default_rng(seed)
    embeddings = random.standard_normal((n, d), dtype=np.float32)
    embeddings += random.standard_normal(d, dtype=np.float32)
    embeddings /= np.sqrt(np.einsum("nd,nd->n", embeddings, embeddings))[:, None]
    return embeddings


def full_matrix_statistics(x: np.ndarray) -> tuple:
    """The obvious way: every cosine at once, in the embeddings' own precision."""
    cosines = (x @ x.T)[~np.eye(len(x), dtype=bool)]
    return (
        cosines.mean(dtype=np.float64),
        cosines.std(dtype=np.float64),
        cosines.min(),
        np.quantile(cosines, [0.25, 0.5, 0.75]),
        cosines.max(),
        np.histogram(cosines, HISTOGRAM_BINS, (-1, 1)),
    )


def recomputed_landscape(x: np.ndarray, y: np.ndarray, shifts, temperatures) -> list[float]:
    """The obvious way: move, normalise and multiply anew for every shift, in float64."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    gap = x.mean(axis=0) - y.mean(axis=0)
    unit = gap / np.linalg.norm(gap)
    losses = []
    for shift in shifts:
        similarity = normalize(x - shift / 2 * unit) @ normalize(y + shift / 2 * unit).T
        for temperature in temperatures:
            logits = similarity / temperature
            own = np.diag(logits).mean()
            sums = [logsumexp(logits, axis=axis).mean() for axis in (0, 1)]
            losses.append(sum(sums) / 2 - own)
    return losses


def plain_descent(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The obvious way: a NumPy step after another, chowers2026's plane (τ = 0.1)."""
    x, y = isotropic_start(**TEN_PAIRS)
    for _ in range(steps):
        of_x, of_y = gradient(x, y, 0.1)
        x, y = x - 0.01 * of_x, y - 0.01 * of_y
    return x, y


def compiled_descent(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Ours."""
    return descend_compiled(*isotropic_start(**TEN_PAIRS), 0.1, 0.01, np.array([steps]))


def drawn_images(n: int, size: int) -> pd.DataFrame:
    """n images of random pixels, as a corpus holds them."""
    random = np.random.default_rng(0)
    buffers = [io.BytesIO() for _ in range(n)]
    for buffer in buffers:
        pixels = random.integers(0, 256, (size, size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer, "PNG")
    return pd.DataFrame(
        {"image_id": [str(row) for row in range(n)], "image": [b.getvalue() for b in buffers]}
    )


def training_data(architecture: str, steps: int) -> tuple:
    """A model, its tokenizer, and so many batches of 256 drawn images with captions."""
    register_architectures(ROOT / "config/architectures")
    model, tokenizer = build_model(architecture, seed=0), build_tokenizer(architecture)
    random = np.random.default_rng(0)
    images = drawn_images(256 * steps, 64)
    names = list(images.image_id)
    words = np.array(["red", "cat", "face", "with", "a", "drawing", "of", "flag"])
    texts = [" ".join(words[random.integers(0, 8, random.integers(2, 9))]) for _ in names]
    captions = pd.DataFrame({"image_id": names, "text": texts})
    return model, tokenizer, CaptionedImages(images, captions, model, tokenizer, 256, 0, 0)


def our_training(architecture: str, steps: int) -> Callable[[], object]:
    """An epoch of the project's loop."""
    model, _, data = training_data(architecture, steps)
    schedule = Schedule(1, 1e-3, 0.1, (0.9, 0.98), 1e-6, 0.1, "float32", 1)
    model.to(memory_format=torch.channels_last)

    def epoch() -> None:
        with tempfile.TemporaryDirectory() as folder:
            temperature = build_temperature(
                {"policy": "learned", "start": 0.07, "max_logit_scale": 100}
            )
            checkpoint = Path(folder) / "progress.pt"
            train(model, data, schedule, temperature, FeatureChange(0), dict, checkpoint, "")

    return epoch


def bare_training(architecture: str, steps: int) -> Callable[[], object]:
    """The obvious way: open_clip's CLIP and ClipLoss in a loop of a few lines."""
    model, tokenizer, data = training_data(architecture, steps)
    pixels, texts = data.pixels, [own[0] for own in data.captions]
    preprocess = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (preprocess.mean, preprocess.std))
    loss = open_clip.ClipLoss()

    def epoch() -> None:
        model.train()
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=1e-3, weight_decay=0.1, betas=(0.9, 0.98), eps=1e-6
        )
        order = torch.randperm(len(pixels))
        for step in range(steps):
            rows = order[step * 256 : (step + 1) * 256]
            tokens = tokenizer([texts[row] for row in rows])
            images = (pixels[rows].float() / 255 - mean) / std
            optimizer.zero_grad()
            loss(*model(images, tokens)).backward()
            optimizer.step()

    return epoch


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """Wall time of each repeat."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def compare(name: str, ours: Callable, obvious: Callable, repeats: int) -> None:
    """Print both times and their ratio; the two take turns, so that both meet the same machine."""
    ours(), obvious()
    pairs = [(seconds(ours, 1)[0], seconds(obvious, 1)[0]) for _ in range(repeats)]
    ratio = statistics.median(b / a for a, b in pairs)
    mine, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"{name}: {mine:.2f} s, the obvious way {theirs:.2f} s: {ratio:.1f} times faster",
        flush=True,
    )


def measure_large() -> None:
    """All-pairs statistics of 50,000 × 2,048 embeddings, and the peak memory of the process."""
    start = time.perf_counter()
    summary = cosine_statistics(cone(*LARGE, seed=0)).summary
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"all-pairs cosines, {LARGE[0]:,} × {LARGE[1]:,}: {summary['count']:,} pairs in "
        f"{time.perf_counter() - start:.0f} s, peak memory {peak:.2f} GiB",
        flush=True,
    )


def coco_like_captions(n: int) -> list[str]:
    """Captions as long as those of MSCOCO: 8 to 20 words, about 10.5 on average."""
    random = np.random.default_rng(0)
    words = ["a", "man", "riding", "wave", "on", "surfboard", "in", "ocean", "two", "dogs", "near"]
    lengths = np.clip(random.poisson(10.5, n), 8, 20)
    return [" ".join(random.choice(words, length)) for length in lengths]


def plain_texts(model, tokenizer, texts: list[str]) -> np.ndarray:
    """The obvious way: open_clip's `encode_text` over batches as they come, padded to 77 tokens."""
    with torch.inference_mode():
        batches = [texts[row : row + BATCH] for row in range(0, len(texts), BATCH)]
        return torch.cat([model.encode_text(tokenizer(batch)) for batch in batches]).numpy()


def plain_images(model, images: pd.DataFrame) -> np.ndarray:
    """The obvious way: open_clip's transform and `encode_image` in a loop over batches."""
    preprocess = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
    transform = open_clip.transform.image_transform_v2(preprocess, is_train=False)
    features = []
    with torch.inference_mode():
        for row in range(0, len(images), BATCH):
            batch = [transform(Image.open(io.BytesIO(b))) for b in images.image[row : row + BATCH]]
            features.append(model.encode_image(torch.stack(batch)))
    return torch.cat(features).numpy()


def compare_encoding() -> None:
    """Texts and images of open_clip's ViT-B-32 and our small ResNet, with random weights."""
    register_architectures(ROOT / "config/architectures")
    model = build_model("ViT-B-32", seed=0)
    tokenizer, texts = build_tokenizer("ViT-B-32"), coco_like_captions(128)
    ours = embed_texts(model, tokenizer, texts, BATCH, "float32")
    obvious = plain_texts(model, tokenizer, texts)
    error = np.abs(ours - obvious).max() / np.abs(obvious).max()
    compare(
        f"encoding 128 captions, ViT-B-32, relative difference {error:.0e}",
        lambda: embed_texts(model, tokenizer, texts, BATCH, "float32"),
        lambda: plain_texts(model, tokenizer, texts),
        1,
    )
    for architecture, number in (("ViT-B-32", 128), ("emoji-resnet", 1024)):
        model = build_model(architecture, seed=0)
        images = drawn_images(number, 64)
        compare(
            f"encoding {number:,} images, {architecture}",
            lambda model=model, images=images: embed_images(
                model, Pixels(images, model), BATCH, "float32", 0
            ),
            lambda model=model, images=images: plain_images(model, images),
            3,
        )


def measure_shifted_ranks() -> None:
    """Zero-shot ranks of 50,000 images among 1,000 classes under 101 shifts, on one core."""
    n, classes = 50_000, cone(1_000, 512, 1)
    labels = np.random.default_rng(0).integers(0, len(classes), n)
    images = normalize(cone(n, 512, 0) + np.float32(0.1) * classes[labels])
    gap = images.mean(axis=0) - classes.mean(axis=0)
    unit, shifts = gap / np.linalg.norm(gap), np.linspace(-2, 2, 101)
    matches = np.column_stack([np.arange(n), labels])
    steps = np.column_stack([-shifts / 2, shifts / 2])

    def recomputed() -> None:
        for a, b in steps.astype(np.float32):
            best_ranks(normalize(images + a * unit), normalize(classes + b * unit), matches)

    shifted_ranks(images[:2], classes, matches[:2], unit, steps)  # compiles
    with threadpool_limits(1):
        ours = seconds(lambda: shifted_ranks(images, classes, matches, unit, steps), 1)[0]
        obvious = seconds(recomputed, 1)[0]
    print(
        f"zero-shot ranks, 50,000 images, 1,000 classes, 101 shifts: {ours:.2f} s, the obvious way "
        f"{obvious:.2f} s: {obvious / ours:.1f} times faster",
        flush=True,
    )


def two_cones(n: int, m: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and class texts on the sphere, in two cones, float64."""
    random = np.random.default_rng(0)
    return normalize(random.normal(size=(n, d)) + 0.5), normalize(random.normal(size=(m, d)) - 0.3)


def recomputed_robustness(task, moves, deviations, draws: int) -> np.ndarray:
    """The obvious way: all distances anew for every draw, deviation and move."""

    def nearest(items: np.ndarray) -> np.ndarray:
        squares = np.einsum("md,md->m", items, items)
        return (squares - 2 * task.queries @ items.T).argmin(axis=1)

    clean, kept = [nearest(task.retrieved + move) for move in moves], []
    for child in np.random.SeedSequence(0).spawn(draws):
        z = draw_noise("gaussian", np.random.default_rng(child), task.retrieved.shape)
        kept.append(
            [
                [
                    (nearest(task.retrieved + size * z + move) == before).mean()
                    for move, before in zip(moves, clean, strict=True)
                ]
                for size in deviations
            ]
        )
    return np.array(kept)


def compare_robustness() -> None:
    """Nearest neighbours under noise, for every move and deviation."""
    images, classes = two_cones(5_000, 100, 512)
    task = classification_task(images, classes, np.arange(5_000) % 100)
    moves = np.outer(np.linspace(-1, 1.5, 11), orthogonal_gap(images, classes).vector)
    sizes = [0.01, 0.02, 0.05, 0.1]
    compare(
        "robustness, 5,000 images, 100 classes, 11 moves, 4 deviations, 10 draws",
        lambda: noise_outcomes(task, moves, sizes, "gaussian", 10, 0),
        lambda: recomputed_robustness(task, moves, sizes, 10),
        1,
    )


def measure_wide_robustness() -> None:
    """Robustness of 50,000 images among 1,000 classes, and the peak memory of the process."""
    images, classes = two_cones(50_000, 1_000, 512)
    task = classification_task(images, classes, np.arange(50_000) % 1_000)
    moves = np.outer(np.linspace(-1, 1.5, 11), orthogonal_gap(images, classes, 0.95).vector)
    start = time.perf_counter()
    noise_outcomes(task, moves, [0.01, 0.02, 0.05, 0.1], "gaussian", 2, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"robustness, 50,000 images, 1,000 classes, 11 moves, 4 deviations: "
        f"{(time.perf_counter() - start) / 2:.1f} s a draw, peak memory {peak:.2f} GiB",
        flush=True,
    )


IN_A_PROCESS_OF_ITS_OWN = {"large": measure_large, "wide": measure_wide_robustness}


def main() -> None:
    """Every comparison."""
    # First: a process inherits the peak of the one that starts it.
    for name in IN_A_PROCESS_OF_ITS_OWN:
        subprocess.run([sys.executable, __file__, name], check=True)
    x, y = cone(5_000, 512, 0), cone(5_000, 512, 1)
    compare(
        "all-pairs cosines, 5,000 × 512",
        lambda: cosine_statistics(x),
        lambda: full_matrix_statistics(x),
        REPEATS,
    )
    shifts, temperatures = list(np.linspace(-4, 4, 41)), [1 / 100]
    compare(
        "shift landscape, 5,000 pairs, 41 shifts, one temperature, whole set",
        lambda: shift_landscape(x, y, shifts, temperatures, None),
        lambda: recomputed_landscape(x, y, shifts, temperatures),
        1,
    )
    for architecture in ("emoji-vit", "emoji-resnet"):
        compare(
            f"training {architecture}, 8 batches of 256",
            our_training(architecture, 8),
            bare_training(architecture, 8),
            REPEATS,
        )
    measure_shifted_ranks()
    compare_robustness()
    compare_encoding()
    compare(
        "descent in the plane, 10 pairs, 20,000 steps",
        lambda: compiled_descent(20_000),
        lambda: plain_descent(20_000),
        1,
    )
    time_of_all = seconds(lambda: compiled_descent(10_000_000), 1)[0]
    print(f"descent in the plane, 10 pairs, 10,000,000 steps, one core: {time_of_all:.0f} s")


if __name__ == "__main__":
    IN_A_PROCESS_OF_ITS_OWN.get("".join(sys.argv[1:]), main)()
