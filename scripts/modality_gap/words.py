"""What the two modalities of a study are called, in all that people read."""

import re

# Whole words, and none of a path, of a column's name or of what stands in backquotes.
WORD = re.compile(r"``[^`]*``|(?<![\w/.])(image|Image|text|Text)(s?)(?![\w/]|\.\w)('?)")
GENERAL = ["first modality", "second modality"]  # of a study of several, in what is said of all
called: dict[str, str] = {}


def call(modalities: list[str] | None) -> None:
    """Have `spoken` say these names for image and text, in this order; None: as they are."""
    called.clear()
    called.update(zip(("image", "text"), modalities or (), strict=False))


def own_names(study: dict) -> dict[str, list[str]]:
    """What the two modalities of a corpus are called, of corpora whose encoders say so."""
    entries = study.get("encoders", {}).values()
    return {entry["corpus"]: entry["modalities"] for entry in entries if "modalities" in entry}


def names_of(study: dict, corpus: str | None = None) -> list[str] | None:
    """What the two modalities of a corpus are called; None as corpus: those of the whole study."""
    own = own_names(study)
    if corpus in own:
        return own[corpus]
    return study.get("modalities", GENERAL if own and corpus is None else None)


def spoken(sentence: str) -> str:
    """A sentence about images and texts with the study's own names of them.

    A name stands for one and for many alike (audio, video), but where it is the word itself.
    """
    if not called:
        return sentence

    def own(found: re.Match) -> str:
        word = found.group(1)
        if word is None or called[word.lower()] == word.lower():
            return found.group()
        name = called[word.lower()] + (
            "'s" if found.group(3) and found.group(2) else found.group(3)
        )
        return name[0].upper() + name[1:] if word[0].isupper() else name

    return WORD.sub(own, sentence)
