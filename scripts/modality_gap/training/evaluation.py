"""What is measured along training."""

import numpy as np
import pandas as pd
import torch

from modality_gap.data.corpora import distinct_texts
from modality_gap.data.embeddings import matched_pairs, normalize
from modality_gap.measures.gap import matched_distance, matched_share, modality_gap, pair_margins
from modality_gap.measures.retrieval import recall_at_k
from modality_gap.measures.uniformity import gaussian_uniformity
from modality_gap.models.embed import Pixels, embed_images, embed_texts
from modality_gap.models.prepared import decode_once
from modality_gap.training.starts import batch_statistics

BATCH_NORMALIZATION = torch.nn.modules.batchnorm._BatchNorm


class Evaluation:
    """Gap, uniformity, margins and recall@1 of a model, as it is, on images it does not train on.

    images, captions: one split of a corpus. Batch normalisation uses its running statistics; the
    gap is also measured as training sees it, with the statistics of the batch. prepared: see
    `decode_once`.
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
        prepared: str | None = None,
    ):
        self.model, self.tokenizer = model, tokenizer
        self.how, self.workers = (batch_size, precision), workers
        self.pixels = decode_once(Pixels(images, model), prepared)
        self.texts, self.pairs, self.matched_captions = distinct_texts(images, captions)
        self.matches = matched_pairs(self.pairs, self.matched_captions).T
        self.image_ids = list(images.image_id)

    def raw_embeddings(self) -> tuple[np.ndarray, np.ndarray]:
        """Images and distinct texts as the encoders give them, shapes (n, d) and (m, d)."""
        return (
            embed_images(self.model, self.pixels, *self.how, self.workers),
            embed_texts(self.model, self.tokenizer, self.texts, *self.how),
        )

    def embeddings(self) -> tuple[np.ndarray, np.ndarray]:
        """Images and distinct texts, of unit length, shapes (n, d) and (m, d)."""
        images, texts = self.raw_embeddings()
        return normalize(images), normalize(texts)

    def matched(self, images: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The matched pairs, both of shape (k, d)."""
        image_rows, text_rows = self.matches
        return images[image_rows], texts[text_rows]

    def __call__(self) -> dict[str, float]:
        """Measures by name."""
        self.model.eval()
        images, texts = self.embeddings()
        recall = recall_at_k(images, texts, self.pairs, [1])
        matched = self.matched(images, texts)
        gap = modality_gap(*matched)
        in_training = gap
        if any(isinstance(layer, BATCH_NORMALIZATION) for layer in self.model.modules()):
            with batch_statistics(self.model):
                in_training = modality_gap(*self.matched(*self.embeddings()))
        return {
            "modality_gap": gap,
            "training_modality_gap": in_training,
            "matched_distance": matched_distance(*matched),
            "gaussian_uniformity": gaussian_uniformity(*matched),
            "matched_share": matched_share(pair_margins(*matched, *self.matches[::-1])),
            "image_to_text_recall_at_1": recall["image_to_text", 1],
            "text_to_image_recall_at_1": recall["text_to_image", 1],
        }
