"""Where the original files of the readers are; it imports nothing, so that planning is fast.

A reader that is not in SOURCES reads files that its users must get by hand.
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


# By reader: (the corpus's options, the wanted splits) -> address and hash by file name.
SOURCES = {
    "cifar10": cifar10,
    "cifar100": cifar100,
    "svhn": svhn,
    "eurosat": eurosat,
    "fairface": fairface,
}
