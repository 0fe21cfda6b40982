"""Bring a user's embeddings of a corpus whose rows are known into the workflow's form."""

from pathlib import Path

from job import job, say
from modality_gap.data.described_arrays import (
    Rows,
    merged_texts_notes,
    paired,
    repeated_notes,
    same_texts,
    taken,
)
from modality_gap.data.embeddings import check_shapes, write_embeddings
from modality_gap.data.precomputed import (
    NAMES,
    called_by,
    modalities_in,
    read_modalities,
    unread_notes,
)
from modality_gap.data.prompt_arrays import look_up, read_prompts

with job(snakemake):
    files, prompts = snakemake.params.files, snakemake.params.prompts
    called, output = called_by(files), snakemake.output
    split = Rows(Path(snakemake.input.images).parent, snakemake.wildcards.split)
    facts = {"encoder": snakemake.wildcards.encoder, "precomputed": True}
    there, remarks, texts = modalities_in(files), unread_notes(files, {*NAMES, *split.images}), None
    for name, rows in read_modalities(files, there, paired=False):
        split.check(name, len(rows), called)
        if name == "images":
            images, shape = taken(rows, split.image_rows), rows.shape
            remarks += repeated_notes(images)
            ids = list(split.images.image_id)
            write_embeddings(output.images, "image_id", ids, images, facts)
            del images
        else:
            texts = taken(rows, split.text_rows)
        # One modality at a time is in memory.
        del rows
    captions = split.captions
    if texts is None:
        split.check_words(called, prompts)
        known = read_prompts(prompts)
        texts = look_up(known, list(captions.text), " and ".join(prompts))
        remarks += known.notes
        check_shapes(shape, texts.shape, paired=False)
    captions = same_texts(captions, texts, called)
    firsts, ids, pairs = paired(split.images, captions)
    remarks += merged_texts_notes(len(captions), len(ids))
    write_embeddings(
        output.texts, "text_id", ids, taken(texts, firsts), {**facts, "remarks": remarks}
    )
    pairs.to_parquet(output.pairs, index=False)
    say(snakemake, remarks)
