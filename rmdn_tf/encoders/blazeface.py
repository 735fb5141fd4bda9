"""BlazeFace: one frame -> boxes where a face may be, each with a score.

This is the network for the full range of distances, which also finds small
faces. Each anchor, a square of 4x4 pixels, proposes one box. The published
batch normalizations are folded into the convolutions before them.

References:
    1. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on
       Mobile GPUs", CV4ARVR workshop at CVPR 2019.
    2. "MediaPipe BlazeFace (Sparse), Full Range", model card, Google, 2021.
"""

from collections.abc import Iterator
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

# Pixels to a side of the frames that the network was trained on.
INPUT_SIZE = 192

# Pixels to a side of an anchor.
ANCHOR = 4

# Numbers of a box: x, y, width, height, then x and y of six points of the face.
BOX_NUMBERS = 16

STEM_FILTERS = 32

# Filters of each head. Its output has 24x24 cells, each of 2x2 anchors.
HEADS = {"scores": 4, "boxes": 4 * BOX_NUMBERS}


class Stage(NamedTuple):
    """Blocks whose outputs have the same size.

    Attributes:
        name: prefix of the names of its layers.
        filters: number of a block's outputs.
        squeezed: filters between the two halves of a block.
        blocks: number of blocks; in `DOWN`, the first one has stride 2.
        lateral: filters of a convolution after the last block; 0 for no such
            convolution.
    """

    name: str
    filters: int
    squeezed: int
    blocks: int
    lateral: int


# Works on the 96x96 cells of the stem.
TOP = Stage("top", STEM_FILTERS, 8, 2, 0)
# Their outputs have 48, 24, 12 and 6 cells to a side.
DOWN = (
    Stage("down2", 64, 16, 3, 48),
    Stage("down3", 128, 32, 3, 64),
    Stage("down4", 192, 48, 3, 96),
    Stage("down5", 384, 96, 4, 96),
)
# Their outputs have 12, 24 and 48 cells to a side.
UP = (
    Stage("up4", 96, 48, 2, 64),
    Stage("up3", 64, 32, 2, 48),
    Stage("up2", 48, 24, 1, 0),
)

_PARTS = ("depthwise1", "squeeze", "depthwise2", "expand")


def layer_names() -> Iterator[str]:
    """Lists the layers that have weights, in the order of the published file.

    Yields:
        Names of layers of `build_blazeface`.
    """
    yield "stem"
    for stage in (TOP, *DOWN, *UP):
        for number in range(stage.blocks):
            yield from (f"{stage.name}_{number}_{part}" for part in _PARTS)
        if stage.lateral:
            yield f"{stage.name}_lateral"
    for name in HEADS:
        yield f"{name}_cells"
        yield name


def anchor_centres(input_size: tuple[int, int]) -> np.ndarray:
    """Returns x and y of the A anchors, float32 `[A, 2]`, from 0 to 1.

    They are in the order of the network's outputs: cells of 8x8 pixels, row by
    row; in each cell its four anchors, row by row. (The published network lists
    the anchors of the whole frame row by row.)

    Args:
        input_size: (H, W) of the network's input.
    """
    rows, columns = (side // ANCHOR for side in input_size)
    grid = np.indices((rows // 2, columns // 2, 2, 2), np.float32)
    x = (2 * grid[1] + grid[3] + 0.5) / columns
    y = (2 * grid[0] + grid[2] + 0.5) / rows
    return np.stack([x, y], -1).reshape(-1, 2)


def build_blazeface() -> keras.Model:
    """Builds the network for frames of any size.

    It was trained on 192x192 pixels; in a larger frame it finds smaller faces.

    Returns:
        A model from float `[n, H, W, 3]`, -1 (black) to 1 (white), H and W
        multiples of 32, to `scores`, logits `[n, A]`, and `boxes` `[n, A, 16]`
        of A = H/4 W/4 anchors, in pixels: x and y of the box's centre relative
        to the anchor, width, height, and six points relative to the anchor (the
        eyes, the nose, the mouth, the ears). The weights are random.
    """
    frames = keras.Input((None, None, 3), name="frames")
    outputs = layers.ZeroPadding2D(name="stem_padding")(frames)
    outputs = layers.Conv2D(STEM_FILTERS, 3, 2, activation="relu", name="stem")(
        outputs
    )
    outputs = _stage(outputs, TOP)
    laterals = []
    for stage in DOWN:
        outputs = _stage(outputs, stage, stride=2)
        laterals.append(_lateral(outputs, stage))
    outputs = laterals.pop()
    for stage in UP:
        outputs = layers.UpSampling2D(interpolation="bilinear")(outputs)
        outputs = layers.Add()([laterals.pop(), outputs])
        outputs = _stage(outputs, stage)
        if stage.lateral:
            outputs = _lateral(outputs, stage)
    scores, boxes = (_head(outputs, *head) for head in HEADS.items())
    scores = layers.Reshape((-1,))(scores)
    boxes = layers.Reshape((-1, BOX_NUMBERS))(boxes)
    return keras.Model(
        frames, {"scores": scores, "boxes": boxes}, name="blazeface"
    )


def _stage(inputs, stage: Stage, stride: int = 1):
    """Applies the blocks. Each adds its input, unless its stride is 2."""
    outputs = inputs
    for number in range(stage.blocks):
        name = f"{stage.name}_{number}"
        inputs = outputs
        first = stride if number == 0 else 1
        outputs = _depthwise(inputs, f"{name}_depthwise1", first)
        outputs = _pointwise(outputs, stage.squeezed, f"{name}_squeeze", "relu")
        outputs = _depthwise(outputs, f"{name}_depthwise2")
        outputs = _pointwise(outputs, stage.filters, f"{name}_expand")
        if first == 1:
            outputs = layers.Add()([inputs, outputs])
        outputs = layers.ReLU(name=name)(outputs)
    return outputs


def _lateral(inputs, stage: Stage):
    return _pointwise(inputs, stage.lateral, f"{stage.name}_lateral", "relu")


def _head(inputs, name: str, filters: int):
    outputs = _pointwise(inputs, filters, f"{name}_cells")
    return _depthwise(outputs, name, 2)


def _pointwise(inputs, filters, name, activation=None):
    return layers.Conv2D(filters, 1, activation=activation, name=name)(inputs)


def _depthwise(inputs, name, stride=1):
    """Pads both sides: at stride 2, "same" would pad only the end."""
    if stride == 1:
        return layers.DepthwiseConv2D(3, padding="same", name=name)(inputs)
    padded = layers.ZeroPadding2D(name=f"{name}_padding")(inputs)
    return layers.DepthwiseConv2D(3, stride, name=name)(padded)
