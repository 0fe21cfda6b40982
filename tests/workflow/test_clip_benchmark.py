"""Accuracy and recall are those of the community's evaluation tool, the package clip-benchmark."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import open_clip
import pytest
import torch
from conftest import ROOT
from PIL import Image, ImageDraw
from webdataset_files import write_classification, write_retrieval

from modality_gap.data.corpora import distinct_texts, mark_matched
from modality_gap.data.corpora.webdataset import read_webdataset
from modality_gap.data.embeddings import normalize
from modality_gap.effects.zero_shot import class_embeddings, zero_shot_accuracy
from modality_gap.measures.retrieval import recall_at_k
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import Pixels, embed_images, embed_texts, scale_pixels

PACKAGE = ROOT / ".clip_benchmark"
needs_package = pytest.mark.skipif(
    not (PACKAGE / "installed").is_file(),
    reason="clip-benchmark is not here: make .clip_benchmark/installed",
)
COLOURS = ("red", "green", "blue", "yellow")
SHAPES = ("circle", "square", "bar")
NAMES = [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]
TEMPLATES = ["a photo of a {c}.", "a drawing of a {c}.", "{c}"]
CAPTIONS = ("a drawing of a {name}", "{name}", "one {name} on grey", "small {name}", "this {name}")
HOW = (64, "float32")
# As small as it is quick, with CLIP's whole vocabulary, and so with open_clip's own tokenizer.
WHOLE_VOCABULARY = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}


def draw(colour, shape, random):
    """A shape of random size and place, on noise, in a picture that is not square."""
    pixels = random.integers(90, 170, (40, 52, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    left, top, size = random.integers(0, 24), random.integers(0, 14), random.integers(10, 24)
    box = [left, top, left + size, top + (size // 3 if shape == "bar" else size)]
    pen = ImageDraw.Draw(picture)
    (pen.ellipse if shape == "circle" else pen.rectangle)([int(side) for side in box], fill=colour)
    return picture


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Drawings with classes in WebP, the same with one to five captions in PNG; every caption
    is another one, since the package counts a caption that two images have as two.
    """
    folder, random = tmp_path_factory.mktemp("webdatasets"), np.random.default_rng(0)
    classes = random.permutation(np.repeat(np.arange(len(NAMES)), np.arange(6, 6 + len(NAMES))))
    images = [draw(*NAMES[label].split(), random) for label in classes]
    images[::9] = [image.convert("L") for image in images[::9]]
    captions = [
        [f"{CAPTIONS[n].format(name=NAMES[label])} {row}" for n in range(1 + row % 5)]
        for row, label in enumerate(classes)
    ]
    splits = {"test": (images, list(classes))}
    return {
        "zeroshot_classification": write_classification(
            folder / "classes", splits, NAMES, TEMPLATES, per_shard=50, ending="webp"
        ),
        "zeroshot_retrieval": write_retrieval(
            folder / "captions", {"test": (images, captions)}, per_shard=50
        ),
    }


def train_briefly(architecture, file, folder):
    """Weights of a model that has seen the drawings of a webdataset a few times."""
    model = build_model(architecture, seed=0).train()
    images, captions, *_ = read_webdataset(folder, ["test"])
    pixels = Pixels(images, model)
    pixels = scale_pixels(torch.stack([pixels[row] for row in range(len(pixels))]), model)
    texts = captions.drop_duplicates("image_id").text
    tokens = build_tokenizer(architecture)(list(texts))
    loss, optimizer = open_clip.ClipLoss(), torch.optim.AdamW(model.parameters(), 1e-3)
    for step in range(9):
        rows = torch.randperm(len(tokens), generator=torch.Generator().manual_seed(step))[:64]
        value = loss(*model(pixels[rows], tokens[rows]))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    torch.save(model.state_dict(), file)


def package_metrics(architectures, architecture, checkpoint, folders, output):
    """What clip-benchmark says of a checkpoint: its metrics on the webdataset of each task."""
    jobs = [
        f"eval --task {task} --dataset wds/drawings --dataset_root {folder} --recall_k 1 5 "
        f"--model {architecture} --pretrained {checkpoint} --output {output}/{task}.json "
        "--no_amp --num_workers 0"
        for task, folder in folders.items()
    ]
    command = [sys.executable, str(ROOT / "tests/clip_benchmark_runner.py"), str(architectures)]
    path = os.pathsep.join([str(PACKAGE), str(ROOT / "scripts")])
    done = subprocess.run(
        command + jobs,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    metrics = [json.loads((output / f"{task}.json").read_text())["metrics"] for task in folders]
    return {name: value for found in metrics for name, value in found.items()}


def own_metrics(architecture, checkpoint, folders):
    """The same metrics, by the package's names, of this project's readers and measures."""
    model = build_model(architecture, checkpoint=checkpoint)
    tokenizer = build_tokenizer(architecture)

    def embed(images, texts):
        found = embed_images(model, Pixels(images, model), *HOW, 0)
        return normalize(found), normalize(embed_texts(model, tokenizer, texts, *HOW))

    images, _, classes, _ = read_webdataset(folders["zeroshot_classification"], ["test"])
    names, templates = classes["names"], classes["templates"]
    prompts = [template.format(name) for name in names for template in templates]
    pictures, texts = embed(images, prompts)
    means = class_embeddings(texts, np.repeat(np.arange(len(names)), len(templates)))
    accuracy = zero_shot_accuracy(pictures, means, images["class"].to_numpy())
    images, captions, *_ = read_webdataset(folders["zeroshot_retrieval"], ["test"])
    texts, pairs, _ = distinct_texts(images, mark_matched(captions, "first"))
    recall = recall_at_k(*embed(images, texts), pairs, [1, 5])
    return {
        "acc1": accuracy["top_1"],
        "acc5": accuracy["top_5"],
        "mean_per_class_recall": accuracy["mean_per_class"],
        **{f"image_retrieval_recall@{k}": recall["text_to_image", k] for k in (1, 5)},
        **{f"text_retrieval_recall@{k}": recall["image_to_text", k] for k in (1, 5)},
    }


@pytest.fixture(scope="module")
def architectures(tmp_path_factory):
    """A folder with the default study's architectures and the small one above."""
    folder = tmp_path_factory.mktemp("architectures")
    shutil.copytree(ROOT / "config/architectures", folder, dirs_exist_ok=True)
    (folder / "whole-vocabulary.json").write_text(json.dumps(WHOLE_VOCABULARY))
    register_architectures(folder)
    return folder


@needs_package
def test_metrics_are_those_of_clip_benchmark(architectures, folders, tmp_path):
    """With CLIP's own tokenizer; a checkpoint of the default study: test_emoji_study.py."""
    model = ("whole-vocabulary", tmp_path / "weights.pt")
    train_briefly(*model, folders["zeroshot_retrieval"])
    found = own_metrics(*model, folders)
    assert all(0 < value < 1 for value in found.values()), found
    expected = package_metrics(architectures, *model, folders, tmp_path)
    assert found == pytest.approx(expected, abs=1e-6)
