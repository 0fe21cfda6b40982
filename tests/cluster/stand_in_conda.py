"""A command that stands in for conda: each environment has the packages of its file, and no other.

An environment is a folder of links to what is installed here: the packages that a file of `envs/`
names, and all that they require. It solves nothing, and takes no package from a channel.
"""

import json
import os
import re
import sys
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path

import yaml

LAYOUT = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def required(names: list[str]) -> set[str]:
    """Distributions and all that they require on this machine, without extras."""
    found, unread = {}, list(names)
    while unread:
        own = distribution(unread.pop())
        name = own.metadata["Name"].lower()
        if name in found:
            continue
        found[name] = own
        for line in own.requires or []:
            if "extra ==" in line or "extra==" in line:
                continue
            wanted = re.match(r"[\w.-]+", line)[0]
            try:
                distribution(wanted)
            except ImportError:
                continue  # for another platform: installed, it would be here
            unread.append(wanted)
    return set(found.values())


def create(file: Path, prefix: Path) -> None:
    """Make the environment of a file. Raises ValueError where another version is here."""
    *_, pip = yaml.safe_load(file.read_text())["dependencies"]
    pinned = dict(line.split("==") for line in pip["pip"])
    for name, version in pinned.items():
        if distribution(name).version != version:
            raise ValueError(f"{file}: {name} {distribution(name).version}, expected {version}")
    packages = prefix / LAYOUT
    packages.mkdir(parents=True)
    (prefix / "bin").mkdir()
    for own in required(list(pinned)):
        for top in {
            part.parts[0] for part in own.files if part.parts[0] not in ("..", "__pycache__")
        }:
            target, link = Path(own.locate_file(top)), packages / top
            if target.exists() and not link.exists():
                link.symlink_to(target)
    base = os.path.realpath(sys.executable)
    (prefix / "pyvenv.cfg").write_text(f"home = {Path(base).parent}\n")
    for name in ("python", "python3"):
        (prefix / f"bin/{name}").symlink_to(base)


def main(arguments: list[str]) -> None:
    """What Snakemake asks of conda."""
    home = Path(os.environ["STAND_IN_CONDA"])
    if arguments == ["--version"]:
        print("conda 25.1.1")
    elif arguments[:1] == ["info"]:
        print(json.dumps({"conda_prefix": str(home), "platform": "linux-64"}))
    elif arguments[:1] == ["config"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif arguments[:1] == ["clean"]:
        pass  # it keeps nothing
    elif "create" in arguments:
        options = dict(pairwise(arguments))
        prefix = options.get("--prefix") or options["-p"]
        file = options.get("--file") or options["-f"]
        create(Path(file), Path(prefix))
    else:
        sys.exit(f"conda {' '.join(arguments)}: not known to the stand-in")


if __name__ == "__main__":
    main(sys.argv[1:])
