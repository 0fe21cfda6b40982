import numpy as np
import pandas as pd
import pytest

from modality_gap.data.embeddings import write_embeddings
from modality_gap.effects.prompts import (
    CLASS,
    prompt_embeddings,
    read_task,
    task_images,
    task_prompts,
)

IMAGES = pd.DataFrame(
    {
        "image_id": list("abcdefg"),
        "animal": ["cat", "dog", "cat", None, "cow", "dog", "cat"],
        "kind": ["photo", "photo", "drawing", "photo", "photo", "photo", "photo"],
        "number": [2, 0, 2, 1, 0, 2, 2],
    }
)


def test_a_task_is_about_the_images_that_have_a_class():
    kept, notes = task_images(IMAGES, {"label": "animal"})
    assert notes == ["1 of 7 images have no animal and are left out"]
    assert list(kept.image_id) == list("abcefg")
    assert list(kept[CLASS]) == ["cat", "dog", "cat", "cow", "dog", "cat"]


def test_a_task_may_ask_for_some_images_and_for_classes_of_some_size():
    task = {"label": "animal", "where": {"kind": ["photo"]}, "minimum": 2}
    kept, notes = task_images(IMAGES, task)
    assert list(kept.image_id) == list("abfg")
    assert notes[1:] == ["1 classes of animal with fewer than 2 images are left out, 1 images of 5"]
    task = {"label": "number", "where": {"animal": [None, "cow"]}}
    kept, notes = task_images(IMAGES, task)
    assert list(kept.image_id) == list("de")
    assert notes == []
    task = {"label": "number", "prompts": {"0": "none", "1": "one", "2": ["two", "a pair"]}}
    assert len(task_images(IMAGES, task)[0]) == 7


def test_classes_and_prompts_must_fit():
    """A class without a prompt would leave its images out; a prompt without images is a choice."""
    task = {"label": "animal", "prompts": {"Cat": "a cat", "dog": "a dog", "cow": "a cow"}}
    complaint = "3 images have animal 'cat', for which there is no prompt .there are for Cat, dog"
    with pytest.raises(ValueError, match=complaint):
        task_images(IMAGES, task)
    task["prompts"] |= {"cat": "a cat"}
    _, notes = task_images(IMAGES, task)
    assert notes[-1] == "no image has animal Cat: choices that are never right"


def test_labels_that_cannot_be_meant_are_named():
    padded = IMAGES.assign(animal=["cat", "dog", "cat ", None, "cow", "dog", "cat"])
    with pytest.raises(ValueError, match="column 'animal' has both 'cat ' and 'cat'"):
        task_images(padded, {"label": "animal"})
    unusable = IMAGES.drop(columns="animal")
    unusable.attrs["unusable"] = {"animal": "x.csv: image 'a' has animal 'cat' in row 1 and 'dog'"}
    with pytest.raises(ValueError, match="x.csv: image 'a' has animal 'cat' in row 1"):
        task_images(unusable, {"label": "animal"})


def test_braces_in_names_stay_as_they_are():
    images = IMAGES.assign(animal="{x}")
    task = {"label": "animal", "templates": ["a {}"]}
    kept, _ = task_images(images, task)
    assert list(task_prompts(kept, task, {}).text) == ["a {x}"]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"label": "colour"}, "no column 'colour', expected one of image_id, animal"),
        ({"label": "animal", "where": {"size": [1]}}, "no column 'size'"),
        ({"label": "animal", "minimum": 9}, "no image has a class of 'animal'"),
    ],
)
def test_a_task_that_no_image_answers_is_named(task, expected):
    with pytest.raises(ValueError, match=expected):
        task_images(IMAGES, task)


def test_prompts_are_templates_filled_with_names():
    task = {"label": "animal", "templates": ["a {}", "{}!"]}
    prompts = task_prompts(task_images(IMAGES, task)[0], task, {})
    assert list(prompts["class"]) == ["cat", "cat", "cow", "cow", "dog", "dog"]
    assert list(prompts.text) == ["a cat", "cat!", "a cow", "cow!", "a dog", "dog!"]


def test_a_corpus_names_its_classes_and_brings_templates():
    """Classes without an image are there too, and two may have the same name."""
    classes = {"names": ["crane", "none", "crane", "new"], "templates": ["a photo of a {}."]}
    task = {"label": "number"}
    prompts = task_prompts(task_images(IMAGES, task)[0], task, classes)
    assert list(prompts["class"]) == ["0", "1", "2", "3"]
    assert list(prompts.text) == [f"a photo of a {name}." for name in classes["names"]]
    numbered = IMAGES.rename(columns={"number": "class"})
    again = task_prompts(task_images(numbered, {"label": "class"})[0], {"label": "class"}, classes)
    pd.testing.assert_frame_equal(again, prompts)
    with pytest.raises(ValueError, match="expected `templates` in the task"):
        task_prompts(task_images(IMAGES, task)[0], task, {"names": ["x"]})


def test_prompts_may_be_given_class_by_class():
    task = {"label": "number", "prompts": {"0": "a meme.", "2": ["hate", "a hateful meme."]}}
    task["where"] = {"number": ["0", "2"]}
    prompts = task_prompts(task_images(IMAGES, task)[0], task, {})
    assert list(prompts["class"]) == ["0", "2", "2"]
    assert list(prompts.text) == ["a meme.", "hate", "a hateful meme."]


def test_embeddings_of_prompts_are_found_by_their_text(tmp_path):
    table = pd.DataFrame({"text": ["a", "b", "a"], "embedding": [[3.0, 4.0], [0.0, 2.0], [3, 4]]})
    table.to_parquet(tmp_path / "prompts.parquet")
    found = prompt_embeddings(tmp_path / "prompts.parquet", pd.Series(["b", "a", "b"]))
    np.testing.assert_allclose(found, [[0, 1], [0.6, 0.8], [0, 1]])
    with pytest.raises(ValueError, match="no embedding of the prompt 'c'"):
        prompt_embeddings(tmp_path / "prompts.parquet", pd.Series(["c"]))


def test_a_task_is_read_from_its_files(tmp_path, random):
    """Images in the order of their embeddings, which hold one split of the corpus alone."""
    files = {part: str(tmp_path / part) for part in ("images", "labels", "classes", "prompts")}
    rows = random.normal(size=(4, 3)).astype(np.float32)
    write_embeddings(files["images"], "image_id", list("gbda"), rows, {})
    IMAGES.assign(image=b"").to_parquet(files["labels"])
    (tmp_path / "classes").write_text("{}")
    texts = random.normal(size=(3, 3)).astype(np.float32)
    prompts = {"text": ["the cow", "the dog", "the cat"], "embedding": list(texts)}
    pd.DataFrame(prompts).to_parquet(files["prompts"])
    task = read_task(**files, task={"label": "animal", "templates": ["the {}"]})
    assert task.names == ["cat", "dog"]
    assert list(task.labels) == [0, 1, 0]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(task.images, unit[[0, 1, 3]], rtol=1e-6)
    unit = texts / np.linalg.norm(texts, axis=1, keepdims=True)
    np.testing.assert_allclose(task.classes, unit[[2, 1]], rtol=1e-6)


def test_an_image_of_no_class_of_the_corpus_is_named(tmp_path, random):
    files = {part: str(tmp_path / part) for part in ("images", "labels", "classes", "prompts")}
    rows = random.normal(size=(2, 3)).astype(np.float32)
    write_embeddings(files["images"], "image_id", list("ab"), rows, {})
    IMAGES.to_parquet(files["labels"])
    (tmp_path / "classes").write_text("{names: [none, one]}")
    prompts = {"text": ["none", "one"], "embedding": list(random.normal(size=(2, 3)))}
    pd.DataFrame(prompts).to_parquet(files["prompts"])
    with pytest.raises(ValueError, match="an image has class '2', expected one of 2"):
        read_task(**files, task={"label": "number", "templates": ["{}"]})
