"""Every public data set in miniature: a few dozen images in files of its true format."""

import json
import zipfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

from PIL import Image

from rehearsal import captioned_files as captioned
from rehearsal import labelled_files as labelled
from rehearsal.webdataset_files import write_classification, write_retrieval, write_shard

IMAGES = 24  # of a split that is measured
TRAINED_ON = 40  # of a split of MSCOCO or CC3M that is trained on
COLOURS = ("red", "blue", "green", "white", "black", "brown", "yellow")
THINGS = ("dog", "cat", "bus", "boat", "chair", "horse", "clock", "kite", "pizza", "train", "bird")
PLACES = ("on a beach", "in a street", "beside a house", "under a tree", "near a lake")
PATTERNS = (  # of MMVP-VLM, as published
    "Camera Perspective",
    "Color",
    "Orientation",
    "Presence",
    "Quantity",
    "Relational",
    "State",
    "Structural Character",
    "Text",
)
# As the originals are called: not taken from the readers, that one of them may be found wrong.
EUROSAT_FOLDERS = ("AnnualCrop", "Forest", "HerbaceousVegetation", "Highway", "Industrial")
EUROSAT_FOLDERS += ("Pasture", "PermanentCrop", "Residential", "River", "SeaLake")
RACES = ("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian")
RACES += ("Middle Eastern",)
CC3M_TABLES = {
    "training": "Train_GCC-training.tsv",
    "validation": "Validation_GCC-1.1.0-Validation.tsv",
}
IMAGENET_CLASSES = 1000  # the names that CLIP's authors gave are as many


def captions(number: int) -> list[str]:
    """Five texts of an image, others for each number."""
    colour, thing = COLOURS[number % len(COLOURS)], THINGS[number % len(THINGS)]
    return [
        f"a {colour} {thing} {place} with {number} {THINGS[(number + row) % len(THINGS)]}s"
        for row, place in enumerate(PLACES)
    ]


def pixels(number: int) -> list[Image.Image]:
    """So many small pictures."""
    return [Image.fromarray(own) for own in labelled.pictures(number, 16)]


def write_cifar10(settings: dict, folder: Path) -> None:
    """CIFAR-10's archive, 60 images to train on and 12 to test."""
    labelled.write_cifar10(folder, per_file=IMAGES // 2)


def write_cifar100(settings: dict, folder: Path) -> None:
    """CIFAR-100's archive."""
    classes = [(row % 20, 7 * row % 100) for row in range(2 * IMAGES)]
    labelled.write_cifar100(folder, classes, train=IMAGES)


def write_svhn(settings: dict, folder: Path) -> None:
    """SVHN's file of each split."""
    for split in settings["splits"]:
        labelled.write_svhn(folder, split, [1 + row % 10 for row in range(IMAGES)])


def write_eurosat(settings: dict, folder: Path) -> None:
    """EuroSAT's archive, three images a class."""
    labelled.write_eurosat(folder, list(EUROSAT_FOLDERS))


def write_imagenet(settings: dict, folder: Path) -> None:
    """ImageNet's kit of a thousand classes, and the archive of a few images."""
    synsets = [
        (row + 1, f"n{row:08d}", f"thing {row}, other name", 0) for row in range(IMAGENET_CLASSES)
    ]
    truth = "".join(f"{1 + row // 2}\n" for row in range(IMAGES))
    labelled.write_devkit(folder, truth, synsets)
    labelled.write_tar(folder / "ILSVRC2012_img_val.tar", labelled.imagenet_images(IMAGES))


def write_fairface(settings: dict, folder: Path) -> None:
    """FairFace's labels and archive, one face of every race and gender at two ages."""
    people = product(RACES, ("Male", "Female"), ("10-19", "30-39"))
    rows = [
        (f"{row}.jpg", age, gender, race, "True")
        for row, (race, gender, age) in enumerate(people, start=1)
    ]
    images: dict[str, bytes] = {}
    for split in settings["splits"]:
        images |= labelled.write_fairface(folder, split, rows)
    archive = f"fairface-img-margin{round(100 * settings.get('padding', 0.25)):03d}-trainval.zip"
    labelled.write_zip(folder / archive, images, zipfile.ZIP_STORED)


def write_hateful_memes(settings: dict, folder: Path) -> None:
    """The lines and pictures of each split of Hateful Memes."""
    for place, split in enumerate(settings["splits"]):
        memes = [
            {"id": number, "img": f"img/{number:05d}.png", "text": captions(number)[0]}
            | ({} if settings.get("unlabelled") else {"label": number % 2})
            for number in range(place * IMAGES, (place + 1) * IMAGES)
        ]
        labelled.write_memes(folder, split, memes)


def texts_of(first: int, number: int) -> dict[int, list[tuple[int, str]]]:
    """Captions with their ids, by the numbers of so many photographs."""
    return {
        image: [(10 * image + row, text) for row, text in enumerate(captions(image))]
        for image in range(first, first + number)
    }


def write_coco(settings: dict, folder: Path) -> None:
    """MSCOCO's archives of a release: of 2014 or 2017, or of 2014 with Karpathy's splits."""
    release = str(settings["release"])
    if release != "karpathy":
        parts = {f"train{release}": texts_of(1, TRAINED_ON), f"val{release}": texts_of(501, IMAGES)}
        captioned.write_coco(folder, parts)
        return
    rows, numbers = [], {"train2014": [], "val2014": []}
    splits = ("train", "restval", "val", "test")
    for number in range(4 * IMAGES):
        split = splits[number // IMAGES]
        part = "train2014" if split == "train" else "val2014"
        numbers[part].append(number)
        name = captioned.coco_name(number, part)
        rows.append({"filepath": part, "filename": name, "split": split})
        rows[-1]["captions"] = captions(number)
    for part, own in numbers.items():
        captioned.write_photographs(folder, part, own)
    write_karpathy(rows, "coco", folder)


def write_karpathy(rows: list[dict], dataset: str, folder: Path) -> None:
    """Karpathy's archive with the splits of one data set."""
    members = {f"dataset_{dataset}.json": json.dumps(captioned.karpathy(rows, dataset)).encode()}
    captioned.write_zip(folder / "caption_datasets.zip", members, zipfile.ZIP_DEFLATED)


def write_flickr30k(settings: dict, folder: Path) -> None:
    """Flickr30k's images, with its own captions or Karpathy's splits."""
    splits = settings["splits"]
    names = [f"{1000 + row}.jpg" for row in range(IMAGES * len(splits))]
    for row, name in enumerate(names):
        file = folder / "flickr30k-images" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(captioned.photograph(row))
    if splits == ["all"]:
        lines = [
            f"{name}#{place}\t{text}"
            for row, name in enumerate(names)
            for place, text in enumerate(captions(row))
        ]
        (folder / "results_20130124.token").write_text("\n".join([*lines, ""]), "utf-8")
        return
    rows = [
        {"filename": name, "split": splits[row % len(splits)], "captions": captions(row)}
        for row, name in enumerate(names)
    ]
    write_karpathy(rows, "flickr30k", folder)


def write_aokvqa(settings: dict, folder: Path) -> None:
    """A-OKVQA's archive of questions, on MSCOCO's photographs, which come with it."""
    write_coco({"release": 2017}, folder)
    members = {}
    for split, first in (("train", 1), ("val", 501)):
        questions = [
            captioned.aokvqa_question(
                f"q{first + row}",
                first + row,
                f"what is near the {THINGS[row % 11]}?",
                [*THINGS[row % 7 : row % 7 + 4]],
                row % 4,
            )
            for row in range(IMAGES)
        ]
        members[f"aokvqa_v1p0_{split}.json"] = json.dumps(questions).encode()
    captioned.write_tar(folder / "aokvqa_v1p0.tar.gz", members, "w:gz")


def write_mmvp_vlm(settings: dict, folder: Path) -> None:
    """MMVP-VLM, two pairs of each pattern."""
    rows = [
        (number, PATTERNS[(number - 1) // 4], captions(number)[0])
        for number in range(1, 1 + 4 * len(PATTERNS))
    ]
    captioned.write_mmvp_vlm(folder, rows)


def write_cc3m(settings: dict, folder: Path) -> None:
    """Conceptual Captions: the first split in shards, as img2dataset writes them, others by rows."""
    for place, split in enumerate(settings["splits"]):
        number = IMAGES if place else TRAINED_ON
        if not place:
            samples = [
                {"jpg": captioned.photograph(row), "txt": captions(row)[0].encode()}
                for row in range(number)
            ]
            write_shard(folder / split / "00000.tar", samples)
            continue
        lines = [f"{captions(row)[0]}\thttp://example.org/{row}.jpg" for row in range(number)]
        (folder / CC3M_TABLES[split]).write_text("\n".join([*lines, ""]), "utf-8")
        (folder / split).mkdir(parents=True)
        for row in range(number):
            (folder / split / f"{row:07d}.jpg").write_bytes(captioned.photograph(row))


def write_webdataset(settings: dict, folder: Path) -> None:
    """A webdataset: of classes, where the study asks for a label (`labelled`), else of captions."""
    splits = settings["splits"]
    if settings["labelled"]:
        parts = {split: (pixels(IMAGES), [row % 10 for row in range(IMAGES)]) for split in splits}
        write_classification(folder, parts, list(THINGS[:10]), ["a photo of a {c}."], IMAGES // 2)
    else:
        texts = [captions(row) for row in range(IMAGES)]
        parts = {split: (pixels(IMAGES), texts) for split in splits}
        write_retrieval(folder, parts, IMAGES // 2)


# What writes the originals of a reader: the settings of a corpus, and the folder they go to.
WRITERS: dict[str, Callable[[dict, Path], None]] = {
    "aokvqa": write_aokvqa,
    "cc3m": write_cc3m,
    "cifar10": write_cifar10,
    "cifar100": write_cifar100,
    "coco": write_coco,
    "eurosat": write_eurosat,
    "fairface": write_fairface,
    "flickr30k": write_flickr30k,
    "hateful_memes": write_hateful_memes,
    "imagenet": write_imagenet,
    "mmvp_vlm": write_mmvp_vlm,
    "svhn": write_svhn,
    "webdataset": write_webdataset,
}
