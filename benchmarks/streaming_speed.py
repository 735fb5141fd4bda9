"""Times the model of the package, or a preset, frame by frame.

    python -m benchmarks.streaming_speed
    python -m benchmarks.streaming_speed --preset spatial_small

Times one stream of decoded frames of the network's size, from the frame to the
mixture's parameters on the host, in turn with the bare encoder, which is the
limit.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.

NUM_FRAMES, NUM_ROUNDS = 60, 7


def main() -> None:
    """Prints medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", help="a network with random weights")
    options = parser.parse_args()
    import tensorflow as tf

    from rmdn_tf.model.keras_network import KerasNetwork
    from rmdn_tf.model.parts import clip_network
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.model.saving import load_model
    from rmdn_tf.prediction.attention_model import AttentionModel
    from rmdn_tf.runs.paths import default_directory

    if options.preset:
        config = PRESETS[options.preset]
        keras_model = build_rmdn(config)
    else:
        keras_model, config = load_model(default_directory())
    model = AttentionModel(KerasNetwork(keras_model), config)
    shape = (NUM_FRAMES, *config.input_size, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    network = clip_network(keras_model)
    encode = tf.function(
        lambda frame: network(frame, training=False), jit_compile=False
    )
    one = tf.random.normal([1, *config.input_size, 3])

    def bare():
        for _ in range(NUM_FRAMES):
            encode(one).numpy()

    def stream():
        for _ in model.stream(frames):
            pass

    rates = {"streaming": [], "bare encoder": []}
    for _ in range(NUM_ROUNDS + 1):  # The first warms up.
        for name, call in (("streaming", stream), ("bare encoder", bare)):
            began = time.perf_counter()
            call()
            rates[name].append(NUM_FRAMES / (time.perf_counter() - began))
    for name, values in rates.items():
        values = np.array(values[1:])
        print(
            f"{name:>13}: {np.median(values):6.1f} frames a second "
            f"({values.min():.1f} to {values.max():.1f})"
        )
    ratio = np.array(rates["streaming"][1:]) / rates["bare encoder"][1:]
    print(f"streaming / bare encoder: {np.median(ratio):.2f}")


if __name__ == "__main__":
    main()
