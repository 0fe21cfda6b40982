"""What the two modalities of a study are called, in all that people read."""

import re

# Whole words, and none of a path, of a column's name or of what stands in backquotes.
WORD = re.compile(r"``[^`]*``|(?<![\w/.])(image|Image|text|Text)(s?)(?![\w/]|\.\w)('?)")
called: dict[str, str] = {}


def call(modalities: list[str] | None) -> None:
    """Have `spoken` say these names for image and text, in this order; None: as they are."""
    called.clear()
    called.update(zip(("image", "text"), modalities or (), strict=False))


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
