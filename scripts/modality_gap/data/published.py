"""Where public data sets are published, with hashes; it imports nothing, so that planning is fast."""

CIFAR10 = {
    "cifar-10-binary.tar.gz": {
        "url": "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "hash": "md5:c32a1d4ab5d03f1284b67883e8d87530",
    }
}
CIFAR100 = {
    "cifar-100-binary.tar.gz": {
        "url": "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        "hash": "md5:03b5dce01913d631647c71ecec9e9cb8",
    }
}
EUROSAT = {
    "EuroSAT.zip": {
        "url": "https://huggingface.co/datasets/torchgeo/eurosat/resolve/"
        "c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
        "hash": "md5:c8fa014336c82ac7804f0398fcb19387",
    }
}
SVHN = {
    "train": "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
    "test": "md5:eb5a983be6a315427106f1b164d9cef3",
    "extra": "md5:a93ce644f1a588dc4d68dda5feec44a7",
}
# Google Drive's ids; nobody published hashes.
FAIRFACE_LABELS = {
    "train": "1i1L3Yqwaio7YSOCj7ftgk8ZZchPG7dmH",
    "val": "1wOdja-ezstMEp81tX1a-EYkFebev4h7D",
}
FAIRFACE_IMAGES = {
    0.25: ("fairface-img-margin025-trainval.zip", "1Z1RqRo0_JiavaZw2yzZG6WETdZQ8qX86"),
    1.25: ("fairface-img-margin125-trainval.zip", "1g7qNOZz9wC7OfOhcPqH1EZ5bk1UFGmlL"),
}

# The checks of tensorflow/datasets, which uses the same files.
COCO = {
    "train2014.zip": "sha256:ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
    "val2014.zip": "sha256:fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
    "train2017.zip": "sha256:69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
    "val2017.zip": "sha256:4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
    "annotations_trainval2014.zip": "sha256:"
    "031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
    "annotations_trainval2017.zip": "sha256:"
    "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
}
KARPATHY = {
    "url": "https://cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip",
    "hash": "sha256:4cfd70132527b80933105e5829dc9034eaab9573482e2e680abbab6130244817",
}
AOKVQA = {
    "url": "https://prior-datasets.s3.us-east-2.amazonaws.com/aokvqa/aokvqa_v1p0.tar.gz",
    "hash": None,
}


def svhn_files(splits: list[str]) -> dict[str, dict]:
    """Files of SVHN, by name."""
    return {
        f"{split}_32x32.mat": {
            "url": f"http://ufldl.stanford.edu/housenumbers/{split}_32x32.mat",
            "hash": SVHN[split],
        }
        for split in splits
        if split in SVHN
    }


def drive(key: str) -> str:
    """The address of a public file of Google Drive, past its page of warnings."""
    return f"https://drive.usercontent.google.com/download?id={key}&export=download&confirm=t"


def coco_archives(names: list[str]) -> dict[str, dict]:
    """Archives of MSCOCO, by name."""
    kinds = {name: "annotations" if name.startswith("annotations") else "zips" for name in names}
    return {
        name: {"url": f"http://images.cocodataset.org/{kind}/{name}", "hash": COCO[name]}
        for name, kind in kinds.items()
        if name in COCO
    }


def coco_files(release: str, splits: list[str]) -> dict[str, dict]:
    """Images and captions of a release of MSCOCO, by name; the Karpathy split has the images of 2014."""
    if release == "karpathy":
        parts = dict.fromkeys("train2014" if split == "train" else "val2014" for split in splits)
        return {"caption_datasets.zip": KARPATHY, **coco_archives([f"{p}.zip" for p in parts])}
    images = [f"{split}{release}.zip" for split in splits]
    return coco_archives([f"annotations_trainval{release}.zip", *images])


def fairface_files(padding: float, splits: list[str]) -> dict[str, dict]:
    """The labels of each split of FairFace, and the archive of the images of all splits, by name."""
    known = [split for split in splits if split in FAIRFACE_LABELS]
    ids = {f"fairface_label_{split}.csv": FAIRFACE_LABELS[split] for split in known}
    ids.update([FAIRFACE_IMAGES[padding]])
    return {file: {"url": drive(key), "hash": None} for file, key in ids.items()}


# What a page of its own says better than one line.
PAGE = "see its page"
OF_COCO = "CC BY 4.0; the images: Flickr's terms"
# Bytes and licence of each file: bytes as its server tells them, or as tensorflow/datasets recorded
# them; rounded ones from tables of contents; None: not known.
FACTS: dict[str, tuple[int | None, str]] = {
    "emojibase-data-17.0.0.tgz": (6_711_091, "MIT"),
    "iconify-json-noto-1.2.9.tgz": (3_102_958, "Apache 2.0"),
    "iconify-json-twemoji-1.2.5.tgz": (1_555_888, "CC BY 4.0"),
    "iconify-json-openmoji-1.2.29.tgz": (1_264_633, "CC BY-SA 4.0"),
    "iconify-json-fluent-emoji-flat-1.2.6.tgz": (1_172_438, "MIT"),
    "cifar-10-binary.tar.gz": (170_052_171, PAGE),
    "cifar-100-binary.tar.gz": (168_513_733, PAGE),
    "EuroSAT.zip": (94_280_567, "MIT"),
    "train_32x32.mat": (182_040_794, "for non-commercial use only"),
    "test_32x32.mat": (64_275_384, "for non-commercial use only"),
    "extra_32x32.mat": (1_329_278_602, "for non-commercial use only"),
    "fairface_label_train.csv": (3_500_000, "CC BY 4.0"),
    "fairface_label_val.csv": (400_000, "CC BY 4.0"),
    "fairface-img-margin025-trainval.zip": (578_000_000, "CC BY 4.0"),
    "fairface-img-margin125-trainval.zip": (2_100_000_000, "CC BY 4.0"),
    "train2014.zip": (13_510_573_713, OF_COCO),
    "val2014.zip": (6_645_013_297, OF_COCO),
    "train2017.zip": (19_336_861_798, OF_COCO),
    "val2017.zip": (815_585_330, OF_COCO),
    "annotations_trainval2014.zip": (252_872_794, OF_COCO),
    "annotations_trainval2017.zip": (252_907_541, OF_COCO),
    "caption_datasets.zip": (36_700_000, PAGE),
    "aokvqa_v1p0.tar.gz": (None, PAGE),
}
# What is got by hand, by reader: where, bytes of all that a study may read, licence. Readers say the
# address themselves: what they import reads every corpus anew when it changes.
BY_HAND: dict[str, tuple[str, int | None, str]] = {
    "imagenet": (
        "https://image-net.org/challenges/LSVRC/2012/2012-downloads.php",
        6_744_924_160 + 2_568_145,
        "non-commercial research and education; terms to be agreed to",
    ),
    "cc3m": (
        "https://ai.google.com/research/ConceptualCaptions/download",
        None,
        "captions: any use; each image has its own",
    ),
    "hateful_memes": ("https://hatefulmemeschallenge.com", None, "its own, to be agreed to"),
    "flickr30k": (
        "https://shannon.cs.illinois.edu/DenotationGraph",
        4_400_000_000,
        "non-commercial research and education; the images: Flickr's terms",
    ),
    "mmvp_vlm": ("https://huggingface.co/datasets/MMVP/MMVP_VLM", None, PAGE),
}
# Images of each split, and captions an image, as published; of Conceptual Captions those that were.
IMAGES: dict[str, dict[str, tuple[int, int]]] = {
    "cifar10": {"train": (50_000, 1), "test": (10_000, 1)},
    "cifar100": {"train": (50_000, 1), "test": (10_000, 1)},
    "svhn": {"train": (73_257, 1), "test": (26_032, 1), "extra": (531_131, 1)},
    "eurosat": {"all": (27_000, 1)},
    "imagenet": {"val": (50_000, 1)},
    "fairface": {"train": (86_744, 1), "val": (10_954, 1)},
    "hateful_memes": {
        "train": (8_500, 1),
        "dev": (500, 1),
        "test": (1_000, 1),
        "dev_seen": (500, 1),
        "dev_unseen": (540, 1),
        "test_seen": (1_000, 1),
        "test_unseen": (2_000, 1),
    },
    "flickr30k": {
        "train": (29_000, 5),
        "val": (1_014, 5),
        "test": (1_000, 5),
        "all": (31_783, 5),
    },
    "cc3m": {"training": (3_318_333, 1), "validation": (15_840, 1)},
    "aokvqa": {"train": (17_056, 1), "val": (1_145, 1)},
    "mmvp_vlm": {"test": (270, 1)},
    "coco 2014": {"train": (82_783, 5), "val": (40_504, 5)},
    "coco 2017": {"train": (118_287, 5), "val": (5_000, 5)},
    "coco karpathy": {
        "train": (82_783, 5),
        "restval": (30_504, 5),
        "val": (5_000, 5),
        "test": (5_000, 5),
    },
    # Webdatasets by the last part of their address.
    "wds_flickr30k": {"test": (1_000, 5)},
    "wds_mscoco_captions": {"test": (5_000, 5)},
}
# Distinct drawings of each vendor with one of Unicode's labels.
DRAWINGS = {"noto": 3_660, "twemoji": 3_910, "openmoji": 3_722, "fluent-emoji-flat": 3_134}
