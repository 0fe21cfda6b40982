"""Pictures are read as a viewer shows them, or refused by name."""

import io
import struct
import zlib

import numpy as np
import pytest
from odd_pictures import PICTURES, REFUSED, difference, grey16, png_chunks, write_pictures
from PIL import Image

from modality_gap.data.corpora import decode


@pytest.mark.parametrize("name", [name for name in PICTURES if name not in REFUSED])
def test_every_picture_is_shown_as_a_viewer_shows_it(name):
    picture = decode(PICTURES[name](), name)
    assert picture.mode == "RGB"
    # JPEG and LAB lose a few steps of 255.
    assert difference(name, picture) <= 8


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("floats.tif", "has 32-bit pixels .mode F."),
        ("whole32.tif", "has 32-bit pixels .mode I."),
        ("huge.png", "is too large .*400000000 pixels.*expected at most 178,956,970 pixels"),
        ("cut_off.jpg", "does not decode .*[Tt]runcated"),
        ("cut_off.png", "does not decode"),
        ("one_byte_changed.png", "does not decode"),
        ("empty.png", "does not decode .no kind of picture"),
        ("text.png", "does not decode .no kind of picture"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(name, complaint):
    assert name in REFUSED
    with pytest.raises(ValueError, match=f"^image '{name}' {complaint}") as caught:
        decode(PICTURES[name](), name)
    assert "object at" not in str(caught.value)


def test_they_differ_from_each_other_as_their_files_do(tmp_path):
    """Grey in 16 bits was one white square for all, black on transparent ground one black one."""
    ramps = [Image.fromarray(np.full((4, 4), 3000 * n, np.uint16)) for n in range(20)]
    found = set()
    for number, ramp in enumerate(ramps):
        ramp.save(tmp_path / f"{number}.png")
        found.add(decode(str(tmp_path / f"{number}.png"), "x").getpixel((0, 0)))
    assert len(found) == 20
    assert grey16().mode == "I;16"
    names = write_pictures(tmp_path)
    assert len(names) >= 40


def test_pictures_of_16_bits_keep_what_their_files_say():
    """TIFF that counts from white down; a transparent colour of 16 bits."""
    buffer = io.BytesIO()
    Image.fromarray(np.array([[0, 65535]], np.uint16)).save(buffer, "TIFF", tiffinfo={262: 0})
    shown = np.asarray(decode(buffer.getvalue(), "x"))
    assert shown[0, :, 0].tolist() == [255, 0]
    rows = b"\0" + np.array([[60000, 0, 0], [0, 0, 0]], ">u2").tobytes()
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    colour = struct.pack(">HHH", 60000, 0, 0)
    content = png_chunks(
        (b"IHDR", header), (b"tRNS", colour), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    )
    assert np.asarray(decode(content, "x"))[0].tolist() == [[255, 255, 255], [0, 0, 0]]
