"""The rows of `benchmarks.gpu`: what is computed, and for how long."""

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.input_pipeline import to_device
from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.encoders.c3d import build_c3d
from rmdn_tf.model import presets as models
from rmdn_tf.model.parts import initial_state
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model
from rmdn_tf.runs.paths import default_directory
from rmdn_tf.training.config import PRESETS, RunConfig
from rmdn_tf.training.step import TrainingStep, make_optimizer

# Name of a precision -> Keras' policy, the type of a product, and whether the
# GPU may use TF32.
PRECISIONS = {
    "float32": ("float32", "float32", False),
    "TF32": ("float32", "float32", True),
    "bfloat16": ("mixed_bfloat16", "bfloat16", False),
}

# Size of what is measured: side of the matrices; clips of C3D; windows of a
# training step, and their frames; frames of the model of the package.
FULL = {"side": 8192, "clips": 64, "windows": 2, "frames": 65, "streamed": 256}
SMALL = {"side": 256, "clips": 2, "windows": 1, "frames": 20, "streamed": 4}

FULL_SIZE, SMALL_SIZE = (128, 171), (48, 64)  # Of frames as stored.


class Budget:
    """Deals the seconds of a run to its rows.

    A row gets its part of what is left, so that rows that end early leave more
    to the others.
    """

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Returns the seconds that are left; below 0 after the end."""
        return self._end - time.monotonic()

    def seconds_of_row(self, num_rows: int, compiled: float) -> float:
        """Returns for how long a row is repeated after it was compiled."""
        share = (self.left() + compiled) / num_rows
        return min(max(share - compiled, 0.0), 4.0)

    def runs_per_second(
        self, function: Callable[[], object], num_rows: int
    ) -> float | None:
        """Times a function, after a run that compiles it.

        Args:
            function: must wait for its result.
            num_rows: rows that share what is left, this one included.

        Returns:
            Its runs a second; None if no time was left.
        """
        if self.left() <= 0:
            return None
        began = time.monotonic()
        function()
        seconds = self.seconds_of_row(num_rows, time.monotonic() - began)
        began, runs = time.monotonic(), 0
        while not runs or time.monotonic() - began < seconds:
            function()
            runs += 1
        return runs / (time.monotonic() - began)


@dataclasses.dataclass
class Row:
    """One line of the table: a function, made when its turn comes.

    Attributes:
        make: returns the function to time.
        frames: frames of one run; None if it takes no frames.
        flops: products and sums of one run; None where they are not counted.
    """

    name: str
    precision: str
    make: Callable[[], Callable[[], object]]
    xla: bool | None = None
    frames: int | None = None
    flops: float | None = None


def all_rows(device: str, small: bool, budget: Budget) -> Iterator[dict]:
    """Measures and yields each row."""
    size = SMALL if small else FULL
    preset = models.PRESETS["small" if small else "paper"]
    # TF32 and a GPU's XLA have no meaning on a CPU.
    kinds = [k for k in PRECISIONS if device == "gpu" or k != "TF32"]
    rows = [
        *peak_rows(kinds, size["side"]),
        *c3d_rows(kinds, preset, size["clips"]),
        *step_rows(kinds, preset, size, SMALL_SIZE if small else FULL_SIZE),
        default_row(size["streamed"]),
        *transfer_rows(size, SMALL_SIZE if small else FULL_SIZE),
        *pipeline_rows(preset, size, SMALL_SIZE if small else FULL_SIZE),
    ]
    peaks: dict[str, float] = {}
    for number, row in enumerate(rows):
        measured = _measured(row, budget, len(rows) - number, peaks)
        if row.name == "peak" and "tflops" in measured:
            peaks[row.precision] = measured["tflops"]
        yield measured


def _measured(row: Row, budget: Budget, num_rows: int, peaks: dict) -> dict:
    found = {"row": row.name, "precision": row.precision, "xla": row.xla}
    uses_tf32 = PRECISIONS.get(row.precision, ("", "", False))[2]
    tf.config.experimental.enable_tensor_float_32_execution(uses_tf32)
    try:
        runs = budget.runs_per_second(row.make(), num_rows)
    except tf.errors.OpError as error:  # Such as a kernel that is missing.
        return found | {"note": error.message.splitlines()[0][:80]}
    if runs is None:
        return found | {"note": "no time left"}
    if row.frames:
        found["frames_per_second"] = row.frames * runs
    if row.flops:
        found["tflops"] = row.flops * runs / 1e12
        if row.precision in peaks:
            found["share_of_peak"] = found["tflops"] / peaks[row.precision]
    return found


def peak_rows(kinds: list[str], side: int) -> Iterator[Row]:
    """Yields a product of two square matrices in each precision."""
    for kind in kinds:

        def make(dtype=PRECISIONS[kind][1]):
            left = tf.cast(tf.random.normal([side, side]), dtype)
            right = tf.cast(tf.random.normal([side, side]), dtype)
            product = tf.function(lambda: (left @ right)[0, 0], autograph=False)
            return lambda: product().numpy()

        yield Row("peak", kind, make, flops=2.0 * side**3)


def convolution_flops(network: keras.Model) -> list[int]:
    """Returns the products and sums of each convolution, for one clip."""
    flops = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv3D):
            outputs = math.prod(layer.output.shape[1:])
            inputs = math.prod(layer.kernel.shape[:-1])
            flops.append(2 * outputs * inputs)
    return flops


def c3d_rows(kinds, preset, num_clips: int) -> Iterator[Row]:
    """Yields C3D alone, forward, and forward and backward."""
    first, *rest = convolution_flops(
        build_c3d(preset.input_size, preset.filters)
    )
    forward = first + sum(rest)
    # Backward, the first layer has no gradient of its inputs.
    work = {False: forward, True: 3 * forward - first}
    for trains, kind, xla in itertools.product((False, True), kinds, (0, 1)):

        def make(trains=trains, kind=kind, xla=bool(xla)):
            return c3d_function(preset, num_clips, kind, trains, xla)

        yield Row(
            "C3D, forward and backward" if trains else "C3D, forward",
            kind,
            make,
            bool(xla),
            num_clips * CLIP_LENGTH,
            float(num_clips * work[trains]),
        )


def c3d_function(preset, num_clips: int, kind: str, trains: bool, xla: bool):
    """Returns a function that runs C3D once on clips in the device's memory."""
    policy = PRECISIONS[kind][0]
    network = build_c3d(preset.input_size, preset.filters, dtype=policy)
    shape = [num_clips, CLIP_LENGTH, *preset.input_size, 3]
    clips = tf.cast(tf.random.normal(shape), network.compute_dtype)

    @tf.function(jit_compile=xla, autograph=False)
    def forward():
        features = network(clips, training=False)
        return tf.reduce_sum(tf.cast(features, tf.float32))

    @tf.function(jit_compile=xla, autograph=False)
    def backward():
        with tf.GradientTape() as tape:
            features = tf.cast(network(clips, training=True), tf.float32)
            loss = tf.reduce_mean(features**2)
        gradients = tape.gradient(loss, network.trainable_variables)
        return tf.add_n([tf.reduce_sum(one) for one in gradients])

    function = backward if trains else forward
    return lambda: function().numpy()


def made_batch(size: dict, frame_size: tuple[int, int], stride: int) -> dict:
    """Makes a batch of noise, as the input pipeline gives it, on the host."""
    draw = np.random.default_rng(0)
    rows, frames = size["windows"], size["frames"]
    served = (frames - CLIP_LENGTH) // stride * stride + stride
    pixels = (rows, served - stride + CLIP_LENGTH, *frame_size, 3)
    return {
        "frames": draw.integers(0, 256, pixels, np.uint8),
        "frame_mask": np.ones([rows, served], bool),
        "fixations": draw.random([rows, served, 8, 2], np.float32),
        "fixation_mask": np.ones([rows, served, 8], bool),
        "is_first": np.ones([rows], bool),
    }


def trained_step(preset, kind: str, xla: bool | None):
    """Returns a training step, and the state of its recurrence, by a batch."""
    policy = PRECISIONS[kind][0]
    config = dataclasses.replace(PRESETS["paper"], train_c3d=True)
    run = RunConfig(precision=policy, xla=xla)
    network = build_rmdn(preset, policy)
    optimizer = make_optimizer(config, run, network.trainable_variables)
    strategy = tf.distribute.get_strategy()
    step = TrainingStep(
        network, optimizer, strategy, config, run, preset.clip_stride
    )

    def of_batch(batch: dict) -> float:
        state = initial_state(network, batch["is_first"].shape[0])
        return float(step(batch, state, tf.constant([0, 0]))[0])

    return of_batch


def step_rows(kinds, preset, size: dict, frame_size) -> Iterator[Row]:
    """Yields whole training steps on a batch in the device's memory."""
    batch = made_batch(size, frame_size, preset.clip_stride)
    frames = math.prod(batch["frame_mask"].shape)
    for kind, xla in itertools.product(kinds, (False, True)):

        def make(kind=kind, xla=xla):
            step = trained_step(preset, kind, xla)
            there = {key: tf.constant(rows) for key, rows in batch.items()}
            return lambda: step(there)

        yield Row("training step", kind, make, xla, frames)


def default_row(num_frames: int) -> Row:
    """Returns the row of the model of the package, frame after frame."""

    def make():
        model, config = load_model(default_directory())
        shape = (1, num_frames + CONTEXT, *config.input_size, 3)
        draw = np.random.default_rng(0)
        frames = tf.constant(draw.integers(0, 256, shape, np.uint8))
        inputs = {
            "frames": frames,
            **initial_state(model, 1),
            "is_first": tf.ones([1], bool),
            "clip_mask": tf.ones([1, num_frames], bool),
        }
        run = tf.function(lambda: model(inputs)["parameters"], autograph=False)
        return lambda: run().numpy()

    return Row("model of the package", "float32", make, False, num_frames)


def transfer_rows(size: dict, frame_size) -> Iterator[Row]:
    """Yields frames that travel from the host's memory to the device's."""
    num_frames = size["windows"] * size["frames"]
    for dtype in ("uint8", "float32"):

        def make(dtype=dtype):
            frames = np.zeros([num_frames, *frame_size, 3], dtype)
            last = tf.function(
                lambda there: there[-1, -1, -1, -1], autograph=False
            )
            # Converting copies to the device; reading one number waits for it.
            return lambda: last(tf.constant(frames)).numpy()

        yield Row("frames to the device", dtype, make, None, num_frames)


def pipeline_rows(preset, size: dict, frame_size) -> Iterator[Row]:
    """Yields training steps fed from the host, prefetched or not."""
    batch = made_batch(size, frame_size, preset.clip_stride)
    frames = math.prod(batch["frame_mask"].shape)
    for prefetches in (False, True):

        def make(prefetches=prefetches):
            with tf.device("/cpu:0"):
                dataset = tf.data.Dataset.from_tensors(batch).repeat()
            batches = iter(to_device(dataset) if prefetches else dataset)
            step = trained_step(preset, "float32", None)
            return lambda: step(next(batches))

        name = "with" if prefetches else "without"
        name = f"steps from a pipeline, {name} prefetching"
        yield Row(name, "float32", make, None, frames)
