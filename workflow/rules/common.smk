import gc
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# What planning makes stays: to look for garbage among it again and again takes a sixth of the time.
gc.set_threshold(100_000)

# Where this file lies: as a module of another workflow, `workflow.basedir` is that one's.
HOME = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
SCRIPTS = HOME / "scripts"
if not SCRIPTS.is_dir():
    raise WorkflowError(
        f"no scripts in {HOME}: expected a checkout of this workflow on this machine, since its "
        "scripts import the library beside them"
    )
sys.path.insert(0, str(SCRIPTS))

import modality_gap
from alone import hold
from modality_gap.study import Study
from modality_gap.code import code_of as hash_of_script
from modality_gap.study.networks import weights_names
from modality_gap.study.places import EMBEDDINGS, at, corpus_file, prompts_file
from modality_gap.words import call, names_of, own_names, spoken

if not SCRIPTS.samefile(Path(modality_gap.__file__).parents[1]):
    raise WorkflowError(
        f"{HOME}: another checkout of this workflow is a module here already, expected one"
    )
try:
    study = Study.read(config, workflow.configfiles, HOME / "config/architectures")
except (ValueError, FileNotFoundError) as error:
    raise WorkflowError(str(error)) from None

if workflow.is_main_process:
    for part in config.get("left_out", []):
        print(f"left out: {part}", file=sys.stderr)

call(names_of(config))
places, originals, prompts = study.places, study.originals, study.prompts
networks, runs = study.networks, study.runs


def any_of(names):
    """A pattern that matches exactly these names; without names, nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


def of(look_up, *names):
    """An input or params function: `look_up` of these wildcards."""

    def function(wildcards):
        try:
            return look_up(*(wildcards[name] for name in names))
        except ValueError as error:
            raise WorkflowError(str(error)) from None

    return function


def growing(first):
    """A resource, memory in MB or run time in minutes, of which a job that is tried again gets more."""
    return lambda wildcards, attempt: first * attempt


def code_of(script, *modules, files=()):
    """What a script does, as a param: it runs again where that changes, and no other time.

    modules: further ones that it imports by a name of the study; files: of this project, that it
    reads. As inputs, they would change with every folder that the project is moved to.
    """
    found = hash_of_script(SCRIPTS, script, modules, tuple(files))
    source = (SCRIPTS / f"{script}.py").read_text("utf-8")
    draws_or_tells = re.search(r"modality_gap\.(plots|words)", source)
    names = [names_of(config) or [], *own_names(config).values()]
    return " ".join([found, *(sum(names, []) if draws_or_tells else [])])


def code_with(script, architecture, module=None):
    """`code_of` a script with the architecture that a network has, as a function of its name.

    architecture: of the network; module: a further one, as a function of the name too.
    """

    def code(name):
        modules = [module(name)] if module else []
        files = networks.own_architecture(architecture(name))
        return code_of(script, *modules, files=files)

    return code


def folder_of(corpus):
    """Where a corpus's files are; told in a dry run, and an error in others, where they are not yet."""
    if missing := originals.missing(corpus):
        if not workflow.dryrun:
            raise ValueError(missing)
        print(missing, file=sys.stderr)
    return originals.folder(corpus)


# What the report is made of, told by the rules that make it: every figure of the study, by its path,
# with what the page says of it; the tables that claims are judged from, by name, with what tells the
# tables of a name apart; the tables that may say what was left out, merged or cut, or why they have no
# rows; further tables that the page is made from. And further tables, as CLAIMS has them, that are
# written as CSV and LaTeX.
FIGURES, CLAIMS, REMARKS, SHOWN, TABLES = {}, {}, [], [], {}


def figure(path, title, category, where=((),), caption=None, **labels):
    """What a drawing rule makes, the figure as vector (which the report shows) and as pixels.

    path: without its ending. where: of each figure that the study has, the values of the path's
    wildcards, in their order. caption: the name of its text in `workflow/report`, default: the
    figure's own. labels: more of what the report's menu says, beside title and wildcards.
    """
    title, wildcards = spoken(title), re.findall(r"{(\w+)}", path)
    caption = caption or Path(path).name
    for place in where:
        values = dict(zip(wildcards, place, strict=True))
        FIGURES[f"{path}.svg".format(**values)] = {
            "title": title,
            "category": category,
            "caption": caption,
            "wildcards": values,
            "labels": labels,
        }
    others = [name for name in wildcards if f"{{{name}}}" not in title]
    vector = report(
        f"{path}.svg",
        caption=caption_file(caption),
        category=spoken(category),
        labels={"figure": title, **{name: f"{{{name}}}" for name in others}, **labels},
    )
    return [vector, f"{path}.png"]


def caption_file(name):
    """The text of a figure's caption; where modalities have other names, a copy that says them."""
    if names_of(config) is None:
        return f"../report/{name}.rst"
    own = Path(f"results/{config['study']}/captions/{name}.rst")
    text = spoken((HOME / f"workflow/report/{name}.rst").read_text("utf-8"))
    if not own.is_file() or own.read_text("utf-8") != text:
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(text, "utf-8")
    return str(own.resolve())


def claims_of(table, files, facts=None):
    """Have a table judged: its files, and of each file what the table does not say, as columns."""
    if files:
        CLAIMS[table] = (files, facts)


def tables_of(table, pattern, measured):
    """Have a table written as CSV and LaTeX: of each place, with encoder, corpus and split in it."""
    names = ("encoder", "corpus", "split")
    facts = [dict(zip(names, place, strict=True)) for place in measured]
    if facts:
        TABLES[table] = (at(pattern, measured), facts)


def placed_claims(table, pattern, measured):
    """Have a table judged that is measured at each of some places, each on its own, remarks told."""
    facts = [
        {"place": f"{encoder} on {corpus} {split}"}
        for encoder, corpus, split in measured
    ]
    claims_of(table, at(pattern, measured), facts)
    remarks_of(*at(pattern, measured))


def remarks_of(*tables):
    """Have the report say what these tables remark."""
    REMARKS.extend(table for table in tables if table not in REMARKS)


def report_place(wildcards, output):
    """Where the report is: it is made by this workflow alone, which knows no other place."""
    place = f"results/{config['study']}/report.html"
    if output[0] != place and not workflow.storage_settings.default_storage_provider:
        raise WorkflowError(
            f"report: would be {output[0]}, expected {place}: a module of this workflow takes "
            "neither prefix nor pathvars"
        )
    return place


wildcard_constraints:
    encoder=any_of(config["encoders"]),
    corpus=any_of(
        {corpus for corpus, _ in places.splits()} | {*config["corpora"], "noise"}
    ),
    run=any_of(config["training"]),
    seed="[0-9]+",
    split=r"[^/]+",
