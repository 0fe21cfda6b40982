"""What a section asks encoders in words."""

from pathlib import Path

from modality_gap.closing.rephrased_texts import choice_texts, corpus_texts
from modality_gap.data.corpora import read_classes, read_split
from modality_gap.effects.prompts import task_images, task_prompts


def asked_texts(snakemake) -> list[str]:
    """Every text that one section asks an encoder with, once, in the section's order."""
    params, texts = snakemake.params, list(snakemake.params.given)
    folders = [Path(file).parent for file in snakemake.input.get("images", [])]
    folders = dict(zip(params.corpora, folders, strict=True))
    for name, task in params.tasks.items():
        folder = folders[task["corpus"]]
        for split in task["splits"]:
            if "own_choices" in task:
                questions = read_split(folder, split)[0]
                texts += [text for asked in choice_texts(questions, folder) for text in asked]
                continue
            try:
                images, _ = task_images(read_split(folder, split)[0], task)
                texts += list(task_prompts(images, task, read_classes(folder)).text)
            except ValueError as error:
                raise ValueError(f"zero_shot.tasks.{name}, {split}: {error}") from error
    rephrased = zip(snakemake.input.get("rephrased_images", []), params.rephrased, strict=True)
    for file, (_, split) in rephrased:
        folder = Path(file).parent
        asked = (*read_split(folder, split), read_classes(folder), params.rephrasing)
        texts += list(corpus_texts(*asked)[0].text)
    return list(dict.fromkeys(texts))
