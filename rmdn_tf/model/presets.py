"""The kinds of network, presets of their settings, and changed settings."""

import dataclasses
from typing import Any

from rmdn_tf.model.config import (
    DenseConfig,
    JointConfig,
    ModelConfig,
    SpatialConfig,
)

_SPATIAL = SpatialConfig(
    encoder="efficientnet_lite0",
    input_size=(448, 448),
    features="stage5",
    motion_lags=(1, 3),
    camera=True,
    faces=True,
    projection=112,
    recurrent="leaky",
    units=32,
    dropout=0.0,
    frames_per_second=10.0,
    context="residual",
    context_units=32,
    feature_dropout=0.3,
    reset_on_cuts=True,
)

PRESETS: dict[str, ModelConfig] = {
    "paper": DenseConfig(),
    # Trains on one CPU core: five narrow blocks, smaller frames, every fourth
    # clip.
    "small": DenseConfig(
        input_size=(64, 80),
        filters=((8,), (16,), (32,), (32,), (32,)),
        dropout=0.0,
        clip_stride=4,
    ),
    "spatial": _SPATIAL,
    "spatial_small": dataclasses.replace(_SPATIAL, input_size=(224, 224)),
}

KINDS = (DenseConfig, SpatialConfig, JointConfig)


def settings_of(kind: type[ModelConfig]) -> dict[str, dataclasses.Field]:
    """Returns the settings of a kind of network by name."""
    return {field.name: field for field in dataclasses.fields(kind)}


# Settings of all kinds.
SETTINGS = {
    name: field
    for kind in reversed(KINDS)
    for name, field in settings_of(kind).items()
}


def with_changes(config: ModelConfig, **changes: Any) -> ModelConfig:
    """Changes some settings; `head` and `actions` may change the class.

    Args:
        config: settings.
        changes: new values by name.

    Returns:
        The changed copy.

    Raises:
        ValueError: a setting is invalid or belongs to another kind of network.
    """
    kind = kind_of({"head": config.head, "actions": config.actions} | changes)
    settings = settings_of(kind)
    for name in changes.keys() - settings:
        raise ValueError(
            f"Invalid `{name}`. Expected a setting of {kind.__name__}: "
            f"{', '.join(settings)}. Received: {name}={changes[name]}."
        )
    kept = {n: v for n, v in vars(config).items() if n in settings}
    return kind(**kept | changes)


def kind_of(values: dict) -> type[ModelConfig]:
    """Returns the class for the settings `actions` and `head`."""
    if values.get("actions"):
        return JointConfig
    return SpatialConfig if values.get("head") == "spatial" else DenseConfig
