"""A small sentence transformer with random weights, saved as the package saves one."""

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from transformers import BertConfig, BertModel, BertTokenizerFast

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "blue", "dog", "cat", "runs"]


def write_sentence_transformer(path: Path) -> Path:
    """The folder of a model with a two-layer BERT that knows the WORDS."""
    path.mkdir(exist_ok=True)
    (path / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(path)
    BertTokenizerFast(str(path / "vocab.txt")).save_pretrained(path)
    transformer = modules.Transformer(str(path), max_seq_length=16)
    network = SentenceTransformer(modules=[transformer, modules.Pooling(32)], device="cpu")
    network.save(str(path / "saved"))
    return path / "saved"
