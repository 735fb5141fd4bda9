"""Times C3D in TensorFlow against the same layers in PyTorch, in turn.

    python -m venv OTHER && OTHER/bin/pip install torch
    python -m benchmarks.c3d_pytorch --torch_python OTHER/bin/python

Both take the same numbers of clips, in float32, on as many threads. Each
library runs in a process of its own; one waits while the other computes.
PyTorch is timed with the channels last, as TensorFlow has them, and first.
Prints the ratio of the times, PyTorch's divided by TensorFlow's: above 1,
TensorFlow is faster.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

import rmdn_tf  # noqa: F401  Before TensorFlow.

SCRIPT = pathlib.Path(__file__).with_name("c3d_torch.py")


def seconds(function: Callable[[], object]) -> tuple[float, float]:
    """Returns seconds of the clock and of the CPU."""
    began, cpu_began = time.perf_counter(), time.process_time()
    function()
    took = time.perf_counter() - began
    return took, time.process_time() - cpu_began


def tensorflow_functions(config, num_clips: int, num_threads: int) -> dict:
    """Returns the functions of `c3d_torch`, in TensorFlow."""
    import tensorflow as tf

    from rmdn_tf.data.windows import CLIP_LENGTH
    from rmdn_tf.encoders.c3d import build_c3d

    tf.config.threading.set_intra_op_parallelism_threads(num_threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    network = build_c3d(config.input_size, config.filters)
    clips = tf.random.normal([num_clips, CLIP_LENGTH, *config.input_size, 3])

    @tf.function(jit_compile=False)
    def forward():
        return tf.reduce_sum(network(clips, training=False))

    @tf.function(jit_compile=False)
    def training():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(network(clips, training=True) ** 2)
        gradients = tape.gradient(loss, network.trainable_variables)
        return [tf.reduce_sum(one) for one in gradients]

    return {
        "forward": lambda: forward().numpy(),
        "training": lambda: [one.numpy() for one in training()],
    }


@contextlib.contextmanager
def torch_process(python: str, task: dict) -> Iterator[Callable]:
    """Starts PyTorch; yields a function that answers a command."""
    with subprocess.Popen(
        [python, str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def answer(command):
            print(json.dumps(command), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        print(f"PyTorch {answer(task)['version']}", flush=True)
        yield answer
        process.stdin.close()


def main() -> None:
    """Prints a line for each function and layout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch_python", required=True)
    parser.add_argument("--preset", default="paper", choices=("paper", "small"))
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    import tensorflow as tf

    from rmdn_tf.model.presets import PRESETS

    config = PRESETS[options.preset]
    ours = tensorflow_functions(config, options.clips, options.threads)
    print(f"TensorFlow {tf.__version__}, {options.clips} clips, {config}")
    task = {
        "size": config.input_size,
        "filters": config.filters,
        "clips": options.clips,
        "threads": options.threads,
    }
    for last in (True, False):
        layout = "channels last" if last else "channels first"
        with torch_process(options.torch_python, task | {"last": last}) as run:
            for name, function in ours.items():
                function(), run(name)
                pairs = [
                    (seconds(function), run(name))
                    for _ in range(options.rounds)
                ]
                print(f"{name}, {layout}: {described(pairs)}", flush=True)


def described(pairs: list) -> str:
    """Tells medians, and the ratios of CPU and clock, of pairs of times."""
    parts = []
    for kind, place in (("s", 0), ("s of CPU", 1)):
        ratios = [theirs[place] / own[place] for own, theirs in pairs]
        own, theirs = (
            statistics.median(times[place] for times in side)
            for side in zip(*pairs, strict=True)
        )
        parts.append(
            f"{theirs:.2f} {kind} in PyTorch / {own:.2f} in TensorFlow = "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f})"
        )
    return "; ".join(parts)


if __name__ == "__main__":
    main()
