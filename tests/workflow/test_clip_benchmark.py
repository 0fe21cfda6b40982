"""Accuracy and recall are those of the community's evaluation tool, the package clip-benchmark."""

import json
import shutil

import numpy as np
import open_clip
import pytest
import torch
from clip_benchmark_metrics import PEERS, own_metrics, package_metrics
from conftest import ROOT
from PIL import Image, ImageDraw
from rehearsal.webdataset_files import write_classification, write_retrieval

from modality_gap.data.corpora.webdataset import read_webdataset
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import Pixels, scale_pixels

needs_package = pytest.mark.skipif(
    not (PEERS / "installed").is_file(),
    reason="clip-benchmark is not here: make .peers/installed",
)
COLOURS = ("red", "green", "blue", "yellow")
SHAPES = ("circle", "square", "bar")
NAMES = [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]
TEMPLATES = ["a photo of a {c}.", "a drawing of a {c}.", "{c}"]
CAPTIONS = ("a drawing of a {name}", "{name}", "one {name} on grey", "small {name}", "this {name}")
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
    found, _ = own_metrics(*model, folders)
    assert all(0 < value < 1 for value in found.values()), found
    expected, _ = package_metrics(architectures, *model, folders, tmp_path)
    assert found == pytest.approx(expected, abs=1e-6)
