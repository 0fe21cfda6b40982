"""What a study was made of, by what and on what, as an RO-Crate; and whether its files are still those.

The crate is `ro-crate-metadata.json` in the study's folder of results: https://www.researchobject.org/ro-crate.
"""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

import pandas as pd
from rocrate.model import ContextEntity, File, SoftwareApplication
from rocrate.rocrate import ROCrate

from modality_gap.data.embeddings import read_metadata
from modality_gap.data.watched import RECORD, hash_file, stamp

CRATE = "ro-crate-metadata.json"
RESULTS = (".csv", ".html", ".parquet", ".pt", RECORD)
DOWNLOADS = Path("results/downloads")
CODE = ("Snakefile", "config", "envs", "scripts", "workflow")


def results_of(folder: Path) -> list[Path]:
    """Files of a study that hold its numbers: tables, weights, the report, records of what was read."""
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and file.name.endswith(RESULTS)
    )


def inputs_of(config: dict, study_files: Iterable[str], downloads: Iterable[str]) -> list[Path]:
    """Files that a study is made of, those that are there: its YAML, downloads, and what it names.

    Pictures and tables of a corpus are in its record (`files.json`), which is among the results.
    """
    found = [*map(Path, study_files), *(path for value in texts(config) for path in [Path(value)])]
    for download in map(Path, downloads):
        alone = download.parent == DOWNLOADS
        found += [download] if alone else sorted(download.parent.rglob("*"))
    return list(dict.fromkeys(file for file in found if file.is_file()))


def texts(value) -> Iterator[str]:
    """Every text in what a study's YAML holds."""
    if isinstance(value, dict):
        for own in value.values():
            yield from texts(own)
    elif isinstance(value, list):
        for own in value:
            yield from texts(own)
    elif isinstance(value, str) and "\0" not in value and len(value) < 1024:
        yield value


def hashed(files: Iterable[Path], folder: Path) -> dict[str, dict[str, str]]:
    """SHA-256 and size of files, by path from the folder; hashing lets go of Python's lock."""
    files = list(files)
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(hash_file, files))
    return {
        Path(os.path.relpath(file, folder)).as_posix(): {
            "sha256": value,
            "contentSize": str(file.stat().st_size),
        }
        for file, value in zip(files, hashes, strict=True)
    }


def describe(
    folder: Path, config: dict, inputs: Iterable[Path], benchmarks: Path, project: Path
) -> dict:
    """A study's RO-Crate, as its JSON.

    folder: the study's results; inputs: of `inputs_of`; benchmarks: folder of what its jobs took;
    project: this workflow's folder.
    """
    crate = ROCrate()
    crate.name = config.get("title", config["study"])
    crate.description = f"Results of the study {config['study']} of the modality gap"
    made, used = (
        [crate.add(File(crate, None, path, properties=facts)) for path, facts in found.items()]
        for found in (hashed(results_of(folder), folder), hashed(inputs, folder))
    )
    took = job_times(benchmarks)
    software = SoftwareApplication(
        crate,
        "#modality-gap",
        properties={
            "name": "modality-gap",
            "version": code_version(project),
            "softwareRequirements": packages(),
        },
    )
    machine = ContextEntity(crate, "#machine", properties={"@type": "Thing", **hardware()})
    action = crate.add_action(
        identifier="#run",
        instrument=crate.add(software),
        object=used,
        result=made,
        properties={
            "name": f"snakemake, {len(took)} jobs",
            "totalTime": f"PT{took.seconds.sum():.0f}S",
            **(
                {"startTime": moment(took.start.min()), "endTime": moment(took.end.max())}
                if len(took)
                else {}
            ),
            "processor": sorted(devices(folder)),
        },
    )
    action["location"] = crate.add(machine)
    return crate.metadata.generate()


def job_times(benchmarks: Path) -> pd.DataFrame:
    """Start and end (seconds since 1970) and seconds of each job that has a benchmark."""
    rows = []
    for file in sorted(benchmarks.rglob("*.tsv")):
        seconds, end = float(pd.read_csv(file, sep="\t")["s"].sum()), file.stat().st_mtime
        rows.append((end - seconds, end, seconds))
    return pd.DataFrame(rows, columns=["start", "end", "seconds"])


def moment(seconds: float) -> str:
    """A time in ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def code_version(project: Path) -> str:
    """The commit of a checkout, and whether code or configuration was changed since."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(project), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != project.resolve():
            return "unknown: not a checkout of its own"
        changed = git("status", "--porcelain", "--", *CODE)
        return git("rev-parse", "HEAD") + (", changed" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown: no checkout"


def packages() -> list[str]:
    """Every package of this environment with its version."""
    found = {(own.metadata["Name"] or "").lower(): own.version for own in distributions()}
    return [f"{name}=={found[name]}" for name in sorted(found) if name]


def hardware() -> dict[str, str | int]:
    """What this machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    told = {"name": platform.machine(), "operatingSystem": platform.platform()}
    return told | {"numberOfCores": os.cpu_count() or 0, "memoryRequirements": f"{memory} B"}


def devices(folder: Path) -> set[str]:
    """What embedded: of the metadata of embeddings."""
    files = folder.glob("embeddings/**/images.parquet")
    return {read_metadata(file).get("device", "cpu") for file in files}


def hashes_in(crate: dict) -> dict[str, str]:
    """SHA-256 by path, of a crate as its JSON."""
    return {entry["@id"]: entry["sha256"] for entry in crate["@graph"] if "sha256" in entry}


def recorded(file: Path) -> tuple[dict[str, str], float]:
    """SHA-256 by path, and when they were recorded, of a crate's file. ValueError where it is none.

    The time is in the crate: that of the file is another one where it was copied or put back.
    """
    try:
        crate = json.loads(file.read_text("utf-8"))
        (told,) = (one["datePublished"] for one in crate["@graph"] if one["@id"] == "./")
        return hashes_in(crate), datetime.fromisoformat(told).timestamp()
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: no RO-Crate: {error!r}") from None


def differences(folder: Path) -> list[str]:
    """What of a study is no longer as its crate says, a line each; [] where all of it is.

    Raises ValueError where there is no crate, or none that says hashes.
    """
    file = folder / CRATE
    if not file.is_file():
        raise ValueError(f"{file}: no such file: the study has not finished")
    known, _ = recorded(file)
    there = [path for path in known if (folder / path).is_file()]
    now = hashed((folder / path for path in there), folder)
    found = [f"{folder / path}: is not there" for path in known if path not in now]
    found += [
        f"{folder / path}: is another file: SHA-256 {now[path]['sha256'][:16]}…, recorded "
        f"{known[path][:16]}…"
        for path in there
        if now[path]["sha256"] != known[path]
    ]
    new = {path.relative_to(folder).as_posix() for path in results_of(folder)} - known.keys()
    found += [f"{folder / path}: is not in the record" for path in sorted(new)]
    for record in sorted(folder.glob(f"corpora/*/{RECORD}")):
        found += changed_files(record)
    return found


def check_unaltered(folder: Path, crate: dict) -> None:
    """Raise ValueError where a result is older than the study's record, and another than it says.

    It was altered without a trace in its time, as a disk does, and other results may rest on it.
    crate: of `describe`, of what is there now; the record is the one that it is to replace, if any.
    """
    file = folder / CRATE
    if not file.is_file():
        return
    (known, time), now = recorded(file), hashes_in(crate)
    for path in (one.relative_to(folder).as_posix() for one in results_of(folder)):
        older = (folder / path).stat().st_mtime < time
        if older and path in known and now[path] != known[path]:
            raise ValueError(
                f"{folder / path}: altered since it was recorded (SHA-256 {now[path][:16]}…, "
                f"recorded {known[path][:16]}…): delete it, and the next run makes it anew, and all "
                "that rests on it"
            )


def changed_files(record: Path) -> Iterator[str]:
    """Files that a corpus was read from and that are others now, a line each."""
    for file, (size, time, digest) in json.loads(record.read_text("utf-8"))["files"].items():
        now = stamp(file)
        if now is None:
            yield f"{file}: is not there"
        elif now != (size, time) and hash_file(file) != digest:
            yield f"{file}: is another file than the study read"
