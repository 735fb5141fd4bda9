"""What a request to a served model may ask for, checked inside the graph.

A server has no other place for it: the checks are part of the SavedModel, a
request that breaks one is answered with INVALID_ARGUMENT and a sentence, and
the server goes on. They look at tensors as they come: TensorFlow Serving does
not compare shapes with the signature.
"""

from collections.abc import Callable

import tensorflow as tf

from rmdn_tf.windows import CLIP_LENGTH, CONTEXT

MAX_FRAMES = 256
"""Frames of a request, all rows and the context included."""

MAX_PIXELS = 2**25
"""Pixels of all frames of a request: 16 frames of 1920x1080."""

MAX_MAP_PIXELS = 2**25
"""Pixels of all maps that a request asks for."""

MAX_MAP_NUMBERS = 2**26
"""Pixels of one map times the components of the mixture."""


def as_sent(tensor: tf.Tensor) -> tf.Tensor:
    """Forgets what the signature says of a shape.

    Otherwise TensorFlow answers questions about it from the signature when it
    builds and optimizes the graph, not from what a request holds.
    """
    return tf.compat.v1.placeholder_with_default(tensor, shape=None)


def require(condition, name: str, expected: str, received) -> tf.Operation:
    """Returns an operation that fails where the condition does not hold."""
    sentence = f"Invalid `{name}`. Expected {expected}. Received:"
    return tf.debugging.Assert(condition, [sentence, received], summarize=10)


def after(checks: list, tensor: tf.Tensor) -> tf.Tensor:
    """Returns the tensor, which waits for the checks."""
    with tf.control_dependencies(checks):
        return tf.identity(tensor)


def of_shape(tensor, shape: tuple, name: str, meaning: str) -> tf.Tensor:
    """Requires a shape at run time.

    Args:
        tensor: as a request brings it.
        shape: a number or None for each axis.
        name: of the input, for the message.
        meaning: the shape in letters, for the message.

    Returns:
        The tensor, known to be of that shape.
    """
    tensor = as_sent(tensor)
    sent = tf.shape(tensor)
    expected = f"the shape {meaning}"
    is_rank = require(tf.equal(tf.size(sent), len(shape)), name, expected, sent)
    sent = after([is_rank], sent)
    fits = [
        tf.equal(sent[axis], size)
        for axis, size in enumerate(shape)
        if size is not None
    ]
    is_shape = require(tf.reduce_all(fits), name, expected, sent)
    return tf.ensure_shape(after([is_shape], tensor), shape)


def check_frames(
    frames: tf.Tensor, least: int = 1, clip_stride: int = 1
) -> tf.Tensor:
    """Requires `[B, L, H, W, 3]` that the network can take at once.

    Args:
        frames: uint8, as a request brings them.
        least: frames of a row that there must be.
        clip_stride: s; the frames from the least on must end with a clip or
            with a stride, or the next request would begin between two clips.
            1 checks nothing.

    Returns:
        The frames, of rank 5.
    """
    frames = of_shape(
        frames, (None, None, None, None, 3), "frames", "[B, L, H, W, 3]"
    )
    sent = tf.shape(frames)
    return after(_check_sizes(sent, "frames", least, clip_stride), frames)


def _check_sizes(sent, name: str, least: int, clip_stride: int) -> list:
    """Checks of [B, L, H, W, ...]; products in int64, which do not overflow."""
    rows, number, height, width = tf.unstack(tf.cast(sent[:4], tf.int64))
    return [
        *check_number(sent, name, least, clip_stride),
        require(
            tf.logical_and(height > 0, width > 0),
            name,
            "frames of one pixel or more",
            sent,
        ),
        # Divided, since a product of four may pass int64.
        require(
            height * width <= MAX_PIXELS // tf.maximum(rows * number, 1),
            name,
            f"at most {MAX_PIXELS} pixels in a request; send smaller frames",
            sent,
        ),
    ]


def check_number(sent, name: str, least: int, clip_stride: int) -> list:
    """Checks of the first two sizes, [B, L, ...], as `check_frames` says."""
    rows, number = tf.unstack(tf.cast(sent[:2], tf.int64))
    wanted = "one frame or more in each row"
    if least == CLIP_LENGTH:
        wanted = f"{CONTEXT} frames of context and one or more new ones"
    new = number - least + 1
    return [
        require(rows > 0, name, "one row or more", sent),
        require(new > 0, name, wanted, sent),
        require(
            rows * number <= MAX_FRAMES,
            name,
            f"at most {MAX_FRAMES} frames in a request",
            sent,
        ),
        require(
            new % clip_stride <= 1,
            name,
            f"one new frame more than a multiple of {clip_stride}, the stride "
            "of clips, or a multiple",
            sent,
        ),
    ]


def check_rows(tensor: tf.Tensor, num_rows, name: str) -> tf.Tensor:
    """Requires as many rows as there are rows of frames."""
    sent = tf.shape(tensor)
    fits = require(
        tf.equal(sent[0], num_rows),
        name,
        "as many rows as the frames have",
        sent,
    )
    return after([fits], tensor)


def check_new_rows(rows: tf.Tensor) -> tf.Tensor:
    """Requires `rows`, int32 `[B]`, a number for each row that is wanted.

    Returns:
        B.
    """
    sent = tf.shape(of_shape(rows, (None,), "rows", "[B]"))
    fits = require(
        tf.logical_and(sent[0] > 0, sent[0] <= MAX_FRAMES),
        "rows",
        f"1 to {MAX_FRAMES} rows",
        sent,
    )
    return after([fits], sent)[0]


def check_state(state: dict, shapes: dict, num_rows) -> dict:
    """Requires a state of this model, finite, with a row a row of frames.

    Args:
        state: float32 `[B, ...]` by name.
        shapes: of each part, without the batch.
        num_rows: B of the frames.
    """
    checked = {}
    for name, shape in shapes.items():
        meaning = f"{['B', *shape]}, of this model".replace("'", "")
        part = of_shape(state[name], (None, *shape), name, meaning)
        part = check_rows(part, num_rows, name)
        is_finite = require(
            tf.reduce_all(tf.math.is_finite(part)),
            name,
            "finite numbers, as the step before gave them",
            "NaN or infinity",
        )
        checked[name] = after([is_finite], part)
    return checked


def check_map_size(
    map_size: tf.Tensor, num_rows, num_clips, num_components: int
) -> tf.Tensor:
    """Requires one size of maps, the same in each row, that fits into memory.

    Args:
        map_size: int32 `[B, 2]`, as a request brings it.
        num_rows: B of the frames.
        num_clips: T, maps of a row.
        num_components: C of the mixtures.

    Returns:
        int32 `[2]`: height and width; both 0 for no map.
    """
    map_size = of_shape(map_size, (None, 2), "map_size", "[B, 2]")
    map_size = check_rows(map_size, num_rows, "map_size")
    size = map_size[0]
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    num_maps = tf.cast(num_rows * num_clips, tf.int64)
    is_one = tf.reduce_all(tf.equal(map_size, size))
    is_none = tf.reduce_all(tf.equal(size, 0))
    is_small = pixels <= tf.minimum(
        MAX_MAP_PIXELS // num_maps, MAX_MAP_NUMBERS // num_components
    )
    checks = [
        require(is_one, "map_size", "the same in each row", map_size),
        require(
            tf.logical_or(is_none, tf.reduce_all(size > 0)),
            "map_size",
            "a positive height and width, or 0 and 0 for no map",
            size,
        ),
        require(
            is_small,
            "map_size",
            f"at most {MAX_MAP_PIXELS} pixels in the maps of a request, and "
            f"{MAX_MAP_NUMBERS // num_components} in one",
            size,
        ),
    ]
    return after(checks, size)


def check_outputs(outputs: dict) -> dict:
    """Requires finite parameters: a state may be finite and still be none.

    So with the probabilities of actions, where there are any.
    """
    checked = dict(outputs)
    for name, made in (("parameters", "density"), ("actions", "probability")):
        if name in outputs:
            is_finite = require(
                tf.reduce_all(tf.math.is_finite(outputs[name])),
                "state",
                "numbers as an earlier step of this model gave them",
                f"numbers that it makes no {made} of",
            )
            checked[name] = after([is_finite], outputs[name])
    return checked


def check_jpegs(jpegs: tf.Tensor, clip_stride: int) -> tf.Tensor:
    """Requires JPEGs, `[B, L]`, of one size, before a pixel is decoded.

    A few bytes of JPEG may claim four thousand million pixels.

    Args:
        jpegs: string, as a request brings them.
        clip_stride: s, see `check_frames`.

    Returns:
        The bytes, `[B, L]`.
    """
    jpegs = of_shape(jpegs, (None, None), "jpegs", "[B, L]")
    number = check_number(tf.shape(jpegs), "jpegs", CLIP_LENGTH, clip_stride)
    jpegs = after(number, jpegs)
    sizes = _each(
        tf.io.extract_jpeg_shape,
        tf.reshape(jpegs, [-1]),
        tf.TensorSpec([3], tf.int32),
    )
    is_one = require(
        tf.reduce_all(tf.equal(sizes[:, :2], sizes[:1, :2])),
        "jpegs",
        "pictures of one size",
        sizes,
    )
    shape = tf.concat([tf.shape(jpegs), after([is_one], sizes)[0]], 0)
    return after(_check_sizes(shape, "jpegs", CLIP_LENGTH, clip_stride), jpegs)


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
    """Calls for one value after the other, on as many threads as there are."""
    return tf.map_fn(call, values, fn_output_signature=spec)
