"""Two-tower models as Hugging Face's transformers saves them, with their own processor and tokenizer."""

import json
import logging
import re
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer
from torch.utils.data import Dataset
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING

from modality_gap.models.architectures import TOKENIZERS
from modality_gap.models.embed import device_name, device_of, parameter_counts, weights_fingerprint
from modality_gap.models.encoder import Pictures, TakesNoise
from modality_gap.models.text_tokens import Tokens
from modality_gap.models.weights import NAMED, UNUSED

log = logging.getLogger(__name__)

# Where a folder may name classes of its own, under OWN_CODE.
SETTINGS = ("config.json", "tokenizer_config.json", "preprocessor_config.json")
SETTINGS += ("processor_config.json",)
OWN_CODE = "auto_map"
FEATURES = ("get_image_features", "get_text_features")
LOCAL = {"local_files_only": True, "trust_remote_code": False}
TEXTS_AT_A_TIME = 4096
TEXT_POSITIONS = re.compile(r"text.*position_embeddings?$")
UNBOUNDED = 10**6  # what tokenizers say that know no length is far beyond
MASKED = -1  # stands for a token that the attention mask leaves out
PROBE, ALIKE = "a photo", 1e-4  # a short text; how far rounding alone may take an embedding
SIDE = 64  # pixels of the picture that tells the form of prepared ones


class TwoTowers(TakesNoise):
    """A model of transformers with features of images and of texts, read from a folder.

    seed: draw its weights anew from its configuration. Raises ValueError with one line, naming the
    folder, where it holds no such model, asks for code of its own, or lacks weights.
    """

    def __init__(self, folder: Path, seed: int | None = None):
        self.folder = folder
        check_no_own_code(folder)
        transformers.utils.logging.disable_progress_bar()
        self.model = drawn(folder, seed) if seed is not None else stored(folder)
        for name in FEATURES:
            if not hasattr(self.model, name):
                raise ValueError(
                    f"{folder}: {type(self.model).__name__} has no {name}, expected a model of "
                    "images and texts, such as CLIPModel or SiglipModel"
                )
        self.model.eval()
        check_tokenizer_files(folder)
        auto = transformers.AutoImageProcessor, transformers.AutoTokenizer
        self.processor = loaded(folder, "image processor", auto[0].from_pretrained)
        self.tokenizer = loaded(folder, "tokenizer", auto[1].from_pretrained)
        check_tokenizer_class(folder, self.tokenizer, type(self.model.config))
        if self.tokenizer.pad_token_id is None:
            raise ValueError(f"{folder}: its tokenizer has no padding token, expected one")
        self.image_inputs = set(signature(self.model.get_image_features).parameters)
        self.context = context_length(self.model, self.tokenizer)
        self.padding_counts = True
        self.padding_counts = self._padding_counts()

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return device_of(self.model)

    def to(self, device: torch.device) -> None:
        """Put its weights there."""
        self.model.to(device)

    def prepare(self, image: Image.Image) -> dict[str, torch.Tensor]:
        """One image as its own processor gives it, by the names that the model takes."""
        found = self.processor(images=image, return_tensors="pt")
        return {key: value[0] for key, value in found.items() if key in self.image_inputs}

    def images(self, images: pd.DataFrame) -> Dataset:
        """A corpus's images, prepared by the model's own processor."""
        return Pictures(images, self.prepare)

    def encode_images(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Projected image features, raw."""
        inputs = {key: value.to(self.device) for key, value in batch.items()}
        return self._features(FEATURES[0], inputs)

    def tokenize(self, texts: list[str]) -> Tokens:
        """All texts as token ids, cut and padded to the context, MASKED where the mask is 0."""
        how = {"padding": "max_length", "max_length": self.context, "truncation": True}
        ids, needed = [], []
        for first in range(0, len(texts), TEXTS_AT_A_TIME):
            some = texts[first : first + TEXTS_AT_A_TIME]
            found = self.tokenizer(some, return_tensors="np", **how)
            mask = found.get("attention_mask", np.ones_like(found.input_ids))
            ids.append(np.where(mask == 0, MASKED, found.input_ids).astype(np.int32))
            whole = self.tokenizer(some, truncation=False, verbose=False).input_ids
            needed += map(len, whole)
        tokens = np.concatenate(ids)
        vocabulary = self.model.config.get_text_config().vocab_size
        if tokens.max() >= vocabulary:
            raise ValueError(
                f"{self.folder}: its tokenizer gives token {tokens.max()}, and its model knows "
                f"{vocabulary}, expected the tokenizer of the model"
            )
        return Tokens(tokens, np.array(needed))

    def encode_texts(self, tokens: np.ndarray) -> torch.Tensor:
        """Projected text features, raw; of padding that counts nothing, only what the batch needs."""
        ids = torch.from_numpy(tokens.astype(np.int64)).to(self.device)
        mask = ids != MASKED
        if not self.padding_counts:
            read = mask.any(dim=0)
            ids, mask = ids[:, read], mask[:, read]
        inputs = {"input_ids": ids.where(mask, self.tokenizer.pad_token_id)}
        if "attention_mask" in self.tokenizer.model_input_names:
            inputs["attention_mask"] = mask.long()
        return self._features(FEATURES[1], inputs)

    def _features(self, name: str, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """What one tower gives, shape (n, d). Raises ValueError where that is of another shape."""
        found = getattr(self.model, name)(**inputs)
        features = found if isinstance(found, torch.Tensor) else found.pooler_output
        if features is None or features.ndim != 2:
            shape = "nothing pooled" if features is None else f"shape {tuple(features.shape)}"
            raise ValueError(
                f"{self.folder}: {type(self.model).__name__}.{name} gives {shape}, expected one "
                "embedding an item"
            )
        return features

    @torch.inference_mode()
    def _padding_counts(self) -> bool:
        """Whether padding after a text changes its embedding, asked of the tower itself.

        SigLIP reads its texts with their padding, and pools at the last place.
        """
        tokens = self.tokenize([PROBE]).ids
        if not (tokens == MASKED).any():
            return True
        whole = self.encode_texts(tokens)
        alone = self.encode_texts(tokens[:, tokens[0] != MASKED])
        return bool((whole - alone).abs().max() > ALIKE * whole.abs().max())

    def image_noise(self, items: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        """Pixels as the network gets them, N(0, 1), of a square image."""
        example = self.prepare(Image.new("RGB", (SIDE, SIDE)))
        batch = {key: value.expand(items, *value.shape) for key, value in example.items()}
        shape = batch["pixel_values"].shape
        return batch | {"pixel_values": torch.randn(shape, generator=generator)}

    def text_noise(self, items: int, generator: torch.Generator) -> np.ndarray:
        """Uniformly random tokens, the last one the end of text where the tokenizer has one.

        Without an end, a tower that pools there would pool at the first token, and read nothing else.
        """
        vocabulary = self.model.config.get_text_config().vocab_size
        tokens = torch.randint(vocabulary, (items, self.context), generator=generator).numpy()
        ending = self.tokenizer("").input_ids[-1:]
        if ending and ending[0] in self.tokenizer.all_special_ids:
            tokens[:, -1] = ending[0]
        return tokens

    def facts(self) -> dict:
        """What its files of embeddings say of it."""
        return {
            "architecture": type(self.model).__name__,
            "parameters": parameter_counts(self.model),
            "weights_sha256": weights_fingerprint(self.model),
            "device": device_name(self.device),
            "preprocessing": json.loads(self.processor.to_json_string()),
            "context_length": self.context,
            "padding_counts": self.padding_counts,
            "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        }


def build(entry: dict, weights: str | Path, architecture: None) -> TwoTowers:
    """The encoder of an entry. weights: a file at the top of its folder."""
    return TwoTowers(Path(weights).parent, entry.get("seed"))


def check_no_own_code(folder: Path) -> None:
    """Raise ValueError where a folder's settings are no JSON, or name classes of the folder's own."""
    for file in (folder / name for name in SETTINGS):
        if not file.is_file():
            continue
        try:
            settings = json.loads(file.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"{file}: not JSON ({error})") from error
        if OWN_CODE in settings:
            raise ValueError(
                f"{file}: asks for code of its own (`{OWN_CODE}`), which is not run: expected a model "
                "that transformers itself has, or an encoder of kind python"
            )


def check_tokenizer_files(folder: Path) -> None:
    """Raise FileNotFoundError where a tokenizer's files are not there: an empty one would be made."""
    names = {file.name for pattern in TOKENIZERS for file in folder.glob(pattern)}
    if not names:
        raise FileNotFoundError(f"{folder}: no tokenizer ({', '.join(TOKENIZERS)}) in there")
    if names == {"vocab.json"} and not (folder / "merges.txt").is_file():
        raise FileNotFoundError(f"{folder}: vocab.json without merges.txt, expected both")


def check_tokenizer_class(folder: Path, tokenizer, config: type) -> None:
    """Raise ValueError where a class of tokenizers that is not the model's own misreads its file.

    Whatever `tokenizer_class` a folder names is made, of a vocabulary that is another kind's.
    config: the class of the model's configuration.
    """
    own, file = TOKENIZER_MAPPING.get(config, None), folder / "tokenizer.json"
    if own is None or isinstance(tokenizer, own) or not file.is_file():
        return
    saved = Tokenizer.from_file(str(file))
    saved.no_padding()
    saved.no_truncation()
    meant = saved.encode(PROBE, add_special_tokens=False).ids
    read = tokenizer(PROBE, add_special_tokens=False).input_ids
    if read != meant:
        raise ValueError(
            f"{folder}: as a {type(tokenizer).__name__}, which tokenizer_config.json names, its tokenizer "
            f"reads {PROBE!r} as {read}, and its tokenizer.json says {meant}: expected the class that it "
            f"was saved with (of this model: {own.__name__})"
        )


def loaded(folder: Path, what: str, load: Callable, **how) -> Any:
    """What `load` makes of a folder, without a network. Raises ValueError, in one line, if it fails."""
    try:
        return load(str(folder), **LOCAL, **how)
    except Exception as error:
        text = " ".join(str(error).split())
        reason = f"{type(error).__name__}: {text.partition('. ')[0]}"
        if asked := re.search(r"GLOBAL ([\w.]+)", text):
            reason = (
                f"it holds a pickled {asked[1]}, whose code is not run; expected tensors alone, "
                "best in .safetensors"
            )
        raise ValueError(f"{folder}: no {what} of transformers ({reason})") from error


def drawn(folder: Path, seed: int) -> torch.nn.Module:
    """A model with random weights, drawn as transformers does before it trains one."""
    config = loaded(folder, "configuration", transformers.AutoConfig.from_pretrained)
    torch.manual_seed(seed)

    def draw(_, trust_remote_code, **_local):
        how = {"dtype": torch.float32, "trust_remote_code": trust_remote_code}
        return transformers.AutoModel.from_config(config, **how)

    return loaded(folder, "model", draw)


def stored(folder: Path) -> torch.nn.Module:
    """A model with the weights of its folder: .safetensors, or .bin read without running any code.

    Raises ValueError where some are missing, of another shape, or no numbers.
    """
    load = transformers.AutoModel.from_pretrained
    how = {"dtype": torch.float32, "weights_only": True, "output_loading_info": True}
    how["ignore_mismatched_sizes"] = True  # so that they are named, here
    model, found = loaded(folder, "model", load, **how)
    missing = [name for name in found["missing_keys"] if not name.endswith(UNUSED)]
    faults = {"missing": missing, "of another shape": [row[0] for row in found["mismatched_keys"]]}
    for fault, names in faults.items():
        if names:
            shown = "; ".join(sorted(names)[:NAMED])
            raise ValueError(
                f"{folder}: {len(names)} weights of {type(model).__name__} {fault} ({shown}), "
                "expected all of them"
            )
    if found["unexpected_keys"]:
        log.warning(
            "%s: %d tensors that the model does not have", folder, len(found["unexpected_keys"])
        )
    for name, value in model.state_dict().items():
        if value.is_floating_point() and not value.isfinite().all():
            raise ValueError(f"{folder}: {name} holds a NaN or an infinity, expected numbers")
    return model


def context_length(model: torch.nn.Module, tokenizer) -> int:
    """How many tokens of a text are read: as many as tokenizer, processor and positions allow.

    Raises ValueError where none of them says it.
    """
    processor = PROCESSOR_MAPPING.get(type(model.config), None)
    said = [tokenizer.model_max_length, getattr(processor, "text_kwargs", {}).get("max_length")]
    said += [
        # RoBERTa counts its positions from behind the padding's own.
        module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Embedding) and TEXT_POSITIONS.search(name)
    ]
    lengths = [int(length) for length in said if length is not None and length < UNBOUNDED]
    if not lengths:
        raise ValueError(
            f"{model.name_or_path}: neither its tokenizer nor its model says how long a text may be, "
            "expected `model_max_length` in its tokenizer_config.json"
        )
    return min(lengths)
