"""Makes valid and corrupted requests to a served model."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.serving.messages import predict_request

Inputs = dict[str, np.ndarray]
KINDS = (np.uint8, np.int32, np.int64, np.float32, np.float64, object)


def valid_requests(
    name: str, state_shapes: dict, rng: np.random.Generator
) -> list[bytes]:
    """Makes one request of each signature.

    Args:
        name: the model's name on the server.
        state_shapes: part of the state -> its shape, without the batch.
        rng: draws the inputs.

    Returns:
        Serialized `PredictRequest`s.
    """
    return [
        predict_request(name, signature, inputs).SerializeToString()
        for signature, inputs in valid_inputs(state_shapes, rng).items()
    ]


def valid_inputs(
    state_shapes: dict, rng: np.random.Generator
) -> dict[str, Inputs]:
    """Makes inputs for each signature: two rows of frames of 12x20."""
    shape = (2, CLIP_LENGTH, 12, 20, 3)
    frames = rng.integers(0, 256, shape, np.uint8)
    jpegs = [
        tf.io.encode_jpeg(f).numpy() for f in frames.reshape(-1, 12, 20, 3)
    ]
    jpegs = np.array(jpegs, object).reshape(2, CLIP_LENGTH)
    sized = {"map_size": np.array([[4, 6]] * 2, np.int32)}
    state = {
        key: rng.uniform(0.1, 0.9, (2, *shape)).astype(np.float32)
        for key, shape in state_shapes.items()
    }
    rows = {"rows": np.zeros([2], np.int32)}
    return {
        "serving_default": {"frames": frames[:, :3], **sized},
        "step": {"frames": frames, **sized, **state},
        "step_jpeg": {"jpegs": jpegs, **sized, **state},
        "initial_state": rows,
        "metadata": rows,
    }


def corrupted(
    name: str, state_shapes: dict, rng: np.random.Generator
) -> tuple[str, bytes]:
    """Makes a request with a random change, which is probably invalid.

    Returns:
        The change in words, and the serialized `PredictRequest`.
    """
    signatures = valid_inputs(state_shapes, rng)
    signature = rng.choice(["step", "step_jpeg", "serving_default", "metadata"])
    inputs = dict(signatures[signature])
    change = CHANGES[rng.integers(len(CHANGES))]
    said = f"{signature}: {change.__name__.strip('_')}"
    if change is _bytes:
        request = predict_request(name, signature, inputs)
        return said, _bytes(request.SerializeToString(), rng)
    if change is _signature:
        signature = str(rng.choice(["", "stepp", *signatures]))
    elif change is _model:
        name = "another"
    else:
        key = str(rng.choice(list(inputs)))
        change(inputs, key, rng)
        said += f" of {key}"
    request = predict_request(name, signature, inputs)
    return said, request.SerializeToString()


def _bytes(request: bytes, rng) -> bytes:
    """Truncates the message, or changes some bytes."""
    if rng.random() < 0.3:
        return request[: rng.integers(len(request))]
    changed = bytearray(request)
    # Half of the time in the beginning, with names, types and shapes.
    end = len(request) if rng.random() < 0.5 else min(len(request), 120)
    for place in rng.integers(end, size=rng.integers(1, 6)):
        changed[place] = rng.integers(256)
    return bytes(changed)


def _signature():
    """Names another signature."""


def _model():
    """Names another model."""


def _missing(inputs: Inputs, key: str, rng) -> None:
    del inputs[key]


def _unknown(inputs: Inputs, key: str, rng) -> None:
    inputs[f"{key}_"] = inputs[key]


def _kind(inputs: Inputs, key: str, rng) -> None:
    kind = KINDS[rng.integers(len(KINDS))]
    value = inputs[key]
    if kind is object or value.dtype == object:
        value = np.full(value.shape, b"x", object)
    inputs[key] = value if value.dtype == object else value.astype(kind)


def _rank(inputs: Inputs, key: str, rng) -> None:
    value = inputs[key]
    axis = int(rng.integers(value.ndim))
    less = value.take(0, axis) if value.shape[axis] else value
    choices = [value[None], value[..., None], np.asarray(less)]
    inputs[key] = choices[rng.integers(3)]


def _size(inputs: Inputs, key: str, rng) -> None:
    """Makes one axis empty, shorter or longer."""
    value = inputs[key]
    axis = int(rng.integers(value.ndim))
    length = int(rng.choice([0, 1, value.shape[axis] + 1, 40]))
    inputs[key] = np.resize(
        value, (*value.shape[:axis], length, *value.shape[axis + 1 :])
    )


def _values(inputs: Inputs, key: str, rng) -> None:
    """Puts in NaN, infinite or extreme numbers."""
    value = inputs[key].copy()
    if value.dtype == object:
        _pictures(inputs, key, rng)
        return
    if value.dtype == np.float32:
        bad = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-42]
    else:
        limits = np.iinfo(value.dtype)
        bad = [limits.min, limits.max, 0, 1]
    place = tuple(rng.integers(side) for side in value.shape)
    if rng.random() < 0.5:
        place = ...
    value[place] = rng.choice(bad)
    inputs[key] = value


def _map_size(inputs: Inputs, key: str, rng) -> None:
    if "map_size" in inputs:
        sizes = [-1, 0, 1, 7, 1000, 2**16, 2**31 - 1]
        inputs["map_size"] = rng.choice(sizes, (2, 2)).astype(np.int32)
        if rng.random() < 0.5:
            inputs["map_size"][:] = inputs["map_size"][0]


def _pictures(inputs: Inputs, key: str, rng) -> None:
    """Puts in a JPEG that is invalid, truncated, changed or of another size."""
    if "jpegs" not in inputs:
        return
    jpegs = inputs["jpegs"].copy()
    place = tuple(rng.integers(side) for side in jpegs.shape)
    jpeg = jpegs[place]
    changed = bytearray(jpeg)
    for at in rng.integers(len(jpeg), size=4):
        changed[at] = rng.integers(256)
    larger = np.zeros([13, 20, 3], np.uint8)
    jpegs[place] = [
        b"",
        bytes(rng.integers(0, 256, 200, np.uint8)),
        jpeg[: rng.integers(len(jpeg))],
        bytes(changed),
        tf.io.encode_jpeg(larger).numpy(),
        tf.io.encode_png(larger[:12]).numpy(),
        with_size(jpeg, 65000, 65000),
    ][rng.integers(7)]
    inputs["jpegs"] = jpegs


def with_size(jpeg: bytes, height: int, width: int) -> bytes:
    """Writes a wrong size into the header of a JPEG."""
    place = jpeg.index(b"\xff\xc0") + 5  # Marker, length, bits.
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return jpeg[:place] + size + jpeg[place + 4 :]


CHANGES: tuple[Callable, ...] = (
    _bytes,
    _signature,
    _model,
    _missing,
    _unknown,
    _kind,
    _rank,
    _size,
    _values,
    _map_size,
    _pictures,
)
