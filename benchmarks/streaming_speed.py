"""Times the model of the package, or a preset, frame by frame.

    python -m benchmarks.streaming_speed
    python -m benchmarks.streaming_speed --preset spatial_small

Times one stream of decoded frames of the network's size, from the frame to the
mixture's parameters on the host: in TensorFlow and, where OpenVINO is
installed, in OpenVINO, each in float32 and in bfloat16. The streams take turns
with bare loops in TensorFlow, a frame at a time:

- the encoder, EfficientNet-Lite0 alone: neither faces nor motion;
- the encoder and the face detector;
- the whole network, without the stream around it: also motion, the context,
  the running mean and the mixture;
- with `--parts`, each other part alone.

The operations are those of convolutions and products of matrices. Where other
work shares the machine, trust the ratios of CPU time.
"""

import argparse
import importlib.util
import os
import pathlib
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import rmdn_tf  # isort: split  # noqa: F401  Before TensorFlow.
from benchmarks.products import num_operations

NUM_FRAMES, NUM_ROUNDS = 60, 7


def main() -> None:
    """Prints medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", help="a network with random weights")
    parser.add_argument("--frames", type=int, default=NUM_FRAMES)
    parser.add_argument("--rounds", type=int, default=NUM_ROUNDS)
    parser.add_argument("--threads", type=int, help="of each runtime")
    parser.add_argument("--parts", action="store_true")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads or 0)

    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.model.saving import load_model
    from rmdn_tf.runs.paths import default_directory

    if options.preset:
        config = PRESETS[options.preset]
        keras_model = build_rmdn(config)
    else:
        keras_model, config = load_model(default_directory())
    calls = _calls(keras_model, config, options)
    times: dict[str, list] = {name: [] for name in calls}
    for _ in range(options.rounds + 1):  # The first warms up.
        for name, call in calls.items():
            times[name].append(_seconds(call))
    _print(times, options.frames)


def _calls(keras_model, config, options) -> dict[str, Callable]:
    """Returns what takes turns: the stream first, then the bare loops."""
    from rmdn_tf.model.keras_network import KerasNetwork

    network = KerasNetwork(keras_model)
    networks = {
        "streaming": network,
        "in bfloat16": KerasNetwork(keras_model, bfloat16=True),
        **_in_openvino(keras_model, config, options.threads),
    }
    shape = (options.frames, *config.input_size, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    calls = {
        name: _stream(one, config, frames) for name, one in networks.items()
    }
    loops = _bare_loops(keras_model, config)
    loops |= _parts(keras_model, config) if options.parts else {}
    for name, (part, inputs) in loops.items():
        calls[name] = _loop(name, part, inputs, options.frames)
    window = np.zeros([1, network.context + 1, *config.input_size, 3], "f")
    state = network.initial_state()
    calls["whole network"] = _repeat(
        lambda: network.run(window, 1, state), options.frames
    )
    return calls


def _in_openvino(keras_model, config, num_threads: int | None) -> dict:
    """Opens the network in OpenVINO, if that is installed."""
    from rmdn_tf.runs.network_facts import describe_network
    from rmdn_tf.runtimes.export import export_portable
    from rmdn_tf.runtimes.loading import open_session
    from rmdn_tf.runtimes.session import RuntimeNetwork

    if not importlib.util.find_spec("openvino"):
        return {}
    facts = describe_network(keras_model, config, "benchmark")
    with tempfile.TemporaryDirectory() as temporary:
        path = pathlib.Path(temporary, "network")
        export_portable(keras_model, config, path, "openvino", facts=facts)
        return {
            name: RuntimeNetwork(open_session(path, num_threads, bfloat16))
            for name, bfloat16 in (
                ("OpenVINO", False),
                ("OpenVINO, bfloat16", True),
            )
        }


def _stream(network, config, frames: np.ndarray) -> Callable:
    from rmdn_tf.prediction.attention_model import AttentionModel

    model = AttentionModel(network, config)
    return lambda: [None for _ in model.stream(frames)]


def _bare_loops(keras_model, config) -> dict[str, tuple[Callable, list]]:
    """Returns functions of a frame, and the frame."""
    from rmdn_tf.model.parts import clip_network

    encoder = clip_network(keras_model)
    frame = [_noise(1, *config.input_size, 3)]
    loops = {"encoder": (lambda frame: [encoder(frame, training=False)], frame)}
    if getattr(config, "faces", False):
        faces = keras_model.get_layer("faces")
        loops["encoder and faces"] = (
            lambda frame: [encoder(frame, training=False), faces(frame)],
            frame,
        )
    return loops


def _parts(keras_model, config) -> dict[str, tuple[Callable, list]]:
    """Returns the other parts of a model of single frames, and their inputs."""
    from rmdn_tf.model.parts import build_head, initial_state

    layers = {layer.name: layer for layer in keras_model.layers}
    frame = _noise(1, *config.input_size, 3)
    head = build_head(keras_model)
    batch = initial_state(head, 1) | {
        "features": _noise(1, 1, head.input["features"].shape[-1]),
        "is_first": tf.constant([False]),
        "clip_mask": tf.constant([[True]]),
    }
    motion = [
        _noise(1, *layers["features"].input[0].shape[1:]),
        tf.repeat(frame[None], layers["clips"].context + 1, 1),
    ]
    inputs = {
        "preprocessing": [tf.zeros([1, 1, *config.input_size, 3], tf.uint8)],
        "faces": [frame],
        "features": motion,
    }
    parts = {name: layers[name] for name in inputs if name in layers}
    loops = {
        {"features": "motion"}.get(name, name): (
            lambda *values, part=part: [part(*values)],
            inputs[name],
        )
        for name, part in parts.items()
    }
    loops["context, mean, mixture"] = (
        lambda *values: [
            head(dict(zip(batch, values, strict=True)), training=False)[
                "parameters"
            ]
        ],
        [*batch.values()],
    )
    return loops


def _noise(*shape: int) -> tf.Tensor:
    return tf.random.normal(shape)


def _loop(name: str, part: Callable, inputs: list, number: int) -> Callable:
    """Compiles a bare loop, and prints its operations."""
    specs = [tf.TensorSpec(one.shape, one.dtype) for one in inputs]
    print(f"{name}: {num_operations(part, *specs) / 1e9:.2f} GFLOP a frame")
    compiled = tf.function(part, jit_compile=False, autograph=False)
    return _repeat(
        lambda: [output.numpy() for output in compiled(*inputs)], number
    )


def _repeat(call: Callable, number: int) -> Callable:
    return lambda: [call() for _ in range(number)]


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
            f"{name:>22}: {np.median(rates):6.1f} frames a second "
            f"({rates.min():.1f} to {rates.max():.1f}), "
            f"{1e3 * np.median(rows[:, 1]) / num_frames:6.1f} ms of CPU a "
            f"frame; its time / streaming's: {ratio:.2f}, CPU {of_cpu:.2f}"
        )


if __name__ == "__main__":
    main()
