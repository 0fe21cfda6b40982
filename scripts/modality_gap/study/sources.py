"""Where the original files of the readers are, on the web and in a folder.

It imports nothing, so that planning is fast. A reader that is not in SOURCES reads files that its
users must get by hand.
"""

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


def cifar10(options: dict, splits: list[str]) -> dict[str, dict]:
    """The archive of all of CIFAR-10."""
    return {
        "cifar-10-binary.tar.gz": {
            "url": "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "hash": "md5:c32a1d4ab5d03f1284b67883e8d87530",
        }
    }


def cifar100(options: dict, splits: list[str]) -> dict[str, dict]:
    """The archive of all of CIFAR-100."""
    return {
        "cifar-100-binary.tar.gz": {
            "url": "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            "hash": "md5:03b5dce01913d631647c71ecec9e9cb8",
        }
    }


def svhn(options: dict, splits: list[str]) -> dict[str, dict]:
    """A file a split of SVHN; the reader tells of a split that there is not."""
    return {
        f"{split}_32x32.mat": {
            "url": f"http://ufldl.stanford.edu/housenumbers/{split}_32x32.mat",
            "hash": SVHN[split],
        }
        for split in splits
        if split in SVHN
    }


def eurosat(options: dict, splits: list[str]) -> dict[str, dict]:
    """The archive of EuroSAT's RGB images, at a fixed version of its copy by TorchGeo."""
    return {
        "EuroSAT.zip": {
            "url": "https://huggingface.co/datasets/torchgeo/eurosat/resolve/"
            "c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
            "hash": "md5:c8fa014336c82ac7804f0398fcb19387",
        }
    }


def fairface(options: dict, splits: list[str]) -> dict[str, dict]:
    """The labels of each split of FairFace, and the archive of the images of all splits."""
    ids = {
        f"fairface_label_{split}.csv": FAIRFACE_LABELS[split]
        for split in splits
        if split in FAIRFACE_LABELS
    }
    ids.update([FAIRFACE_IMAGES[options.get("padding", 0.25)]])
    return {file: {"url": drive(key), "hash": None} for file, key in ids.items()}


def drive(key: str) -> str:
    """The address of a public file of Google Drive, past its page of warnings."""
    return f"https://drive.usercontent.google.com/download?id={key}&export=download&confirm=t"


def coco(options: dict, splits: list[str]) -> dict[str, dict]:
    """Images and captions of MSCOCO; the Karpathy split has the images of 2014."""
    release = str(options.get("release", "2017"))
    if release == "karpathy":
        parts = dict.fromkeys("train2014" if split == "train" else "val2014" for split in splits)
        return {"caption_datasets.zip": KARPATHY, **coco_archives([f"{p}.zip" for p in parts])}
    names = [f"annotations_trainval{release}.zip", *(f"{split}{release}.zip" for split in splits)]
    return coco_archives(names)


def aokvqa(options: dict, splits: list[str]) -> dict[str, dict]:
    """The questions of A-OKVQA, and the images of MSCOCO that they are about."""
    return {"aokvqa_v1p0.tar.gz": AOKVQA, **coco_archives([f"{s}2017.zip" for s in splits])}


def coco_archives(names: list[str]) -> dict[str, dict]:
    """Archives of MSCOCO, by name."""
    kinds = {name: "annotations" if name.startswith("annotations") else "zips" for name in names}
    return {
        name: {"url": f"http://images.cocodataset.org/{kind}/{name}", "hash": COCO[name]}
        for name, kind in kinds.items()
        if name in COCO
    }


# By reader: (the corpus's options, the wanted splits) -> address and hash by file name.
SOURCES = {
    "cifar10": cifar10,
    "cifar100": cifar100,
    "svhn": svhn,
    "eurosat": eurosat,
    "fairface": fairface,
    "coco": coco,
    "aokvqa": aokvqa,
}


# By reader: what it looks at in a `folder`, relative to it, for each split where {split} occurs. Of
# the patterns in a row the first one that matches a file counts, as for the reader.
READS = {
    "webdataset": [
        ("dataset_type.txt",),
        ("classnames.txt",),
        ("zeroshot_classification_templates.txt",),
        ("{split}/nshards.txt",),
        ("{split}/*.tar",),
    ],
    "cifar10": [("cifar-10-binary.tar.gz",)],
    "cifar100": [("cifar-100-binary.tar.gz",)],
    "svhn": [("{split}_32x32.mat",)],
    "eurosat": [("EuroSAT.zip",)],
    "imagenet": [
        ("ILSVRC2012_devkit_t12.tar.gz",),
        ("ILSVRC2012_img_val.tar", "**/ILSVRC2012_val_*.JPEG"),
    ],
    "fairface": [
        ("fairface_label_{split}.csv",),
        (
            "fairface-img-margin{margin}-trainval/**/{split}/*.jpg",
            "fairface-img-margin{margin}-trainval.zip",
        ),
    ],
    "hateful_memes": [("{split}.jsonl",), ("img/*",)],
    "coco": [
        ("annotations/captions_{split}{release}.json", "annotations_trainval{release}.zip"),
        ("{split}{release}/*", "{split}{release}.zip"),
    ],
    "karpathy": [
        ("dataset_coco.json", "caption_datasets.zip"),
        ("train2014/*", "train2014.zip"),
        ("val2014/*", "val2014.zip"),
    ],
    "flickr30k": [
        ("results_20130124.token",),
        ("dataset_flickr30k.json", "caption_datasets.zip"),
        ("flickr30k-images/*", "flickr30k-images.tar"),
    ],
    "cc3m": [
        ("Train_GCC-training.tsv",),
        ("Validation_GCC-1.1.0-Validation.tsv",),
        ("{split}/*.tar", "{split}/*"),
    ],
    "aokvqa": [
        ("aokvqa_v1p0_{split}.json", "aokvqa_v1p0.tar.gz"),
        ("{split}2017/*", "{split}2017.zip"),
    ],
    "mmvp_vlm": [("Questions.csv",), ("MLLM_VLM Images/*/*.jpg",)],
}


def read_patterns(reader: str, options: dict, splits: list[str]) -> list[tuple[str, ...]]:
    """The patterns of `READS` for a corpus; options: its own keys, as its reader takes them."""
    release = str(options.get("release", ""))
    if release == "karpathy":
        reader = release
    margin = f"{round(100 * options.get('padding', 0.25)):03d}"
    rows = [
        tuple(
            pattern.format(split=split, release=release, margin=margin) for pattern in alternatives
        )
        for alternatives in READS[reader]
        for split in splits
    ]
    return list(dict.fromkeys(rows))
