"""Archives of the true format of the emoji packages, small."""

import io
import json
import tarfile
from pathlib import Path

from modality_gap.data.packages import LABELS, PACKAGES

COLOURS = {
    "red": "#d22",
    "green": "#2a2",
    "blue": "#22d",
    "yellow": "#dd2",
    "black": "#111",
    "orange": "#e82",
    "purple": "#82e",
    "brown": "#852",
}
SHAPES = {
    "circle": '<circle cx="18" cy="18" r="{size}" fill="{colour}"/>',
    "square": '<rect x="{low}" y="{low}" width="{size}" height="{size}" fill="{colour}"/>',
    "bar": '<rect x="{low}" y="14" width="{size}" height="8" fill="{colour}"/>',
    "triangle": '<path d="M18 {low} L{high} {high} L{low} {high} Z" fill="{colour}"/>',
}
TONES = ("light", "medium-light", "medium", "medium-dark", "dark")
TONE_COLOURS = ("#fdc", "#eb9", "#c96", "#963", "#421")


def add_member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Put a file into an archive."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def write_tgz(path: Path, members: dict[str, object]) -> Path:
    """A package as npm packs one, of JSON files."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            add_member(tar, f"package/{name}", json.dumps(content).encode())
    return path


def emoji_data() -> list[dict]:
    """Entries like emojibase's: 32 things, a person with tones and genders, one without a group."""
    entries = [
        {
            "label": f"{colour} {shape}",
            "hexcode": f"1F{0x600 + 16 * i + j:X}",
            "tags": [colour, shape],
            "group": 1,
            "subgroup": 2,
        }
        for i, colour in enumerate(COLOURS)
        for j, shape in enumerate(SHAPES)
    ]
    for label, code, gender in (
        ("person", "1F9D1", None),
        ("man", "1F468", 1),
        ("woman", "1F469", 0),
    ):
        entry = {"label": label, "hexcode": code, "tags": ["adult"], "group": 0, "subgroup": 0}
        if gender is not None:
            entry["gender"] = gender
        entry["skins"] = [
            {
                "label": f"{label}: {tone} skin tone",
                "hexcode": f"{code}-1F3F{'BCDEF'[k]}",
                "group": 0,
                "subgroup": 0,
                "tone": k + 1,
            }
            for k, tone in enumerate(TONES)
        ]
        entries.append(entry)
    entries += [
        {"label": label, "hexcode": code, "tags": [], "group": 1, "subgroup": 2}
        for label, code in (
            ("red heart", "2764-FE0F"),
            ("same heart", "1F531"),
            ("turned heart", "1F532"),
        )
    ]
    return [*entries, {"label": "regional indicator A", "hexcode": "1F1E6", "tags": []}]


def iconify(vendor: int) -> tuple[dict, dict]:
    """icons.json and chars.json of a vendor, in its own size and with its own stroke."""
    side = (128, 36, 72, 32)[vendor]
    icons, chars = {}, {}

    def add(hexcode: str, name: str, drawing: str) -> None:
        icons[name] = {"body": f'<g transform="scale({side / 36})">{drawing}</g>'}
        chars[hexcode.lower()] = name

    size = 22 - 2 * vendor
    for entry in emoji_data():
        words = entry["label"].split()
        if len(words) == 2 and words[1] in SHAPES:
            drawing = SHAPES[words[1]].format(
                size=size if words[1] != "circle" else size / 2,
                colour=COLOURS[words[0]],
                low=18 - size / 2,
                high=18 + size / 2,
            )
            add(entry["hexcode"], "-".join(words), drawing)
        for k, skin in enumerate(entry.get("skins", [])):
            hat = {"man": "#00f", "woman": "#f0f"}.get(entry["label"], "#777")
            drawing = (
                f'<circle cx="18" cy="20" r="{size / 2}" fill="{TONE_COLOURS[k]}"/>'
                f'<rect x="8" y="3" width="20" height="6" fill="{hat}"/>'
            )
            add(skin["hexcode"], skin["label"].replace(": ", "-").replace(" ", "-"), drawing)
    heart = f'<path d="M18 30 L6 12 L18 16 L30 8 Z" fill="#e{vendor}{vendor}"/>'
    add("2764", "red-heart", heart)
    icons["copy-of-red-heart"] = icons["red-heart"]
    chars["1f531"] = "copy-of-red-heart"
    aliases = {"flipped-heart": {"parent": "red-heart", "hFlip": True}}
    chars["1f532"] = "flipped-heart"
    return {
        "prefix": f"vendor{vendor}",
        "icons": icons,
        "aliases": aliases,
        "width": side,
        "height": side,
    }, chars


def write_archives(folder: Path) -> dict[str, str]:
    """All five archives under their real names; path by package name."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = {
        "groups": {"0": "people-body", "1": "objects"},
        "subgroups": {"0": "person", "2": "geometric"},
    }
    paths = {}
    for number, (name, package) in enumerate(PACKAGES.items()):
        if name == LABELS:
            members = {"en/data.json": emoji_data(), "meta/groups.json": groups}
        else:
            icons, chars = iconify(number - 1)
            members = {"icons.json": icons, "chars.json": chars}
        paths[name] = str(write_tgz(folder / package["file"], members))
    return paths
