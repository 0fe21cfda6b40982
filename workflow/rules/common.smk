import os
import re
import sys
from functools import cache
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

# Where this file lies: as a module of another workflow, `workflow.basedir` is that one's.
HOME = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
SCRIPTS = HOME / "scripts"
sys.path.insert(0, str(SCRIPTS))

from modality_gap.models.architectures import (
    architecture_config,
    check_architectures,
    hub_record,
    hub_repositories,
    named_networks,
    open_clip_source,
)
from modality_gap.data.packages import LABELS, PACKAGES
from modality_gap.study.code import code_of as hash_of_script
from modality_gap.study.sources import SOURCES, read_patterns
from modality_gap.study import (
    check_file,
    check_files,
    check_study,
    check_tables,
    places_of_tasks,
)
from modality_gap.data.watched import RECORD, fingerprint, folder_files, stamp

SCHEMA = HOME / "workflow/schemas/config.schema.yaml"
OWN_ARCHITECTURES = HOME / "config/architectures"

try:
    for study_file in workflow.configfiles:
        check_file(study_file)
    check_study(config, yaml.safe_load(SCHEMA.read_text()))
    check_files(config)
    check_tables(config)
    check_architectures(config, OWN_ARCHITECTURES)
except (ValueError, FileNotFoundError) as error:
    raise WorkflowError(str(error)) from None

# Fills in the schema's defaults; what is wrong was said above, in one line.
validate(config, str(SCHEMA))

CORPORA = config["corpora"]
RUNS = config["training"]
ENCODERS = config["encoders"]
PRECOMPUTED = [
    name for name, encoder in ENCODERS.items() if encoder["kind"] == "precomputed"
]
# The side that a network of one modality has.
ONE_SIDE = {"image_backbone": "images", "sentence_transformer": "texts"}
BACKBONES = [name for name, encoder in ENCODERS.items() if encoder["kind"] in ONE_SIDE]
NETWORKS = [name for name in ENCODERS if name not in PRECOMPUTED + BACKBONES]
SHARDS = config["embedding"]["shards"]
SCOPES = ["batches", "whole"]
NOISE = {"corpus": "noise", "split": "all"}


def any_of(names):
    """A pattern that matches exactly these names; without names, nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def code_of(script, *modules, files=()):
    """What a script does, as a param: it runs again where that changes, and no other time.

    modules: further ones that it imports by a name of the study; files: of this project, that it
    reads. As inputs, they would change with every folder that the project is moved to.
    """
    return hash_of_script(SCRIPTS, script, modules, files)


def code_with(script, network):
    """A params function: what a script does with the architecture of its network.

    network: what names the architecture of some wildcards.
    """

    def code(wildcards):
        files = own_architecture(network(wildcards))
        return code_of(script, files=files)

    return code


# What the report is made of, told by the rules that make it: every figure of the study; the tables
# that claims are judged from, by name, with what tells the tables of a name apart; the tables that may
# say what was left out, merged or cut, or why they have no rows.
FIGURES, CLAIMS, REMARKS = [], {}, []


def figure(path, title, category, where=((),), caption=None, **labels):
    """What a drawing rule makes, the figure as vector (which the report shows) and as pixels.

    path: without its ending. where: of each figure that the study has, the values of the path's
    wildcards, in their order. caption: the name of its text in `workflow/report`, default: the
    figure's own. labels: more of what the report's menu says, beside title and wildcards.
    """
    wildcards = re.findall(r"{(\w+)}", path)
    for place in where:
        FIGURES.append(f"{path}.svg".format(**dict(zip(wildcards, place, strict=True))))
    others = [name for name in wildcards if f"{{{name}}}" not in title]
    vector = report(
        f"{path}.svg",
        caption=f"../report/{caption or Path(path).name}.rst",
        category=category,
        labels={"figure": title, **{name: f"{{{name}}}" for name in others}, **labels},
    )
    return [vector, f"{path}.png"]


def claims_of(table, files, facts=None):
    """Have a table judged: its files, and of each file what the table does not say, as columns."""
    if files:
        CLAIMS[table] = (files, facts)


def placed_claims(table, pattern, places):
    """Have a table judged that is measured of every encoder on every split, each on its own."""
    facts = [
        {"place": f"{encoder} on {corpus} {split}"} for encoder, corpus, split in places
    ]
    claims_of(table, tables_at(pattern, places), facts)


def tables_at(pattern, places):
    """A table for each (encoder, corpus, split)."""
    return [
        pattern.format(encoder=encoder, corpus=corpus, split=split)
        for encoder, corpus, split in places
    ]


def remarks_of(*tables):
    """Have the report say what these tables remark."""
    REMARKS.extend(table for table in tables if table not in REMARKS)


def prompts_of(section, encoders):
    """The embedded prompts of a section."""
    return [
        f"<results>/embeddings/{encoder}/prompts/{section}.parquet"
        for encoder in encoders
    ]


def evaluations(encoders):
    """Every (encoder, corpus, split) that the study measures, of these encoders."""
    for name in encoders:
        encoder = ENCODERS[name]
        if encoder["kind"] == "precomputed":
            yield name, encoder["corpus"], "all"
            continue
        for corpus in encoder.get("corpora", CORPORA):
            for split in CORPORA[corpus].get("evaluate", []):
                if split in encoder.get("splits", [split]):
                    yield name, corpus, split


def paired_encoders():
    """The encoders of both modalities: those that have a gap."""
    return [name for name in ENCODERS if name not in BACKBONES]


def evaluated_splits(encoders=None):
    """Every (corpus, split) that some encoder of both modalities is measured on, in order.

    encoders: measured ones; default: those of both modalities.
    """
    found = evaluations(paired_encoders() if encoders is None else encoders)
    return list(dict.fromkeys((corpus, split) for _, corpus, split in found))


def encoders_of(corpus, split, encoders=None):
    """The encoders measured on a split, each right after the one that it started from.

    encoders: of which; default: those of both modalities.
    """
    found = evaluations(paired_encoders() if encoders is None else encoders)
    here = [name for name, *place in found if place == [corpus, split]]
    return sorted(
        here,
        key=lambda name: (
            here.index(start_of(name, here)),
            "initial" in ENCODERS[name],
        ),
    )


def encoders_on(wildcards):
    """`encoders_of`, as an input or params function."""
    return encoders_of(wildcards.corpus, wildcards.split)


def start_of(name, here):
    """The encoder that this one started from, where it is measured on the same split; or itself."""
    initial = ENCODERS[name].get("initial")
    return initial if initial in here else name


def tables_on(pattern):
    """An input function: the tables of all encoders on a split, in the order of `encoders_on`."""

    def tables(wildcards):
        return expand(pattern, encoder=encoders_on(wildcards), allow_missing=True)

    return tables


def initials_on(wildcards):
    """For each encoder on a split, the one that it started from, or None."""
    return [ENCODERS[name].get("initial") for name in encoders_on(wildcards)]


def evaluation_keys(encoders=None):
    """Encoder, initial, corpus and split of everything that is measured, split by split.

    encoders: measured ones; default: those of both modalities.
    """
    return [
        {
            "encoder": name,
            "initial": ENCODERS[name].get("initial"),
            "corpus": corpus,
            "split": split,
        }
        for corpus, split in evaluated_splits(encoders)
        for name in encoders_of(corpus, split, encoders)
    ]


def all_tables(pattern, encoders=None):
    """A table for each of `evaluation_keys`, in their order."""
    return [
        path for key in evaluation_keys(encoders) for path in expand(pattern, **key)
    ]


EMBEDDING_FILES = {
    part: f"<results>/embeddings/{{encoder}}/{{corpus}}/{{split}}/{part}.parquet"
    for part in ("images", "texts", "pairs")
}


def sides_of(encoder):
    """Which of images and texts an encoder embeds."""
    kind = ENCODERS[encoder]["kind"]
    return [ONE_SIDE[kind]] if kind in ONE_SIDE else ["images", "texts"]


def last_side_embeddings():
    """One side of everything that is measured, texts where there are any: it says what was cut."""
    return [
        EMBEDDING_FILES[sides_of(encoder)[-1]].format(
            encoder=encoder, corpus=corpus, split=split
        )
        for encoder, corpus, split in evaluations(ENCODERS)
    ]


def side_embeddings(wildcards):
    """The embeddings of an encoder's modalities on a split, by name."""
    return {side: EMBEDDING_FILES[side] for side in sides_of(wildcards.encoder)}


def corpus_tables(wildcards):
    """The two tables of a corpus, by name; noise has none."""
    if wildcards.corpus == NOISE["corpus"]:
        return {}
    folder = f"<results>/corpora/{wildcards.corpus}"
    return {table: f"{folder}/{table}.parquet" for table in ("images", "captions")}


def cone_encoders_on(wildcards):
    """All encoders measured on a split, those of one modality included."""
    return encoders_of(wildcards.corpus, wildcards.split, ENCODERS)


def cone_initials_on(wildcards):
    """For each of `cone_encoders_on`, the encoder that it started from, or None."""
    return [ENCODERS[name].get("initial") for name in cone_encoders_on(wildcards)]


def noise_encoders_on(wildcards):
    """Those of `cone_encoders_on` that noise is given to, where the study has noise."""
    networks = [name for name in cone_encoders_on(wildcards) if name not in PRECOMPUTED]
    return networks if "noise" in config else []


def cone_histograms(wildcards):
    """The histograms of `cone_encoders_on`, in their order."""
    return expand(
        "<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet",
        encoder=cone_encoders_on(wildcards),
        allow_missing=True,
    )


def noise_histograms(wildcards):
    """The histograms of `noise_encoders_on`, in their order."""
    return expand(
        "<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet",
        encoder=noise_encoders_on(wildcards),
        **NOISE,
    )


EMOJI_CORPORA = [
    name for name, corpus in CORPORA.items() if corpus["reader"] == "emoji"
]
TABLE_CORPORA = [
    name for name, corpus in CORPORA.items() if corpus["reader"] == "table"
]

WEBDATASETS = [
    name for name, corpus in CORPORA.items() if corpus["reader"] == "webdataset"
]
# Those whose original files are read, webdatasets among them.
SOURCE_CORPORA = [name for name in CORPORA if name not in EMOJI_CORPORA + TABLE_CORPORA]
# Keys of a corpus that its reader does not see.
NOT_THE_READERS = (
    "reader",
    "folder",
    "url",
    "splits",
    "first",
    "evaluate",
    "classes",
    "matched_caption",
    "matched_seed",
    "mirror",
    "checksums",
)


def emoji_packages(corpus):
    """The packages of an emoji corpus by name: the labels, then its vendors."""
    return {name: PACKAGES[name] for name in [LABELS, *CORPORA[corpus]["vendors"]]}


def sources():
    """Every file that the study downloads: its address and hash, by file name."""
    found = {}
    for corpus in EMOJI_CORPORA:
        for package in emoji_packages(corpus).values():
            found[package["file"]] = {key: package[key] for key in ("npm", "hash")}
    others = [
        (
            file_of(encoder["url"]),
            "encoders",
            encoder["url"],
            f"sha256:{encoder['sha256']}",
        )
        for encoder in ENCODERS.values()
        if "url" in encoder
    ]
    for corpus in SOURCE_CORPORA:
        for file, source in original_files(corpus).items():
            others.append((file, "corpora", source["url"], source["hash"]))
    for file, kind, url, hash in others:
        source = {"url": url, "hash": hash}
        if found.setdefault(file, source) != source:
            raise WorkflowError(
                f"{kind}: two different downloads are both named {file!r}"
            )
    return found


def file_of(url):
    """The name of the file at an address, without what is asked of the server."""
    return url.partition("?")[0].rsplit("/", 1)[-1]


def original_files(corpus):
    """The files that a corpus downloads: address and hash by name; none where it has a folder."""
    settings = CORPORA[corpus]
    if "folder" in settings or settings["reader"] not in SOURCES:
        return {}
    files = SOURCES[settings["reader"]](settings, settings["splits"])
    if "mirror" in settings:
        mirror = settings["mirror"].rstrip("/")
        files = {
            file: source | {"url": f"{mirror}/{file}"} for file, source in files.items()
        }
    checksums = settings.get("checksums", {})
    return {
        file: source | {"hash": checksums.get(file, source["hash"])}
        for file, source in files.items()
    }


def webdataset_name(corpus):
    """A name for the folder of a webdataset's downloads that says its address."""
    address = CORPORA[corpus]["url"].split("://")[-1].strip("/")
    return re.sub(r"[^A-Za-z0-9._-]+", "_", address)


WEBDATASET_ADDRESSES = {
    webdataset_name(corpus): CORPORA[corpus]["url"]
    for corpus in WEBDATASETS
    if "url" in CORPORA[corpus]
}


def webdataset_splits(corpus):
    """The files that say that a webdataset's splits are downloaded."""
    if "url" not in CORPORA[corpus]:
        return []
    return [
        f"results/downloads/webdatasets/{webdataset_name(corpus)}/{split}.complete"
        for split in CORPORA[corpus]["splits"]
    ]


def webdataset_address(wildcards):
    """Where a webdataset is downloaded from."""
    return WEBDATASET_ADDRESSES[wildcards.webdataset]


def corpus_downloads(wildcards):
    """The downloads that a corpus is read from."""
    if wildcards.corpus in WEBDATASETS:
        return webdataset_splits(wildcards.corpus)
    return expand("results/downloads/{file}", file=original_files(wildcards.corpus))


def corpus_folder(wildcards):
    """Where the original files of a corpus are."""
    settings = CORPORA[wildcards.corpus]
    if "folder" in settings:
        return settings["folder"]
    if "url" in settings:
        return f"results/downloads/webdatasets/{webdataset_name(wildcards.corpus)}"
    return "results/downloads"


def corpus_reader(wildcards):
    """Reader of a corpus, the splits it reads, how many images of each, and its own options."""
    settings = CORPORA[wildcards.corpus]
    return {
        "reader": settings["reader"],
        "splits": settings["splits"],
        "first": settings.get("first"),
        "options": {
            key: value for key, value in settings.items() if key not in NOT_THE_READERS
        },
    }


def reader_code(wildcards):
    """What reading a corpus does; no other reader is part of it."""
    reader = CORPORA[wildcards.corpus]["reader"]
    return code_of("read_corpus", f"modality_gap.data.corpora.{reader}")


def corpus_patterns(wildcards):
    """What the reader of a corpus looks at in the folder that a user brings."""
    settings = CORPORA[wildcards.corpus]
    if "folder" not in settings:
        return []
    return read_patterns(settings["reader"], settings, settings["splits"])


@cache
def files_of(corpus):
    """What the files that a user brings to a corpus are, as one value; None: it brings none."""
    settings = CORPORA[corpus]
    record = f"results/{config['study']}/corpora/{corpus}/{RECORD}"
    if settings["reader"] == "table":
        # The table, and the pictures that it listed.
        return fingerprint(record, None)
    if "folder" in settings:
        patterns = read_patterns(settings["reader"], settings, settings["splits"])
        return fingerprint(record, folder_files(settings["folder"], patterns))
    return None


def corpus_fingerprint(wildcards):
    """`files_of`, as a params function."""
    return files_of(wildcards.corpus)


def source_of(wildcards):
    """Address and hash of a download."""
    return sources()[wildcards.file]


def emoji_archives(wildcards):
    """The downloaded packages of an emoji corpus."""
    files = [package["file"] for package in emoji_packages(wildcards.corpus).values()]
    return expand("results/downloads/{file}", file=files)


def emoji_names(wildcards):
    """The names of `emoji_archives`, in their order."""
    return list(emoji_packages(wildcards.corpus))


def corpus_settings(*keys):
    """A params function: some keys of a corpus's configuration."""

    def settings(wildcards):
        return {key: CORPORA[wildcards.corpus][key] for key in keys}

    return settings


def corpus_classes(wildcards):
    """The classes of a corpus, or None."""
    return CORPORA[wildcards.corpus].get("classes")


def matched_caption(wildcards):
    """Which of an image's captions is matched with it, and the seed of a random choice."""
    settings = CORPORA[wildcards.corpus]
    choice = settings.get("matched_caption", "first")
    return {"choice": choice, "seed": settings.get("matched_seed", 0)}


def table_file(wildcards):
    """The table that lists a user's own images and captions."""
    return CORPORA[wildcards.corpus]["file"]


def run_network(run):
    """Architecture of a training run, and dimension where it is not the architecture's own."""
    settings = RUNS[run]
    if "start" in settings:
        return encoder_network(settings["start"])
    return {
        key: settings[key] for key in ("architecture", "dimension") if key in settings
    }


def run_settings(wildcards):
    """A training run's configuration, with one of its seeds."""
    settings = {
        key: value
        for key, value in RUNS[wildcards.run].items()
        if key not in ("seeds", "start", "gpus")
    }
    return settings | run_network(wildcards.run) | {"seed": int(wildcards.seed)}


def run_start(wildcards):
    """The encoder that a run goes on from, as `encoder_entry` gives it, or None."""
    start = RUNS[wildcards.run].get("start")
    return None if start is None else entry_of(start)


def run_start_weights(wildcards):
    """The weights that a run goes on from, where there are any."""
    start = RUNS[wildcards.run].get("start")
    return [] if start is None else weights_of(start)


def run_classes(wildcards):
    """The classes of the corpus that a run trains on, or None."""
    return CORPORA[RUNS[wildcards.run]["corpus"]].get("classes")


def run_gpus(wildcards):
    """How many GPUs a run is trained on."""
    return RUNS[wildcards.run].get("gpus", 1)


def run_code(wildcards):
    """What the training of a run does."""
    return training_code("train", wildcards.run)


def training_code(script, run):
    """What a script that trains does with a run: no other temperature policy is part of it."""
    policy = RUNS[run]["temperature"]["policy"]
    files = own_architecture(run_network(run)["architecture"])
    return code_of(script, f"modality_gap.training.policies.{policy}", files=files)


def run_threads(wildcards):
    """A run that takes no GPU takes one core: two of them at once outrun one with two threads."""
    return 8 if run_gpus(wildcards) else 1


def run_seeds(wildcards):
    """The seeds of a training run."""
    return RUNS[wildcards.run]["seeds"]


def run_files(name):
    """An input function: a file of all seeds of a training run, in their order."""

    def files(wildcards):
        return expand(
            f"<results>/training/{wildcards.run}/{{seed}}/{name}",
            seed=run_seeds(wildcards),
        )

    return files


def run_seed_pairs(runs):
    """(run, seed) of every training of these runs."""
    return [(run, seed) for run in runs for seed in RUNS[run]["seeds"]]


def run_seed_files(name, runs=RUNS):
    """A file of each of `run_seed_pairs`, in their order."""
    return [
        f"<results>/training/{run}/{seed}/{name}" for run, seed in run_seed_pairs(runs)
    ]


def seed_trajectories(runs):
    """The trajectories of `run_seed_pairs`, in their order."""
    return run_seed_files("trajectory.parquet", runs)


def own_architecture(architecture):
    """The architecture's JSON file, where it is one of ours."""
    file = OWN_ARCHITECTURES / f"{architecture}.json"
    return [file] if file.is_file() else []


def hub_files(architecture):
    """What an architecture needs of the hub."""
    return [str(hub_record(name)) for name in repositories_of(architecture)]


def repositories_of(architecture):
    """The repositories of the hub that an architecture is built from, with what of them."""
    config_file = architecture_config(architecture, OWN_ARCHITECTURES)
    return hub_repositories(architecture, config_file)


def study_repositories():
    """The repositories of the hub that the study's models are built from, with what of them."""
    found = {}
    for _, entry in named_networks(config):
        for name, needs in repositories_of(entry["architecture"]).items():
            found.setdefault(name, set()).update(needs)
    return {name: sorted(needs) for name, needs in found.items()}


HUB_REPOSITORIES = study_repositories()


def hub_needs(wildcards):
    """What of a repository of the hub is needed."""
    return HUB_REPOSITORIES[wildcards.repository]


def local_weights(wildcards):
    """The names of downloaded weights in `local_files`; torchvision's and timm's tables are code."""
    if wildcards.library == "torchvision":
        return "the file of torchvision by its own name"
    if wildcards.library == "timm":
        name = f"{wildcards.architecture}.{wildcards.tag}"
        return f"timm's file under its repository, mostly timm/{name}/model.safetensors"
    source = open_clip_source(wildcards.architecture, wildcards.tag)
    return " or ".join(source.names())


def run_architecture(wildcards):
    """What the architecture of a training run is built from."""
    return hub_files(run_network(wildcards.run)["architecture"])


def run_corpus(table):
    """An input function: a table of the corpus that a run trains on."""

    def path(wildcards):
        return run_table(wildcards.run, table)

    return path


def run_corpus_classes(wildcards):
    """The names of the classes of the corpus that a run trains on."""
    return f"<results>/corpora/{RUNS[wildcards.run]['corpus']}/classes.yaml"


def run_table(run, table):
    """A table of the corpus that a run trains on."""
    return f"<results>/corpora/{RUNS[run]['corpus']}/{table}.parquet"


KEPT = (
    "kind",
    "tag",
    "seed",
    "library",
    "architecture",
    "dimension",
    "normalization",
    "preprocessing",
    "quick_gelu",
    "part",
    "interpolate",
    "own_files",
)


def entry_of(encoder):
    """What an encoder is, without what does not change its embeddings."""
    entry = ENCODERS[encoder]
    if entry["kind"] == "run":
        entry = entry | run_network(entry["run"])
    elif own := own_files(entry):
        entry = entry | {"own_files": stamps(own)}
    return {key: entry[key] for key in KEPT if key in entry}


def own_files(entry):
    """The files that a user brings for an encoder."""
    if "folder" in entry:
        return folder_files(entry["folder"], [("**/*",)])
    return entry.get("files", [entry["file"]] if "file" in entry else [])


def stamps(files):
    """Size and time of files: one that is replaced by an older one is no newer input."""
    return [list(stamp(file) or ()) for file in files]


def direction_stamps():
    """`stamps` of the files that directions of zero-shot classification come from."""
    sources = ZERO_SHOT.get("directions", {}).values()
    return stamps(
        source["file"] for source in sources if source != "task" and "file" in source
    )


def precomputed_stamps(wildcards):
    """`stamps` of the file or two that hold embeddings which a user brings."""
    return stamps(own_files(ENCODERS[wildcards.encoder]))


def encoder_entry(wildcards):
    """`entry_of`, as a params function."""
    return entry_of(wildcards.encoder)


def encoder_network(encoder):
    """Architecture of a network, and dimension where it is not the architecture's own."""
    entry = entry_of(encoder)
    return {key: entry[key] for key in ("architecture", "dimension") if key in entry}


def architecture_of(encoder):
    """The name of a network's architecture."""
    return encoder_network(encoder)["architecture"]


def encoder_architecture(wildcards):
    """What the architecture of an encoder is built from."""
    return hub_files(architecture_of(wildcards.encoder))


def pretrained_weights():
    """The downloads of all pretrained weights of the study."""
    return [
        weights_download(encoder)
        for encoder in ENCODERS.values()
        if encoder["kind"] in ("pretrained", "image_backbone") and "tag" in encoder
    ]


def weights_download(entry):
    """The file that says where downloaded weights lie."""
    library = entry.get("library", "open_clip")
    return f"results/downloads/weights/{library}/{entry['architecture']}/{entry['tag']}.txt"


def encoder_architecture_name(wildcards):
    """The name of an encoder's architecture."""
    return architecture_of(wildcards.encoder)


def weights_of(encoder):
    """The file of an encoder's weights, where it has one."""
    entry = ENCODERS[encoder]
    if entry["kind"] == "run":
        seed = entry.get("seed", RUNS[entry["run"]]["seeds"][0])
        return f"<results>/training/{entry['run']}/{seed}/{entry['weights']}.pt"
    if "tag" in entry:
        return weights_download(entry)
    if "folder" in entry:
        return f"{entry['folder']}/modules.json"
    return entry.get("file", [])


def encoder_folder(wildcards):
    """All files of the folder that an encoder is read from; most have none. Hidden ones are no part."""
    entry = ENCODERS[wildcards.encoder]
    return own_files(entry) if "folder" in entry else []


def encoder_weights(wildcards):
    """`weights_of`, as an input function."""
    return weights_of(wildcards.encoder)


FAMILIES = config.get("seed_cones", {}).get("families", {})
TRAINED_FAMILIES = [name for name, family in FAMILIES.items() if "run" in family]
PAIRED_FAMILIES = [
    name
    for name, family in FAMILIES.items()
    if "run" in family or family.get("library", "open_clip") == "open_clip"
]
RANDOM_FAMILIES = [name for name in FAMILIES if name not in TRAINED_FAMILIES]


def family_network(name):
    """Library and architecture of the networks whose seeds are compared."""
    family = FAMILIES[name]
    if "run" in family:
        return {"library": "open_clip", **run_network(family["run"])}
    return {
        "library": family.get("library", "open_clip"),
        "architecture": family["architecture"],
    }


def family_architecture(wildcards):
    """What the networks of a family are built from; other libraries bring everything themselves."""
    network = family_network(wildcards.family)
    paired = network["library"] == "open_clip"
    return hub_files(network["architecture"]) if paired else []


def random_networks(wildcards):
    """The random networks of one part of a family."""
    seeds = part_of(range(FAMILIES[wildcards.family]["seeds"]), wildcards.scatteritem)
    return {**family_network(wildcards.family), "seeds": seeds}


def trained_networks(wildcards):
    """The trained networks of a family; their weights are the rule's input, in the same order."""
    seeds = RUNS[FAMILIES[wildcards.family]["run"]]["seeds"]
    return {**family_network(wildcards.family), "seeds": seeds}


def family_architecture_name(wildcards):
    """The name of the architecture of a family."""
    return family_network(wildcards.family)["architecture"]


def family_weights(wildcards):
    """The weights of a trained family, a file a seed."""
    run = FAMILIES[wildcards.family]["run"]
    return expand(
        "<results>/training/{run}/{seed}/final.pt", run=run, seed=RUNS[run]["seeds"]
    )


def family_parts(wildcards):
    """All embeddings of a family."""
    if wildcards.family in TRAINED_FAMILIES:
        return [f"<results>/seed_cones/{wildcards.family}/trained.parquet"]
    return gather.seed_cones(
        f"<results>/seed_cones/{wildcards.family}/{{scatteritem}}.parquet"
    )


def part_of(items, scatteritem):
    """Every n-th item from the i-th on, for the part `i-of-n`."""
    part, parts = map(int, scatteritem.split("-of-"))
    if parts > len(items):
        raise WorkflowError(
            f"--set-scatter: {parts} jobs for {len(items)} seeds, expected at most one a seed"
        )
    return list(items)[part - 1 :: parts]


def section_corpus(section, table):
    """A table of the corpus that a section of the study names."""
    return f"<results>/corpora/{config[section]['corpus']}/{table}.parquet"


def first_steps_settings(wildcards):
    """The settings of the run whose first steps are watched, with those of the section."""
    section = config["first_steps"]
    own = {key: value for key, value in section.items() if key != "seeds"}
    kept = {
        key: value
        for key, value in RUNS[section["run"]].items()
        if key not in ("seeds", "start", "gpus", "pairs")
    }
    return kept | run_network(section["run"]) | own


def first_steps_seeds(wildcards):
    """The initialisations of one part."""
    return part_of(range(config["first_steps"]["seeds"]), wildcards.scatteritem)


ZERO_SHOT = config.get("zero_shot", {"encoders": [], "tasks": {}})
FAIRNESS = config.get("fairness", {})


def embedding_files(encoder, corpus, split):
    """Images, texts and pairs of an encoder on a split."""
    files = EMBEDDING_FILES.values()
    return expand(files, encoder=encoder, corpus=corpus, split=split)


def zero_shot_tables(name):
    """A table of zero-shot classification, of every encoder on every split with a task."""
    places = {
        (task["corpus"], split): None
        for task in ZERO_SHOT["tasks"].values()
        for split in task["splits"]
    }
    return [
        f"<results>/zero_shot/{encoder}/{corpus}/{split}/{name}.parquet"
        for corpus, split in places
        for encoder in ZERO_SHOT["encoders"]
    ]


def direction_embeddings(wildcards):
    """What each direction of zero-shot classification comes from, by its name."""
    return {
        f"direction_{name}": (
            [source["file"]]
            if "file" in source
            else embedding_files(wildcards.encoder, source["corpus"], source["split"])
        )
        for name, source in ZERO_SHOT["directions"].items()
        if source != "task"
    }


def classes_of_corpus(wildcards):
    """The names of the classes of a corpus."""
    return f"<results>/corpora/{wildcards.corpus}/classes.yaml"


def prompted_tasks(wildcards):
    """Every task of zero-shot classification that an encoder's prompts are for."""
    if wildcards.section != "zero_shot":
        return {}
    return ZERO_SHOT["tasks"]


def prompted_corpora(wildcards):
    """The corpora of an encoder's tasks."""
    return list(
        dict.fromkeys(task["corpus"] for task in prompted_tasks(wildcards).values())
    )


def prompted_tables(wildcards):
    """Images and class names of `prompted_corpora`, by name and in their order."""
    corpora = prompted_corpora(wildcards)
    return {
        part: expand(f"<results>/corpora/{{corpus}}/{file}", corpus=corpora)
        for part, file in (("images", "images.parquet"), ("classes", "classes.yaml"))
    }


def given_prompts(wildcards):
    """The prompts that the study itself words, for an encoder."""
    found = []
    for entry in FAIRNESS.values() if wildcards.section == "fairness" else []:
        if wildcards.encoder in entry["encoders"]:
            for prompts in [entry["classes"]["prompts"], *entry["probes"].values()]:
                for texts in prompts.values():
                    found += [texts] if isinstance(texts, str) else texts
    return list(dict.fromkeys(found))


def shifted_recall_tables(name):
    """A table of recall under shifts, of its encoders on every split that they are measured on."""
    return [
        f"<results>/shifted_recall/{encoder}/{corpus}/{split}/{name}.parquet"
        for encoder, corpus, split in evaluations(config["shifted_recall"]["encoders"])
    ]


def linear_probe_files(wildcards):
    """Embedded training and test images of each linear probe, and their labels, by name."""
    found = {}
    for name, task in config["linear_probe"]["tasks"].items():
        for part in ("train", "test"):
            where = {
                "encoder": wildcards.encoder,
                "corpus": task["corpus"],
                "split": task[part],
            }
            found[f"{part}_{name}"] = expand(EMBEDDING_FILES["images"], **where)
        found[f"labels_{name}"] = f"<results>/corpora/{task['corpus']}/images.parquet"
    return found


def fairness_settings(wildcards):
    """One comparison of groups."""
    return FAIRNESS[wildcards.fairness]


def fairness_images(wildcards):
    """The embedded images of a comparison of groups."""
    settings = FAIRNESS[wildcards.fairness]
    return expand(
        EMBEDDING_FILES["images"],
        encoder=wildcards.encoder,
        corpus=settings["corpus"],
        split=settings["splits"],
    )


def fairness_labels(wildcards):
    """The labels of the images of a comparison of groups."""
    corpus = FAIRNESS[wildcards.fairness]["corpus"]
    return f"<results>/corpora/{corpus}/images.parquet"


def fairness_reference(wildcards):
    """The embeddings whose gap the images of a comparison of groups move along, if others."""
    direction = FAIRNESS[wildcards.fairness]["direction"]
    if direction == "task":
        return []
    return embedding_files(wildcards.encoder, direction["corpus"], direction["split"])


def fairness_tables(name):
    """A table of every comparison of groups."""
    return [
        f"<results>/fairness/{encoder}/{fairness}/{name}.parquet"
        for encoder, fairness in fairness_places()
    ]


def fairness_places():
    """(encoder, comparison of groups) of all of them."""
    return [
        (encoder, name)
        for name, entry in FAIRNESS.items()
        for encoder in entry["encoders"]
    ]


ROBUSTNESS = config.get("robustness", {})


def robustness_places():
    """(encoder, corpus, split) of everything whose robustness is measured."""
    return [
        place
        for place in section_places("robustness")
        if place[2] in ROBUSTNESS.get("splits", [place[2]])
    ]


def robustness_tasks(wildcards):
    """The tasks of a split: zero-shot classification only where its images have its classes."""
    named = ROBUSTNESS["tasks"]
    if "zero_shot" in named:
        task = ZERO_SHOT["tasks"][ROBUSTNESS["zero_shot"]]
        asked = (
            wildcards.encoder in ZERO_SHOT["encoders"]
            and wildcards.corpus == task["corpus"]
            and wildcards.split in task["splits"]
        )
        if not asked:
            return [name for name in named if name != "zero_shot"]
    return named


def robustness_inputs(wildcards):
    """Embeddings, and what zero-shot classification needs, by name."""
    files = dict(EMBEDDING_FILES)
    if "zero_shot" in robustness_tasks(wildcards):
        files |= {
            "labels": "<results>/corpora/{corpus}/images.parquet",
            "classes": "<results>/corpora/{corpus}/classes.yaml",
            "prompts": "<results>/embeddings/{encoder}/prompts/zero_shot.parquet",
        }
    return files


def robustness_settings(wildcards):
    """What is measured of robustness to noise."""
    others = ("encoders", "splits", "two_class")
    settings = {key: value for key, value in ROBUSTNESS.items() if key not in others}
    tasks = robustness_tasks(wildcards)
    task = ZERO_SHOT["tasks"].get(settings.get("zero_shot"))
    return settings | {"tasks": tasks, "zero_shot": task}


def section_encoders(section, corpus, split):
    """The encoders that a section names, of those measured on a split, in their order there."""
    named = config.get(section, {"encoders": []})["encoders"]
    return [name for name in encoders_of(corpus, split) if name in named]


def section_places(section):
    """(encoder, corpus, split) of everything that a section measures."""
    return [
        (encoder, corpus, split)
        for corpus, split in evaluated_splits()
        for encoder in section_encoders(section, corpus, split)
    ]


def section_tables(section, pattern):
    """A table for each of `section_places`, in their order."""
    return tables_at(pattern, section_places(section))


def section_splits(section):
    """(corpus, split) of everything that a section measures, each once, in order."""
    places = section_places(section)
    return list(dict.fromkeys((corpus, split) for _, corpus, split in places))


def corpus_splits():
    """Those of `evaluated_splits` whose corpus the study has; arrays have no pictures."""
    return [place for place in evaluated_splits() if place[0] in CORPORA]


def section_encoders_on(section):
    """A params function: the encoders that a section measures on a split."""

    def encoders(wildcards):
        return section_encoders(section, wildcards.corpus, wildcards.split)

    return encoders


def section_tables_on(section, pattern):
    """An input function: the tables of `section_encoders_on`, in their order."""

    def tables(wildcards):
        names = section_encoders(section, wildcards.corpus, wildcards.split)
        return expand(pattern, encoder=names, allow_missing=True)

    return tables


def reference_files(wildcards):
    """The embeddings that ways to close the gap are fitted on: of another split, or of this one."""
    split = config["mitigations"]["reference"]
    if split == "same" or wildcards.encoder in PRECOMPUTED:
        split = wildcards.split
    return embedding_files(wildcards.encoder, wildcards.corpus, split)


def rephrased_splits(wildcards):
    """(corpus, split) of everything that an encoder is asked in other words."""
    return [
        (corpus, split)
        for encoder, corpus, split in section_places("rephrasing")
        if encoder == wildcards.encoder and wildcards.section == "rephrasing"
    ]


def rephrasing_settings(wildcards):
    """The settings of rephrasing, for its own prompts."""
    return config["rephrasing"] if wildcards.section == "rephrasing" else None


def rephrased_tables(wildcards):
    """Images, captions and classes of `rephrased_splits`, by name and in their order."""
    files = ("images.parquet", "captions.parquet", "classes.yaml")
    return {
        f"rephrased_{file.split('.')[0]}": [
            f"<results>/corpora/{corpus}/{file}"
            for corpus, _ in rephrased_splits(wildcards)
        ]
        for file in files
    }


COMPARISONS = config.get("run_comparisons", {})
# Tables and figures of each comparison, with what a figure is called.
TABLES_OF = {
    "gap_by_temperature": ["gap_by_temperature", "temperature_correlations"],
    "starts": ["starts", "starts_means"],
    "mitigations": ["mitigations", "task_correlations"],
    "long_training": ["long_training", "long_training_fit"],
    "gap_by_dimension": ["gap_by_dimension", "gap_by_dimension_means"],
}
FIGURES_OF = {
    "gap_by_temperature": {"gap_by_temperature": "Gap by temperature"},
    "starts": {"starts": "Initialisation or optimisation"},
    "mitigations": {
        "mitigations": "What each mitigation does",
        "task_correlations": "Gap, uniformity and tasks",
    },
    "long_training": {"long_training": "A long training"},
    "gap_by_dimension": {"gap_by_dimension": "Gap by dimension"},
}
COMPARISON_TABLES = [table for name in COMPARISONS for table in TABLES_OF[name]]
COMPARISON_FIGURES = {
    figure: label for name in COMPARISONS for figure, label in FIGURES_OF[name].items()
}
STARTS = COMPARISONS.get("starts", {"random": None, "amended": []})
LONG_RUN = COMPARISONS.get("long_training", {}).get("run")
COMPARED_RUNS = {
    "measures": {
        *COMPARISONS.get("gap_by_temperature", []),
        *COMPARISONS.get("mitigations", []),
        *COMPARISONS.get("gap_by_dimension", []),
    },
    "trajectories": {
        *COMPARISONS.get("gap_by_temperature", []),
        *STARTS["amended"],
        STARTS["random"],
        LONG_RUN,
    },
}
# In the order of the study, so that nothing runs again for another order of a set.
COMPARED_RUNS = {
    kind: [run for run in RUNS if run in named] for kind, named in COMPARED_RUNS.items()
}


def compared_runs():
    """What tells the compared runs apart: policy, temperature, dimension, whether fine-tuned."""
    facts = []
    for run in COMPARED_RUNS["measures"]:
        temperature = RUNS[run]["temperature"]
        facts.append(
            {
                "run": run,
                "policy": temperature["policy"],
                "temperature": temperature.get(
                    "value", temperature.get("start", temperature.get("first"))
                ),
                "dimension": run_network(run).get("dimension"),
                "fine_tuned": "start" in RUNS[run],
            }
        )
    return facts


def used_corpora():
    """The corpora that anything is measured or trained on, in the order of the study."""
    places = [place["corpus"] for place in places_of_tasks(config).values()]
    places += [corpus for _, corpus, _ in evaluations(ENCODERS)]
    places += [run["corpus"] for run in RUNS.values()]
    return [corpus for corpus in CORPORA if corpus in places]


def precomputed_files(wildcards):
    """The file or two that hold embeddings which a user brings."""
    entry = ENCODERS[wildcards.encoder]
    if "url" in entry:
        return [f"results/downloads/{file_of(entry['url'])}"]
    return own_files(entry)


wildcard_constraints:
    encoder=any_of(ENCODERS),
    corpus=any_of({corpus for corpus, _ in evaluated_splits()} | {*CORPORA, "noise"}),
    seed="[0-9]+",
    family=any_of(FAMILIES),
    fairness=any_of(FAIRNESS),
    split=r"[^/]+",
    run=any_of(RUNS),
    method="pca|svd|umap",
    scope=any_of(SCOPES),
