"""Forty odd pictures, as strangers' folders hold them: all show a black and a red half on white.

The picture is 12 × 8: white, its left third black, and a red square in the upper right corner, so
that a turn, a lost channel or a cut range shows.
"""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (12, 8)  # width, height
ORIENTATION = 0x0112


def colour() -> np.ndarray:
    """What a viewer shows of nearly all of them; shape (8, 12, 3), uint8."""
    shown = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    shown[:, :4] = 0
    shown[:3, 9:] = (255, 0, 0)
    return shown


def grey() -> np.ndarray:
    """The same without colour; shape (8, 12), uint8."""
    return np.asarray(Image.fromarray(colour()).convert("L"))


def encoded(image: Image.Image, form: str, **options) -> bytes:
    """A picture as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def photograph(**options) -> bytes:
    """A JPEG, large enough that its blocks do not blur the halves."""
    large = Image.fromarray(colour()).resize((96, 64), Image.Resampling.NEAREST)
    return encoded(large, "JPEG", quality=95, subsampling=0, **options)


def turned(orientation: int, form: str = "JPEG") -> bytes:
    """A picture that lies, with an EXIF orientation that says how to put it upright."""
    undo = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    large = Image.fromarray(colour()).resize((96, 64), Image.Resampling.NEAREST)
    lying = large if undo[orientation] is None else large.transpose(undo[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"quality": 95, "subsampling": 0} if form == "JPEG" else {}
    return encoded(lying, form, exif=exif, **options)


def transparent(mode: str) -> Image.Image:
    """White made transparent, with black hidden below it."""
    shown = Image.fromarray(colour()).convert("RGBA")
    pixels = np.array(shown)
    white = (pixels[..., :3] == 255).all(axis=-1)
    pixels[white] = 0
    return Image.fromarray(pixels).convert(mode)


def grey16() -> Image.Image:
    """Grey in 16 bits."""
    return Image.fromarray(grey().astype(np.uint16) * 257)


def palette(**options) -> bytes:
    """Colours of a palette, one of them transparent if so."""
    return encoded(Image.fromarray(colour()).quantize(8), "PNG", **options)


def animation(form: str) -> bytes:
    """The picture, then a green one."""
    later = Image.new("RGB", SIZE, "green")
    first = Image.fromarray(colour())
    return encoded(first, form, save_all=True, append_images=[later], duration=100, lossless=True)


def png_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of the given chunks."""
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def rgb16() -> bytes:
    """Colour in 16 bits a channel, which Pillow reads and does not write."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in colour() * np.uint16(257))
    header = struct.pack(">IIBBBBB", *SIZE, 16, 2, 0, 0, 0)
    return png_chunks((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def huge() -> bytes:
    """400 million pixels of nothing, in a few kilobytes of header: no reader may decode it."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return png_chunks((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))


def damaged_exif() -> bytes:
    """A photograph whose EXIF is noise."""
    return photograph(exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x99\x99")


def damaged_png() -> bytes:
    """A picture of noise with one byte changed in the middle of its pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    content = bytearray(encoded(Image.fromarray(noise), "PNG"))
    content[len(content) // 2] ^= 0x55
    return bytes(content)


# What each file holds, by its name; those that no viewer shows alike, or at all, come last.
PICTURES: dict[str, Callable[[], bytes]] = {
    "rgb.png": lambda: encoded(Image.fromarray(colour()), "PNG"),
    "rgb.bmp": lambda: encoded(Image.fromarray(colour()), "BMP"),
    "rgb.tif": lambda: encoded(Image.fromarray(colour()), "TIFF"),
    "rgb.ppm": lambda: encoded(Image.fromarray(colour()), "PPM"),
    "rgb_lossless.webp": lambda: encoded(Image.fromarray(colour()), "WEBP", lossless=True),
    "rgb16.png": rgb16,
    "png_inside.jpg": lambda: encoded(Image.fromarray(colour()), "PNG"),
    "palette.png": palette,
    "palette_transparent.png": lambda: encoded(transparent("RGBA").quantize(8), "PNG"),
    "palette.gif": lambda: encoded(Image.fromarray(colour()), "GIF"),
    "transparent.png": lambda: encoded(transparent("RGBA"), "PNG"),
    "transparent.webp": lambda: encoded(transparent("RGBA"), "WEBP", lossless=True, exact=True),
    "transparent.tif": lambda: encoded(transparent("RGBA"), "TIFF"),
    "transparent_colour.png": lambda: encoded(
        Image.fromarray(np.where(colour() == 255, colour(), colour())),
        "PNG",
        transparency=(255, 255, 255),
    ),
    "animated.gif": lambda: animation("GIF"),
    "animated.webp": lambda: animation("WEBP"),
    "animated.png": lambda: animation("PNG"),
    "pages.tif": lambda: animation("TIFF"),
    "photograph.jpg": photograph,
    "progressive.jpg": lambda: photograph(progressive=True),
    "cmyk.jpg": lambda: encoded(
        Image.fromarray(colour()).resize((96, 64), Image.Resampling.NEAREST).convert("CMYK"),
        "JPEG",
        quality=95,
    ),
    "cmyk.tif": lambda: encoded(Image.fromarray(colour()).convert("CMYK"), "TIFF"),
    "lab.tif": lambda: encoded(Image.fromarray(colour()).convert("LAB"), "TIFF"),
    "damaged_exif.jpg": damaged_exif,
    **{f"turned{number}.jpg": (lambda n=number: turned(n)) for number in range(1, 9)},
    "turned6.png": lambda: turned(6, "PNG"),
    "turned6.webp": lambda: turned(6, "WEBP"),
    "turned6.tif": lambda: turned(6, "TIFF"),
    # Without colour:
    "grey.png": lambda: encoded(Image.fromarray(grey()), "PNG"),
    "grey.jpg": lambda: encoded(
        Image.fromarray(grey()).resize((96, 64), Image.Resampling.NEAREST), "JPEG", quality=95
    ),
    "grey16.png": lambda: encoded(grey16(), "PNG"),
    "grey16.tif": lambda: encoded(grey16(), "TIFF"),
    "grey_transparent.png": lambda: encoded(transparent("LA"), "PNG"),
    "bits.png": lambda: encoded(Image.fromarray(grey() > 128), "PNG"),
    # Refused:
    "floats.tif": lambda: encoded(Image.fromarray(grey() / np.float32(255)), "TIFF"),
    "whole32.tif": lambda: encoded(Image.fromarray(grey().astype(np.int32) << 16), "TIFF"),
    "huge.png": huge,
    "one_byte_changed.png": damaged_png,
    "cut_off.jpg": lambda: photograph()[:-400],
    "cut_off.png": lambda: encoded(Image.fromarray(colour()), "PNG")[:60],
    "empty.png": lambda: b"",
    "text.png": lambda: b"<html>quota exceeded</html>",
}
REFUSED = ("floats.tif", "whole32.tif", "huge.png", "cut_off.jpg", "cut_off.png", "empty.png")
REFUSED += ("text.png", "one_byte_changed.png")
WITHOUT_COLOUR = ("grey.png", "grey.jpg", "grey16.png", "grey16.tif", "grey_transparent.png")
WITHOUT_COLOUR += ("floats.tif", "whole32.tif")


def write_pictures(folder: Path) -> list[str]:
    """All of them in a folder; their names."""
    for name, make in PICTURES.items():
        (folder / name).write_bytes(make())
    return list(PICTURES)


def shown(name: str) -> np.ndarray:
    """What a viewer shows of a picture, shape (8, 12, 3)."""
    if name == "bits.png":
        return np.repeat(((grey() > 128) * np.uint8(255))[..., None], 3, axis=2)
    if name in WITHOUT_COLOUR:
        return np.repeat(grey()[..., None], 3, axis=2)
    return colour()


def medians(picture: Image.Image) -> np.ndarray | None:
    """A picture in the size of the odd ones, shape (8, 12, 3); None where it has another form.

    Over the blocks of photographs the median is taken.
    """
    width, height = SIZE
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    rows, columns = pixels.shape[0] // height, pixels.shape[1] // width
    if rows == 0 or rows != columns or pixels.shape[:2] != (rows * height, columns * width):
        return None
    return np.median(pixels.reshape(height, rows, width, columns, 3), axis=(1, 3))


def difference(name: str, picture: Image.Image) -> int:
    """How far a decoded picture is from what a viewer shows: the largest difference of `medians`.

    255 where it has another form.
    """
    found = medians(picture)
    return 255 if found is None else int(np.abs(found - shown(name)).max())
