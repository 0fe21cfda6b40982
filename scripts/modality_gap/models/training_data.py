"""What the tags of open_clip's pretrained weights say of the data that they were trained on."""

import re
from typing import NamedTuple


class DataSet(NamedTuple):
    """A data set of images with texts, the family that figures colour it by, and how many pairs it has.

    pairs: as published; None where that was not, or not of the part that weights were trained on.
    """

    name: str
    family: str
    pairs: float | None


class TrainingData(NamedTuple):
    """What weights were trained on; seen: samples, those of all epochs, as the tag rounds them."""

    data: DataSet
    seen: float | None


# By what tags call them. Sizes are rounded as their sources round them.
DATA_SETS = {
    # Radford et al. 2021, Sec. 2.2: WebImageText.
    "openai": DataSet("WebImageText", "WebImageText", 400e6),
    # Schuhmann et al. 2021.
    "laion400m": DataSet("LAION-400M", "LAION", 400e6),
    # Schuhmann et al. 2022: 5.85 billion pairs, 2.32 billion of them with English texts.
    "laion2b": DataSet("LAION-2B", "LAION", 2.32e9),
    "laion5b": DataSet("LAION-5B", "LAION", 5.85e9),
    # open_clip's README: a 900M sample aesthetic subset of LAION-2B.
    "laion_aesthetic": DataSet("LAION-Aesthetic", "LAION", 900e6),
    # open_clip's PRETRAINED.md: the image tower is that of a model of LAION-2B, and stays.
    "frozen_laion5b": DataSet("LAION-5B", "LAION", 5.85e9),
    # CoCa of LAION-2B, tuned on the captions of MSCOCO afterwards.
    "mscoco_finetuned_laion2b": DataSet("LAION-2B, then MSCOCO", "LAION", 2.32e9),
    # Gadre et al. 2023: DataComp-1B has 1.4 billion pairs; open_clip's datacomp_models.md: its parts
    # of 140M, 14M and 1.4M.
    "datacomp1b": DataSet("DataComp-1B", "DataComp", 1.4e9),
    "datacomp": DataSet("DataComp-1B", "DataComp", 1.4e9),
    "datacomp_xl": DataSet("DataComp-1B", "DataComp", 1.4e9),
    "datacomp_l": DataSet("DataComp-L", "DataComp", 140e6),
    "datacomp_m": DataSet("DataComp-M", "DataComp", 14e6),
    "datacomp_s": DataSet("DataComp-S", "DataComp", 1.4e6),
    # Vasu et al. 2024: DataComp-1B with synthetic captions and the embeddings of teachers.
    "datacompdr": DataSet("DataCompDR-1B", "DataComp", 1.28e9),
    # Fang et al. 2023 and Apple's model cards: 2B filtered from 12.8B pairs, 5B from 43B.
    "dfn2b": DataSet("DFN-2B", "DFN", 2e9),
    "dfn5b": DataSet("DFN-5B", "DFN", 5e9),
    # Faghri et al. 2025: DFN-2B with synthetic captions and the embeddings of teachers.
    "dfndr2b": DataSet("DFNDR-2B", "DFN", 2e9),
    # Zhai et al. 2023, Tschannen et al. 2025: parts of WebLI by language, of sizes that are not said.
    "webli": DataSet("WebLI", "WebLI", None),
    # Xu et al. 2024.
    "metaclip_400m": DataSet("MetaCLIP-400M", "MetaCLIP", 400e6),
    "metaclip_fullcc": DataSet("MetaCLIP-2.5B", "MetaCLIP", 2.5e9),
    # Chuang et al. 2025 do not say it; of Altogether (Xu et al. 2024) it was not checked.
    "metaclip_altogether": DataSet("MetaCLIP, Altogether", "MetaCLIP", None),
    "metaclip2_worldwide": DataSet("MetaCLIP 2 Worldwide", "MetaCLIP", None),
    # Bolya et al. 2025: chosen as MetaCLIP's are.
    "meta": DataSet("Perception Encoder", "Perception Encoder", 5.4e9),
    # Changpinyo et al. 2021.
    "cc12m": DataSet("CC12M", "CC12M", 12.4e6),
    # Radford et al. 2021, data/yfcc100m.md of their repository.
    "yfcc15m": DataSet("YFCC-15M", "YFCC-15M", 14_829_396),
    # Sun et al. 2023: 1.6 billion pairs of LAION-2B and 0.4 billion of COYO-700M.
    "merged2b": DataSet("Merged-2B", "Merged-2B", 2e9),
}
# Gadre et al. 2023, Table 3: pools of four sizes, and what of them a filter keeps.
POOLS = {
    "s": {"": 12.8e6, "basic": 3e6, "text": 3.2e6, "image": 3e6, "laion": 1.3e6, "clip": 3.8e6},
    "m": {"": 128e6, "basic": 30e6, "text": 31e6, "image": 29e6, "laion": 13e6, "clip": 38e6},
    "l": {"": 1.28e9, "basic": 298e6, "text": 317e6, "image": 293e6, "laion": 130e6, "clip": 384e6},
    "xl": {"": 12.8e9, "laion": 1.3e9, "clip": 3.8e9},
}
for size, filters in POOLS.items():
    for kept, pairs in filters.items():
        key, name = f"commonpool_{size}", f"CommonPool-{size.upper()}"
        if kept:
            key, name = f"{key}_{kept}", f"{name}, {kept} filter"
        DATA_SETS[key] = DataSet(name, "CommonPool", pairs)

UNITS = {"m": 1e6, "b": 1e9}
# laion2b_s34b_b79k: 34 billion samples seen, in batches of 79 thousand; laion400m_e32: 32 epochs.
TAG = re.compile(
    r"(?P<data>.+?)(_s(?P<seen>\d+)(?P<unit>[mb])(_b\d+k)?(_[a-z_]+)?|_e\d+|_lt)?", re.ASCII
)


def training_data(tag: str) -> TrainingData | None:
    """What a tag of open_clip says of the data that its weights were trained on; None: nothing known."""
    found = TAG.fullmatch(tag)
    if found is None or found["data"] not in DATA_SETS:
        return None
    seen = float(found["seen"]) * UNITS[found["unit"]] if found["seen"] else None
    return TrainingData(DATA_SETS[found["data"]], seen)
