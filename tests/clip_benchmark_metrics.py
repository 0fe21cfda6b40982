"""Accuracy and recall of a checkpoint on webdatasets, by the package clip-benchmark and by this project.

python clip_benchmark_metrics.py ARCHITECTURES ARCHITECTURE CHECKPOINT CLASSES CAPTIONS: this project's,
as one line of JSON.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".peers"
HOW = (64, "float32")
TASKS = ("zeroshot_classification", "zeroshot_retrieval")

Metrics = tuple[dict[str, float], dict[str, float]]


def package_metrics(architectures, architecture, checkpoint, folders, output) -> Metrics:
    """What clip-benchmark says, in a process of its own: its metrics, and the seconds of each task.

    folders: a webdataset for each task; output: a folder for the package's files.
    """
    jobs = [
        f"eval --task {task} --dataset wds/drawings --dataset_root {folder} --recall_k 1 5 "
        f"--model {architecture} --pretrained {checkpoint} --output {output}/{task}.json "
        "--no_amp --num_workers 0"
        for task, folder in folders.items()
    ]
    path = os.pathsep.join([str(PEERS), str(ROOT / "scripts")])
    lines = run("clip_benchmark_runner.py", architectures, *jobs, path=path)
    metrics = [json.loads((output / f"{task}.json").read_text())["metrics"] for task in folders]
    merged = {name: value for found in metrics for name, value in found.items()}
    return merged, dict(zip(folders, json.loads(lines[-1]), strict=True))


def own_process(architectures, architecture, checkpoint, folders) -> Metrics:
    """`own_metrics` in a process of its own."""
    folders = [folders[task] for task in TASKS]
    path = str(ROOT / "scripts")
    arguments = (architectures, architecture, checkpoint, *folders)
    return tuple(json.loads(run("clip_benchmark_metrics.py", *arguments, path=path)[-1]))


def run(script: str, *arguments: object, path: str) -> list[str]:
    """The lines that a script beside this one prints; it must end well."""
    command = [sys.executable, str(ROOT / "tests" / script), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def own_metrics(architecture, checkpoint, folders) -> Metrics:
    """The same metrics, by the package's names, of this project's readers and measures."""
    metrics, seconds = {}, {}
    for task, measure in zip(TASKS, (zero_shot, retrieval), strict=True):
        start = time.perf_counter()
        metrics |= measure(architecture, checkpoint, folders[task])
        seconds[task] = time.perf_counter() - start
    return metrics, seconds


def zero_shot(architecture, checkpoint, folder) -> dict[str, float]:
    """Accuracies on a webdataset of classes."""
    import numpy as np

    from modality_gap.data.corpora.webdataset import read_webdataset
    from modality_gap.effects.zero_shot import class_embeddings, zero_shot_accuracy

    images, _, classes, _ = read_webdataset(folder, ["test"])
    names, templates = classes["names"], classes["templates"]
    prompts = [template.format(name) for name in names for template in templates]
    pictures, texts = embed(architecture, checkpoint, images, prompts)
    means = class_embeddings(texts, np.repeat(np.arange(len(names)), len(templates)))
    accuracy = zero_shot_accuracy(pictures, means, images["class"].to_numpy())
    names = {"acc1": "top_1", "acc5": "top_5", "mean_per_class_recall": "mean_per_class"}
    return {name: float(accuracy[own]) for name, own in names.items()}


def retrieval(architecture, checkpoint, folder) -> dict[str, float]:
    """Recall on a webdataset of captions."""
    from modality_gap.data.corpora import distinct_texts, mark_matched
    from modality_gap.data.corpora.webdataset import read_webdataset
    from modality_gap.measures.retrieval import recall_at_k

    images, captions, *_ = read_webdataset(folder, ["test"])
    texts, pairs, _ = distinct_texts(images, mark_matched(captions, "first"))
    recall = recall_at_k(*embed(architecture, checkpoint, images, texts), pairs, [1, 5])
    directions = {"image": "text_to_image", "text": "image_to_text"}
    return {
        f"{name}_retrieval_recall@{k}": float(recall[own, k])
        for name, own in directions.items()
        for k in (1, 5)
    }


def embed(architecture, checkpoint, images, texts):
    """Images and texts of unit length by a checkpoint."""
    from modality_gap.data.embeddings import normalize
    from modality_gap.models.build import build_model, build_tokenizer
    from modality_gap.models.embed import Pixels, embed_images, embed_texts

    model, tokenizer = (
        build_model(architecture, checkpoint=checkpoint),
        build_tokenizer(architecture),
    )
    pictures = embed_images(model, Pixels(images, model), *HOW, 0)
    return normalize(pictures), normalize(embed_texts(model, tokenizer, texts, *HOW))


def main(architectures, architecture, checkpoint, classes, captions) -> None:
    """Print what `own_metrics` finds."""
    from modality_gap.models.build import register_architectures

    register_architectures(architectures)
    folders = dict(zip(TASKS, (classes, captions), strict=True))
    print(json.dumps(own_metrics(architecture, checkpoint, folders)))


if __name__ == "__main__":
    main(*sys.argv[1:])
