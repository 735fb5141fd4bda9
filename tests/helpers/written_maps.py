"""Maps as other tools write them, for tests of `map_directory`."""

import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.map_errors import MapError

SIZE = (6, 8)


def made_levels(seed=0, dtype=np.uint8, size=SIZE):
    """Returns random levels `[h, w]`, some of them 0."""
    levels = np.random.default_rng(seed).integers(
        0, np.iinfo(dtype).max, size, dtype, endpoint=True
    )
    levels[0, :2] = 0
    return levels


def write_png(path, levels, channels=1):
    """Writes `[h, w]` in some equal channels, or `[h, w, channels]`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if levels.ndim == 2:
        levels = np.repeat(levels[..., None], channels, axis=-1)
    path.write_bytes(tf.io.encode_png(levels).numpy())
    return path


def write_array(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return path


def write_map(path, levels):
    write = write_array if path.suffix == ".npy" else write_png
    return write(path, levels)


def chunk(kind, content):
    """Returns a chunk of a PNG with a valid checksum."""
    checksum = zlib.crc32(kind + content)
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", checksum)
    )


def png_of(header, pixels, *others):
    """Builds a PNG of width, height, bits, colour type, and raw rows."""
    start = struct.pack(">IIBB", *header) + bytes(3)
    chunks = [(b"IHDR", start), *others, (b"IDAT", zlib.compress(pixels))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*each) for each in [*chunks, (b"IEND", b"")]
    )


def read_one(directory, frame=0, size=SIZE, video_id="a", **options):
    maps = MapDirectory(directory, **options)
    return maps.densities(video_id, np.array([frame]), *size)[0]


def sums_to_one(levels):
    levels = np.asarray(levels, np.float64)
    return levels / levels.sum()


def assert_equal(density, expected):
    np.testing.assert_allclose(density, sums_to_one(expected), rtol=1e-12)


def error_of(directory, **request):
    """Returns the message of the error that reading one map raises."""
    with pytest.raises(MapError) as caught:
        read_one(directory, **request)
    message = str(caught.value)
    assert str(directory) in message
    return message


def sums_of(saliencies, size):
    """Sums blocks; the old size is a multiple of the new one."""
    height, width = size
    blocks = saliencies.reshape(
        [height, -1, width, saliencies.shape[1] // width]
    )
    return blocks.astype(np.float64).sum((1, 3))
