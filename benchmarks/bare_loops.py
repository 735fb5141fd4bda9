"""Times the parts of training against loops that do only their work.

    python -m benchmarks.bare_loops [--rounds N] [--parts PART ...]

Each part takes turns with its bare loop. A row has the work, computed from the
sizes; the CPU's milliseconds of both; and the bare loop's time divided by the
part's, which is 1 at the limit.

- `loss`: the log-densities of the fixations of a step, with their gradient,
  against the exponentials and sums alone, of numbers that are ready;
- `density`: a density of 20 components on 128x171 pixels, against the same;
- `pipeline`: batches of windows, against decoding their JPEGs alone;
- `lstm`, `lstm_training`, `lstm_step`: the LSTM at the paper's size from cached
  features, against one product of the features with a matrix. Training adds
  one more product, the gradient of the matrix. A step adds what the trainer
  does to the weights, and the bare loop one pass of the optimizer over them.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

import rmdn_tf  # noqa: F401  Before TensorFlow.

PARTS = ("loss", "density", "pipeline", "lstm", "lstm_training", "lstm_step")

GRID, NUM_COMPONENTS = (128, 171), 20

# The sizes of a step of the paper's network: windows, clips of a window,
# fixations of a frame, features of a clip, and units of the LSTM.
WINDOWS, CLIPS, FIXATIONS, FEATURES, UNITS = 4, 50, 16, 50_176, 128


def cpu_seconds(function: Callable[[], object]) -> float:
    """Runs a function once; returns the seconds of the CPU that it took."""
    began = time.process_time()
    function()
    return time.process_time() - began


def log_likelihoods() -> tuple[str, Callable, Callable]:
    """Returns the work, the loss with its gradient, and its bare loop."""
    import tensorflow as tf

    from rmdn_tf.model.losses import negative_log_likelihood

    parameters = tf.random.normal([WINDOWS, CLIPS, NUM_COMPONENTS, 6])
    points = tf.random.uniform([WINDOWS, CLIPS, FIXATIONS, 2])
    mask = tf.ones([WINDOWS, CLIPS, FIXATIONS], bool)
    ready = tf.random.normal([WINDOWS, CLIPS, FIXATIONS, NUM_COMPONENTS])

    @tf.function(jit_compile=False)
    def loss():
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            value, _ = negative_log_likelihood(parameters, points, mask)
        return tape.gradient(value, parameters)

    @tf.function(jit_compile=False)
    def bare():
        terms = tf.exp(ready)
        total = tf.reduce_sum(terms, -1, keepdims=True)
        return tf.reduce_sum(tf.math.log(total)), terms / total

    return _millions(tf.size(ready), "exp"), loss, bare


def grid_density() -> tuple[str, Callable, Callable]:
    """Returns the work, densities on a grid, and their bare loop."""
    import tensorflow as tf

    from rmdn_tf.model.saliency_maps import saliency_map

    parameters = tf.random.normal([16, NUM_COMPONENTS, 6])
    ready = -tf.random.uniform([16, NUM_COMPONENTS, *GRID])
    ours = tf.function(lambda: saliency_map(parameters, *GRID))
    bare = tf.function(lambda: tf.reduce_sum(tf.exp(ready), 1))
    return _millions(tf.size(ready), "exp"), ours, bare


def pipeline() -> tuple[str, Callable, Callable]:
    """Returns the work, batches of windows, and the decoding of as many."""
    import tensorflow as tf

    from rmdn_tf.data.input_pipeline import random_cuts
    from rmdn_tf.data.windows import Window
    from tfrecords_tools.shards.preparation import prepare
    from tfrecords_tools.sources.demo import Demo

    data_dir = f"{tempfile.mkdtemp()}/demo"
    prepare(Demo(8), data_dir)
    window = Window(65, 4)
    num_batches = 6
    dataset = random_cuts(
        data_dir,
        "train",
        batch_size=WINDOWS,
        window=window,
        fixations_per_frame=FIXATIONS,
        seed=0,
    )
    batches = dataset.repeat().take(num_batches)
    one = next(iter(dataset))["frames"]
    jpegs = tf.stack([tf.io.encode_jpeg(f, quality=95) for f in one[0]])
    number = num_batches * WINDOWS * window.num_used
    decoded = (
        tf.data.Dataset.from_tensor_slices(jpegs)
        .repeat()
        .take(number)
        .map(lambda jpeg: tf.io.decode_jpeg(jpeg, 3), num_parallel_calls=2)
    )
    work = f"{number} JPEGs of {one.shape[2]}x{one.shape[3]}"
    return work, lambda: [*batches], lambda: [*decoded]


def lstm(trains: bool = False) -> tuple[str, Callable, Callable]:
    """Returns the work, the LSTM of all clips, and one product."""
    import tensorflow as tf

    from rmdn_tf.model.recurrent import RecurrentCore

    features = tf.random.normal([WINDOWS, CLIPS, FEATURES])
    core = RecurrentCore(UNITS)
    state = core.initial_state(WINDOWS)
    is_first = tf.zeros([WINDOWS], bool)
    mask = tf.ones([WINDOWS, CLIPS], bool)
    core.build(features.shape)
    matrix = tf.random.normal([FEATURES, 4 * UNITS])
    flat = tf.reshape(features, [-1, FEATURES])

    @tf.function(jit_compile=False)
    def ours():
        with tf.GradientTape() as tape:
            outputs = core(features, state, is_first, mask)[0]
        if trains:
            return tape.gradient(outputs, core.trainable_weights)
        return outputs

    @tf.function(jit_compile=False)
    def bare():
        product = flat @ matrix
        if trains:
            return product, tf.matmul(flat, product, transpose_a=True)
        return product

    return _flops(1 + trains), ours, bare


def lstm_step() -> tuple[str, Callable, Callable]:
    """Returns the work, a step from cached features, and its products."""
    import tensorflow as tf

    from rmdn_tf.model.parts import build_head, initial_state
    from rmdn_tf.model.presets import PRESETS as MODELS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.training.config import PRESETS, RunConfig
    from rmdn_tf.training.step import TrainingStep, make_optimizer

    head = build_head(build_rmdn(MODELS["paper"]))
    config, run = PRESETS["paper"], RunConfig()
    optimizer = make_optimizer(config, run, head.trainable_variables)
    strategy = tf.distribute.get_strategy()
    step = TrainingStep(head, optimizer, strategy, config, run, 1)
    shape = [WINDOWS, CLIPS, FIXATIONS]
    batch = {
        "features": tf.cast(
            tf.random.normal([WINDOWS, CLIPS, FEATURES]), tf.float16
        ),
        "frame_mask": tf.ones(shape[:2], bool),
        "fixations": tf.random.uniform([*shape, 2]),
        "fixation_mask": tf.ones(shape, bool),
        "is_first": tf.ones([WINDOWS], bool),
    }
    state, seed = initial_state(head, WINDOWS), tf.constant([0, 0])
    matrix = tf.Variable(tf.random.normal([FEATURES, 4 * UNITS]) * 1e-3)
    theirs = getattr(tf.keras.optimizers, type(optimizer).__name__)(1e-9)
    theirs.build([matrix])

    @tf.function(jit_compile=False)
    def bare():
        flat = tf.cast(tf.reshape(batch["features"], [-1, FEATURES]), "float32")
        product = flat @ matrix
        gradient = tf.matmul(flat, product, transpose_a=True)
        theirs.apply_gradients([(gradient, matrix)])
        return product

    return _flops(2), lambda: step(batch, state, seed)[0].numpy(), bare


def _flops(num_products: int) -> str:
    flops = 2 * WINDOWS * CLIPS * FEATURES * 4 * UNITS * num_products
    return f"{flops / 1e9:.1f} GFLOP"


def _millions(number, what: str) -> str:
    return f"{int(number) / 1e6:.2f} million {what}"


def parts(names: list[str]) -> Iterator[tuple[str, str, Callable, Callable]]:
    """Yields name, work, ours and the bare loop of each part."""
    makers = {
        "loss": log_likelihoods,
        "density": grid_density,
        "pipeline": pipeline,
        "lstm": lstm,
        "lstm_training": lambda: lstm(trains=True),
        "lstm_step": lstm_step,
    }
    for name in names:
        yield name, *makers[name]()


def main() -> None:
    """Prints a row for each part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    options = parser.parse_args()
    print("| part | work | ms of CPU | bare, ms | bare / part |")
    print("|---|---|---|---|---|")
    for name, work, ours, bare in parts(options.parts):
        ours(), bare()
        pairs = [
            (cpu_seconds(ours), cpu_seconds(bare))
            for _ in range(options.rounds)
        ]
        ratios = [theirs / own for own, theirs in pairs]
        own, theirs = (
            1000 * statistics.median(side) for side in zip(*pairs, strict=True)
        )
        print(
            f"| {name} | {work} | {own:.1f} | {theirs:.1f} | "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
