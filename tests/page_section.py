"""Sections of a page that a command writes, between two markers."""

import re
from pathlib import Path


def put_section(page: Path, command: str, lines: list[str]) -> None:
    """Replace what stands between the two markers of a command, and nothing else."""
    begin, end = f"<!-- begin of {command} -->", f"<!-- end of {command} -->"
    text = page.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{page}: expected one line {begin} and one line {end}")
    inner = "\n".join([begin, "", *lines, "", end])
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: inner, text), encoding="utf-8")
