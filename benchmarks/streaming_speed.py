"""Times the model of the package, or a preset, frame by frame.

    python -m benchmarks.streaming_speed
    python -m benchmarks.streaming_speed --preset spatial_small

Times one stream of decoded frames of the network's size, from the frame to the
mixture's parameters on the host, in TensorFlow. The same stream in bfloat16
takes turns with it, and so do three bare loops, a frame at a time:

- the encoder, EfficientNet-Lite0 alone: neither faces nor motion;
- the encoder and the face detector;
- the whole network, without the stream around it: also motion, the context,
  the running mean and the mixture.

The operations are those of convolutions and products of matrices. Where other
work shares the machine, trust the ratios of CPU time.
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.

NUM_FRAMES, NUM_ROUNDS = 60, 7


def main() -> None:
    """Prints medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", help="a network with random weights")
    parser.add_argument("--frames", type=int, default=NUM_FRAMES)
    parser.add_argument("--rounds", type=int, default=NUM_ROUNDS)
    options = parser.parse_args()

    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.model.saving import load_model
    from rmdn_tf.runs.paths import default_directory

    if options.preset:
        config = PRESETS[options.preset]
        keras_model = build_rmdn(config)
    else:
        keras_model, config = load_model(default_directory())
    calls = _calls(keras_model, config, options.frames)
    times: dict[str, list] = {name: [] for name in calls}
    for _ in range(options.rounds + 1):  # The first warms up.
        for name, call in calls.items():
            times[name].append(_seconds(call))
    _print(times, options.frames)


def _calls(keras_model, config, num_frames: int) -> dict[str, Callable]:
    """Returns what takes turns: the stream first, then the bare loops."""
    import tensorflow as tf

    from benchmarks.products import num_operations
    from rmdn_tf.model.keras_network import KerasNetwork
    from rmdn_tf.model.parts import clip_network
    from rmdn_tf.prediction.attention_model import AttentionModel

    network = KerasNetwork(keras_model)
    model = AttentionModel(network, config)
    rounded = AttentionModel(KerasNetwork(keras_model, bfloat16=True), config)
    shape = (num_frames, *config.input_size, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    encoder = clip_network(keras_model)
    parts = [lambda frame: [encoder(frame, training=False)]]
    names = ["encoder"]
    if getattr(config, "faces", False):
        faces = keras_model.get_layer("faces")
        parts.append(
            lambda frame: [encoder(frame, training=False), faces(frame)]
        )
        names.append("encoder and faces")

    def stream(model):
        return lambda: [None for _ in model.stream(frames)]

    def repeat(call):
        return lambda: [call() for _ in range(num_frames)]

    calls = {"streaming": stream(model), "in bfloat16": stream(rounded)}
    one = tf.random.normal([1, *config.input_size, 3])
    spec = tf.TensorSpec(one.shape, tf.float32)
    for name, part in zip(names, parts, strict=True):
        operations = num_operations(part, spec)
        print(f"{name}: {operations / 1e9:.2f} GFLOP a frame")
        compiled = tf.function(part, jit_compile=False, autograph=False)
        calls[name] = repeat(
            lambda f=compiled: [output.numpy() for output in f(one)]
        )
    window = tf.random.normal(
        [1, network.context + 1, *config.input_size, 3]
    ).numpy()
    state = network.initial_state()
    calls["whole network"] = repeat(lambda: network.run(window, 1, state))
    return calls


def _seconds(call: Callable) -> tuple[float, float]:
    """Returns the time of a call, and its CPU time."""
    began, cpu_began = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - cpu_began


def _print(times: dict[str, list], num_frames: int) -> None:
    every = {name: np.array(rows[1:]) for name, rows in times.items()}
    ours = every["streaming"]
    for name, rows in every.items():
        rates = num_frames / rows[:, 0]
        ratio, of_cpu = np.median(rows / ours, 0)
        print(
            f"{name:>17}: {np.median(rates):6.1f} frames a second "
            f"({rates.min():.1f} to {rates.max():.1f}), "
            f"{1e3 * np.median(rows[:, 1]) / num_frames:6.1f} ms of CPU a "
            f"frame; its time / streaming's: {ratio:.2f}, CPU {of_cpu:.2f}"
        )


if __name__ == "__main__":
    main()
