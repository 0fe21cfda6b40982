"""A user's own file: what it may be, and every fault of it in one line; the blocks of its page."""

import inspect
import io
import re

import numpy as np
import open_clip
import pandas as pd
import pytest
import torch
import yaml
from conftest import ROOT
from PIL import Image
from rehearsal.transformers_folders import write_two_towers

from modality_gap.devices import choose_device
from modality_gap.models.encoder import embed_all_texts, embed_part
from modality_gap.models.kinds import build
from modality_gap.study.encoders import KINDS

PAGE = (ROOT / "docs/own_model.md").read_text()
BLOCKS = {
    match["name"]: match["text"]
    for match in re.finditer(r"```python\n(?P<text># (?P<name>\S+)\n.*?)```", PAGE, re.S)
}
ENTRIES = [
    entry
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    for entry in yaml.safe_load(text)["encoders"].values()
]
SETTINGS = {"batch_size": 2, "precision": "auto"}
TEXTS = ["a red dog", "a blue cat", "x", "a red dog runs"]
GOOD = """
import numpy as np

def encode_images(images):
    return np.ones((len(images), 3))

def encode_texts(texts):
    return np.ones((len(texts), 3))
"""


@pytest.fixture
def pictures():
    """Three pictures."""
    rows = []
    for number in range(3):
        content = io.BytesIO()
        Image.new("RGB", (20, 24), (80 * number, 30, 9)).save(content, "PNG")
        rows.append({"image_id": f"image {number}", "image": content.getvalue()})
    return pd.DataFrame(rows)


def opened(file, **arguments):
    encoder = build({"kind": "python", "arguments": arguments}, file, None)
    encoder.to(choose_device(0))
    return encoder


def embedded(encoder, pictures):
    return embed_part(encoder, pictures, encoder.tokenize(TEXTS), TEXTS, SETTINGS, 0)


@pytest.fixture
def written(tmp_path):
    """Writes a user's file."""

    def write(text, name="mine.py"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_the_template_is_short_and_runs(written, pictures):
    template = BLOCKS["my_model.py"]
    assert sum(1 for line in template.splitlines() if line.strip()) <= 10
    found = embedded(opened(written(template), any=1), pictures)
    assert found["images"].shape == (3, 48)
    for row, text in zip(found["texts"], TEXTS, strict=True):
        counts = np.bincount(np.array([*text.encode()]) * 48 // 256, minlength=48)
        np.testing.assert_allclose(row, counts / len(text), rtol=1e-6)


def test_the_error_that_the_page_shows_is_what_its_template_would_say(written, pictures):
    (shown,) = re.findall(r"`(my_model\.py: .*?)`", PAGE)
    changed = BLOCKS["my_model.py"].replace(
        "/ len(text) for text in texts]", "/ 1 for text in texts][0][:4]"
    )
    encoder = opened(
        written(changed.replace("return np.stack([np.hist", "return ([np.hist"), "my_model.py")
    )
    four = [f"text {number}" for number in range(4)]
    with pytest.raises(ValueError, match=re.escape(shown)):
        embed_all_texts(encoder, encoder.tokenize(four), four, SETTINGS | {"batch_size": 4})


def test_the_page_wraps_a_clip_of_sentence_transformers(written, pictures, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    clip = modules.CLIPModel(str(write_two_towers(tmp_path / "clip")))
    SentenceTransformer(modules=[clip], device="cpu").save(str(tmp_path / "saved"))
    file = written(BLOCKS["clip_of_sentences.py"])
    found = embedded(opened(file, folder=str(tmp_path / "saved")), pictures)
    own = SentenceTransformer(str(tmp_path / "saved"), device="cpu")
    images = [Image.open(io.BytesIO(content)) for content in pictures.image]
    np.testing.assert_allclose(found["images"], own.encode(images), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["texts"], own.encode(TEXTS), rtol=1e-4, atol=1e-6)
    same = build({"kind": "transformers"}, tmp_path / "clip/config.json", None)
    np.testing.assert_allclose(embedded(same, pictures)["texts"], found["texts"], atol=1e-5)


def test_the_page_wraps_a_class(written, pictures):
    torch.manual_seed(3)
    encoder = opened(written(BLOCKS["my_class.py"]), architecture="ViT-S-32-alt")
    found = embedded(encoder, pictures)
    torch.manual_seed(3)
    model, _, prepare = open_clip.create_model_and_transforms("ViT-S-32-alt")
    images = [prepare(Image.open(io.BytesIO(content))) for content in pictures.image]
    tokens = open_clip.get_tokenizer("ViT-S-32-alt")(TEXTS)
    with torch.inference_mode():
        expected = model.eval().encode_image(torch.stack(images)), model.encode_text(tokens)
    np.testing.assert_allclose(found["images"], expected[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["texts"], expected[1], rtol=1e-4, atol=1e-5)
    assert encoder.facts()["arguments"] == {"architecture": "ViT-S-32-alt"}


def test_every_block_of_the_page_is_tested_and_every_entry_is_a_valid_one():
    assert set(BLOCKS) == {"my_model.py", "clip_of_sentences.py", "my_class.py", "my_sounds.py"}
    assert len(ENTRIES) == 4
    for entry in ENTRIES:
        KINDS["python"].model_validate(entry)


def test_parts_are_the_whole_and_equal_texts_are_asked_once(written, pictures):
    encoder = opened(written(BLOCKS["my_model.py"]))
    whole = embedded(encoder, pictures)
    tokens = encoder.tokenize(TEXTS)
    parts = [embed_part(encoder, pictures, tokens, TEXTS, SETTINGS, 0, (n, 2)) for n in (1, 2)]
    rows = np.concatenate([part["text_rows"] for part in parts])
    joined = np.concatenate([part["texts"] for part in parts])[np.argsort(rows)]
    np.testing.assert_array_equal(joined, whole["texts"])
    twice = [*TEXTS, TEXTS[0]]
    found = embed_all_texts(encoder, encoder.tokenize(twice), twice, SETTINGS)
    np.testing.assert_array_equal(found[-1], found[0])


def test_a_module_beside_the_file_is_imported_and_any_float_is_taken(written, pictures):
    written("import torch\nKIND = torch.bfloat16\n", "beside_it.py")
    text = "import torch\nfrom beside_it import KIND\n\n"
    text += "def encode_images(images):\n    return torch.ones(len(images), 3, dtype=KIND)\n\n"
    text += "def encode_texts(texts):\n    return [[1.5, 2.0, 3.0] for _ in texts]\n"
    found = embedded(opened(written(text)), pictures)
    assert found["images"].dtype == found["texts"].dtype == np.float32
    assert found["texts"][0].tolist() == [1.5, 2.0, 3.0]


IMAGES, TEXTS_LINE = "np.ones((len(images), 3))", "np.ones((len(texts), 3))"
FAULTS = {
    "np.ones(len(texts))": r"encode_texts, line 7: gave shape \(2,\) for 2 items, expected \(2, d\)",
    "np.ones((1, 3))": r"encode_texts, line 7: gave 1 rows for 2 items, expected as many",
    "np.ones((len(texts), 3), int)": r"encode_texts, line 7: gave int64 values, expected floating",
    "np.full((len(texts), 3), np.nan)": r"encode_texts, line 7: gave a NaN or an infinity in row 0",
    "np.ones((len(texts), 4))": r"line 7: gave 4 dimensions, expected 3 as encode_images gave",
    "[[1.0], [1.0, 2.0]]": r"encode_texts, line 7: gave no array \(setting an array element",
    "None": r"encode_texts, line 7: gave shape \(\) for 2 items",
    "texts[0].nothing": r"encode_texts, line 8: AttributeError: 'str' object has no attribute 'n",
    "helped(texts)": r"helped, line 11: KeyError: 'no such key'",
    "[text.nothing for text in texts]": r"encode_texts, line 8: AttributeError",
    "exit(3)": r"encode_texts, line 8: SystemExit: 3",
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_of_a_function_is_one_line_with_file_function_and_line(written, pictures, code):
    helped = "\ndef helped(texts):\n    return {}['no such key']\n"
    file = written(GOOD.replace(TEXTS_LINE, code) + helped)
    with pytest.raises(ValueError, match=rf"mine\.py: .*{FAULTS[code]}") as told:
        embedded(opened(file), pictures)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import nothing_like_it\n", r"mine\.py: line 1: ModuleNotFoundError: No module named"),
        ("x = 1\ny = x +\n", r"mine\.py: line 2: SyntaxError"),
        ("def encode_images(images):\n    ...\n", r"no function encode_texts, expected both"),
        ("x = 1\n", r"expected the functions encode_images and encode_texts, or .* classes: none"),
        ("import sys\nsys.exit('no')\n", r"mine\.py: line 2: SystemExit: no"),
    ],
)
def test_a_file_that_is_no_encoder_is_one_line(written, text, expected):
    with pytest.raises(ValueError, match=expected):
        opened(written(text))


def test_two_classes_are_one_too_many(written):
    body = "    def encode_images(self, i): ...\n    def encode_texts(self, t): ...\n"
    text = f"class One:\n{body}\nclass Two:\n{body}"
    with pytest.raises(ValueError, match="such classes: One, Two"):
        opened(written(text))


def test_arguments_go_to_load_or_class_and_are_told_where_they_do_not_fit(written):
    with pytest.raises(ValueError, match=r"mine\.py: no function load, expected .* \(width\)"):
        opened(written(GOOD), width=3)
    file = written(
        GOOD + "\ndef load(device, width):\n    global given\n    given = device, width\n"
    )
    assert opened(file, width=3).found.given == ("cpu", 3)
    with pytest.raises(ValueError, match=r"mine\.py: load, line 10: TypeError: .*'height'"):
        opened(file, height=3)


def test_there_is_a_line_for_what_is_wrapped(written, pictures):
    text = GOOD.replace("import numpy as np", "import numpy as np\nimport torch")
    text = text.replace("def encode_images", "@torch.no_grad()\ndef encode_images")
    file = written(text.replace(IMAGES, "np.ones(3)"))
    with pytest.raises(ValueError, match=r"encode_images, line 5: gave shape \(3,\) for 2 items"):
        embedded(opened(file), pictures)


def test_what_its_embeddings_say_of_it(written):
    file = written(GOOD)
    facts = opened(file).facts()
    assert facts["file"] == str(file)
    written(GOOD + "\n")
    assert opened(file).facts()["file_sha256"] != facts["file_sha256"]
    assert inspect.signature(KINDS["python"]).parameters["arguments"].default == {}


def test_a_buffer_that_is_filled_again_for_the_next_batch_changes_nothing(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import torch\nbuffer = torch.zeros(9, 3)\n"
        "def encode_images(images):\n"
        "    for row, image in enumerate(images):\n"
        "        buffer[row] = image.getpixel((0, 0))[0]\n"
        "    return buffer[: len(images)]\n"
        "def encode_texts(texts):\n    return buffer[: len(texts)]\n"
    )
    model = build({"kind": "python", "file": str(file)}, file, None)
    model.to(torch.device("cpu"))
    first = model.encode_images([Image.new("RGB", (2, 2), (7, 0, 0))])
    model.encode_images([Image.new("RGB", (2, 2), (9, 0, 0))])
    assert first.tolist() == [[7, 7, 7]]


def test_of_files_that_are_no_pictures_it_is_given_the_paths(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = GOOD.replace(
        "np.ones((len(images), 3))",
        "np.array([[len(open(x).read()), x == x.strip() and x[0] == '/'] for x in images], float)",
    )
    (tmp_path / "sounds").mkdir()
    rows = []
    for number in range(5):
        (tmp_path / f"sounds/{number}.json").write_text("x" * number)
        rows.append({"image_id": f"{number}", "image": f"sounds/{number}.json"})
    files = pd.DataFrame(rows)
    files.attrs["items"] = "files"
    encoder = opened(written(text.replace("texts), 3", "texts), 2")))
    found = embed_part(encoder, files, encoder.tokenize(TEXTS), TEXTS, SETTINGS, 0, (1, 2))
    own = embed_part(encoder, files, encoder.tokenize(TEXTS), TEXTS, SETTINGS, 2, (2, 2))
    rows = np.concatenate([found["image_rows"], own["image_rows"]])
    embeddings = np.concatenate([found["images"], own["images"]])
    np.testing.assert_array_equal(embeddings[np.argsort(rows)], [[n, 1] for n in range(5)])


@pytest.mark.parametrize("where", ["raise KeyboardInterrupt", "quit()"])
def test_code_that_ends_the_program_is_named(written, pictures, where):
    with pytest.raises(ValueError, match=r"mine\.py: line 1: (KeyboardInterrupt|SystemExit)"):
        opened(written(f"{where}\n"))
    encoder = opened(written(GOOD.replace("return np.ones((len(images), 3))", where)))
    expected = r"mine\.py: encode_images, line 5: (KeyboardInterrupt|SystemExit)"
    with pytest.raises(ValueError, match=expected):
        embedded(encoder, pictures)
