"""Texts beyond the context are counted; that two become one is an error unless asked for."""

import numpy as np
import pytest
import torch
from conftest import ROOT
from open_clip.tokenizer import HFTokenizer
from rehearsal.hub_files import write_tokenizer

from modality_gap.data.embeddings import normalize
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import embed_texts
from modality_gap.models.encoder import embed_part
from modality_gap.models.kinds.clip import Clip
from modality_gap.models.text_tokens import check_cut, cut_remarks, tokenize


@pytest.fixture(scope="module")
def tokenizer():
    register_architectures(ROOT / "config/architectures")
    return build_tokenizer("emoji-resnet")


def words(number: int) -> str:
    """A text of so many tokens, start and end not counted."""
    return " ".join("a" * number)


def test_tokens_are_counted_as_they_are(tokenizer):
    context = tokenizer.context_length
    texts = [words(n) for n in (1, context - 3, context - 2, context - 1, 3 * context)]
    found = tokenize(tokenizer, texts)
    assert list(found.needed) == [3, context - 1, context, context + 1, 3 * context + 2]
    assert list(found.cut) == [3, 4]
    np.testing.assert_array_equal(found.ids, tokenizer(texts).numpy())
    assert cut_remarks(tokenizer, texts, "captions") == [
        f"2 of 5 captions are longer than the model's context of {context} tokens and were cut"
    ]
    assert cut_remarks(tokenizer, texts[:3], "captions") == []
    assert check_cut(tokenize(tokenizer, texts[:2]), texts[:2], False, "captions") == []


def test_captions_that_become_one_are_refused_unless_asked_for(tokenizer):
    texts = [f"{words(tokenizer.context_length)} {end}" for end in ("red", "green")]
    tokens = tokenize(tokenizer, ["short", *texts])
    complaint = "1 captions become one with another when they are cut.*'… a.* red' and '….* green'"
    with pytest.raises(ValueError, match=complaint):
        check_cut(tokens, ["short", *texts], False, "captions")
    remarks = check_cut(tokens, ["short", *texts], True, "captions")
    assert "2 of 3 captions" in remarks[0]
    assert remarks[0].endswith("were cut, 1 of them to the same as another")


def test_one_that_fits_exactly_may_be_what_is_left_of_another(tokenizer):
    exact = words(tokenizer.context_length - 2)
    texts = [exact, f"{exact} b"]
    with pytest.raises(ValueError, match="1 captions become one"):
        check_cut(tokenize(tokenizer, texts), texts, False, "captions")
    texts = [exact, exact.upper()]  # one by the tokenizer, not by the cut
    assert check_cut(tokenize(tokenizer, texts), texts, False, "captions") == []


def test_tokenizers_of_a_hub_are_counted(tmp_path):
    write_tokenizer(tmp_path)
    hub = HFTokenizer(str(tmp_path), context_length=6, clean="whitespace")
    texts = ["a dog", "a dog a dog", "a dog a dog a dog a dog"]
    found = tokenize(hub, texts)
    whole = [len(hub.tokenizer(text).input_ids) for text in texts]
    assert list(found.needed) == whole
    assert list(found.cut) == [row for row, needed in enumerate(whole) if needed > 6]
    assert len(found.cut)


def test_texts_of_the_same_tokens_are_embedded_once(tokenizer):
    """Whatever batch they are in: products of equal rows may be rounded differently."""
    model = build_model("emoji-resnet", seed=0)
    texts = ["A dog", "a cat sits on the mat", "a dog", "a  DOG", "three", *map(words, range(1, 9))]
    found = embed_texts(model, tokenizer, texts, 2, "float32")
    assert np.array_equal(found[0], found[2])
    assert np.array_equal(found[0], found[3])
    with torch.inference_mode():
        alone = np.concatenate([model.encode_text(tokenizer([text])).numpy() for text in texts])
    np.testing.assert_allclose(normalize(found), normalize(alone), atol=1e-5)
    encoder, settings, images = Clip(model, "emoji-resnet"), {"batch_size": 2}, []
    settings["precision"], tokens = "float32", encoder.tokenize(texts)
    parts = [
        embed_part(encoder, images, tokens, texts, settings, 0, (part, 3)) for part in (1, 2, 3)
    ]
    rows = np.concatenate([part["text_rows"] for part in parts])
    assert sorted(rows) == list(range(len(texts)))
    joined = np.concatenate([part["texts"] for part in parts])[np.argsort(rows)]
    np.testing.assert_array_equal(joined, found)
