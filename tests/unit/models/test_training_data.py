"""What tags say of training data: each of open_clip's is known, or stated here as unknown."""

import re

import pytest

from modality_gap.models.architectures import pretrained_tags
from modality_gap.models.training_data import DATA_SETS, training_data

TAGS = sorted({tag for tags in pretrained_tags().values() for tag in tags})
UNKNOWN = {"v1", "mrl"}  # NLLB-CLIP: a set of its own, over other weights
# Of how many pairs nobody said, or of a part that nobody counted.
UNCOUNTED = {"metaclip2_worldwide", "metaclip_altogether", "webli"}
SAID = re.compile(r"_s(\d+)([mb])(_|$)")


def test_every_tag_of_open_clip_is_known_or_stated_as_unknown():
    assert {tag for tag in TAGS if training_data(tag) is None} == UNKNOWN
    known = {tag: training_data(tag) for tag in TAGS if tag not in UNKNOWN}
    uncounted = {tag for tag, found in known.items() if found.data.pairs is None}
    assert uncounted == UNCOUNTED


@pytest.mark.parametrize("tag", sorted({*TAGS} - UNKNOWN))
def test_samples_seen_are_said_where_the_tag_says_them(tag):
    said = SAID.search(tag)
    expected = float(said[1] + {"m": "e6", "b": "e9"}[said[2]]) if said else None
    assert training_data(tag).seen == expected


@pytest.mark.parametrize(
    ("tag", "name", "pairs", "seen"),
    [
        ("laion2b_s34b_b79k", "LAION-2B", 2.32e9, 34e9),
        ("laion400m_e32", "LAION-400M", 400e6, None),
        ("commonpool_s_s13m_b4k", "CommonPool-S", 12.8e6, 13e6),
        ("commonpool_xl_laion_s13b_b90k", "CommonPool-XL, laion filter", 1.3e9, 13e9),
        ("datacomp_s_s13m_b4k", "DataComp-S", 1.4e6, 13e6),
        ("mscoco_finetuned_laion2b_s13b_b90k", "LAION-2B, then MSCOCO", 2.32e9, 13e9),
        ("dfn2b_s39b", "DFN-2B", 2e9, 39e9),
    ],
)
def test_a_tag_names_a_data_set(tag, name, pairs, seen):
    found = training_data(tag)
    assert (found.data.name, found.data.pairs, found.seen) == (name, pairs, seen)


def test_a_data_set_of_a_size_in_its_name_has_that_size():
    """A check against slips of a digit: 2b is about two billion, and so on."""
    for key, data in DATA_SETS.items():
        said = re.search(r"(\d+)([mb])$", key)
        if said and data.pairs:
            stated = float(said[1] + {"m": "e6", "b": "e9"}[said[2]])
            assert data.pairs == pytest.approx(stated, rel=0.41), key


SHARES = {"clip": 0.3, "laion": 0.1, "basic": 0.233, "text": 0.25, "image": 0.23}


@pytest.mark.parametrize("kept", SHARES)
def test_a_filter_keeps_about_the_same_share_of_pools_of_each_size(kept):
    """A check against slips of a digit; of CLIP scores it is 30%, as the paper's name for it says."""
    for size in ("s", "m", "l", "xl"):
        found = DATA_SETS.get(f"commonpool_{size}_{kept}")
        if found is not None:
            whole = DATA_SETS[f"commonpool_{size}"].pairs
            assert found.pairs / whole == pytest.approx(SHARES[kept], abs=0.02), size


@pytest.mark.parametrize("tag", ["", "mine", "laion2b_mine", "LAION2B", "laion2b_s34x_b79k"])
def test_other_names_are_unknown(tag):
    assert training_data(tag) is None
