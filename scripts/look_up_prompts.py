"""What a user's arrays hold of every prompt that one section asks for, in the workflow's form."""

from pathlib import Path

import pandas as pd

from job import job, say
from modality_gap.data.described_arrays import Rows, unasked_notes
from modality_gap.data.precomputed import modalities_in, read_modalities
from modality_gap.data.prompt_arrays import joined, look_up, read_prompts
from prompted import asked_texts

with job(snakemake):
    params = snakemake.params
    texts = asked_texts(snakemake)
    known, called = read_prompts(params.prompts), " and ".join(params.prompts)
    remarks = [*known.notes, *unasked_notes(known.texts, texts)]
    if set(texts) - set(known.texts) and "texts" in modalities_in(params.files):
        # The captions of the corpus are texts whose words and embeddings are known, too.
        captions = Rows(Path(snakemake.input.captions).parent, "all").captions
        rows = dict(read_modalities(params.files, ("texts",)))["texts"]
        known = joined(known, captions.text, rows)
    table = pd.DataFrame({"text": texts, "embedding": list(look_up(known, texts, called))})
    table.attrs["remarks"] = remarks
    say(snakemake, remarks)
    table.to_parquet(snakemake.output[0], index=False)
