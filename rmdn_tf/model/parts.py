"""Parts of a network of `build_rmdn`, as models that share its weights."""

from collections.abc import Callable, Iterable

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.encoders.bfloat16 import in_bfloat16
from rmdn_tf.encoders.c3d_flat import flatten_c3d
from rmdn_tf.model.joint import JointRecurrence
from rmdn_tf.model.recurrent import RecurrentLayer

# Layers that flatten features in cells for the head.
SIDE_BY_SIDE = ("projection", "cells")

# The last layer of a head, if it is calibrated.
CALIBRATION = "calibration"

# Other layers of a head. A dense head has no `context`; a head for actions has
# only the recurrence.
AROUND_RECURRENCE = ("context", "dropout", "mixture", CALIBRATION)


def clip_network(model: keras.Model) -> keras.Model:
    """Returns the network that encodes clips: C3D or a network of frames."""
    return next(part for part in model.layers if isinstance(part, keras.Model))


def recurrence(model: keras.Model) -> RecurrentLayer:
    """Returns the layer that carries a state from clip to clip."""
    return next(
        layer for layer in model.layers if isinstance(layer, RecurrentLayer)
    )


def build_encoder(
    model: keras.Model,
    clip_stride: int | None = None,
    preprocessed: bool = False,
    doubles: bool = True,
    flat: bool = False,
    bfloat16: bool = False,
) -> keras.Model:
    """Takes the part from frames to features `[B, T, D]`.

    Args:
        model: of `build_rmdn`.
        clip_stride: another stride than the model's.
        preprocessed: whether frames have been through `preprocessing`. Their
            context is then only `model.get_layer("clips").context` frames.
        doubles: see `rmdn_tf.encoders.frame_features.LastFrames`. False needs a
            `clip_stride`.
        flat: see `rmdn_tf.encoders.c3d_flat`. True needs a `clip_stride`.
        bfloat16: see `rmdn_tf.encoders.bfloat16`. True needs a `clip_stride`.

    Returns:
        A model that shares the weights, but those in bfloat16.
    """
    preprocessing = model.get_layer("preprocessing").output
    outputs = model.get_layer("features").output
    if clip_stride is not None:
        changes = {"clip_stride": clip_stride, "doubles": doubles}
        kinds = ((flat, flatten_c3d), (bfloat16, in_bfloat16))
        replace = [function for wanted, function in kinds if wanted]
        outputs = _features_at(changes, model, preprocessing, replace)
    side_by_side = _side_by_side(model)
    if side_by_side:
        outputs = side_by_side(outputs)
    inputs = preprocessing if preprocessed else model.input["frames"]
    return keras.Model(inputs, outputs, name="encoder")


def _features_at(
    changes: dict,
    model: keras.Model,
    frames: keras.KerasTensor,
    replacements: Iterable[Callable[[keras.Model], keras.Model]],
):
    ends = (model.get_layer("clips"), model.get_layer("features"))
    cut, join = (
        layer.from_config(_changed(layer.get_config(), changes))
        for layer in ends
    )
    between = keras.Model(ends[0].output, ends[1].input[0])
    for replace in replacements:
        between = replace(between)
    return join(between(cut(frames)), frames)


def _changed(config: dict, changes: dict) -> dict:
    """Changes those settings that a layer has."""
    return config | {n: v for n, v in changes.items() if n in config}


def build_cells(model: keras.Model) -> keras.Model:
    """Returns the part from frames to features before a projection.

    It maps uint8 `[B, L, H, W, 3]` to float `[B, T, h, w, D]`.
    """
    outputs = model.get_layer("features").output
    return keras.Model(model.input["frames"], outputs, name="cells")


def cell_grid(model: keras.Model) -> tuple[int, int] | None:
    """Returns (h, w) of the cells; None if features have no places."""
    layer = _side_by_side(model)
    return layer and tuple(layer.input.shape[2:4])


def _side_by_side(model: keras.Model) -> keras.Layer | None:
    found = (layer for layer in model.layers if layer.name in SIDE_BY_SIDE)
    return next(found, None)


def build_head(model: keras.Model) -> keras.Model:
    """Takes the part after the features: recurrence and mixture.

    It has the inputs and outputs of `build_rmdn`, but `features`, `[B, T, D]`
    of any float type, instead of `frames`.

    Args:
        model: of `build_rmdn`.

    Returns:
        A model that shares the weights.
    """
    head = [
        layer
        for layer in model.layers
        if isinstance(layer, RecurrentLayer) or layer.name in AROUND_RECURRENCE
    ]
    last = _side_by_side(model) or model.get_layer("features")
    features = keras.Input((None, last.output.shape[-1]), name="features")
    inputs = {"features": features, **head_inputs(head)}
    return keras.Model(inputs, join_head(head, features, inputs), name="head")


def head_inputs(head: list[keras.Layer]) -> dict:
    """Makes the inputs of a head except its features."""
    (recurrent,) = (one for one in head if isinstance(one, RecurrentLayer))
    return {
        name: keras.Input(shape, name=name)
        for name, shape in recurrent.state_shapes.items()
    } | {
        "is_first": keras.Input((), dtype="bool", name="is_first"),
        "clip_mask": keras.Input((None,), dtype="bool", name="clip_mask"),
    }


def join_head(head: list[keras.Layer], features, inputs: dict) -> dict:
    """Connects the layers of a head; returns the model's outputs."""
    if head[-1].name == CALIBRATION:
        *head, calibration = head
        outputs = join_head(head, features, inputs)
        calibrated = calibration(outputs["parameters"])
        return outputs | {"parameters": calibrated}
    if isinstance(head[0], JointRecurrence):
        (joint,) = head
        state = {name: inputs[name] for name in joint.state_shapes}
        parameters, actions, state = joint(
            features, state, inputs["is_first"], inputs["clip_mask"]
        )
        return {"parameters": parameters, "actions": actions, **state}
    *context, recurrent, dropout, mixture = head
    for layer in context:
        features = layer(features)
    outputs, state = recurrent(
        features,
        {name: inputs[name] for name in recurrent.state_shapes},
        inputs["is_first"],
        inputs["clip_mask"],
    )
    return {"parameters": mixture(dropout(outputs)), **state}


def initial_state(model: keras.Model, batch_size: int) -> dict:
    """Makes the state at the start of a video.

    Args:
        model: of `build_rmdn` or `build_head`.
        batch_size: B.

    Returns:
        Name -> float32 zeros `[B, ...]`; empty without recurrence.
    """
    return recurrence(model).initial_state(batch_size)


def model_inputs(batch: dict, state: dict, clip_stride: int) -> dict:
    """Combines a batch and a state to inputs.

    Args:
        batch: of `rmdn_tf.data.input_pipeline`, with frames or with features.
        state: of `initial_state`, or of the outputs for the batch before.
        clip_stride: s, of the model.

    Returns:
        The inputs of the model.
    """
    source = "features" if "features" in batch else "frames"
    return {
        source: batch[source],
        "is_first": batch["is_first"],
        # A clip is valid if its last frame is.
        "clip_mask": batch["frame_mask"][:, ::clip_stride],
        **state,
    }


def pad_context(frames: tf.Tensor) -> tf.Tensor:
    """Puts 15 copies of the first frame before frames.

    Args:
        frames: uint8 `[B, L, H, W, 3]`.

    Returns:
        uint8 `[B, 15 + L, H, W, 3]`.
    """
    return tf.concat([tf.repeat(frames[:, :1], CONTEXT, 1), frames], 1)
