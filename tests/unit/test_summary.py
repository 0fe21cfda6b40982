import pandas as pd
import pytest

from modality_gap.summary import summarize, summarize_cones


def tables(gaps):
    """The three tables of each encoder, with these gaps."""
    gap = [pd.DataFrame([{"pairs": 1200, "modality_gap": value}]) for value in gaps]
    cone = [pd.DataFrame([{"pairs": "image_image", "mean": 0.25}])] * len(gaps)
    recall = [pd.DataFrame([{"direction": "image_to_text", "k": 1, "recall": 0.5}])] * len(gaps)
    return gap, cone, recall


def encoders(*names_and_initials):
    return pd.DataFrame(
        [
            {"encoder": name, "initial": initial, "corpus": "coco", "split": "val_5k"}
            for name, initial in names_and_initials
        ]
    )


def test_the_share_that_training_closed_or_widened_is_told():
    names = encoders(("start", None), ("closer", "start"), ("wider", "start"))
    table = summarize(names, *tables([0.8, 0.2, 1.0]))
    assert table.share_closed.iloc[1:].tolist() == pytest.approx([0.75, -0.25])


def test_encoders_without_initial_weights_closed_nothing():
    table = summarize(encoders(("mine", None)), *tables([0.8]))
    assert table.share_closed.isna().all()


def test_encoders_of_one_modality_have_a_cone_and_a_study_may_have_no_other():
    names = encoders(("alone", None))
    cones = summarize_cones(names, [pd.DataFrame([{"pairs": "image_image", "mean": 0.25}])])
    assert cones.mean_cosine_image_image.tolist() == [0.25]
    together = pd.concat([summarize(names, *tables([0.8])), cones])
    assert together.modality_gap.isna().tolist() == [False, True]
    nothing = pd.concat([summarize(names[:0], [], [], []), summarize_cones(names[:0], [])])
    assert nothing.empty
