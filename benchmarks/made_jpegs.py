"""Makes JPEGs as cameras, tools and attackers write them."""

import io

import numpy as np
from PIL import Image

SCAN = b"\xff\xda"


def jpeg(size=(12, 20), **options) -> bytes:
    """Makes a JPEG of noise; see `PIL.Image.save` for the options."""
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


def with_note(picture: bytes, note: bytes) -> bytes:
    """Adds a note as a camera does, in segments of up to 65,533 bytes."""
    segments = b""
    for begin in range(0, len(note), 65_533):
        part = note[begin : begin + 65_533]
        segments += b"\xff\xed" + (len(part) + 2).to_bytes(2, "big") + part
    return picture[:2] + segments + picture[2:]


def scan_bomb(num_scans: int, size=(12, 20)) -> bytes:
    """Makes a progressive JPEG with many empty scans.

    Each takes 12 bytes, but the decoder goes over all pixels.
    """
    file = io.BytesIO()
    flat = np.full((*size, 3), 128, np.uint8)
    Image.fromarray(flat).save(file, "JPEG", progressive=True)
    picture = file.getvalue()
    begin, end = picture.rindex(SCAN), len(picture) - 2
    num_more = num_scans - picture.count(SCAN)
    return picture[:end] + picture[begin:end] * num_more + picture[end:]
