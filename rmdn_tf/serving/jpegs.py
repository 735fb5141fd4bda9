"""Checks the JPEGs of a request before a pixel is decoded, and decodes them.

A few bytes of JPEG may claim four thousand million pixels, or thousands of
scans, each of which goes over all of them.
"""

from collections.abc import Callable

import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.request_limits import BLOCK
from rmdn_tf.serving.limits import MAX_JPEG_BYTES, MAX_SCANNED_PIXELS, MAX_SCANS
from rmdn_tf.serving.request_checks import (
    SizeChecks,
    after,
    of_shape,
    require,
    require_all,
)

START_OF_SCAN = b"\xff\xda"
"""Never part of compressed data, in which a zero follows every 255."""


def check_jpegs(jpegs: tf.Tensor, sizes: SizeChecks) -> tf.Tensor:
    """Requires JPEGs of one size, `[B, L]`, that do not take long to decode.

    Args:
        jpegs: string, as a request brings them, 16 or more in each row.
        sizes: those of the model.

    Returns:
        The bytes, `[B, L]`.
    """
    jpegs = of_shape(jpegs, (None, None), "jpegs", "[B, L]")
    sent = tf.shape(jpegs)
    number = sizes.number_checks(sent, "jpegs", CLIP_LENGTH)
    jpegs = after([*number, _check_bytes(jpegs)], jpegs)
    shapes = _each(
        tf.io.extract_jpeg_shape,
        tf.reshape(jpegs, [-1]),
        tf.TensorSpec([3], tf.int32),
    )
    is_one = require(
        tf.reduce_all(tf.equal(shapes[:, :2], shapes[:1, :2])),
        "jpegs",
        "pictures of one size",
        shapes,
    )
    # Whole blocks are decoded, even if few of their pixels are shown.
    size = -(-after([is_one], shapes)[0, :2] // BLOCK) * BLOCK
    checks = sizes.pixel_checks(tf.concat([sent, size], 0), "jpegs")
    return after([*checks, *_scan_checks(jpegs, size)], jpegs)


def _check_bytes(jpegs) -> tf.Operation:
    number = tf.reduce_sum(tf.cast(tf.strings.length(jpegs), tf.int64))
    return require(
        number <= MAX_JPEG_BYTES,
        "jpegs",
        f"at most {MAX_JPEG_BYTES} bytes in a request",
        number,
    )


def _scan_checks(jpegs, size) -> list:
    """Checks the number of scans, each of which goes over all pixels."""
    scans = _count_scans(tf.reshape(jpegs, [-1]))
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    return require_all(
        "jpegs",
        tf.reduce_sum(scans),
        (
            tf.reduce_max(scans) <= MAX_SCANS,
            f"at most {MAX_SCANS} scans in a picture",
        ),
        (
            tf.reduce_sum(scans) <= MAX_SCANNED_PIXELS // pixels,
            f"at most {MAX_SCANNED_PIXELS} pixels times scans in a request; "
            "send pictures that are not progressive",
        ),
    )


def _count_scans(jpegs) -> tf.Tensor:
    """Counts the scans of pictures `[n]`, int64 `[n]`, `MAX_SCANS + 1` at most.

    A marker in a preview or a note counts too, so that the number may be too
    high, but never too low.
    """
    parts = tf.strings.split(jpegs, START_OF_SCAN, maxsplit=MAX_SCANS + 1)
    return tf.cast(parts.row_lengths(), tf.int64) - 1


def decode_jpegs(jpegs: tf.Tensor) -> tf.Tensor:
    """Decodes `[B, L]` JPEGs of one size to uint8 `[B, L, H, W, 3]`, RGB."""
    frames = _each(
        lambda jpeg: tf.io.decode_jpeg(jpeg, channels=3),
        tf.reshape(jpegs, [-1]),
        tf.TensorSpec([None, None, 3], tf.uint8),
    )
    shape = tf.concat([tf.shape(jpegs), tf.shape(frames)[1:]], 0)
    return tf.ensure_shape(tf.reshape(frames, shape), [None] * 4 + [3])


def _each(call: Callable, values, spec: tf.TensorSpec) -> tf.Tensor:
    """Calls the function for each value, on all threads."""
    return tf.map_fn(call, values, fn_output_signature=spec)
