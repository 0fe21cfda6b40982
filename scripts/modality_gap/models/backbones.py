"""Encoders of one modality: image backbones of torchvision and timm, and sentence transformers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from open_clip.transform import PreprocessCfg

from modality_gap.models.architectures import check_known
from modality_gap.models.build import weights_source
from modality_gap.models.embed import device_of
from modality_gap.models.text_tokens import Tokens
from modality_gap.models.weights import load_weights, read_weights


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
    preprocessing: str | dict | None = None,
    part: str | None = None,
) -> ImageBackbone:
    """An image network of torchvision or timm in evaluation mode; its embedding is what feeds the
    classifier (liang2022, footnote 2).

    seed: random weights; else checkpoint: a file with the weights of the whole classifier, with
    `tag` where it was downloaded as the library's weights of that name (torchvision:
    IMAGENET1K_V1; timm: tv_in1k). preprocessing: of the images for a file of other weights: one of
    the library's tags, or mean, std, interpolation and resize_mode. part: which of several sets of
    weights in the file. Raises ValueError, naming the culprit, for an unknown architecture or tag,
    or weights that do not fit.
    """
    torch.manual_seed(0 if seed is None else seed)
    build = {"torchvision": build_torchvision, "timm": build_timm}[library]
    network, ways = build(architecture, tag, checkpoint)
    if checkpoint is not None and tag is None:
        stored = read_weights(checkpoint)
        load_weights(network, stored, part)
        way = chosen_way(ways, preprocessing, architecture, stored.path)
    else:
        way = ways[tag] if tag else next(iter(ways.values()))
    remove_classifier(network)
    return ImageBackbone(network, way).eval()


def chosen_way(
    ways: dict[str, PreprocessCfg], stated: str | dict | None, architecture: str, path: str
) -> PreprocessCfg:
    """How images are prepared for a file of weights: as is stated, or as all tags agree.

    ways: by tag, the library's default first. Raises ValueError where it is neither.
    """
    default = next(iter(ways.values()))
    if isinstance(stated, dict):
        given = {key: tuple(v) if isinstance(v, list) else v for key, v in stated.items()}
        return replace(default, **given)
    if stated is not None:
        check_known(f"tag of {architecture}", stated, ways)
        return ways[stated]
    if any(way != default for way in ways.values()):
        kinds = {
            (way.size, way.mean): [tag for tag, other in ways.items() if other == way]
            for way in ways.values()
        }
        choices = "; ".join(
            f"{', '.join(tags)} ({size} pixels, mean {', '.join(f'{m:.3g}' for m in mean)})"
            for (size, mean), tags in kinds.items()
        )
        raise ValueError(
            f"{path}: missing preprocessing, expected the name of a tag of {architecture} whose "
            f"images were prepared as those of these weights, or mean, std, interpolation and "
            f"resize_mode: {choices}"
        )
    return default


def build_torchvision(architecture: str, tag: str | None, file: str | Path | None):
    """A classifier of torchvision, and by tag how its images are prepared."""
    ways = {}
    for name in torchvision_tags(architecture):
        transform = torchvision_weights(architecture, name).transforms()
        ways[name] = PreprocessCfg(
            size=transform.crop_size[0], mean=tuple(transform.mean), std=tuple(transform.std)
        )
    weights = None
    if tag is not None:
        weights = torchvision_weights(architecture, tag)
        read_weights(file)  # torch.hub unpickles what it finds
        torch.hub.set_dir(str(Path(file).parents[1]))
    return torchvision.models.get_model(architecture, weights=weights), ways


def torchvision_tags(architecture: str) -> list[str]:
    """The names of torchvision's weights of an architecture, its default first."""
    known = torchvision.models.list_models(torchvision.models)
    check_known("architecture of torchvision", architecture, known)
    return list(torchvision.models.get_model_weights(architecture).__members__)


def torchvision_weights(architecture: str, tag: str):
    """Torchvision's weights of a name: their address and what goes with them."""
    check_known(f"tag of {architecture}", tag, torchvision_tags(architecture))
    return torchvision.models.get_model_weights(architecture)[tag]


def build_timm(architecture: str, tag: str | None, file: str | Path | None):
    """A classifier of timm, and by tag how its images are prepared."""
    check_known("architecture of timm", architecture, timm.list_models())
    name, downloaded = architecture, {}
    if tag is not None:
        timm_config(architecture, tag)
        name = f"{architecture}.{tag}"
        downloaded = {"pretrained": True, "pretrained_cfg_overlay": {"file": str(file)}}
    network = timm.create_model(name, **downloaded)
    ways = {tag or "": timm_way(timm.data.resolve_model_data_config(network))}
    for other in timm_tags(architecture):
        config = timm_config(architecture, other).to_dict()
        ways.setdefault(other, timm_way(timm.data.resolve_data_config(pretrained_cfg=config)))
    return network, ways


def timm_way(data: dict) -> PreprocessCfg:
    """How images are prepared, in the form of open_clip."""
    return PreprocessCfg(size=data["input_size"][1], mean=data["mean"], std=data["std"])


def timm_tags(architecture: str) -> list[str]:
    """The names of timm's weights of an architecture."""
    return [name.partition(".")[2] for name in timm.list_pretrained(f"{architecture}.*")]


def timm_config(architecture: str, tag: str):
    """What timm knows of the weights of a name: where they are and how images are prepared."""
    check_known("architecture of timm", architecture, timm.list_models())
    check_known(f"tag of {architecture}", tag, timm_tags(architecture))
    return timm.get_pretrained_cfg(f"{architecture}.{tag}")


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

    def tokenize(self, texts: list[str]) -> Tokens:
        """All texts as the network reads them, cut to the length that its folder says."""
        tokenizer, length = self.network.tokenizer, self.network.max_seq_length
        needed = np.array([len(ids) for ids in tokenizer(texts, truncation=False).input_ids])
        length = length or int(needed.max())
        how = {"max_length": length, "padding": "max_length", "truncation": True}
        return Tokens(np.array(tokenizer(texts, **how).input_ids, dtype=np.int32), needed)

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

    entry: its `kind`; `library`, `architecture`, `seed` or `tag`, `preprocessing` and `part` of an
    image backbone, as far as it has them; perhaps `seed` of a sentence transformer. weights: its checkpoint, what `download_weights` wrote, or a
    file in the sentence transformer's folder.
    """
    if entry["kind"] == "sentence_transformer":
        return SentenceTransformer(Path(weights).parent, entry.get("seed"))
    stated = {key: entry[key] for key in ("preprocessing", "part") if key in entry}
    source = weights_source(entry, weights)
    return build_backbone(entry["library"], entry["architecture"], **source, **stated)
