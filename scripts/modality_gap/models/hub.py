"""Downloads of models: weights by tag, tokenizers and configurations of text towers.

They come from the Hugging Face hub or from an address, or from a folder of files that were
downloaded before, where a file of the hub is under its repository: `org/name/file`.
"""

import shutil
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pooch

from modality_gap.data.downloads import fetch, recorded_hash
from modality_gap.models.architectures import (
    HUB,
    HUB_WEIGHTS,
    TOKENIZERS,
    Source,
    hub_record,
    open_clip_source,
)

# What tokenizers, processors and configurations are in.
TEXT_FILES = ("*.json", "*.txt", "*.model")
CONFIGURATION = "config.json"
# What the weights of transformers are in, the first form that is there.
WEIGHTS = (
    ("model.safetensors", "model-*.safetensors"),
    ("pytorch_model.bin", "pytorch_model-*.bin"),
)


def torchvision_source(architecture: str, tag: str) -> Source:
    """Where the weights of a tag of torchvision are; the file's name ends with its hash."""
    from modality_gap.models.backbones import torchvision_weights

    url = torchvision_weights(architecture, tag).url
    return Source(url=url, sha256=Path(url).stem.rpartition("-")[2])


def timm_source(architecture: str, tag: str) -> Source:
    """Where the weights of a tag of timm are."""
    from modality_gap.models.backbones import timm_config

    config = timm_config(architecture, tag)
    file = config.hf_hub_filename
    files = (file,) if file else HUB_WEIGHTS["timm"]
    return Source(config.hf_hub_id or "", files if config.hf_hub_id else (), config.url or "")


SOURCES: dict[str, Callable[[str, str], Source]] = {
    "open_clip": open_clip_source,
    "torchvision": torchvision_source,
    "timm": timm_source,
}


def fetch_weights(
    library: str, architecture: str, tag: str, record: str | Path, local_files: str | None
) -> None:
    """Download a library's weights beside `record`, and write there how their file is called.

    local_files: the folder of files that were downloaded before; where it is given, no network is
    used. Raises ValueError for an unknown architecture or tag, or a wrong hash, OSError where the
    file cannot be had.
    """
    source = SOURCES[library](architecture, tag)
    folder = Path(record).with_suffix("")
    if library == "torchvision":
        folder = folder / "checkpoints"  # where torch.hub looks for it
    folder.mkdir(parents=True, exist_ok=True)
    if local_files is not None:
        file = copy_local(source, folder, local_files)
    elif source.repository:
        file = from_hub(source, folder)
    else:
        file = folder / source.names()[-1]
        fetch({"url": source.url, "hash": None}, file, None)
    if file.name == source.url.rpartition("/")[2]:
        check_prefix(file, source.sha256)
    Path(record).write_text(f"{file.relative_to(Path(record).parent)}\n")


def copy_local(source: Source, folder: Path, local_files: str) -> Path:
    """The first of a source's files that lies in the folder of files downloaded before, copied."""
    found = [name for name in source.names() if (Path(local_files) / name).is_file()]
    if not found:
        raise FileNotFoundError(
            f"{local_files}: no {' or '.join(source.names())}, expected there by `local_files`"
        )
    origin = Path(local_files) / found[0]
    fetch({"hash": None}, folder / origin.name, str(origin.parent))
    return folder / origin.name


def from_hub(source: Source, folder: Path) -> Path:
    """The first of a source's files that its repository has, downloaded."""
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    for file in source.files:
        try:
            huggingface_hub.hf_hub_download(source.repository, file, local_dir=folder)
            record = folder / f"{file}.sha256"
            record.unlink(missing_ok=True)  # of another revision
            recorded_hash(record, file, folder / file)
            return folder / file
        except LocalEntryNotFoundError as error:
            raise failed(source.repository, error) from error
        except EntryNotFoundError:
            continue
        except Exception as error:
            raise failed(source.repository, error) from error
    raise OSError(f"{source.repository}: no {' or '.join(source.files)} in it")


def check_prefix(file: Path, expected: str) -> None:
    """Take a file away and raise ValueError where its SHA-256 does not begin with these digits."""
    found = pooch.file_hash(str(file))
    if not found.startswith(expected):
        file.unlink()
        file.with_name(f"{file.name}.sha256").unlink()
        raise ValueError(
            f"{file}: sha256 is {found[:16]}…, expected {expected[:16]}…: the file is truncated, "
            "damaged or another version"
        )


def fetch_repository(repository: str, needs: list[str], local_files: str | None) -> None:
    """Download what is needed of a repository of the hub, into `HUB`.

    Their record there lists the files with their SHA-256. needs: of `tokenizer`, `text model` (its
    configuration), `configuration`, `weights`. Raises OSError where files cannot be had, ValueError
    where they are not what is needed.
    """
    folder, record = HUB / repository, hub_record(repository)
    folder.mkdir(parents=True, exist_ok=True)
    if local_files is not None:
        origin = Path(local_files) / repository
        names = wanted([file.name for file in origin.glob("*") if file.is_file()], needs)
        for name in names:
            shutil.copy(origin / name, folder)
        where = f"{origin}, expected there by `local_files`"
    else:
        names = download_files(repository, needs, folder)
        where = f"{repository}, expected there"
    if {"text model", "configuration"} & {*needs} and CONFIGURATION not in names:
        raise FileNotFoundError(f"no {CONFIGURATION} in {where}")
    if "tokenizer" in needs and not matching(names, TOKENIZERS):
        raise FileNotFoundError(f"no tokenizer ({', '.join(TOKENIZERS)}) in {where}")
    if "weights" in needs and not any(matching(names, form) for form in WEIGHTS):
        forms = ", ".join(pattern for form in WEIGHTS for pattern in form)
        raise FileNotFoundError(f"no weights ({forms}) in {where}")
    hashes = [pooch.file_hash(str(folder / name)) for name in names]
    record.write_text("".join(f"{h}  {n}\n" for h, n in zip(hashes, names, strict=True)))


def wanted(names: list[str], needs: list[str]) -> list[str]:
    """Those of a repository's files that are needed; of several forms of weights the safest."""
    record = hub_record("").name
    found = [name for name in matching(names, TEXT_FILES) if name != record]
    if "weights" in needs:
        found += next((here for form in WEIGHTS if (here := matching(names, form))), [])
    return found


def matching(names: list[str], patterns: tuple[str, ...]) -> list[str]:
    """The names that match one of several patterns, sorted; none in a folder of its own."""
    return sorted(
        name
        for name in names
        if "/" not in name and any(fnmatchcase(name, pattern) for pattern in patterns)
    )


def download_files(repository: str, needs: list[str], folder: Path) -> list[str]:
    """Download what is needed of a repository into a folder; the names of its files."""
    import huggingface_hub

    try:
        names = wanted(huggingface_hub.list_repo_files(repository), needs)
        if names:
            huggingface_hub.snapshot_download(repository, allow_patterns=names, local_dir=folder)
    except Exception as error:
        raise failed(repository, error) from error
    return names


def failed(repository: str, error: Exception) -> OSError:
    """That something could not be downloaded."""
    return OSError(
        f"{repository}: download failed ({error}); on a machine without a network set `local_files`"
    )
