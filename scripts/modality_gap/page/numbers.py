"""Numbers as a page writes them."""

import math
import re

MINUS = "−"


def plain(value: float, digits: int = 3) -> str:
    """A number with so many digits behind its point; a dash for none."""
    if math.isnan(value):
        return "–"
    text = f"{value:.{digits}f}"
    # What rounds to 0 has no sign.
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", MINUS)


def signed(value: float, digits: int = 3) -> str:
    """A change, with its sign."""
    text = plain(value, digits)
    return text if text.startswith((MINUS, "–")) else f"+{text}"


def with_interval(value: float, low: float, high: float, write=plain) -> str:
    """A number with its 95% interval in brackets, where that is known."""
    if math.isnan(low) or math.isnan(high):
        return write(value)
    return f"{write(value)} [{write(low)}, {write(high)}]"


def change(row) -> str:
    """The change of a row with columns change, change_low and change_high."""
    return with_interval(row.change, row.change_low, row.change_high, signed)


def gain(row) -> str:
    """The gain of a row with columns gain, gain_low and gain_high."""
    return with_interval(row.gain, row.gain_low, row.gain_high, signed)


def listed(parts: list[str], last: str = "and") -> str:
    """Parts with commas between them, and a word before the last."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def minus(sentence: str) -> str:
    """A sentence whose negative numbers have a hyphen, with a minus in its place."""
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, sentence)
