"""One training run, from its description to its files; alone, or in several processes."""

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TextIO

import pandas as pd
import torch
import torch.distributed as distributed

from modality_gap.data.corpora import class_names, read_classes, read_split
from modality_gap.data.embeddings import sample_pairs, write_embeddings
from modality_gap.models.build import (
    build_encoder,
    build_model,
    build_tokenizer,
    register_architectures,
)
from modality_gap.models.embed import Pixels, describe, embed_images, embed_texts
from modality_gap.models.prepared import decode_once
from modality_gap.models.text_tokens import cut_remarks
from modality_gap.models.weights import save_weights
from modality_gap.training.augmentation import RandomAffine, RandomCrop
from modality_gap.training.data import CaptionedImages, sample_training
from modality_gap.training.evaluation import Evaluation
from modality_gap.training.features import FeatureChange
from modality_gap.training.loop import is_first_process, train
from modality_gap.training.schedule import Schedule
from modality_gap.training.starts import amend_start, plain_weights
from modality_gap.training.temperature import build_temperature

SCHEDULE = Schedule.__dataclass_fields__


def launch(run: dict, devices: list[torch.device], held: object = None) -> None:
    """Do a run in as many processes as there are devices, each on its own; see `train_run`.

    The loss is over the features of all of them. held: what each process is to hold while it lives.
    """
    if len(devices) == 1:
        train_run(run, devices[0])
        return
    # Each process would run the job's script again, which knows no `snakemake` there.
    vars(sys.modules["__main__"]).pop("__file__", None)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (run, devices, f"file://{folder}/meeting", held)
        try:
            torch.multiprocessing.spawn(one_of_several, arguments, nprocs=len(devices))
        except torch.multiprocessing.ProcessRaisedException as error:
            raise ValueError(str(error).strip().splitlines()[-1]) from error


def one_of_several(
    process: int, run: dict, devices: list[torch.device], meeting: str, held: object
) -> None:
    """The part of one process; meeting: the address at which they find each other; held: its locks."""
    device, number = devices[process], len(devices)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.allow_tf32 = False
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, init_method=meeting, rank=process, world_size=number)
    try:
        train_run(run, device)
    finally:
        distributed.destroy_process_group()


def train_run(run: dict, device: torch.device) -> None:
    """Train one model; write its weights before and after, its trajectory and embeddings.

    run: `settings` (a run of the study with one seed), `start` (the encoder's entry that it starts
    from, or None), `classes` (of the corpus, or None), `architectures` (a folder), `threads`,
    `name` (on a terminal), `identity` (what the run's numbers depend on), `log`, and the files of `inputs` (images,
    captions, start, prepared) and `outputs` (initial, final, trajectory, table, images, texts, pairs,
    classes), by name.
    """
    settings, outputs = run["settings"], run["outputs"]
    torch.set_num_threads(run["threads"])
    register_architectures(run["architectures"])
    model = start_model(run).to(device, memory_format=torch.channels_last)
    tokenizer = build_tokenizer(settings["architecture"])
    data, evaluation = read_data(run, model, tokenizer)
    if settings.get("initialization", "random") != "random":
        amend_start(model, data, settings["initialization"])
    if is_first_process():
        save_weights(plain_weights(model), model, outputs["initial"])
    if distributed.is_initialized() and device.type == "cuda":
        model = torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)
    schedule = Schedule(**{key: value for key, value in settings.items() if key in SCHEDULE})
    progress = Path(outputs["final"]).with_name("progress.pt")
    with Path(run["log"]).open("a") as lines:
        trajectory = train(
            model,
            data,
            schedule,
            build_temperature(settings["temperature"]).to(device),
            FeatureChange(settings["seed"], **settings.get("features", {})),
            evaluation,
            progress,
            run["identity"],
            augment=augmentation(settings, data),
            report=partial(tell, run["name"], lines),
        )
    if is_first_process():
        table = pd.DataFrame(trajectory)
        table.to_parquet(outputs["trajectory"], index=False)
        table.to_csv(outputs["table"], index=False)
        shown = sorted({text for own in data.captions for text in own})
        remarks = cut_remarks(tokenizer, shown, "captions that it trained on")
        write_run_embeddings(run, model, tokenizer, evaluation, remarks)
        save_weights(plain_weights(model), model, outputs["final"])
        progress.unlink()


def tell(name: str, lines: TextIO, row: dict) -> None:
    """Write a row of a trajectory into a log, and what one waits for on a terminal."""
    print(row, file=lines, flush=True)
    if sys.stderr.isatty():
        seen = f"epoch {row['epoch']:g}, loss {row['loss']:.3f}, gap {row['modality_gap']:.3f}"
        print(f"{name}: {seen}, τ {row['temperature']:.4f}", file=sys.stderr)


def start_model(run: dict) -> torch.nn.Module:
    """The model that a run starts with: of another encoder, or with random weights."""
    settings = run["settings"]
    architecture, dimension = settings["architecture"], settings.get("dimension")
    if run["start"] is not None:
        return build_encoder(run["start"], architecture, run["inputs"]["start"])
    return build_model(architecture, seed=settings["seed"], dimension=dimension)


def read_data(run: dict, model, tokenizer) -> tuple[CaptionedImages, Evaluation]:
    """What a run trains on, and what it is measured on along the way."""
    settings, corpus = run["settings"], Path(run["inputs"]["images"]).parent
    images, captions = read_split(corpus, settings["split"])
    caption = settings.get("caption", "random")
    if "pairs" in settings:
        chosen = (settings["pairs"], settings["seed"], caption)
        images, captions = sample_training(images, captions, *chosen)
    together = distributed.is_initialized()
    workers = run["threads"] if torch.cuda.is_available() else 0
    data = CaptionedImages(
        images,
        captions,
        model,
        tokenizer,
        settings["batch_size"],
        settings["seed"],
        workers,
        distributed.get_rank() if together else 0,
        distributed.get_world_size() if together else 1,
        caption,
        prepared_file(run),
    )
    evaluation = Evaluation(
        *read_split(corpus, settings["validation"]),
        model,
        tokenizer,
        settings["batch_size"],
        settings["precision"],
        workers,
        prepared_file(run),
    )
    return data, evaluation


def prepared_file(run: dict) -> str | None:
    """The images of the corpus as the run's network takes them, where they were decoded before."""
    return run["inputs"].get("prepared") or None


def augmentation(settings: dict, data: CaptionedImages) -> RandomAffine | RandomCrop:
    """The random change of each image, another one in each process."""
    seed, asked = settings["seed"] * data.processes + data.process, settings["augmentation"]
    return RandomCrop(asked["crop"], seed) if "crop" in asked else RandomAffine(**asked, seed=seed)


def write_run_embeddings(
    run: dict, model, tokenizer, evaluation: Evaluation, remarks: list[str]
) -> None:
    """Raw embeddings of the validation split, and what classification needs, by trained weights."""
    settings, outputs = run["settings"], run["outputs"]
    images, texts = evaluation.raw_embeddings()
    facts = describe(model, architecture=settings["architecture"], remarks=remarks)
    text_ids = [f"text {row}" for row in range(len(texts))]
    image_ids = evaluation.image_ids
    write_embeddings(outputs["images"], "image_id", image_ids, images, facts)
    write_embeddings(outputs["texts"], "text_id", text_ids, texts, facts)
    rows, own = evaluation.pairs.T
    pd.DataFrame(
        {
            "image_id": [image_ids[row] for row in rows],
            "text_id": [text_ids[row] for row in own],
            "matched": evaluation.matched_captions,
        }
    ).to_parquet(outputs["pairs"], index=False)
    class_table(run, model, tokenizer, images).to_parquet(outputs["classes"], index=False)


def class_table(run: dict, model, tokenizer, images) -> pd.DataFrame:
    """Raw embeddings with their class: columns part (train, test, prompt), label, embedding.

    images: of the validation split, shape (n, d). Without classes in the corpus: no rows.
    """
    classes, settings = run["classes"], run["settings"]
    if classes is None:
        return pd.DataFrame({"part": [], "label": [], "embedding": []})
    corpus = Path(run["inputs"]["images"]).parent
    label, how = classes["label"], (settings["batch_size"], settings["precision"])
    train_split, test_split = (
        named_images(corpus, settings[key], label) for key in ("split", "validation")
    )
    names = sorted({*train_split[label], *test_split[label]})
    rows = sample_pairs(len(train_split), classes["train_items"], settings["seed"])
    train_split = train_split.iloc[rows]
    prompts = [(name, form.replace("{}", name)) for name in names for form in classes["templates"]]
    pixels = decode_once(Pixels(train_split, model), prepared_file(run))
    parts = {
        "train": (train_split[label], embed_images(model, pixels, *how, run["threads"])),
        "test": (test_split[label], images[test_split.index]),
        "prompt": (
            [name for name, _ in prompts],
            embed_texts(model, tokenizer, [text for _, text in prompts], *how),
        ),
    }
    tables = [
        pd.DataFrame({"part": part, "label": list(labels), "embedding": list(rows)})
        for part, (labels, rows) in parts.items()
    ]
    return pd.concat(tables, ignore_index=True)


def named_images(corpus: Path, split: str, label: str) -> pd.DataFrame:
    """The images of a split that have a class, each with its name."""
    images, _ = read_split(corpus, split)
    names = class_names(images[label], read_classes(corpus), label)
    return images.assign(**{label: names}).dropna(subset=label)
