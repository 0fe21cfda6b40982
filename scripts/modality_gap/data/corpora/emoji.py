"""Emoji drawings of four vendors, captioned with Unicode's own labels (CLDR, by emojibase)."""

import hashlib
import json
from collections.abc import Iterator

import pandas as pd
import resvg_py

from modality_gap.data.archives import read_members
from modality_gap.data.packages import LABELS

TONE_CODES = {"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"}
TONES = ("light", "medium-light", "medium", "medium-dark", "dark")
GENDERS = ("female", "male")
FEMALE_SIGN, MALE_SIGN = "2640", "2642"
SEX_SIGNS = {FEMALE_SIGN, MALE_SIGN}
PERSON, MAN, WOMAN = "1F9D1", "1F468", "1F469"


def code_key(codes: str) -> str:
    """One spelling for a sequence of code points: upper case, no FE0F, no leading zeros."""
    parts = (part.lstrip("0").upper() for part in codes.split("-"))
    return "-".join(part for part in parts if part != "FE0F")


def concept_of(key: str) -> str:
    """The base sequence that a drawing's skin-tone and gender variants share.

    Variants differ by a handful of pixels and a word, so a split must never part them.
    """
    parts = [part for part in key.split("-") if part not in TONE_CODES | SEX_SIGNS]
    people = {MAN: PERSON, WOMAN: PERSON}
    return "-".join(people.get(part, part) for part in parts if part != "200D")


def read_labels(archive: str) -> pd.DataFrame:
    """Every emoji of the emojibase archive that has a CLDR label and a group.

    Columns: key, concept, label, tags, group, subgroup, skin_tone, gender.
    """
    data, groups = "package/en/data.json", "package/meta/groups.json"
    members = read_members(archive, [data, groups])
    names = json.loads(members[groups])
    rows = []
    for entry in json.loads(members[data]):
        if "group" not in entry:
            continue
        for variant in [entry, *entry.get("skins", [])]:
            tone = variant.get("tone", [])
            tones = tone if isinstance(tone, list) else [tone]
            key = code_key(variant["hexcode"])
            rows.append(
                {
                    "key": key,
                    "concept": concept_of(key),
                    "label": variant["label"],
                    "tags": ", ".join(entry.get("tags", [])),
                    "group": names["groups"][str(entry["group"])].replace("-", " "),
                    "subgroup": names["subgroups"][str(entry["subgroup"])].replace("-", " "),
                    "skin_tone": ", ".join(TONES[tone - 1] for tone in tones) or None,
                    "gender": gender_of(key, variant.get("gender", entry.get("gender"))),
                }
            )
    return pd.DataFrame(rows).drop_duplicates("key")


def gender_of(key: str, named: int | None) -> str | None:
    """The gender that emojibase names, or that the code points alone say ("woman firefighter")."""
    if named is not None:
        return GENDERS[named]
    parts = set(key.split("-"))
    said = [bool(parts & signs) for signs in ({WOMAN, FEMALE_SIGN}, {MAN, MALE_SIGN})]
    return GENDERS[said.index(True)] if sum(said) == 1 else None


def read_drawings(archive: str) -> Iterator[tuple[str, str]]:
    """(code point key, SVG) of every drawing of an Iconify archive, square, in the file's order."""
    members = read_members(archive, ["package/icons.json", "package/chars.json"])
    icons = json.loads(members["package/icons.json"])
    for codes, name in json.loads(members["package/chars.json"]).items():
        yield code_key(codes), svg_of(icons, name)


def svg_of(icons: dict, name: str) -> str:
    """The SVG of one icon of an Iconify set, aliases followed, centred on a square canvas."""
    flipped = False
    while name not in icons["icons"]:
        alias = icons["aliases"][name]
        unknown = set(alias) - {"parent", "hFlip", "hidden"}
        if unknown:
            raise ValueError(f"{icons['prefix']}: alias {name!r} asks for {unknown.pop()!r}")
        flipped ^= alias.get("hFlip", False)
        name = alias["parent"]
    icon = icons["icons"][name]
    width, height = (icon.get(side, icons[side]) for side in ("width", "height"))
    side = max(width, height)
    box = f"{(width - side) / 2} {(height - side) / 2} {side} {side}"
    turn = f' transform="translate({width} 0) scale(-1 1)"' if flipped else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}"><g{turn}>{icon["body"]}</g></svg>'
    )


def held_out(concept: str, share: float, seed: int) -> bool:
    """Whether a concept is held out: a hash decides, so that more data never moves a concept."""
    digest = hashlib.sha256(f"{seed}:{concept}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def split_of(vendor: str, concept: str, held_out_vendor: str, share: float, seed: int) -> str:
    """`train`, `held_out_concepts`, `held_out_vendor`, or `held_out_both` for what is new twice."""
    new_concept = held_out(concept, share, seed)
    if vendor == held_out_vendor:
        return "held_out_both" if new_concept else "held_out_vendor"
    return "held_out_concepts" if new_concept else "train"


def read_emoji(
    archives: dict[str, str],
    image_size: int,
    held_out_vendor: str,
    held_out_concepts: float,
    seed: int,
    captions: tuple[str, ...] = ("label",),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The emoji corpus: (images, captions), each image captioned with its CLDR label.

    archives: path by name, `emojibase` and the vendors, in the order of `PACKAGES`.
    image_size: width and height of the rendered PNG, in pixels, on white.
    held_out_vendor: its drawings of training concepts become a split of their own.
    held_out_concepts: share of the concepts kept out of training.
    captions: names of `CAPTIONS`; those beside the label are for training only.
    Of images with the same pixels the first one is kept, whatever their labels. Images come in
    a random order that `seed` decides.
    """
    labels = read_labels(archives[LABELS]).set_index("key")
    rows, seen = [], set()
    for vendor, archive in archives.items():
        if vendor == LABELS:
            continue
        for key, svg in read_drawings(archive):
            if key not in labels.index:
                continue
            image = resvg_py.svg_to_bytes(
                svg_string=svg,
                width=image_size,
                height=image_size,
                background="#ffffff",
                skip_system_fonts=True,
            )
            fingerprint = hashlib.sha256(image).digest()
            if fingerprint in seen:
                continue
            seen.add(fingerprint)
            rows.append(
                {"image_id": f"{vendor}/{key}", "image": image, "vendor": vendor, "key": key}
            )
    images = pd.DataFrame(rows).join(labels, on="key")
    images["split"] = [
        split_of(vendor, concept, held_out_vendor, held_out_concepts, seed)
        for vendor, concept in zip(images.vendor, images.concept, strict=True)
    ]
    # Unordered, as photographs in a data set are: batches of neighbours are not all of one kind.
    images = images.sample(frac=1, random_state=seed, ignore_index=True)
    # Vendors draw one concept alike, and its variants of skin tone and gender differ by few pixels:
    # what holds for one drawing of it tells little more when it holds for the next.
    images["unit"] = images.concept
    return images.drop(columns="key"), caption_table(images, captions)


CAPTIONS = {
    "label": "{label}",
    "tags": "{tags}",
    "drawing": "a drawing of {label}",
    "subgroup": "{subgroup}: {label}",
    "group": "{group}: {label}",
}


def caption_table(images: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """The captions of every image: its label, and for training whatever else is named."""
    rows = [
        {
            "caption_id": f"{image.image_id}#{name}",
            "image_id": image.image_id,
            "text": CAPTIONS[name].format(**image._asdict()),
            "training_only": name != "label",
        }
        for image in images.itertuples()
        for name in ["label", *(name for name in names if name != "label")]
        if image.tags or "{tags}" not in CAPTIONS[name]
    ]
    return pd.DataFrame(rows)
