"""Encoders of one modality: image backbones of torchvision and timm, and sentence transformers."""

from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from open_clip.transform import PreprocessCfg

from modality_gap.encoders import check_known, device_of, load_weights, weights_source


class ImageBackbone(torch.nn.Module):
    """An image network without its classifier, with the image side of an open_clip model's form."""

    def __init__(self, network: torch.nn.Module, preprocessing: PreprocessCfg):
        super().__init__()
        self.visual = network
        self.visual.preprocess_cfg = vars(preprocessing)

    def encode_image(self, images: torch.Tensor) -> torch.Tensor:
        """Pooled features before the classifier, shape (n, d)."""
        return self.visual(images)


def build_backbone(
    library: str,
    architecture: str,
    *,
    seed: int | None = None,
    tag: str | None = None,
    checkpoint: str | Path | None = None,
    cache: str | Path | None = None,
) -> ImageBackbone:
    """An image network of torchvision or timm in evaluation mode; its embedding is what feeds the
    classifier (liang2022, footnote 2).

    seed: random weights; tag: the library's name of pretrained weights (torchvision: IMAGENET1K_V1;
    timm: tv_in1k), kept in the folder `cache`; checkpoint: a state dict of the whole classifier.
    Raises ValueError, naming the culprit, for an unknown architecture or tag, or weights that do
    not fit.
    """
    torch.manual_seed(0 if seed is None else seed)
    build = {"torchvision": build_torchvision, "timm": build_timm}[library]
    network, config = build(architecture, tag, cache)
    if checkpoint is not None:
        load_weights(network, checkpoint)
    remove_classifier(network)
    return ImageBackbone(network, config).eval()


def build_torchvision(architecture: str, tag: str | None, cache: str | Path | None):
    """A classifier of torchvision, and how its images are prepared."""
    known = torchvision.models.list_models(torchvision.models)
    check_known("architecture of torchvision", architecture, known)
    names = list(torchvision.models.get_model_weights(architecture).__members__)
    if tag is not None:
        check_known(f"tag of {architecture}", tag, names)
        torch.hub.set_dir(str(cache))
    weights = torchvision.models.get_weight(f"{weights_enum(architecture)}.{tag or names[0]}")
    transform = weights.transforms()
    config = PreprocessCfg(
        size=transform.crop_size[0], mean=tuple(transform.mean), std=tuple(transform.std)
    )
    network = torchvision.models.get_model(architecture, weights=weights if tag else None)
    return network, config


def weights_enum(architecture: str) -> str:
    """The name under which torchvision lists an architecture's weights."""
    return torchvision.models.get_model_weights(architecture).__name__


def build_timm(architecture: str, tag: str | None, cache: str | Path | None):
    """A classifier of timm, and how its images are prepared."""
    check_known("architecture of timm", architecture, timm.list_models())
    name = architecture
    if tag is not None:
        known = [full.partition(".")[2] for full in timm.list_pretrained(f"{architecture}.*")]
        check_known(f"tag of {architecture}", tag, known)
        name = f"{architecture}.{tag}"
    network = timm.create_model(name, pretrained=tag is not None, cache_dir=cache and str(cache))
    data = timm.data.resolve_model_data_config(network)
    return network, PreprocessCfg(size=data["input_size"][1], mean=data["mean"], std=data["std"])


def remove_classifier(network: torch.nn.Module) -> None:
    """Put the identity in place of the last linear layer, in place."""
    *_, last = (
        name for name, layer in network.named_modules() if isinstance(layer, torch.nn.Linear)
    )
    parent, _, name = last.rpartition(".")
    setattr(network.get_submodule(parent), name, torch.nn.Identity())


class SentenceTransformer(torch.nn.Module):
    """A sentence transformer read from a folder: a text encoder without an image side.

    folder: as the package sentence-transformers saves one. seed: draw its transformer's weights
    anew. Raises FileNotFoundError or ValueError, naming the folder, where it holds none.
    """

    def __init__(self, folder: str | Path, seed: int | None = None):
        super().__init__()
        import sentence_transformers

        if not (Path(folder) / "modules.json").is_file():
            raise FileNotFoundError(
                f"{folder}: no sentence transformer (its modules.json) in there"
            )
        self.network = sentence_transformers.SentenceTransformer(
            str(folder), device="cpu", local_files_only=True
        )
        if seed is not None:
            torch.manual_seed(seed)
            transformer = self.network[0].auto_model
            transformer.load_state_dict(type(transformer)(transformer.config).state_dict())
        self.eval()

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        return self.network[0].auto_model.config.vocab_size

    @torch.inference_mode()
    def embed(self, texts: list[str], batch_size: int) -> np.ndarray:
        """Text embeddings, shape (n, d), float32, in the order of the texts."""
        return self.network.encode(
            texts, batch_size=batch_size, normalize_embeddings=False, device=str(device_of(self))
        )

    @torch.inference_mode()
    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        """Text embeddings, shape (n, d), of token ids, shape (n, length), none of them padding."""
        tokens = tokens.to(device_of(self))
        inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
        return self.network(inputs)["sentence_embedding"]


def build_one_sided(entry: dict, weights: str | Path) -> torch.nn.Module:
    """An encoder of a study that has one modality.

    entry: its `kind`; `library`, `architecture` and `seed` or `tag` of an image backbone; perhaps
    `seed` of a sentence transformer. weights: its checkpoint, what `download_weights` wrote, or a
    file in the sentence transformer's folder.
    """
    if entry["kind"] == "sentence_transformer":
        return SentenceTransformer(Path(weights).parent, entry.get("seed"))
    source = weights_source(entry, weights)
    return build_backbone(entry["library"], entry["architecture"], **source)
