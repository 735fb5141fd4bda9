"""Checks the JPEGs of a request before decoding any pixel; decodes them.

A few bytes of JPEG may claim four thousand million pixels, or thousands of
scans that each pass over all pixels.
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

# Never occurs in compressed data, where a zero follows every 255.
START_OF_SCAN = b"\xff\xda"


def check_jpegs(jpegs: tf.Tensor, sizes: SizeChecks) -> tf.Tensor:
    """Requires JPEGs `[B, L]` of one size that do not take long to decode.

    L is 16 or more. Returns the same bytes.
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
    """Limits the number of scans; each scan passes over all pixels."""
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
    """Counts the scans of pictures `[n]`, int64 `[n]`, up to `MAX_SCANS + 1`.

    The count may be too high, since markers in previews and notes count too,
    but never too low.
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
