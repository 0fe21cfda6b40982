"""Public data sets, of their true format, through download, reading, embedding and measuring."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from rehearsal.captioned_files import aokvqa_question, write_coco, write_mmvp_vlm
from rehearsal.captioned_files import write_tar as write_archive
from rehearsal.labelled_files import (
    pictures,
    write_cifar10,
    write_eurosat,
    write_fairface,
    write_memes,
    write_svhn,
    write_zip,
)
from rehearsal.local_server import Resumable, serve
from rehearsal.webdataset_files import write_classification

from modality_gap.data.corpora.eurosat import NAMES
from modality_gap.data.embeddings import read_normalized
from workflow.conftest import Workplace
from workflow.test_bad_input import line_with

pytestmark = pytest.mark.study
RACES = ["White", "Black", "Indian"]
FACES = [
    (f"{row + 1}.jpg", "20-29", ("Male", "Female")[row % 2], RACES[row % 3], "False")
    for row in range(18)
]
THINGS = ["cat", "dog", "boat"]
MEMES = [
    {"id": row, "img": f"img/{row:05d}.png", "label": row % 2, "text": f"look at meme {row}"}
    for row in range(12)
]
PROMPTS = {
    f"{race}, {gender}": f"a photo of a {race.lower()} {word}"
    for race in RACES
    for gender, word in (("Male", "man"), ("Female", "woman"))
}


def write_all(served, by_hand):
    """Every data set: what is downloaded in one folder, what a user fetches by hand in another."""
    write_cifar10(served, per_file=8)
    write_svhn(served, "test", [10, 1, 2, 3, 1, 2, 10, 5])
    write_eurosat(served, list(NAMES))
    faces = write_fairface(served, "val", FACES)
    write_zip(served / "fairface-img-margin025-trainval.zip", faces, 0)
    captions = {
        number: [(2 * number, f"a {THINGS[number % 3]} {number}"), (2 * number + 1, f"it {number}")]
        for number in range(1, 31)
    }
    write_coco(served, {"val2017": captions})
    questions = [
        aokvqa_question(f"q{n}", n, f"what is {n}?", [*THINGS, f"thing {n}"], n % 4)
        for n in range(1, 25)
    ]
    members = {"aokvqa_v1p0_val.json": json.dumps(questions).encode()}
    write_archive(served / "aokvqa_v1p0.tar.gz", members, "w:gz")
    write_memes(by_hand, "dev_seen", MEMES)
    kinds = ["Color and Appearance", "Structural"]
    rows = [(n, kinds[(n - 1) // 6], f"the thing is {n}") for n in range(1, 13)]
    write_mmvp_vlm(by_hand, rows)
    images = [Image.fromarray(pixels) for pixels in pictures(20, 20, seed=9)]
    write_classification(
        served / "wds_things", {"test": (images, [n % 3 for n in range(20)])}, THINGS, ["a {c}."], 8
    )


def public_study(address, served, by_hand):
    """All of them, embedded by one network with random weights."""
    checksums = {
        file.name: f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in served.iterdir()
        if file.is_file() and "fairface" not in file.name
    }
    download = {"mirror": address, "checksums": checksums}
    hand = {"folder": str(by_hand)}
    task = {"splits": ["test"], "label": "label", "templates": ["a photo of {}."]}
    asked = {"encoders": ["random"], "shifts": {"first": -1, "last": 1, "number": 3}}
    return {
        "study": "public",
        "title": "Data sets as they are published",
        "corpora": {
            "cifar10": {
                "reader": "cifar10",
                "splits": ["train", "test"],
                "evaluate": ["test"],
                **download,
            },
            "svhn": {"reader": "svhn", "splits": ["test"], **download},
            "eurosat": {"reader": "eurosat", "splits": ["all"], **download},
            "fairface": {"reader": "fairface", "splits": ["val"], **download},
            "coco": {
                "reader": "coco",
                "release": 2017,
                "splits": ["val"],
                "first": 24,
                "evaluate": ["val"],
                **download,
            },
            "aokvqa": {"reader": "aokvqa", "splits": ["val"], "evaluate": ["val"], **download},
            "memes": {"reader": "hateful_memes", "splits": ["dev_seen"], **hand},
            "mmvp": {"reader": "mmvp_vlm", "splits": ["test"], **hand},
            "things": {
                "reader": "webdataset",
                "url": f"{address}/wds_things",
                "splits": ["test"],
                "evaluate": ["test"],
            },
        },
        "encoders": {"random": {"kind": "random", "architecture": "emoji-vit", "seed": 0}},
        "zero_shot": {
            **asked,
            "moves": ["both", "images"],
            "directions": {"task": "task", "coco": {"corpus": "coco", "split": "val"}},
            "bootstrap": 100,
            "seed": 0,
            "tasks": {
                "cifar10": {"corpus": "cifar10", **task, "splits": ["train", "test"]},
                "svhn": {"corpus": "svhn", **task},
                "eurosat": {"corpus": "eurosat", **task, "splits": ["all"]},
                "things": {"corpus": "things", "splits": ["test"], "label": "class"},
                "memes": {
                    "corpus": "memes",
                    "splits": ["dev_seen"],
                    "label": "label",
                    "prompts": {"0": "a meme.", "1": "a hatespeech meme."},
                    "positive": "1",
                },
            },
        },
        "shifted_recall": {
            **asked,
            "moves": ["both", "texts"],
            "k": [1],
            "bootstrap": 100,
            "seed": 0,
        },
        "linear_probe": {
            "encoders": ["random"],
            "regularizations": [0.1, 1],
            "validation": 0.3,
            "train_items": 40,
            "seed": 0,
            "tasks": {
                "cifar10": {"corpus": "cifar10", "train": "train", "test": "test", "label": "label"}
            },
        },
        "pair_matching": {**asked, "moves": ["images"], "corpus": "mmvp", "split": "test"},
        "fairness": {
            "fairface": {
                **asked,
                "corpus": "fairface",
                "splits": ["val"],
                "groups": ["race", "age"],
                "classes": {"columns": ["race", "gender"], "prompts": PROMPTS},
                "probes": {"crime": {"thief": "a photo of a thief"}},
                "direction": {"corpus": "coco", "split": "val"},
                "compared": {"widened": {"shift": -0.2}},
            }
        },
        "robustness": {
            "encoders": ["random"],
            "tasks": ["zero_shot", "own_choices"],
            "zero_shot": ["cifar10", "things"],
            "own_choices": ["aokvqa"],
            "kept_variance": 0.9,
            "alphas": [-1, 0, 1],
            "deviations": [0.05],
            "noises": ["gaussian"],
            "noise_deviation": 0.05,
            "thresholds": [0, 0.5],
            "draws": 3,
            "seed": 0,
        },
        "rephrasing": {
            "encoders": ["random"],
            "kept_variance": 0.9,
            "templates": ["{}!", "a photo of a {}."],
            "label": "label",
            "base": "a photo of a {}.",
            "lists": [],
            "group": None,
            "items": 100,
            "wrong_answers": 5,
            "alphas": [0, 1],
            "choices": 3,
            "seed": 0,
        },
    }


TARGETS = [
    "results/public/figures/zero_shot/zero_shot.svg",
    "results/public/figures/shifted_recall/shifted_recall.svg",
    "results/public/figures/linear_probe/linear_probe.svg",
    "results/public/figures/pair_matching/pair_matching.svg",
    "results/public/figures/fairness/random/fairface/fairness_rates.svg",
    "results/public/figures/coco/val/rephrasing.svg",
    "results/public/figures/aokvqa/val/rephrasing.svg",
    *(
        f"results/public/figures/robustness/random/{place}/robustness.svg"
        for place in ("cifar10/test", "things/test", "aokvqa/val")
    ),
    "results/public/figures/cifar10/test/rephrasing.svg",
    "results/public/claims.csv",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    served, by_hand = folder / "served", folder / "by_hand"
    served.mkdir(), by_hand.mkdir()
    write_all(served, by_hand)
    return served, by_hand


@pytest.fixture(scope="module")
def done(tmp_path_factory, data):
    with serve(data[0], Resumable) as address:
        place = Workplace(tmp_path_factory.mktemp("public"), public_study(address, *data))
        place.succeeds("--", *TARGETS)
    return place


@pytest.mark.parametrize(
    ("task", "split", "column", "number"),
    [
        ("cifar10", "test", "label", 8),
        ("svhn", "test", "label", 8),
        ("things", "test", "class", 20),
    ],
)
def test_accuracy_is_that_of_the_embeddings(done, task, split, column, number):
    """Brute force from the embeddings, the prompts' and the labels of the corpus."""
    images, ids = read_normalized(done.results / f"embeddings/random/{task}/{split}/images.parquet")
    assert len(ids) == number
    corpus = done.results / f"corpora/{task}"
    labels = pd.read_parquet(corpus / "images.parquet").set_index("image_id")[column].loc[ids]
    names = [
        line[2:] for line in (corpus / "classes.yaml").read_text().splitlines() if line[0] == "-"
    ]
    names = [name.strip("'") for name in names if "{}" not in name]
    form = {"things": "a {}."}.get(task, "a photo of {}.")
    prompts = pd.read_parquet(done.results / "embeddings/random/prompts/zero_shot.parquet")
    prompts = prompts.set_index("text").embedding
    texts = np.stack([prompts[form.format(name)] for name in names]).astype(np.float64)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    right = (images.astype(np.float64) @ texts.T).argmax(axis=1) == labels.to_numpy()
    curves = pd.read_parquet(done.results / f"zero_shot/random/{task}/{split}/curves.parquet")
    own = curves[(curves["shift"] == 0) & (curves.metric == "top_1") & (curves.task == task)]
    assert len(own) == 4
    np.testing.assert_allclose(own.value, right.mean())


def test_binary_tasks_have_an_area_under_the_curve(done):
    curves = pd.read_parquet(done.results / "zero_shot/random/memes/dev_seen/curves.parquet")
    assert set(curves.metric) == {"top_1", "mean_per_class", "roc_auc"}


def test_groups_pairs_probes_and_questions_are_measured(done):
    rates = pd.read_parquet(done.results / "fairness/random/fairface/rates.parquet")
    assert {"White", "Black", "Indian", "20-29"} <= set(rates.group)
    pairs = pd.read_parquet(done.results / "pair_matching/random/mmvp/test.parquet")
    assert {"Color and Appearance", "Structural"} <= set(pairs.pattern)
    probe = pd.read_parquet(done.results / "linear_probe/random/accuracies.parquet")
    assert probe.test_images.tolist() == [8]
    choices = pd.read_parquet(done.results / "rephrasing/random/aokvqa/val/choices.parquet")
    assert set(choices.kind) == {"answer"}
    place = done.results / "rephrasing/random/cifar10/test/templates.parquet"
    assert set(pd.read_parquet(place).name) == {"{}!"}, "the base rephrases nothing"
    recall = pd.read_parquet(done.results / "shifted_recall/random/coco/val/curves.parquet")
    assert recall["shift"].nunique() == 3
    claims = pd.read_csv(done.results / "claims.csv").set_index("id")
    assert claims.status["C048"] not in ("not measured", "reproduced"), (
        "rephrased answers, of others"
    )


def test_robustness_of_each_splits_own_classes_and_of_the_questions_own_choices(done):
    """Clean accuracy, by brute force from the questions as they were published."""
    tables = {
        name: pd.read_parquet(done.results / f"robustness/random/{name}/controlled.parquet")
        for name in ("things/test", "cifar10/test", "aokvqa/val")
    }
    assert [list(table.task.unique()) for table in tables.values()] == [
        ["zero_shot"],
        ["zero_shot"],
        ["own_choices"],
    ]
    images, ids = read_normalized(done.results / "embeddings/random/aokvqa/val/images.parquet")
    prompts = pd.read_parquet(done.results / "embeddings/random/prompts/robustness.parquet")
    prompts = prompts.set_index("text").embedding
    questions = pd.read_parquet(done.results / "corpora/aokvqa/images.parquet")
    right = []
    for image, row in zip(
        images, questions.set_index("image_id").loc[ids].itertuples(), strict=True
    ):
        texts = np.stack([prompts[f"{row.question} {choice}"] for choice in row.choices])
        near = texts.astype(np.float64) @ image / np.linalg.norm(texts.astype(np.float64), axis=1)
        right.append(near.argmax() == row.correct_choice_idx)
    table = tables["aokvqa/val"]
    assert table[table.alpha == 0].accuracy.to_numpy() == pytest.approx(np.mean(right))
    table = tables["cifar10/test"]
    curves = pd.read_parquet(done.results / "zero_shot/random/cifar10/test/curves.parquet")
    own = curves[(curves["shift"] == 0) & (curves.metric == "top_1")]
    assert table[table.alpha == 0].accuracy.to_numpy() == pytest.approx(own.value.iloc[0])


def test_what_nobody_published_a_hash_of_is_recorded(done):
    record = done.folder / "results/downloads/fairface_label_val.csv.sha256"
    content = (done.folder / "results/downloads/fairface_label_val.csv").read_bytes()
    assert record.read_text() == f"{hashlib.sha256(content).hexdigest()}  fairface_label_val.csv\n"


def test_a_download_of_another_version_is_refused(tmp_path, data):
    served, by_hand = data
    with serve(served, Resumable) as address:
        study = public_study(address, served, by_hand)
        del study["corpora"]["cifar10"]["checksums"]
        place = Workplace(tmp_path, study)
        target = "results/downloads/cifar-10-binary.tar.gz"
        line = "cifar-10-binary.tar.gz: md5 is"
        line_with(place.fails("--", target), line)
    assert not (tmp_path / target).exists()


def test_a_file_that_must_be_fetched_by_hand_is_named(tmp_path, data):
    shutil.copytree(data[1], tmp_path / "by_hand")
    (tmp_path / "by_hand/Questions.csv").unlink()
    study = public_study("http://127.0.0.1:9", data[0], tmp_path / "by_hand")
    place = Workplace(tmp_path, study)
    target = "results/public/corpora/mmvp/images.parquet"
    line_with(place.fails("--", target), "Questions.csv: no such file")
    study["corpora"]["mmvp"]["folder"] = str(tmp_path / "nowhere")
    line = "corpora.mmvp: no such folder"
    files = "expected the files of mmvp_vlm in it: Questions.csv, MLLM_VLM Images/*/*.jpg"
    place = Workplace(tmp_path, study)
    # What is to be done can be seen before the data are there.
    assert files in line_with(place.succeeds("--dry-run"), line)
    assert files in line_with(place.fails(), line)


def test_a_study_of_tasks_alone_has_a_report(tmp_path, data):
    """No split is evaluated: there is no gap between pairs to show."""
    study = public_study("http://127.0.0.1:9", *data)
    study["corpora"] = {
        "things": {
            "reader": "webdataset",
            "folder": str(data[0] / "wds_things"),
            "splits": ["test"],
        }
    }
    zero_shot = study["zero_shot"]
    zero_shot |= {"directions": {"task": "task"}, "tasks": {"t": zero_shot["tasks"]["things"]}}
    kept = ("study", "title", "corpora", "encoders", "zero_shot")
    place = Workplace(tmp_path, {key: study[key] for key in kept})
    place.succeeds()
    assert "Zero-shot accuracy" in (place.results / "report.html").read_text()
