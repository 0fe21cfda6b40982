import pandas as pd
import pytest

from modality_gap.closing.rephrased_texts import (
    CLEAN,
    COLUMNS,
    choice_texts,
    corpus_texts,
    question_texts,
    rephrasing_texts,
)

IMAGES = pd.DataFrame(
    {
        "image_id": list("abcd"),
        "tags": ["pet, animal", None, "pet, cat", "vehicle,,"],
        "concept": [1, 1, 2, 3],
    }
)


CAPTIONS = pd.DataFrame(
    [
        ("a", "a drawing of a dog", True),
        ("a", "dog", False),
        ("b", "dog", False),
        ("c", "cat", False),
        ("c", "a small cat", False),
        ("d", "car", False),
        ("z", "of no image here", False),
    ],
    columns=["image_id", "text", "training_only"],
).assign(matched=[False, True, True, True, False, True, True])


def texts_of(**changes):
    settings = {
        "templates": ["my {}"],
        "lists": ["tags"],
        "group": "concept",
        "items": 9,
        "seed": 0,
    }
    return rephrasing_texts(IMAGES, CAPTIONS, **(settings | changes))


def test_texts_of_a_corpus():
    table = texts_of()
    found = {
        item: list(own[COLUMNS[1:]].itertuples(index=False, name=None))
        for item, own in table.groupby("item")
    }
    assert list(found) == ["car", "cat", "dog"]
    assert found["dog"] == [
        (1, "clean", "clean", "dog"),
        (1, "caption", "1", "a drawing of a dog"),
        (1, "template", "my {}", "my dog"),
        (1, "tags", "1", "pet"),
        (1, "tags", "2", "animal"),
    ]
    # A tag that says the item's own wording rephrases nothing.
    assert [text for *_, text in found["cat"]] == ["cat", "a small cat", "my cat", "pet"]
    assert [text for *_, text in found["car"]] == ["car", "my car", "vehicle"]


def test_other_captions_alone_rephrase():
    table = texts_of(templates=[], lists=[])
    assert set(table.kind) == {"clean", "caption"}
    with pytest.raises(ValueError, match="nothing rephrases: no image has another caption"):
        rephrasing_texts(IMAGES[1:2], CAPTIONS, [], [], None, 9, 0)


def test_captions_whose_words_are_not_known_are_refused():
    unknown = CAPTIONS.assign(text=None)
    with pytest.raises(ValueError, match="the words of the captions are not known"):
        rephrasing_texts(IMAGES, unknown, ["my {}"], [], None, 9, 0)


def test_texts_of_a_corpus_without_groups_are_a_sample():
    found = texts_of(group=None, lists=[], templates=[], items=2)
    assert found["item"].nunique() == 2
    assert (found.group == found["item"]).all()
    assert list(found.columns) == COLUMNS
    pd.testing.assert_frame_equal(found, texts_of(group=None, lists=[], templates=[], items=2))


def test_a_column_that_images_lack_is_named():
    with pytest.raises(ValueError, match="'colour'"):
        texts_of(lists=["colour"])


def test_questions_draw_wrong_answers_that_are_not_right():
    questions = pd.DataFrame(
        {
            "question_id": [1, 2, 3],
            "question": ["What?", "Who?", "Where?"],
            "answer": ["dog", "cat", "home"],
            "answers": [["dog", "puppy"], ["dog", "cat"], ["house"]],
        }
    )
    table = question_texts(questions, 2, 0)
    for row in questions.itertuples():
        own = table[table["item"] == row.question_id]
        texts = own.groupby("kind").text.agg(list)
        right = {f"{row.question} {answer}" for answer in [row.answer, *row.answers]}
        assert texts["clean"] == [f"{row.question} {row.answer}"]
        assert set(texts["answer"]) == right - set(texts["clean"])
        assert len(set(texts["wrong"])) == 2
        assert not right & set(texts["wrong"])
        assert all(text.startswith(row.question) for text in own.text)
    with pytest.raises(ValueError, match="expected at least 4"):
        question_texts(questions, 4, 0)


def test_questions_are_told_from_captions_by_their_column():
    settings = {"templates": ["{}!"], "lists": [], "group": None, "items": 99, "seed": 0}
    table, items = corpus_texts(IMAGES, CAPTIONS, {}, settings | {"wrong_answers": 3})
    assert items.to_dict() == {"a": "dog", "b": "dog", "c": "cat", "d": "car"}
    assert set(table["item"]) == {"dog", "cat", "car"}
    questions = pd.DataFrame(
        {
            "image_id": ["q1", "q2"],
            "question": ["what?", "who?"],
            "answer": ["a hat", "a man"],
            "direct_answers": [["a hat", "a cap"], ["a man", "he", "nobody"]],
        }
    )
    table, items = corpus_texts(questions, CAPTIONS, {}, settings | {"wrong_answers": 2})
    assert items.to_dict() == {"q1": "q1", "q2": "q2"}
    clean = table[table.kind == CLEAN]
    assert list(clean.text) == ["what? a hat", "who? a man"]
    assert list(table[table.kind == "answer"].text) == ["what? a cap", "who? he", "who? nobody"]
    numbered = IMAGES.assign(kind=[1, 1, 0, 1])
    classes = {"names": ["cat", "dog"]}
    table, items = corpus_texts(numbered, CAPTIONS, classes, settings | {"label": "kind"})
    assert items.to_dict() == {"a": "dog", "b": "dog", "c": "cat", "d": "dog"}
    assert sorted(table.text) == ["cat", "cat!", "dog", "dog!"]
    _, items = corpus_texts(IMAGES, CAPTIONS, classes, settings | {"label": "kind"})
    assert items["d"] == "car"


def test_the_base_is_the_own_wording_of_classes_and_no_rephrasing_of_itself():
    images = pd.DataFrame({"image_id": ["a", "b"], "label": [0, 1]})
    captions = pd.DataFrame({"image_id": ["a", "b"], "text": ["x", "y"]})
    settings = {"label": "label", "base": "a photo of a {}.", "lists": [], "group": None}
    settings |= {"templates": ["a photo of a {}.", "{}"], "items": 10, "seed": 0}
    texts, items = corpus_texts(images, captions, {"names": ["cat", "dog"]}, settings)
    assert list(items) == ["cat", "dog"]
    rows = texts[texts["item"] == "cat"]
    assert rows[["kind", "name", "text"]].to_numpy().tolist() == [
        ["clean", "clean", "a photo of a cat."],
        ["template", "{}", "cat"],
    ]
    texts, _ = corpus_texts(images.drop(columns="label"), captions, {}, settings)
    assert list(texts[texts.kind == "clean"].text) == ["x", "y"], "captions have no base"


QUESTIONS = pd.DataFrame(
    {
        "image_id": ["q1", "q2"],
        "question": ["What?", "Who?"],
        "choices": [["cat", "dog"], ["he", "she"]],
        "correct_choice_idx": [0, 1],
    }
)


def test_a_question_is_asked_with_each_of_its_choices_the_right_one_last():
    assert choice_texts(QUESTIONS, "f") == [["What? dog", "What? cat"], ["Who? he", "Who? she"]]


@pytest.mark.parametrize(
    ("column", "values", "line"),
    [
        (
            "correct_choice_idx",
            [0, 2],
            "f: question 'q2' has correct_choice_idx 2, expected 0 to 1",
        ),
        ("correct_choice_idx", [-1, 1], "f: question 'q1' has correct_choice_idx -1"),
        ("choices", [["cat", "dog"], ["he"]], "f: question 'q2' has 1 choices, expected 2"),
        ("choices", [["cat"], ["he"]], "f: question 'q1' has 1 choices, expected 2"),
        ("choices", None, "f: images lack the column 'choices', expected of own_choices"),
    ],
)
def test_questions_without_choices_are_named(column, values, line):
    questions = QUESTIONS.drop(columns=column)
    if values:
        questions[column] = values
    with pytest.raises(ValueError, match=line):
        choice_texts(questions, "f")
