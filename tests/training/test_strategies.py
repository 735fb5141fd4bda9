"""Which devices train together."""

import functools
import json

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.windows import Window
from rmdn_tf.runs.directory import RunDirectory, TrainingError
from rmdn_tf.training.progress import Progress
from rmdn_tf.training.strategies import (
    all_agree,
    distribute_batches,
    is_chief,
    make_strategy,
    split_rows,
    together,
)
from tests.helpers.numbered_videos import batches as all_batches

pytestmark = pytest.mark.slow

WORKERS = {"worker": ["host0:2222", "host1:2222"]}
BATCH_SIZE = 4
ORDERS = {"random": random_cuts, "ordered": ordered_windows}
both_orders = pytest.mark.parametrize(
    "order", ORDERS.values(), ids=ORDERS.keys()
)


def test_one_device_is_tensorflows_default():
    strategy = make_strategy("one")
    assert strategy is tf.distribute.get_strategy()
    assert strategy.num_replicas_in_sync == 1
    assert is_chief(strategy)


def test_mirrored_takes_every_device(two_devices):
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    number = len(tf.config.list_logical_devices(kind))
    assert two_devices.num_replicas_in_sync == number
    assert is_chief(two_devices)


def test_an_unknown_strategy_is_told_which_there_are():
    with pytest.raises(ValueError, match="'mirrored'.*strategy='all'"):
        make_strategy("all")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "not JSON",
        "[]",
        "{}",
        {"cluster": WORKERS},
        {"task": {"type": "worker", "index": 0}},
        {"cluster": WORKERS, "task": {"type": "worker", "index": 2}},
        {"cluster": WORKERS, "task": {"type": "worker", "index": "first"}},
        {"cluster": WORKERS, "task": {"type": "chief", "index": 0}},
        {"cluster": {"ps": ["h:1"]}, "task": {"type": "ps", "index": 0}},
        {"cluster": {"worker": ["h"]}, "task": {"type": "worker", "index": 0}},
    ],
)
def test_a_wrong_cluster_is_an_error_with_an_example(document, monkeypatch):
    text = document if isinstance(document, str) else json.dumps(document)
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="Invalid `TF_CONFIG`") as caught:
        make_strategy("multi_worker")
    assert '"cluster": {"worker"' in str(caught.value)
    assert f"Received: TF_CONFIG={text!r}" in str(caught.value)


class _Strategy:
    """Stands for one of several workers."""

    def __init__(self, task_type, task_id, *jobs):
        self.cluster_resolver = self
        self.task_type, self.task_id, self.jobs = task_type, task_id, jobs

    def cluster_spec(self):
        return self


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (_Strategy("worker", 0, "worker"), True),
        (_Strategy("worker", 1, "worker"), False),
        (_Strategy("chief", 0, "chief", "worker"), True),
        (_Strategy("worker", 0, "chief", "worker"), False),
    ],
)
def test_one_of_the_workers_is_the_chief(strategy, expected):
    assert is_chief(strategy) is expected


HEARTBEAT = (
    "Deadline Exceeded\n\nRPC: /tensorflow.CoordinationService/Heartbeat"
)
SILENT = "Error reported from /job:worker/task:1: not in time:\n/task:1"
AFTER = "\nThe error could be from a previous operation. Restart [Op:Reduce]"


@pytest.mark.parametrize(
    ("kind", "message", "reason"),
    [
        (
            tf.errors.DeadlineExceededError,
            f"{{{{node x}}}} Collective ops is aborted by: {HEARTBEAT}{AFTER}",
            "Deadline Exceeded RPC: /tensorflow.CoordinationService/Heartbeat",
        ),
        (
            tf.errors.UnavailableError,
            f"Graph error:\n\nCollective ops is aborted by: {SILENT}{AFTER}",
            "Error reported from /job:worker/task:1: not in time: /task:1",
        ),
        (
            tf.errors.UnavailableError,
            "Collective ops is aborted by: Connection reset by peer\n"
            f"Additional GRPC error information from /task:0:{{}}{AFTER}",
            "Connection reset by peer",
        ),
        (
            tf.errors.UnavailableError,
            "Graph error:\n\nDetected at\n\nSocket closed\n\t [[node x]]",
            "Socket closed",
        ),
    ],
)
def test_a_lost_worker_is_told_with_the_reason(tmp_path, kind, message, reason):
    run_dir, progress = RunDirectory(tmp_path), Progress(step=4)
    strategy = _Strategy("worker", 0, "worker")
    with pytest.raises(TrainingError) as caught:
        with together(strategy, run_dir, progress):
            raise kind(None, None, message)
    assert str(caught.value) == (
        "A worker was lost at step 4. Start all of them again to go on from "
        f"the last checkpoint in '{tmp_path}'. ({reason})"
    )


def test_an_error_of_one_device_is_no_lost_worker(tmp_path):
    error = tf.errors.DeadlineExceededError(None, None, "slow disk")
    with pytest.raises(tf.errors.DeadlineExceededError):
        with together(make_strategy("one"), RunDirectory(tmp_path), Progress()):
            raise error


def test_a_replica_gets_its_rows(two_devices):
    values = {"rows": tf.range(6), "pairs": tf.reshape(tf.range(12), [6, 2])}
    split = split_rows(two_devices, values)
    for name, value in values.items():
        parts = two_devices.experimental_local_results(split[name])
        np.testing.assert_array_equal(parts, np.split(value.numpy(), 2))


def test_one_device_gets_all_rows():
    split = split_rows(make_strategy("one"), {"rows": tf.range(6)})
    np.testing.assert_array_equal(split["rows"], np.arange(6))


def test_batches_are_split_as_rows_are(two_devices):
    shares = []

    def of_worker(share):
        shares.append(share)
        return tf.data.Dataset.range(12).batch(4, True).map(lambda n: {"n": n})

    batches = list(distribute_batches(two_devices, of_worker))
    assert shares == [(0, 1)]
    assert len(batches) == 3
    for number, batch in enumerate(batches):
        parts = two_devices.experimental_local_results(batch["n"])
        whole = np.arange(4 * number, 4 * number + 4)
        np.testing.assert_array_equal(parts, np.split(whole, 2))


class _Cluster:
    """A strategy of several workers, all of them here; gives their datasets.

    Nobody trains on it: TensorFlow gives each process one CPU only.
    """

    def __init__(self, num_workers, replicas_each):
        self.num_workers = num_workers
        self.num_replicas_in_sync = num_workers * replicas_each

    def distribute_datasets_from_function(self, pipeline):
        return [
            pipeline(
                tf.distribute.InputContext(
                    self.num_workers, worker, self.num_replicas_in_sync
                )
            )
            for worker in range(self.num_workers)
        ]


def _of_worker(order, data_dir, share=(0, 1)):
    dataset = order(
        data_dir,
        "train",
        batch_size=BATCH_SIZE,
        window=Window(65, 16),
        fixations_per_frame=2,
        seed=3,
        share=share,
    )
    return dataset.map(
        lambda batch: {key: batch[key] for key in ("frames", "is_first")}
    )


def _check_joined(parts_of_batches, expected):
    """Compares the replicas' rows, one after the other, with whole batches."""
    for parts, batch in zip(parts_of_batches, expected, strict=True):
        for key in batch:
            rows = np.concatenate([part[key] for part in parts])
            np.testing.assert_array_equal(rows, batch[key])


@both_orders
@pytest.mark.parametrize(("num_workers", "replicas_each"), [(2, 1), (2, 2)])
def test_replica_after_replica_has_the_rows_of_the_whole_batch(
    numbered_dataset, order, num_workers, replicas_each
):
    make = functools.partial(_of_worker, order, numbered_dataset)
    datasets = distribute_batches(_Cluster(num_workers, replicas_each), make)
    served = [all_batches(dataset) for dataset in datasets]
    steps = range(0, len(served[0]), replicas_each)
    parts = [
        [part for own in served for part in own[i : i + replicas_each]]
        for i in steps
    ]
    expected = all_batches(make())
    # Otherwise rows in the wrong order would look right.
    assert len({row.tobytes() for row in expected[0]["frames"]}) > 2
    _check_joined(parts, expected)


@both_orders
def test_two_devices_see_the_rows_that_split_rows_gives_them(
    numbered_dataset, order, two_devices
):
    make = functools.partial(_of_worker, order, numbered_dataset)
    expected = all_batches(make())
    for batch, whole in zip(
        distribute_batches(two_devices, make), expected, strict=True
    ):
        parts = split_rows(
            two_devices, tf.nest.map_structure(tf.constant, whole)
        )
        for key in whole:
            got = two_devices.experimental_local_results(batch[key])
            split = two_devices.experimental_local_results(parts[key])
            for rows in (got, split):
                assert [len(part) for part in rows] == [2, 2]
                np.testing.assert_array_equal(np.concatenate(rows), whole[key])


def test_replicas_of_one_process_always_agree(two_devices):
    assert all_agree(two_devices, 3)
    assert all_agree(tf.distribute.get_strategy(), 0)
