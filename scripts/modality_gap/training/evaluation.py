"""What is measured along training."""

import pandas as pd

from modality_gap.corpora import distinct_texts
from modality_gap.embeddings import first_captions, normalize
from modality_gap.encoders import Pixels, decode_once, embed_images, embed_texts
from modality_gap.gap import matched_distance, modality_gap
from modality_gap.retrieval import recall_at_k


class Evaluation:
    """Gap and recall@1 of a model, as it is, on captioned images that it does not train on.

    images, captions: one split of a corpus. Batch normalisation uses its running statistics.
    """

    def __init__(
        self,
        images: pd.DataFrame,
        captions: pd.DataFrame,
        model,
        tokenizer,
        batch_size: int,
        precision: str,
        workers: int,
    ):
        self.model, self.tokenizer = model, tokenizer
        self.batch_size, self.precision, self.workers = batch_size, precision, workers
        self.pixels = decode_once(Pixels(images, model))
        self.texts, self.pairs = distinct_texts(images, captions)

    def __call__(self) -> dict[str, float]:
        """Measures by name."""
        self.model.eval()
        how = (self.batch_size, self.precision)
        images = normalize(embed_images(self.model, self.pixels, *how, self.workers))
        texts = normalize(embed_texts(self.model, self.tokenizer, self.texts, *how))
        recall = recall_at_k(images, texts, self.pairs, [1])
        image_rows, text_rows = first_captions(self.pairs).T
        matched = images[image_rows], texts[text_rows]
        return {
            "modality_gap": modality_gap(*matched),
            "matched_distance": matched_distance(*matched),
            "image_to_text_recall_at_1": recall["image_to_text", 1],
            "text_to_image_recall_at_1": recall["text_to_image", 1],
        }
