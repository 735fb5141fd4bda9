"""Parameters of a mixture <-> moments; what each of the six numbers means.

The network computes unconstrained parameters. Moments are the same mixture in
the plain numbers of statistics: a weight, a mean, standard deviations and a
correlation for each component.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.special

from rmdn_tf.model.columns import columns_of

if TYPE_CHECKING:
    import tensorflow as tf

# The float32 below 1. A tanh nearer to 1 would be rounded to 1, which makes the
# covariance singular.
LARGEST_CORRELATION = 1 - 2.0**-24


class Moments(NamedTuple):
    """Moments of the components of mixtures, each of shape `[..., C]`.

    `np.stack(moments, -1)` gives `[..., C, 6]` in this order. Coordinates: x to
    the right and y down, from 0 to 1 over the whole frame.

    Attributes:
        weight: probability of the component; the weights of a mixture sum to 1.
        x: mean, in widths of the frame from its left edge.
        y: mean, in heights of the frame from its top edge.
        scale_x: standard deviation of x, in widths of the frame.
        scale_y: standard deviation of y, in heights of the frame.
        correlation: correlation of x and y, between -1 and 1.
    """

    weight: "tf.Tensor | np.ndarray"
    x: "tf.Tensor | np.ndarray"
    y: "tf.Tensor | np.ndarray"
    scale_x: "tf.Tensor | np.ndarray"
    scale_y: "tf.Tensor | np.ndarray"
    correlation: "tf.Tensor | np.ndarray"


class ComponentNumber(NamedTuple):
    """One of the six numbers of a component.

    Attributes:
        parameter: name of the unconstrained number that the network computes.
        moment: name of the moment, a field of `Moments`.
        formula: the moment, computed from the parameter.
        meaning: what the moment is, with its unit.
    """

    parameter: str
    moment: str
    formula: str
    meaning: str


COMPONENT = (
    ComponentNumber(
        "logit",
        "weight",
        "exp(logit) / sum of exp(logit) over the components",
        "probability of the component; the weights of a mixture sum to 1",
    ),
    ComponentNumber(
        "loc_x",
        "x",
        "loc_x",
        "mean, in widths of the frame: 0 is the left edge, 1 the right edge",
    ),
    ComponentNumber(
        "loc_y",
        "y",
        "loc_y",
        "mean, in heights of the frame: 0 is the top edge, 1 the bottom edge",
    ),
    ComponentNumber(
        "log_scale_x",
        "scale_x",
        "exp(log_scale_x)",
        "standard deviation of x, in widths of the frame",
    ),
    ComponentNumber(
        "log_scale_y",
        "scale_y",
        "exp(log_scale_y)",
        "standard deviation of y, in heights of the frame",
    ),
    ComponentNumber(
        "atanh_correlation",
        "correlation",
        "tanh(atanh_correlation)",
        "correlation of x and y, between -1 and 1",
    ),
)

NUM_PARAMETERS = len(COMPONENT)

COORDINATES = (
    "x points right and y points down, both from 0 to 1 over the whole frame; "
    "the centre of the pixel in row i and column j of H x W pixels is "
    "((j + 0.5) / W, (i + 0.5) / H)"
)

# With the names of `Moments`; `px`, `py` is the point.
DENSITY = (
    "p(px, py) = sum over the components of weight * exp(-q / 2) / (2 pi "
    "scale_x scale_y sqrt(1 - correlation^2)), with u = (px - x) / scale_x, "
    "v = (py - y) / scale_y and q = (u^2 - 2 correlation u v + v^2) / "
    "(1 - correlation^2). A density of 1 everywhere in the frame is uniform"
)


def moments(parameters: "tf.Tensor | np.ndarray") -> Moments:
    """Converts parameters to moments.

    Args:
        parameters: float `[..., C, 6]`.

    Returns:
        Moments `[..., C]` each, computed in the type of the parameters. The
        magnitude of a correlation is at most `LARGEST_CORRELATION`.
    """
    if isinstance(parameters, np.ndarray):
        return _numpy_moments(parameters)
    import tensorflow as tf  # Which made the parameters.

    logit, x, y, log_scale_x, log_scale_y, r = tf.unstack(parameters, axis=-1)
    most = LARGEST_CORRELATION
    return Moments(
        tf.nn.softmax(logit),
        x,
        y,
        tf.exp(log_scale_x),
        tf.exp(log_scale_y),
        tf.clip_by_value(tf.tanh(r), -most, most),
    )


def _numpy_moments(parameters: np.ndarray) -> Moments:
    logit, x, y, log_scale_x, log_scale_y, r = columns_of(parameters)
    most = LARGEST_CORRELATION
    return Moments(
        scipy.special.softmax(logit, -1),
        x,
        y,
        np.exp(log_scale_x),
        np.exp(log_scale_y),
        np.clip(np.tanh(r), -most, most),
    )


def parameters_from_moments(moments: np.ndarray) -> np.ndarray:
    """Converts moments to parameters.

    Args:
        moments: float `[..., C, 6]`: probability, loc x, loc y, scale x,
            scale y, correlation, as records store a true density. Probability
            0 becomes a component of weight 0.

    Returns:
        float32 `[..., C, 6]`.

    Raises:
        ValueError: a probability below 0, a scale not above 0, or a
            correlation outside (-1, 1).
    """
    moments = np.asarray(moments, np.float64)
    probability, x, y, *scales, correlation = columns_of(moments)
    if (
        np.any(probability < 0)
        or np.any(np.array(scales) <= 0)
        or np.any(np.abs(correlation) >= 1)
    ):
        raise ValueError(
            "Invalid `moments`. Expected probabilities of 0 or more, scales "
            "above 0 and correlations in (-1, 1). Received: "
            f"smallest probability {probability.min()}, smallest scale "
            f"{np.min(scales)}, largest absolute correlation "
            f"{np.abs(correlation).max()}."
        )
    logit = np.log(np.maximum(probability, 1e-50))
    numbers = logit, x, y, *np.log(scales), np.arctanh(correlation)
    return np.stack(numbers, -1).astype(np.float32)
