"""The sections of a study, a file each: its keys, what it refers to, and what its rules ask.

A file has `Section`, the type of what a study says under its name; `DEFAULT`, where a study without
it has one all the same; `of_several(section, several, study)`, the section where encoders stand for
several, as `encoders.spread` says, or None; `ENCODERS`, which of the study's encoders it may name;
`broken(section, study)`, the complaints about what it refers to; `places(section)`, where it names a
corpus and its splits; `files(section)`, what of a user's it names.
"""
