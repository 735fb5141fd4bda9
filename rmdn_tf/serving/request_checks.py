"""Checks a request to a served model, inside the graph.

A server has no other place for checks, and TensorFlow Serving does not compare
shapes with the signature. The answer to a request beyond a limit is
INVALID_ARGUMENT and a sentence; the server goes on.
"""

import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.serving.limits import (
    MAX_MAP_SIDE,
    MAX_ROWS,
    STATE_ROUNDING,
    max_map_pixels,
)


def require(condition, name: str, expected: str, received) -> tf.Operation:
    """Returns an operation that fails if the condition does not hold."""
    sentence = f"Invalid `{name}`. Expected {expected}. Received:"
    return tf.debugging.Assert(condition, [sentence, received], summarize=10)


def require_all(name: str, received, *pairs: tuple) -> list[tf.Operation]:
    """Requires each condition of pairs (condition, expected)."""
    return [require(holds, name, said, received) for holds, said in pairs]


def after(checks: list, tensor: tf.Tensor) -> tf.Tensor:
    """Returns the tensor, available only after the checks."""
    with tf.control_dependencies(checks):
        return tf.identity(tensor)


def of_shape(tensor, shape: tuple, name: str, meaning: str) -> tf.Tensor:
    """Requires a shape at run time; returns a tensor of that static shape.

    Sizes of None may be any. `meaning` is the shape in letters.
    """
    # Forgets the signature's shape. Otherwise TensorFlow would take shapes from
    # the signature, not from the request.
    tensor = tf.compat.v1.placeholder_with_default(tensor, shape=None)
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


class SizeChecks:
    """Checks how much a request holds."""

    def __init__(
        self, limits: RequestLimits, clip_stride: int, num_components: int
    ):
        self._limits = limits
        self._stride = clip_stride
        self._num_components = num_components

    def check_frames(self, frames: tf.Tensor, least: int) -> tf.Tensor:
        """Requires frames, uint8 `[B, L, H, W, 3]`, within the limits.

        `least` is the smallest L: 1 for whole windows, 16 for steps.
        """
        frames = of_shape(
            frames, (None, None, None, None, 3), "frames", "[B, L, H, W, 3]"
        )
        sent = tf.shape(frames)
        checks = [
            *self.number_checks(sent, "frames", least),
            *self.pixel_checks(sent, "frames"),
        ]
        return after(checks, frames)

    def number_checks(self, sent, name: str, least: int) -> list:
        """Checks the number of frames and clips of a shape `[B, L, ...]`."""
        rows, number = tf.unstack(tf.cast(sent[:2], tf.int64))
        new = number - least + 1
        wanted = "one frame or more in each row"
        if least == CLIP_LENGTH:
            wanted = f"{CONTEXT} frames of context and one or more new ones"
        most, stride = self._limits, self._stride
        pairs = [
            (rows > 0, "one row or more"),
            (new > 0, wanted),
            (
                rows * number <= most.max_frames,
                f"at most {most.max_frames} frames in a request",
            ),
            # The network runs once for each clip, however small the frames.
            (
                rows * ((new - 1) // stride + 1) <= most.max_clips,
                f"at most {most.max_clips} clips in a request to this model; "
                "one ends at the first new frame of each row, and at every "
                f"{stride} frames from there",
            ),
        ]
        if least > 1:  # The next step begins a stride after the last clip.
            expected = (
                f"a number of new frames that is a multiple of {stride}, the "
                "stride of clips, or one more"
            )
            pairs.append((new % stride <= 1, expected))
        return require_all(name, sent, *pairs)

    def pixel_checks(self, sent, name: str) -> list:
        """Checks the number of pixels of a shape `[B, L, H, W, ...]`."""
        most = self._limits.max_pixels
        rows, number, height, width = tf.unstack(tf.cast(sent[:4], tf.int64))
        return require_all(
            name,
            sent,
            ((height > 0) & (width > 0), "frames of one pixel or more"),
            # A division, since a product of four may exceed int64.
            (
                height * width <= most // tf.maximum(rows * number, 1),
                f"at most {most} pixels in a request; send smaller frames",
            ),
        )

    def check_map_size(
        self, map_size: tf.Tensor, num_rows, num_clips
    ) -> tf.Tensor:
        """Requires one size of maps, the same in each row of int32 `[B, 2]`.

        `num_clips` is T, the maps of a row. Returns the size, int32 `[2]`.
        """
        map_size = of_shape(map_size, (None, 2), "map_size", "[B, 2]")
        size = _one_size(check_rows(map_size, num_rows, "map_size"))
        pixels = tf.reduce_prod(tf.cast(size, tf.int64))
        pixels *= tf.cast(num_rows * num_clips, tf.int64)
        most = max_map_pixels(self._num_components)
        is_small = require(
            pixels <= most,
            "map_size",
            f"at most {most} pixels in all maps of a request, one map a clip",
            size,
        )
        return after([is_small], size)


def _one_size(map_size) -> tf.Tensor:
    """Requires the same size in each row of `[B, 2]`; returns it."""
    size = map_size[0]
    is_same = tf.reduce_all(tf.equal(map_size, size))
    checks = require_all(
        "map_size",
        size,
        (
            tf.reduce_all(tf.equal(size, 0)) | tf.reduce_all(size > 0),
            "a positive height and width, or 0 and 0 for no map",
        ),
        (
            tf.reduce_all(size <= MAX_MAP_SIDE),
            f"at most {MAX_MAP_SIDE} rows and columns",
        ),
    )
    checks.append(
        require(is_same, "map_size", "the same in each row", map_size)
    )
    return after(checks, size)


def check_rows(tensor: tf.Tensor, num_rows, name: str) -> tf.Tensor:
    """Requires as many rows as the frames have."""
    sent = tf.shape(tensor)
    fits = tf.equal(sent[0], num_rows)
    check = require(fits, name, "as many rows as the frames have", sent)
    return after([check], tensor)


def check_new_rows(rows: tf.Tensor) -> tf.Tensor:
    """Requires `rows`, int32 `[B]`; returns B, the number of wanted rows."""
    sent = tf.shape(of_shape(rows, (None,), "rows", "[B]"))
    fits = (sent[0] > 0) & (sent[0] <= MAX_ROWS)
    check = require(fits, "rows", f"1 to {MAX_ROWS} rows", sent)
    return after([check], sent)[0]


def check_state(
    state: dict, shapes: dict, limits: dict[str, float], num_rows
) -> dict:
    """Requires a state, float32 `[B, ...]` by name, that this model can give.

    `shapes` are without the batch; `limits` are largest magnitudes.
    """
    checked = {}
    for name, shape in shapes.items():
        meaning = f"{['B', *shape]}, of this model".replace("'", "")
        part = of_shape(state[name], (None, *shape), name, meaning)
        part = check_rows(part, num_rows, name)
        # False for NaN.
        is_known = require(
            tf.reduce_all(tf.abs(part) <= limits[name] * STATE_ROUNDING),
            name,
            f"finite numbers from -{limits[name]:g} to {limits[name]:g}, as "
            "the step before gave them",
            tf.reduce_max(tf.abs(part)),
        )
        checked[name] = after([is_known], part)
    return checked


def check_outputs(outputs: dict) -> dict:
    """Requires finite parameters and finite probabilities of actions.

    A finite state that no step of this model gave may lead to others.
    """
    checked = dict(outputs)
    for name, made in (("parameters", "density"), ("actions", "probability")):
        if name in outputs:
            is_finite = require(
                tf.reduce_all(tf.math.is_finite(outputs[name])),
                "state",
                "numbers as an earlier step of this model gave them",
                f"numbers that give no finite {made}",
            )
            checked[name] = after([is_finite], outputs[name])
    return checked
