"""Converts pretrained weights of C3D to an `.npz` file.

rmdn convert-weights IN OUT.npz
"""

import dataclasses

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import argument, setting
from rmdn_tf.encoders.c3d_constants import CHANNELS, MEAN_RGB, THEANO_FLIPS
from rmdn_tf.files.published import require_writable
from rmdn_tf.files.safe_names import refuse_overwriting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The files and their form:"""

    file: str = argument(
        help="Keras HDF5, PyTorch (needs PyTorch 2.6 or later), Caffe, .npz or "
        ".keras. Layers are found by name, otherwise by order and shapes."
    )
    output: str = argument(help="Name of the .npz to write.")
    channels: str = setting(
        "bgr", "Order of the colours that the weights expect.", CHANNELS
    )
    theano_flip: str | None = setting(
        None,
        "Axes to flip in the kernels of a file made for Theano.",
        THEANO_FLIPS,
    )
    mean: str | None = setting(
        None,
        "Mean cube that belongs to the weights, a .npy.",
        default_text=f"the colour {', '.join(f'{v:g}' for v in MEAN_RGB)}",
    )
    mean_channels: str = setting(
        "bgr", "Order of the colours of the mean cube.", CHANNELS
    )


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Converts a file."""
    options = line.read(Options)
    # Here, since the help needs no NumPy.
    from rmdn_tf.encoders.c3d_mean import move_mean, read_mean_rgb
    from rmdn_tf.encoders.c3d_weights import (
        read_c3d_weights,
        require_npz,
        save_c3d_weights,
    )

    refuse_overwriting(
        {"file": options.file, "--mean": options.mean},
        {"output": options.output},
    )
    require_npz(options.output)
    require_writable(options.output)
    weights = read_c3d_weights(
        options.file, options.channels, options.theano_flip, print
    )
    if options.mean:
        mean = read_mean_rgb(options.mean, options.mean_channels)
        weights = move_mean(weights, mean)
    save_c3d_weights(options.output, weights)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    start(main)
