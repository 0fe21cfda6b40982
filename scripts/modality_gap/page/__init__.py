"""The study as one page for a reader of none of the papers: what it found, and what that rests on."""
