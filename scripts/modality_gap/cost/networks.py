"""Parameters and operations of a network, from what its architecture's file says alone.

Operations are those of one forward pass, a multiplication and an addition counted as two, without
what grows with neither weights nor attention (activations, normalisation). Checked against networks
that open_clip and torchvision build.
"""

import re
from typing import NamedTuple

# Words of a text are fewer than its context: causal towers are cut to a batch's longest text.
CAPTION = 20  # tokens: (ours) the longest of a batch of COCO's captions
RESNET_STEM = 32  # pixels to a position of the attention pool
# Transformers of timm by the word of their names: width, layers, width inside (timm's own files).
TRUNKS = {
    "tiny": (192, 12, 768),
    "small": (384, 12, 1536),
    "base": (768, 12, 3072),
    "large": (1024, 24, 4096),
    "so400m": (1152, 27, 4304),
    "huge": (1280, 32, 5120),
    "giant": (1408, 40, 6144),
}
TRUNK = re.compile(rf"vit_({'|'.join(TRUNKS)})_patch(\d+)")


class Tower(NamedTuple):
    """One side of a network: parameters, and operations for one image or text."""

    parameters: float
    operations: float


class Network(NamedTuple):
    """A network of two towers. family: `transformer` or `convolutions`, what its images go through.

    known: whether its towers are what its file says; else they are taken for those of ViT-B/16.
    """

    images: Tower
    texts: Tower
    dimension: int
    size: int
    family: str
    known: bool = True

    @property
    def parameters(self) -> float:
        """Of both towers."""
        return self.images.parameters + self.texts.parameters


# torchvision's own figures (`weights.meta`): parameters, and 10⁹ multiplications with additions.
TORCHVISION = {
    "resnet18": (11_689_512, 1.814, 512),
    "resnet34": (21_797_672, 3.664, 512),
    "resnet50": (25_557_032, 4.089, 2048),
    "resnet101": (44_549_160, 7.801, 2048),
    "resnet152": (60_192_808, 11.514, 2048),
    "vit_b_16": (86_567_656, 17.564, 768),
    "vit_b_32": (88_224_232, 4.409, 768),
    "vit_l_16": (304_326_632, 61.555, 1024),
    "vit_l_32": (306_535_400, 15.378, 1024),
}


def network(config: dict, dimension: int | None = None) -> Network:
    """The network of an architecture's file; dimension: of its embeddings, if another one."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    dimension = dimension or config["embed_dim"]
    size = vision.get("image_size", 224)
    size = size if isinstance(size, int) else size[0]
    images, family = image_tower(vision, size, dimension)
    texts = None if "hf_model_name" in text else text_tower(text, dimension)
    known = images is not None and texts is not None
    return Network(
        images or patches(768, 12, 3072, 16, size, dimension),
        texts or text_tower({"width": 512, "layers": 12}, dimension),
        dimension,
        size,
        family,
        known,
    )


def torchvision_network(architecture: str) -> Network:
    """A network of torchvision, of images alone; one not in the table is taken for a ResNet-50."""
    known = architecture in TORCHVISION
    parameters, billions, dimension = TORCHVISION.get(architecture, TORCHVISION["resnet50"])
    family = "transformer" if architecture.startswith("vit") else "convolutions"
    tower = Tower(parameters, 2e9 * billions)
    return Network(tower, Tower(0, 0), dimension, 224, family, known)


def image_tower(vision: dict, size: int, dimension: int) -> tuple[Tower | None, str]:
    """The images' side and its family; None where the file does not say what it is made of."""
    if name := vision.get("timm_model_name"):
        if not (found := TRUNK.search(name)):
            return None, "transformer" if "vit" in name else "convolutions"
        width, layers, inside = TRUNKS[found[1]]
        pool = vision.get("timm_pool") == "map"
        projected = dimension if vision.get("timm_proj") == "linear" else 0
        tower = patches(width, layers, inside, int(found[2]), size, projected, pool)
        return tower, "transformer"
    layers, width = vision.get("layers", 12), vision.get("width", 768)
    if isinstance(layers, list):
        return resnet(layers, width, size, dimension), "convolutions"
    inside = int(width * vision.get("mlp_ratio", 4))
    return patches(width, layers, inside, vision.get("patch_size", 16), size, dimension), (
        "transformer"
    )


def blocks(width: int, layers: int, inside: int, tokens: int) -> Tower:
    """A transformer's layers: attention and two linear maps each, on so many tokens."""
    linear = 4 * width**2 + 2 * width * inside
    others = 4 * width + inside + width + 4 * width  # biases, and two normalisations
    return Tower(layers * (linear + others), layers * (2 * tokens * linear + 4 * tokens**2 * width))


def patches(
    width: int, layers: int, inside: int, patch: int, size: int, projected: int, pool: bool = False
) -> Tower:
    """A vision transformer. projected: dimension of the embedding, 0: the width itself.

    pool: by attention, another layer on one query, as SigLIP's, and no token of the class.
    """
    squares = (size // patch) ** 2
    tokens = squares + (0 if pool else 1)
    layer = blocks(width, layers, inside, tokens)
    own = 3 * patch**2 * width + tokens * width + width + 4 * width + width * projected
    done = 2 * squares * 3 * patch**2 * width + 2 * width * projected
    if pool:
        more = blocks(width, 1, inside, 1)
        own += more.parameters
        done += more.operations + 2 * 2 * tokens * width**2
    return Tower(layer.parameters + own, layer.operations + done)


def resnet(layers: list[int], width: int, size: int, dimension: int) -> Tower:
    """CLIP's ResNet: three convolutions, bottlenecks that pool before they project, attention."""
    parameters = operations = 0

    def convolve(inputs: int, outputs: int, kernel: int, side: int) -> None:
        nonlocal parameters, operations
        weights = inputs * outputs * kernel**2
        parameters += weights + 2 * outputs
        operations += 2 * weights * side**2

    side = size // 2
    for inputs, outputs in ((3, width // 2), (width // 2, width // 2), (width // 2, width)):
        convolve(inputs, outputs, 3, side)
    side, inputs = side // 2, width
    for stage, number in enumerate(layers):
        planes = width * 2**stage
        for block in range(number):
            smaller = side // 2 if stage and not block else side
            convolve(inputs, planes, 1, side)
            convolve(planes, planes, 3, side)
            convolve(planes, 4 * planes, 1, smaller)
            if not block:
                convolve(inputs, 4 * planes, 1, smaller)
            inputs, side = 4 * planes, smaller
    tokens = (size // RESNET_STEM) ** 2 + 1
    linear = 3 * inputs**2
    parameters += tokens * inputs + linear + 3 * inputs + inputs * dimension + dimension
    # open_clip asks with all positions, and keeps what the first one is answered.
    operations += 2 * tokens * (linear + inputs * dimension) + 4 * tokens**2 * inputs
    return Tower(parameters, operations)


def text_tower(text: dict, dimension: int) -> Tower:
    """CLIP's text transformer, on the tokens of a caption; without a causal mask, on all of them."""
    width, context = text.get("width", 512), text.get("context_length", 77)
    inside = int(width * text.get("mlp_ratio", 4))
    tokens = context if text.get("no_causal_mask") else min(context, CAPTION)
    layer = blocks(width, text.get("layers", 12), inside, tokens)
    own = text.get("vocab_size", 49408) * width + context * width + 2 * width + width * dimension
    own += dimension if text.get("proj_bias") else 0
    return Tower(layer.parameters + own, layer.operations + 2 * width * dimension)
