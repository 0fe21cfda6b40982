"""A corpus through its model, and through nothing but that model's arrays: the same numbers."""

import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import ROOT
from PIL import Image

from modality_gap.data.embeddings import read_embeddings
from workflow.conftest import Workplace

pytestmark = pytest.mark.study

COLOURS = {"red": (200, 40, 30), "green": (40, 180, 60), "blue": (30, 60, 210)}
SHIFTS = {"first": -1, "last": 1, "number": 5}
TARGETS = (
    "--",
    *(
        f"results/mine/{file}"
        for file in ("remarks.csv", "claims.csv", "linear_probe/mine/accuracies.parquet")
    ),
)
PLACES = [("pictures", "train"), ("pictures", "test")]


def labels(random) -> pd.DataFrame:
    """Ninety images of three classes and two groups, in two splits; some have no class."""
    rows = [
        {
            "image": f"{number}.png",
            "split": "train" if number % 3 else "test",
            "colour": list(COLOURS)[number // 3 % 3] if number % 17 else "",
            "size": ("small", "large")[number // 5 % 2],
            "words": f"hue, tone {number % 4}",
        }
        for number in range(90)
    ]
    return pd.DataFrame(rows)


def captions(table: pd.DataFrame) -> pd.DataFrame:
    """Two captions of each image, of which some are those of others, too."""
    rows = []
    for number, row in enumerate(table.itertuples()):
        rows += [
            (row.image, f"a {row.size} square, number {number}"),
            (row.image, f"a {row.size} thing"),
        ]
    return pd.DataFrame(rows, columns=["image", "caption"])


def sections() -> dict:
    """Every section that asks what the gap does, and whether to close it."""
    place = {"corpus": "pictures"}
    closing = {"encoders": ["mine"], "kept_variance": 0.9, "seed": 0}
    moved = {"encoders": ["mine"], "shifts": SHIFTS, "moves": ["both", "images", "texts"]}
    tasks = {
        "colours": place
        | {"splits": ["test", "train"], "label": "colour"}
        | {"templates": ["a {} square.", "something {}."]},
        "sizes": place
        | {"splits": ["test"], "label": "size", "where": {"colour": ["red", "green"]}}
        | {"prompts": {"small": ["tiny", "small"], "large": "huge"}, "positive": "small"},
    }
    directions = {"task": "task", "pairs": place | {"split": "train"}}
    probe = place | {"train": "train", "test": "test", "label": "colour"}
    return {
        "zero_shot": moved
        | {"directions": directions, "bootstrap": 100, "seed": 0, "tasks": tasks},
        "shifted_recall": moved | {"k": [1, 5], "bootstrap": 100, "seed": 0},
        "linear_probe": {"encoders": ["mine"], "regularizations": [0.1, 1], "validation": 0.3}
        | {"train_items": 50, "seed": 0, "tasks": {"colours": probe}},
        "fairness": {
            "sizes": place
            | {"splits": ["test", "train"], "encoders": ["mine"], "groups": ["size", "colour"]}
            | {
                "classes": {
                    "columns": ["colour"],
                    "prompts": {"red": "red", "blue": ["blue", "sea"]},
                }
            }
            | {"probes": {"odd": {"noise": "a noisy square"}}, "shifts": SHIFTS}
            | {"direction": place | {"split": "train"}, "compared": {"closer": {"shift": 0.5}}}
        },
        "robustness": closing
        | {"tasks": ["zero_shot", "image_to_text", "text_to_image", "multiple_choice"]}
        | {"zero_shot": "colours", "choices": 3, "alphas": [-1, 0, 1], "deviations": [0.02]}
        | {"noises": ["gaussian", "laplace"], "noise_deviation": 0.02, "thresholds": [0, 0.5]}
        | {"draws": 4},
        "quantization": closing
        | {"schemes": {"fixed_range": [6], "sign": [1]}, "alphas": [0, 1], "k": 3, "queries": 20},
        "rephrasing": closing
        | {"templates": ["a photo of {}"], "lists": ["words"], "group": "colour", "items": 20}
        | {"alphas": [0, 1], "choices": 3},
        "mitigations": closing
        | {"reference": "train", "deviation": 0.02, "draws": 4, "scheme": "fixed_range"}
        | {"bits": 6, "queries": 20},
    }


def study_of(corpora: dict, encoders: dict) -> dict:
    """A study of the encoder `mine` on the corpus `pictures`."""
    return {
        "study": "mine",
        "title": "One corpus",
        "corpora": corpora,
        "encoders": encoders,
        "embedding": {"batch_size": 256, "precision": "float32"},
        "views": {"methods": ["pca"], "pairs": 8, "seed": 0},
        **sections(),
    }


@pytest.fixture(scope="module")
def tables():
    table = labels(np.random.default_rng(0))
    return table, captions(table)


@pytest.fixture(scope="module")
def network(tmp_path_factory, tables):
    """The corpus as pictures, through random weights."""
    folder, random = tmp_path_factory.mktemp("network"), np.random.default_rng(1)
    table, texts = tables
    for row in table.itertuples():
        noise = random.integers(0, 60, size=(24, 24, 3))
        colour = COLOURS.get(row.colour, (120, 120, 120))
        Image.fromarray((noise + np.array(colour) * 0.75).astype(np.uint8)).save(folder / row.image)
    texts.merge(table, on="image").to_csv(folder / "pictures.csv", index=False)
    corpus = {"reader": "table", "file": "pictures.csv", "evaluate": ["train", "test"]}
    corpora = {"pictures": corpus | {"matched_caption": "random"}}
    encoder = {"kind": "random", "architecture": "emoji-resnet", "seed": 0}
    place = Workplace(folder, study_of(corpora, {"mine": encoder}))
    place.succeeds(*TARGETS)
    return place


def exported(network: Workplace, tables: tuple, folder) -> None:
    """The arrays of a finished study, and what is known of their rows, as a user has them."""
    table, texts = tables
    own = network.results / "embeddings/mine"
    images, words = {}, {}
    for corpus, split in PLACES:
        rows, keys = read_embeddings(own / corpus / split / "images.parquet")
        images |= dict(zip(keys, rows, strict=True))
        rows, keys = read_embeddings(own / corpus / split / "texts.parquet")
        known = dict(zip(keys, rows, strict=True))
        pairs = pd.read_parquet(own / corpus / split / "pairs.parquet")
        words |= {row.text: known[row.text_id] for row in pairs.itertuples()}
    np.save(folder / "images.npy", np.stack([images[image] for image in table.image]))
    np.save(folder / "texts.npy", np.stack([words[text] for text in texts.caption]))
    prompts = [pd.read_parquet(file) for file in sorted((own / "prompts").glob("*.parquet"))]
    assert len(prompts) == 3
    pd.concat(prompts).to_parquet(folder / "prompts.parquet", index=False)
    table.to_csv(folder / "labels.csv", index=False)
    texts.to_csv(folder / "captions.csv", index=False)


@pytest.fixture(scope="module")
def arrays(tmp_path_factory, network, tables):
    """The corpus as arrays alone."""
    folder = tmp_path_factory.mktemp("arrays")
    exported(network, tables, folder)
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "config/README.md").read_text(), re.S)
    (documented,) = [yaml.safe_load(block) for block in blocks if "reader: arrays" in block]
    place = Workplace(folder, study_of(**documented))
    place.succeeds(*TARGETS)
    return place


MEASURED = {
    "gap": 2,
    "retrieval": 2,
    "shift": 2,
    "zero_shot": 4,
    "shifted_recall": 4,
    "linear_probe": 2,
    "fairness": 4,
    "robustness": 6,
    "quantization": 2,
    "rephrasing": 6,
    "mitigations": 2,
}


@pytest.mark.parametrize("topic", MEASURED)
def test_arrays_give_the_numbers_of_their_model(network, arrays, topic):
    files = sorted(
        str(file.relative_to(network.results))
        for file in (network.results / topic).rglob("*.parquet")
    )
    assert len(files) == MEASURED[topic]
    for file in files:
        ours, theirs = (pd.read_parquet(place.results / file) for place in (arrays, network))
        assert len(ours), file
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_embeddings_are_those_of_the_model(network, arrays):
    for corpus, split in PLACES:
        for part in ("images", "texts", "pairs"):
            file = f"embeddings/mine/{corpus}/{split}/{part}.parquet"
            ours, theirs = (pq.read_table(place.results / file) for place in (arrays, network))
            assert ours.to_pydict() == theirs.to_pydict()


def test_claims_and_remarks_are_those_of_the_model(network, arrays):
    ours, theirs = (pd.read_csv(place.results / "claims.csv") for place in (arrays, network))
    # What is not as in the papers' studies is named by the entries, of which arrays have others.
    unlike = ["needed"]
    pd.testing.assert_frame_equal(ours.drop(columns=unlike), theirs.drop(columns=unlike))
    told = pd.read_csv(arrays.results / "remarks.csv")
    assert told.remark.str.contains("prompts are not asked for here").any()
    assert told.remark.str.contains("images have no colour and are left out").any()
