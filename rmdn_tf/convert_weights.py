"""A weight file of C3D in any form -> our `.npz`, once.

python -m rmdn_tf.convert_weights IN OUT.npz
"""

import argparse
import sys

import tensorflow as tf

from rmdn_tf.encoders.c3d import MEAN_RGB
from rmdn_tf.encoders.c3d_weight_files import THEANO_FLIPS
from rmdn_tf.encoders.c3d_weights import (
    move_mean,
    read_c3d_weights,
    read_mean_rgb,
    save_c3d_weights,
)
from rmdn_tf.files.safe_names import refuse_overwriting


def main(arguments: list[str] | None = None) -> int:
    """Converts; returns the exit code."""
    flags = _parser().parse_args(arguments)
    try:
        refuse_overwriting(
            {"file": flags.file, "--mean": flags.mean},
            {"output": flags.output},
        )
        weights = read_c3d_weights(
            flags.file, flags.channels, flags.theano_flip
        )
        if flags.mean:
            mean = read_mean_rgb(flags.mean, flags.mean_channels)
            weights = move_mean(weights, mean)
        save_c3d_weights(flags.output, weights)
    except (OSError, ValueError, ImportError, tf.errors.OpError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    for name, array in weights.items():
        print(f"{name:14} {' x '.join(map(str, array.shape))}")
    print(f"wrote {flags.output}")
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m rmdn_tf.convert_weights",
        description="Converts pretrained weights of C3D to .npz.",
    )
    parser.add_argument(
        "file",
        help="Keras HDF5, PyTorch (needs PyTorch 2.6 or later), Caffe, .npz, "
        ".keras",
    )
    parser.add_argument("output", help="name of the .npz to write")
    parser.add_argument(
        "--channels",
        choices=("bgr", "rgb"),
        default="bgr",
        help="order of the colours that a foreign file takes (%(default)s)",
    )
    parser.add_argument(
        "--theano_flip",
        choices=tuple(THEANO_FLIPS),
        help="axes that were turned in a file with kernels for Theano",
    )
    parser.add_argument(
        "--mean",
        help="the mean cube that belongs to the weights, a .npy; without it "
        f"the mean colour {MEAN_RGB} is taken to have been subtracted",
    )
    parser.add_argument(
        "--mean_channels",
        choices=("bgr", "rgb"),
        default="bgr",
        help="order of the colours of that cube (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
