import pandas as pd
from rephrased import rephrased_items

from modality_gap.claims.rephrasing import rephrasing_claims, template_claims
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.rephrased_texts import CLEAN
from modality_gap.closing.rephrasing import answer_table, noise_table, template_table
from modality_gap.data.embeddings import normalize
from modality_gap.plots.rephrasing import plot_rephrasing


def test_claims(random):
    images, items, table, texts = rephrased_items(random)
    gap = orthogonal_gap(images, texts, 0.5).vector
    found = (images, items, table, texts, gap, [-0.5, 0, 1])
    results = pd.concat([answer_table(*found, 4), template_table(*found)])
    claims = list(rephrasing_claims(results, noise_table(images, table, texts, gap, 0)))
    assert len(claims) == 4 + 3
    rows = results.assign(change=0.2, change_low=0.1, change_high=0.3)
    noise = pd.DataFrame(
        {"off_diagonal_share": [0.9], "independent": [0.95], "along_gap": [0.2], "along_move": [0]}
        | {"mean_share": [0.3], "texts": [20], "kind": ["template"], "name": ["a"]}
    )
    verdicts = [claim[2] for claim in rephrasing_claims(rows, noise)]
    assert verdicts == [FAILS, FAILS, *[HOLDS] * 5]
    other_words = rephrasing_claims(rows, noise.assign(kind="caption"))
    assert "C072 C073" not in [claim[0] for claim in other_words]
    diagonal = rephrasing_claims(rows, noise.assign(independent=0.01))
    assert {claim[0]: claim[2] for claim in diagonal}["C071"] == HOLDS
    centred = rephrasing_claims(rows, noise.assign(mean_share=0.06))
    assert {claim[0]: claim[2] for claim in centred}["C051"] == FAILS
    costly = results.assign(change=-0.2, change_low=-0.3, change_high=-0.1)
    clean = [row for row in rephrasing_claims(costly, noise) if "without rephrasing" in row[1]]
    assert [(row[0], row[2]) for row in clean] == [("C049 C050", FAILS)]
    assert "changes by -0.200 [-0.300, -0.100]" in clean[0][3]


def test_the_worst_template_is_judged_by_the_interval_for_all():
    rows = pd.DataFrame(
        {
            "name": ["x", "y", "z"],
            "alpha": [0, 0, 1],
            "kind": "template",
            "images": 9,
            "base_accuracy": 0.5,
        }
        | {"change": [-0.1, -0.01, -0.9], "flipped": [4, 0, 0], "example": ["i (a): a → b", "", ""]}
    )
    for low, high, verdict in ((-0.2, -0.07, HOLDS), (-0.2, 0, UNDECIDED), (-0.05, 0, FAILS)):
        loss, turned = template_claims(rows.assign(all_low=low, all_high=high))
        assert (loss[2], turned[2]) == (verdict, HOLDS)
        assert "'x' -0.100" in loss[3]
        assert "4 of 9" in turned[3]
        assert "e.g. i (a): a → b" in turned[3]
    still = rows.assign(all_low=-0.1, all_high=0, flipped=0, example="")
    assert [claim[2] for claim in template_claims(still)][1] == FAILS
    assert not [*template_claims(still.assign(kind="caption"))]


def test_few_texts_have_no_noise_and_no_claims_of_it(random):
    """Choices are judged; what rephrasing adds to so few embeddings says nothing."""
    table = pd.DataFrame(
        [
            (item, item, kind, kind, f"{kind} {item}")
            for item in "abcd"
            for kind in (CLEAN, "other")
        ],
        columns=["item", "group", "kind", "name", "text"],
    )
    texts, images = (normalize(random.normal(size=(n, 8))) for n in (8, 4))
    found = noise_table(images, table, texts, texts[0], seed=0)
    assert found.empty
    about = (images, list("abcd"), table, texts, texts[0], [0, 1])
    results = pd.concat([answer_table(*about, choices=4), template_table(*about)])
    assert all(
        "choices" in claim or "accuracy" in claim
        for _, claim, *_ in rephrasing_claims(results, found)
    )
    assert plot_rephrasing([results], [found], ["tiny"]) is not None
