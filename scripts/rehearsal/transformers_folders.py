"""Two-tower models of transformers with random weights, made small and saved as the library saves them.

Each family with the kind of tokenizer that its published models have.
"""

import gzip
from collections.abc import Callable
from pathlib import Path

import torch
import transformers as hf
from open_clip.tokenizer import bytes_to_unicode, default_bpe
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

WORDS = ["a", "photo", "picture", "of", "red", "blue", "dog", "cat", "runs", "number", "colour"]
WORDS += ["drawing", "the", *"0123456789"]
FULL, MERGES = 49408, 200
# One narrow layer or two of every tower.
TEXT = {"hidden_size": 32, "intermediate_size": 128, "num_hidden_layers": 2}
TEXT |= {"num_attention_heads": 2}
VISION = TEXT | {"image_size": 32, "patch_size": 8}


def clip_tokenizer(merges: int | None = MERGES, length: int = 77) -> hf.CLIPTokenizer:
    """CLIP's own, with all merges of OpenAI's (None) or the first ones."""
    lines = gzip.decompress(Path(default_bpe()).read_bytes()).decode().split("\n")
    lines = lines[1 : 1 + (FULL - 256 * 2 - 2 if merges is None else merges)]
    pairs = [tuple(line.split()) for line in lines]
    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, pairs)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: row for row, word in enumerate(words)}
    return hf.CLIPTokenizer(vocab=vocabulary, merges=pairs, model_max_length=length)


def sentence_pieces(**names) -> hf.PreTrainedTokenizerFast:
    """A unigram tokenizer as SigLIP's: lower case, no start, `</s>` at the end."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(f"▁{word}", -2.0) for word in WORDS]
    pieces += [(letter, -9.0) for letter in "▁abcdefghijklmnopqrstuvwxyz"]
    found = Tokenizer(models.Unigram(pieces, unk_id=2))
    found.normalizer = normalizers.Lowercase()
    found.pre_tokenizer = pre_tokenizers.Metaspace()
    found.decoder = decoders.Metaspace()
    found.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=found, eos_token="</s>", pad_token="<pad>", unk_token="<unk>", **names
    )


def bert_tokenizer(*words: str) -> hf.BertTokenizer:
    """A word-piece tokenizer."""
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *words]
    return hf.BertTokenizer(vocab={word: row for row, word in enumerate(known)})


def write_clip(folder: Path, merges: int | None = MERGES, length: int = 77) -> None:
    """CLIP, with its own tokenizer."""
    tokenizer = clip_tokenizer(merges, length)
    size = len(tokenizer)
    ends = {"bos_token_id": size - 2, "eos_token_id": size - 1, "pad_token_id": size - 1}
    text = TEXT | {"vocab_size": size, "max_position_embeddings": length} | ends
    config = hf.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    processor = hf.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    save(folder, hf.CLIPModel(config), processor, tokenizer)


def write_siglip(folder: Path) -> None:
    """SigLIP."""
    tokenizer = sentence_pieces(model_max_length=16, model_input_names=["input_ids"])
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 16}
    config = hf.SiglipConfig(text_config=text, vision_config=VISION)
    processor = hf.SiglipImageProcessor(size={"height": 32, "width": 32})
    save(folder, hf.SiglipModel(config), processor, tokenizer)


def write_siglip2(folder: Path) -> None:
    """SigLIP 2."""
    letters = [*"▁abcdefghijklmnopqrstuvwxyz0123456789"]
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    vocabulary = {word: row for row, word in enumerate([*special, *letters, "do", "dog"])}
    merges = [("d", "o"), ("do", "g")]
    tokenizer = hf.Siglip2Tokenizer(vocab=vocabulary, merges=merges, model_max_length=64)
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 64}
    vision = TEXT | {"patch_size": 8, "num_patches": 16}
    config = hf.Siglip2Config(text_config=text, vision_config=vision)
    processor = hf.Siglip2ImageProcessor(patch_size=8, max_num_patches=16)
    save(folder, hf.Siglip2Model(config), processor, tokenizer)


def write_align(folder: Path) -> None:
    """ALIGN."""
    tokenizer = bert_tokenizer()
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 512}
    one = [1]
    vision = {"image_size": 32, "width_coefficient": 0.1, "depth_coefficient": 0.1}
    vision |= {"kernel_sizes": [3], "in_channels": [8], "out_channels": [16], "strides": [2]}
    vision |= {"depthwise_padding": [], "num_block_repeats": one, "expand_ratios": one}
    vision |= {"hidden_dim": 16, "dropout_rate": 0.0}
    config = hf.AlignConfig(text_config=text, vision_config=vision, projection_dim=8)
    processor = hf.EfficientNetImageProcessor(
        size={"height": 36, "width": 36}, crop_size={"height": 32, "width": 32}, do_center_crop=True
    )
    save(folder, hf.AlignModel(config), processor, tokenizer)


def write_chinese_clip(folder: Path) -> None:
    """Chinese-CLIP."""
    tokenizer = bert_tokenizer(*"一张狗猫的照片红蓝")
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 52}
    config = hf.ChineseCLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    processor = hf.ChineseCLIPImageProcessor(size={"height": 32, "width": 32}, crop_size=32)
    save(folder, hf.ChineseCLIPModel(config), processor, tokenizer)


def write_altclip(folder: Path) -> None:
    """AltCLIP."""
    pieces = [(word, 0.0) for word in ("<s>", "<pad>", "</s>", "<unk>")]
    pieces += [(f"▁{word}", -2.0) for word in WORDS]
    pieces += [(letter, -9.0) for letter in "▁abcdefghijklmnopqrstuvwxyz"]
    tokenizer = hf.XLMRobertaTokenizer(vocab=pieces)
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 40, "pad_token_id": 1}
    text |= {"project_dim": 24}
    config = hf.AltCLIPConfig(text_config=text, vision_config=VISION, projection_dim=16)
    processor = hf.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    save(folder, hf.AltCLIPModel(config), processor, tokenizer)


def write_dual(folder: Path) -> None:
    """A ViT and a BERT that were put together."""
    tokenizer = bert_tokenizer()
    text = hf.BertConfig(**TEXT, vocab_size=len(tokenizer), max_position_embeddings=32)
    towers = hf.ViTConfig(**VISION), text
    config = hf.VisionTextDualEncoderConfig.from_vision_text_configs(*towers, projection_dim=16)
    processor = hf.ViTImageProcessor(size={"height": 32, "width": 32})
    save(folder, hf.VisionTextDualEncoderModel(config), processor, tokenizer)


def write_flava(folder: Path) -> None:
    """A model whose text features are one a token."""
    tokenizer = bert_tokenizer()
    text = TEXT | {"vocab_size": len(tokenizer), "max_position_embeddings": 16}
    towers = {"text_config": text, "image_config": VISION, "multimodal_config": TEXT}
    config = hf.FlavaConfig(**towers, projection_dim=16, hidden_size=32)
    size = {"height": 32, "width": 32}
    processor = hf.FlavaImageProcessor(size=size, crop_size=size)
    save(folder, hf.FlavaModel(config), processor, tokenizer)


def save(folder: Path, model: torch.nn.Module, *others) -> None:
    """Write a model with its processor and its tokenizer."""
    for part in (model, *others):
        part.save_pretrained(folder)


FAMILIES: dict[str, Callable[[Path], None]] = {
    "clip": write_clip,
    "siglip": write_siglip,
    "siglip2": write_siglip2,
    "align": write_align,
    "chinese_clip": write_chinese_clip,
    "altclip": write_altclip,
    "dual": write_dual,
}
REFUSED = {"flava": write_flava}


def write_two_towers(folder: Path, family: str = "clip", seed: int = 0, **how) -> Path:
    """The folder of a small model of a family, its weights drawn by a seed."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (FAMILIES | REFUSED)[family](folder, **how)
    return folder
