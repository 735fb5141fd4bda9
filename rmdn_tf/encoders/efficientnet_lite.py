"""EfficientNet-Lite0: one frame -> maps of features at several scales.

The published batch normalizations are folded into the convolutions before
them: the frozen network computes the same with a third of the layers.

References:
    1. Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional
       Neural Networks", ICML 2019.
    2. Liu, "Higher accuracy on vision models with EfficientNet-Lite",
       TensorFlow blog, 2020: no squeeze-and-excitation, ReLU6 for swish.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
from keras import layers

# The network was trained on (x - 127)/128 of pixels from 0 to 255 [2].
MEAN_RGB = (127.0, 127.0, 127.0)
PIXEL_SCALE = 1 / 128

STEM_FILTERS = 32


class Stage(NamedTuple):
    """Inverted bottlenecks of one size; only the first has the stride."""

    name: str
    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


# Those of EfficientNet-B0 [1].
STAGES = (
    Stage("stage1", 1, 3, 1, 1, 16),
    Stage("stage2", 2, 3, 2, 6, 24),
    Stage("stage3", 2, 5, 2, 6, 40),
    Stage("stage4", 3, 3, 2, 6, 80),
    Stage("stage5", 3, 5, 1, 6, 112),
    Stage("stage6", 4, 5, 2, 6, 192),
    Stage("stage7", 1, 3, 1, 6, 320),
)

FEATURES = tuple(stage.name for stage in STAGES)


def build_efficientnet_lite(
    features: Sequence[str] = ("stage5",),
    input_size: tuple[int, int] = (224, 224),
) -> keras.Model:
    """Builds the network up to the last of the wanted features.

    | features | of 224x224 | numbers a cell |
    |---|---|---|
    | stage3 | 28x28 | 40 |
    | stage4, stage5 | 14x14 | 80, 112 |
    | stage6, stage7 | 7x7 | 192, 320 |

    With h and w multiples of 32 the cells of all scales align.

    Args:
        features: names of stages, in the order of the table.
        input_size: (h, w) of the frames in pixels.

    Returns:
        A model from float `[n, h, w, 3]`, about -1 to 1, to a list of float
        `[n, h/stride, w/stride, D]`, with random weights.

    Raises:
        ValueError: `features` are not of `FEATURES`, or in another order.
    """
    known = [name for name in FEATURES if name in features]
    if not features or list(features) != known:
        raise ValueError(
            f"Invalid `features`. Expected some of {FEATURES}, in that order. "
            f"Received: features={tuple(features)}."
        )
    frames = keras.Input((*input_size, 3), name="frames")
    maps = {}
    outputs = _convolve(frames, STEM_FILTERS, 3, 2, "relu6", "stem")
    for stage in STAGES:
        for number in range(stage.repeats):
            outputs = _bottleneck(outputs, stage, number)
        maps[stage.name] = outputs
        if stage.name == known[-1]:
            break
    wanted = [maps[name] for name in known]
    return keras.Model(frames, wanted, name="efficientnet_lite0")


def _bottleneck(inputs, stage: Stage, number: int):
    """Expands, convolves by channel, projects; adds the input if it fits."""
    name = f"{stage.name}_{number}"
    num_inputs = inputs.shape[-1]
    outputs = inputs
    if stage.expansion > 1:
        outputs = _convolve(
            outputs,
            num_inputs * stage.expansion,
            1,
            1,
            "relu6",
            f"{name}_expand",
        )
    stride = 1 if number else stage.stride
    outputs = layers.DepthwiseConv2D(
        stage.kernel,
        stride,
        padding="same",
        activation="relu6",
        name=f"{name}_depthwise",
    )(outputs)
    outputs = _convolve(outputs, stage.filters, 1, 1, None, f"{name}_project")
    is_residual = stride == 1 and num_inputs == stage.filters
    return layers.Add(name=name)([outputs, inputs]) if is_residual else outputs


def _convolve(inputs, filters, kernel, stride, activation, name):
    return layers.Conv2D(
        filters, kernel, stride, "same", activation=activation, name=name
    )(inputs)
