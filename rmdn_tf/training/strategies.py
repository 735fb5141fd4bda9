"""Devices that train together: one, all of a machine, or several machines.

    rmdn train --strategy one                    # the first device
    rmdn train --strategy mirrored               # all GPUs of this machine
    TF_CONFIG=... rmdn train --strategy multi_worker

For several machines, start the same command on each with TensorFlow's
`TF_CONFIG`: the addresses of all workers, and the number of this one. All must
see the dataset and the run's directory under the same paths. Only the chief
(worker 0) writes.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping

import tensorflow as tf

from rmdn_tf.data.input_pipeline import to_device
from rmdn_tf.files.json_files import parse_json
from rmdn_tf.runs.directory import RunDirectory, TrainingError
from rmdn_tf.training.config import STRATEGIES
from rmdn_tf.training.progress import Progress

# Types of tasks in `TF_CONFIG` that train.
TASKS = ("chief", "worker")
# Schema of `TF_CONFIG`.
CLUSTER_SCHEMA = {
    "type": "object",
    "properties": {
        "cluster": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "string", "pattern": ":"},
            },
        },
        "task": {
            "type": "object",
            "properties": {
                "type": {"enum": [*TASKS]},
                "index": {"type": ["integer", "string"], "minimum": 0},
            },
            "required": ["type", "index"],
        },
    },
    "required": ["cluster", "task"],
}
# TensorFlow's errors in a worker when another one ends, or is not reached any
# more: its workers ask each other every few seconds, also during long steps.
LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)
# What stands before and after the reason in the messages of these errors.
BEFORE = "Collective ops is aborted by: "
AFTER = (
    "Additional GRPC error information",
    "The error could be from a previous operation",
)


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Chooses the devices that train.

    Args:
        name: "one" takes the first device; "mirrored" all GPUs, or all logical
            CPU devices without a GPU; "multi_worker" all machines of
            `TF_CONFIG`, and waits until all workers run. It must come before
            any other computation of TensorFlow.

    Returns:
        The strategy of TensorFlow, for `Trainer`.

    Raises:
        ValueError: `name` or `TF_CONFIG` is invalid.
    """
    if name == "one":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        devices, sums = tf.config.list_logical_devices("GPU"), None
        if not devices:
            devices = tf.config.list_logical_devices("CPU")
            # On CPUs the default's collectives allow one model per process.
            sums = tf.distribute.ReductionToOneDevice()
        return tf.distribute.MirroredStrategy(
            [device.name for device in devices], cross_device_ops=sums
        )
    if name == "multi_worker":
        own, number = _check_cluster(os.environ.get("TF_CONFIG", ""))
        print(f"{own} waits until all {number} workers run.", flush=True)
        return _join_cluster()
    raise ValueError(
        f"Invalid `strategy`. Expected one of {STRATEGIES}. "
        f"Received: strategy={name!r}."
    )


def _join_cluster() -> tf.distribute.Strategy:
    """Waits for all workers; keeps Ctrl-C and, afterwards, SIGTERM working."""
    # TensorFlow does not return to Python while it waits. It also replaces the
    # handler of SIGTERM by one that goes on.
    on_interrupt = signal.signal(signal.SIGINT, signal.SIG_DFL)
    on_terminate = signal.getsignal(signal.SIGTERM)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    finally:
        signal.signal(signal.SIGINT, on_interrupt)
        signal.signal(signal.SIGTERM, on_terminate)


def _check_cluster(text: str) -> tuple[str, int]:
    """Checks `TF_CONFIG`; returns this worker's name and their number."""
    try:
        document = parse_json(text, CLUSTER_SCHEMA, "`TF_CONFIG`")
        task = document["task"]
        workers = document["cluster"].get(task["type"], ())
        valid = 0 <= int(task["index"]) < len(workers)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(
            "Invalid `TF_CONFIG`. Expected the addresses of the workers and "
            'the place of this one, such as {"cluster": {"worker": '
            '["host0:2222", "host1:2222"]}, "task": {"type": "worker", '
            f'"index": 0}}}}. Received: TF_CONFIG={text!r}.'
        )
    number = sum(len(document["cluster"].get(j, ())) for j in TASKS)
    return f"{task['type']} {task['index']}", number


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes files."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    if "chief" in resolver.cluster_spec().jobs:
        return resolver.task_type == "chief"
    return resolver.task_id == 0


@contextlib.contextmanager
def together(
    strategy: tf.distribute.Strategy, run_dir: RunDirectory, progress: Progress
) -> Iterator[None]:
    """Turns TensorFlow's errors of a lost worker into a TrainingError."""
    try:
        yield
    except LOST as error:
        if strategy.cluster_resolver is None:
            raise
        raise TrainingError(
            f"A worker was lost at step {progress.step}. Start all of them "
            f"again to go on from the last checkpoint in '{run_dir.path}'. "
            f"({_reason(error.message.strip())})"
        ) from error


def _reason(message: str) -> str:
    """Returns what TensorFlow says about a lost worker, in one line."""
    if BEFORE not in message:
        # It may begin with the operation's place in the code.
        return message.split("\n\n")[-1].splitlines()[0]
    reason = message.split(BEFORE)[-1]
    for text in AFTER:
        reason = reason.split(text)[0]
    return " ".join(reason.split())


def all_agree(strategy: tf.distribute.Strategy, number: int) -> bool:
    """Waits for all workers; returns whether all have the same number."""
    (total, *_) = strategy.experimental_local_results(
        _total(strategy, tf.constant(number))
    )
    return int(total) == number * strategy.num_replicas_in_sync


def require_one_step(
    strategy: tf.distribute.Strategy, run_dir: RunDirectory, progress: Progress
) -> None:
    """Raises a TrainingError if workers resume from different steps."""
    if not all_agree(strategy, progress.step):
        raise TrainingError(
            f"The workers found different checkpoints in '{run_dir.path}'. All "
            "of them must see one directory under this path."
        )


@tf.function
def _total(strategy, number):
    return strategy.run(
        lambda: tf.distribute.get_replica_context().all_reduce(
            # The identity places the number on the replica's device.
            tf.distribute.ReduceOp.SUM,
            tf.identity(number),
        )
    )


def split_rows(strategy: tf.distribute.Strategy, values: Mapping):
    """Splits rows `[B, ...]`, the same on all workers, over R replicas.

    Returns values for `strategy.run`: replica r has B / R rows from r * B / R
    on.
    """

    def of_replica(context):
        def own(rows):
            size = rows.shape[0] // strategy.num_replicas_in_sync
            first = context.replica_id_in_sync_group * size
            return tf.identity(rows[first : first + size])

        return {key: own(rows) for key, rows in values.items()}

    return strategy.experimental_distribute_values_from_function(of_replica)


def distribute_batches(
    strategy: tf.distribute.Strategy,
    of_worker: Callable[[tuple[int, int]], tf.data.Dataset],
) -> Iterable:
    """Splits batches over workers and replicas, and moves them to devices.

    `of_worker` takes (number of the worker, number of workers) and returns the
    batches of that worker's rows, of static shape. The replicas get rows as in
    `split_rows`.
    """
    if strategy is tf.distribute.get_strategy():
        return to_device(of_worker((0, 1)))

    def pipeline(context: tf.distribute.InputContext) -> tf.data.Dataset:
        workers = context.num_input_pipelines
        dataset = of_worker((context.input_pipeline_id, workers))
        rows = next(iter(dataset.element_spec.values())).shape[0]
        replicas = context.num_replicas_in_sync // workers
        if replicas == 1:
            return dataset.prefetch(2)
        # Each replica takes the next part in turn.
        return dataset.rebatch(rows // replicas, drop_remainder=True)

    return strategy.distribute_datasets_from_function(pipeline)
