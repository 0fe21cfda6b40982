import copy
import re
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT

from modality_gap.study import check_study
from modality_gap.study.errors import check_file, read_yaml
from modality_gap.study.files import check_files, check_tables

STUDIES = sorted((ROOT / "config").glob("*.yaml"))


@pytest.fixture
def study():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


def complaint(study) -> str:
    with pytest.raises(ValueError, match=":") as caught:
        check_study(study)
    text = str(caught.value)
    assert "\n" not in text
    return text


def changed(study, path, value):
    """The study with one key set, or taken away where the value is None."""
    study = copy.deepcopy(study)
    *folders, key = path.split("/")
    place = study
    for folder in folders:
        place = place[folder]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return study


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.name)
def test_every_study_of_ours_is_valid(file):
    check_study(yaml.safe_load(file.read_text()))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("encodrs", {}, "encodrs: unknown key, expected one of corpora, embedding, encoders"),
        ("title", None, "the study: missing title"),
        (
            "run_comparisons/starts",
            {"random": "vit_procrustes", "amended": ["vit_procrustes"]},
            "run_comparisons.starts.random: 'vit_procrustes' has initialization procrustes, "
            "expected random",
        ),
        (
            "run_comparisons/starts",
            {"random": "vit", "amended": ["vit_fixed_0.01"]},
            "run_comparisons.starts.amended: 'vit_fixed_0.01' has initialization random, "
            "expected procrustes or common_centre",
        ),
        (
            "run_comparisons/gap_by_temperature",
            ["vit_fixed_0.01", "vit_fixed_0.04", "vit_fixed_0.1", "tuned_1"],
            "run_comparisons.gap_by_temperature: 1 temperatures of runs fine-tuned with a fixed "
            "temperature, expected at least 3",
        ),
        (
            "run_comparisons/gap_by_temperature",
            ["vit_fixed_0.01", "vit_fixed_0.04", "vit_schedule"],
            "run_comparisons.gap_by_temperature: 'vit_schedule' has a temperature that is linear, "
            "expected fixed or learned",
        ),
        (
            "run_comparisons/mitigations",
            ["vit", "vat", "vit_softplus"],
            "run_comparisons.mitigations: unknown name 'vat', expected one of emoji,",
        ),
        (
            "training/tuned_1/start",
            "trainedd",
            "training.tuned_1.start: unknown name 'trainedd', expected one of initial,",
        ),
        (
            "training/tuned_1/architecture",
            "RN50",
            "training.tuned_1: expected exactly one of architecture, start",
        ),
        (
            "encoders/mine",
            {
                "kind": "checkpoint",
                "architecture": "emoji-vit",
                "file": "x.pt",
                "preprocessing": {"mean": [123, 117, 104]},
            },
            "encoders.mine.preprocessing: missing std, interpolation, resize_mode",
        ),
        (
            "encoders/mine",
            {
                "kind": "image_backbone",
                "library": "timm",
                "architecture": "test_vit",
                "seed": 0,
                "part": "ema",
            },
            "encoders.mine: 'file' is a dependency of 'part'",
        ),
        ("study", "a/b", "study: 'a/b', expected a name of letters"),
        (
            "corpora/emoji/vendrs",
            [],
            "corpora.emoji.vendrs: unknown key, expected one of captions,",
        ),
        ("corpora/emoji/vendors", ["apple"], "corpora.emoji.vendors[0]: 'apple' is not one of"),
        ("corpora/emoji/reader", "zip", "corpora.emoji.reader: 'zip' is not one of"),
        ("corpora/emoji/held_out_concepts", 1.5, "corpora.emoji.held_out_concepts: 1.5 is greater"),
        ("training/emoji/epochs", 0, "training.emoji.epochs: 0 is less than the minimum of 1"),
        ("training/emoji/batch_size", "big", "training.emoji.batch_size: 'big' is not of type"),
        (
            "training/emoji/temperature/policy",
            "x",
            "training.emoji.temperature.policy: 'x' is not one",
        ),
        (
            "training/emoji/corpus",
            "coco",
            "training.emoji.corpus: unknown name 'coco', expected one of emoji",
        ),
        (
            "encoders/trained/run",
            "x",
            "encoders.trained.run: unknown name 'x', expected one of emoji",
        ),
        (
            "encoders/trained/initial",
            "x",
            "encoders.trained.initial: unknown name 'x', expected one of initial",
        ),
        (
            "encoders/initial/initial",
            "trained",
            "encoders.initial.initial: unknown name 'trained', expected one of vit_initial",
        ),
        (
            "encoders/trained/wieghts",
            "final",
            "encoders.trained.wieghts: unknown key, expected one of",
        ),
        ("encoders/trained/kind", "trained", "encoders.trained.kind: 'trained' is not one of"),
        ("encoders/trained/corpora", ["x"], "encoders.trained.corpora: unknown name 'x'"),
        (
            "shift_landscape/logit_scales",
            [1000],
            "shift_landscape.logit_scales[0]: 1000 is greater",
        ),
        ("encoders/trained/seed", 7, "encoders.trained.seed: unknown name 7, expected one of 0"),
        ("encoders/trained/splits", ["x"], "encoders.trained.splits: unknown name 'x'"),
        ("training/vit/seeds", [], "training.vit.seeds: 0 entries, expected at least 1"),
        ("noise/items", 1, "noise.items: 1 is less than"),
        ("seed_cones/corpus", "coco", "seed_cones.corpus: unknown name 'coco'"),
        (
            "seed_cones/families/vit_trained/run",
            "emoji",
            "seed_cones.families.vit_trained.run: 'emoji' has one seed, expected a run with several",
        ),
        (
            "seed_cones/families/vit",
            {},
            "seed_cones.families.vit: expected exactly one of run, architecture with seeds, architecture "
            "with files",
        ),
        (
            "seed_cones/families/vit",
            {
                "library": "timm",
                "architecture": "test_vit",
                "files": ["a.pt", "b.pt"],
                "quick_gelu": True,
            },
            "seed_cones.families.vit.quick_gelu: of open_clip's networks alone",
        ),
        ("first_steps/run", "x", "first_steps.run: unknown name 'x', expected one of emoji, vit"),
        ("mlp_depth/activations", ["swish"], "mlp_depth.activations[0]: 'swish' is not one of"),
        ("sphere/step", 0, "sphere.step: 0 is less than or equal"),
        ("layer_theorems/trials", "x", "layer_theorems.trials: 'x' is not of type"),
        ("views/methods", ["tsne"], "views.methods[0]: 'tsne' is not one of"),
        ("corpora", {}, "training.emoji.corpus: unknown name 'emoji', expected one of none"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(study, path, value, expected):
    assert complaint(changed(study, path, value)).startswith(expected)


def test_precomputed_embeddings_come_from_one_place(study):
    entry = {"kind": "precomputed", "corpus": "mine", "file": "x.npy", "files": ["a.npy", "b.npy"]}
    found = complaint(changed(study, "encoders/mine", entry))
    assert found.startswith(
        "encoders.mine: expected exactly one of file, files, arrays, folder, url with sha256"
    )
    found = complaint(changed(study, "encoders/mine", {"kind": "precomputed", "corpus": "mine"}))
    assert found.startswith(
        "encoders.mine: expected exactly one of file, files, arrays, folder, url with sha256"
    )


def test_a_run_that_starts_from_itself_is_named(study):
    study["encoders"]["circle"] = {"kind": "run", "run": "tuned_1", "weights": "final"}
    study["training"]["tuned_1"]["start"] = "circle"
    assert complaint(study) == "training.tuned_1.start: 'circle' starts from this run itself"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("training/vit/validation", "val", "training.vit.validation: unknown name 'val', expected"),
        ("zero_shot/encoders", ["me"], "zero_shot.encoders: unknown name 'me', expected one of"),
        ("zero_shot/tasks/flags/splits", ["x"], "zero_shot.tasks.flags.splits: unknown name 'x'"),
        ("zero_shot/tasks/flags/corpus", "x", "zero_shot.tasks.flags.corpus: unknown name 'x'"),
        ("zero_shot/directions/task", "tsak", "expected task, or corpus and split"),
        (
            "zero_shot/directions/training/split",
            "x",
            "zero_shot.directions.training.split: unknown",
        ),
        ("zero_shot/tasks/flags/splits", [1], "flags.splits[0]: 1, which YAML takes for int"),
        *(
            (
                key,
                [template],
                f"{key.replace('/', '.')}[0]: {template!r}, expected a text with {{}} in",
            )
            for key in (
                "zero_shot/tasks/flags/templates",
                "corpora/emoji/classes/templates",
                "rephrasing/templates",
            )
            for template in ("a {color} photo of a {}.", "a photo", "{c}", "{0}", "{}{", "{{}}")
        ),
        ("zero_shot/moves", ["up"], "zero_shot.moves[0]: 'up' is not one of"),
        ("linear_probe/tasks/groups_of_vendor/train", "x", "linear_probe.tasks.groups_of_vendor."),
        ("fairness/people/direction", "tsak", "expected task, or corpus and split"),
        (
            "fairness/people/compared/widened/exacerbates",
            "crime",
            "fairness.people.compared.widened.exacerbates: unknown name 'crime', expected one of "
            "non_human, villain",
        ),
        ("robustness/zero_shot", "x", "robustness.zero_shot: unknown name 'x', expected one of"),
        (
            "robustness/zero_shot",
            None,
            "robustness.tasks: zero_shot, but missing zero_shot, expected the name of a task",
        ),
        ("robustness/zero_shot", ["x"], "robustness.zero_shot: unknown name 'x', expected one of"),
        (
            "zero_shot/tasks/groups/splits",
            ["train"],
            "robustness.zero_shot: 'groups' is on no split that is measured, expected one of its own "
            "in corpora.emoji.evaluate",
        ),
        ("robustness/zero_shot", [], "robustness.zero_shot: 0 entries, expected at least 1"),
        (
            "robustness/zero_shot",
            ["groups", "subgroups"],
            "robustness.zero_shot: 'groups' and 'subgroups' are both on emoji, held_out_concepts, "
            "expected one task a split",
        ),
        (
            "robustness/tasks",
            ["own_choices"],
            "robustness.tasks: own_choices, but missing own_choices, expected the names of corpora",
        ),
        ("robustness/choices", None, "robustness: missing choices, expected for multiple_choice"),
        ("robustness/alphas", [0, 1], "robustness.alphas: expected -1 among them"),
        ("quantization/schemes/half", [4], "quantization.schemes.half: unknown key, expected one"),
        ("mitigations/reference", "trian", "mitigations.reference: unknown name 'trian', expected"),
        (
            "rephrasing/corpora",
            ["emojis"],
            "rephrasing.corpora: unknown name 'emojis', expected one of emoji",
        ),
        (
            "rephrasing/encoders",
            ["vit"],
            "rephrasing.encoders: unknown name 'vit', expected one of",
        ),
    ],
)
def test_what_is_wrong_with_tasks_and_mitigations(study, path, value, expected):
    assert expected in complaint(changed(study, path, value))


@pytest.mark.parametrize(
    ("corpus", "expected"),
    [
        ({"reader": "cifar10", "splits": ["val"]}, "corpora.mine.splits[0]: 'val' is not one of"),
        ({"reader": "imagenet", "splits": ["val"]}, "corpora.mine: missing folder"),
        ({"reader": "webdataset", "splits": ["a"]}, "expected exactly one of url, folder"),
        (
            {"reader": "svhn", "splits": ["test"], "evaluate": ["x"]},
            "corpora.mine.evaluate: unknown",
        ),
        ({"reader": "coco", "splits": ["val"], "release": 2015}, "2015 is not one of"),
        (
            {"reader": "svhn", "splits": ["test"], "checksums": {"a": "1"}},
            "'1', expected md5:, sha256: or sha512: and hexadecimal digits",
        ),
        (
            {"reader": "svhn", "splits": ["test"], "mirror": "ftp"},
            "expected an address that begins",
        ),
        (
            {"reader": "imagenet", "splits": ["val"], "folder": "x", "names": "clip"},
            "corpora.mine.names: 'clip' is not one of ['openai', 'wordnet']",
        ),
        *(
            (
                {"reader": "webdataset", "folder": "x", "splits": ["train", split]},
                f"corpora.mine.splits[1]: {said}, which YAML takes for {kind}, expected text: put",
            )
            for split, said, kind in (
                (0, "0", "int"),
                (False, "false", "bool"),
                (1.5, "1.5", "float"),
                (None, "null", "NoneType"),
            )
        ),
        (
            {"reader": "webdataset", "folder": "x", "splits": ["0"], "evaluate": [0]},
            "corpora.mine.evaluate[0]: 0, which YAML takes for int, expected text: put it in quotes",
        ),
        ({"reader": "svhn", "splits": ["test"], "file": "x"}, "file: unknown key, expected one of"),
    ],
)
def test_what_is_wrong_with_a_public_data_set(study, corpus, expected):
    assert expected in complaint(changed(study, "corpora/mine", corpus))


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (
            {"corpora": {"a": {"reader": "table", "file": "x{y}.csv"}}},
            "corpora.a.file: 'x{y}.csv' has braces, which are wildcards to Snakemake",
        ),
        (
            {"encoders": {"m": {"kind": "precomputed", "files": ["a.npy", "b}.npy"]}}},
            "encoders.m.files: 'b}.npy' has braces",
        ),
        (
            {"encoders": {"m": {"kind": "sentence_transformer", "folder": "{d}"}}},
            "encoders.m.folder: '{d}' has braces",
        ),
    ],
)
def test_braces_in_a_path_are_named(study, expected):
    with pytest.raises(ValueError, match="braces") as caught:
        check_files(study)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {x: 1, y: 2}\nb: 3\na: 4\n", "line 3: key 'a' stands twice, first in line 1"),
        ("b:\n  - {x: 1, 'x': 2}\n", "line 2: key 'x' stands twice, first in line 2"),
    ],
)
def test_a_key_that_stands_twice_is_named(tmp_path, text, expected):
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"study.yaml: {expected}"):
        check_file(tmp_path / "study.yaml")
    (tmp_path / "study.yaml").write_text("a: &a {x: 1}\nb: {<<: *a, x: 2}\nc: {x: 1}\n")
    check_file(tmp_path / "study.yaml")


@pytest.mark.parametrize("form", ["[{}]", "{{<<: [{}]}}"])
def test_aliases_of_aliases_are_counted_before_they_are_followed(tmp_path, form):
    file = tmp_path / "study.yaml"
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} " + form.format(", ".join(10 * [f"*a{n - 1}"])) for n in range(1, 40)]
    file.write_text("\n".join(lines))
    with pytest.raises(ValueError, match=r"study.yaml: [\d,]+ values, .* at most 10,000,000"):
        read_yaml(file)
    file.write_text("\n".join(lines[:4]))
    read_yaml(file)
    file.write_text("a: &a\n  b: *a\n")
    read_yaml(file)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"prompts": {False: "x"}}, "prompts: a key is read as False (bool), not as text"),
        ({"a": [{"b": {7: 1}}]}, "a[0].b: a key is read as 7 (int)"),
        ({None: 1}, "the study: a key is read as None (NoneType)"),
    ],
)
def test_keys_that_yaml_took_for_something_else_are_named(study, change, expected):
    assert complaint(study | change).startswith(expected)


def table_study(folder, **task) -> dict:
    """A study of a table with a zero-shot task."""
    place = {"corpus": "mine", "splits": ["all"], "label": "kind", "templates": ["{}"]}
    return {
        "corpora": {
            "mine": {"reader": "table", "file": str(folder / "mine.csv"), "evaluate": ["x"]}
        },
        "zero_shot": {"tasks": {"t": place | task}},
    }


@pytest.mark.parametrize(
    ("text", "task", "expected"),
    [
        ("image,caption,split,kind\na,b,x,c\n", {}, None),
        ("image,caption,split\na,b,x\n", {}, "zero_shot.tasks.t.label: no column 'kind' in"),
        ("image,caption,split,kind\na,b,y,c\n", {}, "corpora.mine.evaluate: no split 'x' in"),
        (
            "image,caption,split,kind\na,b,x,c\n",
            {"splits": ["0"]},
            "zero_shot.tasks.t.splits: no split '0' in",
        ),
        (
            "image,caption,split,kind\na,b,x,c\n",
            {"where": {"size": ["1"]}},
            "zero_shot.tasks.t.where: no column 'size' in",
        ),
        ("image,caption,split,kind\na,b,x\n", {}, "mine.csv: row 1 (line 2) has 3 cells"),
        ("image;caption\na;b\n", {}, "mine.csv: no column 'image'"),
    ],
)
def test_a_table_is_looked_at_when_a_study_is_planned(tmp_path, text, task, expected):
    (tmp_path / "mine.csv").write_text(text)
    if expected is None:
        return check_tables(table_study(tmp_path, **task))
    with pytest.raises(ValueError, match=":") as caught:
        check_tables(table_study(tmp_path, **task))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "shift_landscape",
            {"logit_scales": [float("nan")]},
            "shift_landscape.logit_scales[0]: nan",
        ),
        ("zero_shot/shifts/last", float("inf"), "zero_shot.shifts.last: inf, expected a finite"),
        ("zero_shot/shifts/number", 3.0, "zero_shot.shifts.number: 3.0 is not of type 'integer'"),
        ("zero_shot/bootstrap", 200.0, "zero_shot.bootstrap: 200.0 is not of type 'integer'"),
        ("encoders/initial/seed", 10**23, "encoders.initial.seed: 100000000000000000000000 is"),
        ("views/seed", 2**32, "views.seed: 4294967296 is greater than the maximum of 4294967295"),
        ("sphere/step", 45.5, "sphere.step: 45.5 is greater than the maximum of 45"),
        (
            "training/vit/augmentation",
            {"crop": [1, 0.9]},
            "training.vit.augmentation.crop: [1, 0.9], expected the smallest share of the image first",
        ),
        (
            "training/vit/augmentation",
            {"crop": [0.9, 1], "scale": 0.1},
            "training.vit.augmentation: expected exactly one of rotation with translation with "
            "scale, crop",
        ),
        (
            "run_measures/classes",
            {"corpus": "emoji", "train": "train", "test": "all", "label": "group"},
            "run_measures.classes: corpora.emoji, which emoji trains on, has classes of its own, "
            "expected one of both",
        ),
        (
            "run_measures/pair_matching",
            {"corpus": "mmvp", "split": "test"},
            "run_measures.pair_matching.corpus: unknown name 'mmvp', expected one of emoji",
        ),
        (
            "training/vit/learning_rate",
            [0.001],
            "training.vit.learning_rate: 1 entries, expected at least 2",
        ),
        (
            "training/vit/learning_rate",
            [0.001, 0.01, 0.001],
            "training.vit.learning_rate: 0.001 stands twice",
        ),
        (
            "training/vit/learning_rate",
            "fast",
            "training.vit.learning_rate: 'fast' is not of type 'number'",
        ),
        (
            "training/vit/learning_rate",
            [0.001, 0.01],
            "first_steps.run: 'vit' has several learning rates, expected a run with one",
        ),
        ("run_measures/regularization", 10**400, "run_measures.regularization: 1000"),
        ("robustness/alphas", [-1, 1], "robustness.alphas: [-1, 1], expected 0 and 1 among them"),
        ("robustness/alphas", [0, 1, 1], "robustness.alphas: 1 stands twice"),
        (
            "fairness/people/probes/villain/~light",
            3,
            "fairness.people.probes.villain.~light: 3, which YAML takes for int",
        ),
        (
            "robustness/kept_variance",
            0,
            "robustness.kept_variance: 0, expected a number above 0 and at most 1, or null",
        ),
        (
            "zero_shot/directions/training",
            [1],
            "zero_shot.directions.training: [1] is not of type 'string', 'object'",
        ),
        (
            "encoders/mine",
            {"kind": "precomputed", "corpus": "noise", "file": "x.npy"},
            "encoders.mine.corpus: noise is taken",
        ),
    ],
)
def test_numbers_that_jobs_could_not_take_are_named(study, path, value, expected):
    if path == "encoders/initial/seed":
        study["encoders"]["initial"] = {"kind": "random", "architecture": "emoji-resnet", "seed": 0}
    assert complaint(changed(study, path, value)).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a: &a\n  x: *a\n", None), ("? [a, b]\n: 1\n", "line 1: a key that is a list")],
)
def test_odd_yaml_ends(tmp_path, text, expected):
    (tmp_path / "study.yaml").write_text(text)
    if expected is None:
        return check_file(tmp_path / "study.yaml")
    with pytest.raises(ValueError, match=expected):
        check_file(tmp_path / "study.yaml")


def test_a_direction_that_is_not_there_is_named(tmp_path):
    study = {"zero_shot": {"directions": {"d": {"file": str(tmp_path / "d.npy")}}}}
    with pytest.raises(FileNotFoundError, match="zero_shot.directions.d.file: no such file"):
        check_files(study)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "study: x\ntitle: [a, b\nencoders: {}\n",
            "line 3: expected ',' or ']', but got ':' (while",
        ),
        ("study: x\n\ttitle: y\n", "line 2: found character '\\t' that cannot start any token, "),
        ("study: x\ntitle y\nencoders: {}\n", "line 3: could not find expected ':' (while"),
        ("study: x\n  title: y\n", "line 2: mapping values are not allowed here"),
        ("study: !!python/name:os.system x\n", "line 1: could not determine a constructor for"),
        ("study: 2024-13-45\n", "month must be in 1..12"),
        ("? [a, b]\n: 1\n", "line 1: found unhashable key"),
        ("", "line 1: no keys at its top level, expected"),
        ("- a\n", "line 1: no keys at its top level, expected"),
        ("study: x\n", "the study: missing title"),
    ],
)
def test_broken_yaml_is_said_with_its_line(tmp_path, text, expected):
    file = tmp_path / "study.yaml"
    file.write_text(text)
    script = ROOT / "scripts/check_study.py"
    done = subprocess.run([sys.executable, script, file], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.removeprefix(f"{file}: ").startswith(expected)
    assert done.stderr.count("\n") == 1


def test_a_study_of_ours_is_called_valid():
    command = [sys.executable, ROOT / "scripts/check_study.py", ROOT / "config/precomputed.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, "a valid study" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["text", "image"], "modalities: text and image, expected two names"),
        (["audio", "audio"], "modalities: audio and audio, expected two names"),
        (["{{ y }}", "text"], "modalities[0]: "),
        (["$x_1^$", "text"], "modalities[0]: "),
        (["a\nb", "text"], "modalities[0]: "),
    ],
)
def test_names_of_modalities_are_words_and_differ(names, complaint):
    study = {"study": "s", "title": "t", "modalities": names}
    arrays = {"kind": "precomputed", "corpus": "pairs", "file": "x.npy"}
    with pytest.raises(ValueError, match=re.escape(complaint)):
        check_study(study | {"encoders": {"mine": arrays}})


@pytest.mark.parametrize("name", ["Downloads", "compared", "README.md", "a" * 101])
def test_a_study_has_a_folder_of_its_own(study, name):
    assert complaint(study | {"study": name}).startswith(f"study: {name!r}, expected ")


def test_names_differ_in_more_than_capitals(study):
    study["encoders"]["Initial"] = study["encoders"]["initial"]
    assert complaint(study).startswith("encoders: initial and Initial, expected names that differ")


@pytest.mark.parametrize("text", ["encoders: &e {m: *e}", "a: " + "[" * 3000 + "]" * 3000])
def test_what_holds_itself_or_is_too_deep_is_one_line(tmp_path, text):
    (tmp_path / "odd.yaml").write_text(f"study: odd\ntitle: Odd\n{text}\n")
    command = [sys.executable, ROOT / "scripts/check_study.py", tmp_path / "odd.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "odd.yaml" in done.stderr
