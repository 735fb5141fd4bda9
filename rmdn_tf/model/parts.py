"""Parts of a built network, as models that share its weights."""

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.joint import JointRecurrence
from rmdn_tf.model.recurrent import RecurrentLayer

SIDE_BY_SIDE = ("projection", "cells")
"""Names of the layers that lay features in cells side by side, for the head."""

AROUND_RECURRENCE = ("context", "dropout", "mixture")
"""Names of the head's other layers: a dense head has no `context`, and one
that tells actions has the recurrence alone."""


def clip_network(model: keras.Model) -> keras.Model:
    """Returns the network that encodes clips: C3D or one of frames."""
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
) -> keras.Model:
    """Returns the part from frames to features.

    Args:
        model: of `build_rmdn`; weights are shared with it.
        clip_stride: another one than the model's.
        preprocessed: whether frames have been through `preprocessing`. Then
            the frames of context before those to serve are as many as the
            attribute `context` of the layer `clips`.

    Returns:
        uint8 frames `[B, L, H, W, 3]`, or float `[B, L, h, w, 3]` if
        preprocessed -> features `[B, T, D]`, of the model's precision.
    """
    preprocessing = model.get_layer("preprocessing").output
    outputs = model.get_layer("features").output
    if clip_stride is not None:
        outputs = _features_at(clip_stride, model, preprocessing)
    side_by_side = _side_by_side(model)
    if side_by_side:
        outputs = side_by_side(outputs)
    inputs = preprocessing if preprocessed else model.input["frames"]
    return keras.Model(inputs, outputs, name="encoder")


def _features_at(clip_stride: int, model: keras.Model, frames):
    """Features of clips that end every `clip_stride` frames."""
    cut, join = (
        layer.from_config(_at(clip_stride, layer.get_config()))
        for layer in (model.get_layer("clips"), model.get_layer("features"))
    )
    return join(clip_network(model)(cut(frames)), frames)


def _at(clip_stride: int, config: dict) -> dict:
    """The config of a layer with another stride, if the layer has one."""
    changes = {"clip_stride": clip_stride}
    return config | {n: v for n, v in changes.items() if n in config}


def build_cells(model: keras.Model) -> keras.Model:
    """Returns the part before the projection.

    Args:
        model: of `build_rmdn` with a projection; weights are shared with it.

    Returns:
        uint8 frames `[B, L, H, W, 3]` -> features `[B, T, h, w, D]`.
    """
    outputs = model.get_layer("features").output
    return keras.Model(model.input["frames"], outputs, name="cells")


def cell_grid(model: keras.Model) -> tuple[int, int] | None:
    """Returns (h, w) of the cells of features; None if they have no place."""
    layer = _side_by_side(model)
    return layer and tuple(layer.input.shape[2:4])


def _side_by_side(model: keras.Model) -> keras.Layer | None:
    found = (layer for layer in model.layers if layer.name in SIDE_BY_SIDE)
    return next(found, None)


def build_head(model: keras.Model) -> keras.Model:
    """Returns the part after the features: recurrence and mixture.

    Args:
        model: of `build_rmdn`; layers and weights are shared with it.

    Returns:
        A model like it, whose dict of inputs has `features`, `[B, T, D]` of
        any float type, in place of `frames`.
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
    """Makes the inputs of a head other than its features."""
    (recurrent,) = (one for one in head if isinstance(one, RecurrentLayer))
    return {
        name: keras.Input(shape, name=name)
        for name, shape in recurrent.state_shapes.items()
    } | {
        "is_first": keras.Input((), dtype="bool", name="is_first"),
        "clip_mask": keras.Input((None,), dtype="bool", name="clip_mask"),
    }


def join_head(head: list[keras.Layer], features, inputs: dict) -> dict:
    """Joins the layers of a head to features; returns the model's outputs."""
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
    """Returns the state before a video, to be passed on from call to call.

    Args:
        model: of `build_rmdn` or `build_head`.
        batch_size: B.

    Returns:
        Zeros, float32, by name: the parts of the state in `build_rmdn`.
    """
    return recurrence(model).initial_state(batch_size)


def model_inputs(batch: dict, state: dict, clip_stride: int) -> dict:
    """Joins a batch of `rmdn_tf.data.input_pipeline` and a state to the inputs.

    A batch with `features` is for the model of `build_head`.
    """
    source = "features" if "features" in batch else "frames"
    return {
        source: batch[source],
        "is_first": batch["is_first"],
        # A clip counts if the frame that it ends at does.
        "clip_mask": batch["frame_mask"][:, ::clip_stride],
        **state,
    }


def pad_context(frames: tf.Tensor) -> tf.Tensor:
    """Repeats the first of `[B, L, H, W, 3]` frames as its own context."""
    return tf.concat([tf.repeat(frames[:, :1], CONTEXT, 1), frames], 1)
