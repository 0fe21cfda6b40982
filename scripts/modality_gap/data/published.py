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
