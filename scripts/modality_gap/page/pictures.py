"""What the points of a view are: small pictures of a sample's items, and their captions."""

import base64
import io

import pandas as pd
from PIL import Image

from modality_gap.data.corpora import decode
from modality_gap.data.embeddings import sample_pairs
from modality_gap.page.results import Place, Results

SIDE = 56  # pixels
LETTERS = 160  # of a caption


class Pictures:
    """The items of samples of pairs, each set once however many encoders have it.

    number, seed: of the study's section `views`; pictured: corpora whose items are pictures.
    """

    def __init__(self, results: Results, number: int, seed: int, pictured: list[str]):
        self.results, self.number, self.seed, self.pictured = results, number, seed, pictured
        self.sets: dict[str, dict[str, list]] = {}
        self.remarks: list[str] = []
        self._names: dict[tuple, str] = {}

    def name(self, place: Place, number: int) -> tuple[str, list[int]]:
        """The name of the set that an encoder's sample on a split has, and the places in it.

        number: how many pairs the view has; they are those of `stored.read_sample`. Raises
        ValueError where there are not as many.
        """
        path = "embeddings/{}/{}/{}/pairs.parquet".format(*place)
        pairs = self.results.read(path)
        pairs = pairs[pairs.matched.astype(bool)]
        rows = pairs.iloc[sample_pairs(len(pairs), self.number, self.seed)]
        if len(rows) != number:
            raise ValueError(
                f"{path}: {len(rows)} pairs are its sample, expected the view's {number}"
            )
        texts = rows.text if "text" in rows else rows.text_id
        key = (place.corpus, tuple(rows.image_id), tuple(texts))
        if key not in self._names:
            self._names[key] = f"pictures-{len(self._names)}"
            self.sets[self._names[key]] = {
                "captions": [shortened(str(text)) for text in texts],
                "pictures": self.thumbnails(place.corpus, list(rows.image_id)),
            }
        return self._names[key], list(range(number))

    def thumbnails(self, corpus: str, ids: list[str]) -> list[str]:
        """A small WebP of each picture, in base64; [] for a corpus without pictures.

        Pictures that are no longer there are none, and a remark says so.
        """
        path = f"corpora/{corpus}/images.parquet"
        if corpus not in self.pictured or path not in self.results.tables:
            return []
        table = pd.read_parquet(
            self.results.folder / path,
            columns=["image_id", "image"],
            filters=[("image_id", "in", sorted(set(ids)))],
        ).set_index("image_id")
        found = {}
        for name in table.index:
            try:
                found[name] = small(decode(table.image[name], name))
            except (ValueError, OSError) as error:
                self.remarks.append(f"views of {corpus} show no pictures: {error}")
                return []
        return [found[name] for name in ids]


def small(picture: Image.Image) -> str:
    """A picture within a square of SIDE pixels, as a WebP in base64."""
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=70, method=4)
    return base64.b64encode(buffer.getvalue()).decode()


def shortened(text: str) -> str:
    """A caption of no more than LETTERS letters."""
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
