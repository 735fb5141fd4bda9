"""Several processes that train together, and one that is lost."""

import contextlib
import json
import os
import socket

import numpy as np
import pytest

from rmdn_tf.runs.directory import FAILED, RunDirectory, TrainingError
from rmdn_tf.training import strategies
from rmdn_tf.training.progress import Progress
from rmdn_tf.training.step import NOT_FINITE
from rmdn_tf.training.strategies import make_strategy
from tests.helpers.train_worker import (
    IN_ORDER,
    NUM_STEPS,
    RANDOM_CUTS,
    start,
    train_here,
)

pytestmark = pytest.mark.slow

FAILING = RANDOM_CUTS | {"learning_rate": 1e38}


def _free_ports(number):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(number)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@contextlib.contextmanager
def _cluster(data_dir, *run_dirs, **settings):
    """Starts a worker for each directory; none of them outlives the test."""
    addresses = [f"localhost:{port}" for port in _free_ports(len(run_dirs))]
    workers = []
    for index, run_dir in enumerate(run_dirs):
        place = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        environment = {"TF_CONFIG": json.dumps(place)}
        workers.append(
            start(
                data_dir,
                run_dir,
                environment,
                strategy="multi_worker",
                **settings,
            )
        )
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()


def _finish(workers, code):
    """Waits for workers; all must end with this code."""
    outputs = [worker.communicate(timeout=90)[0] for worker in workers]
    codes = [worker.returncode for worker in workers]
    assert codes == [code] * len(workers), outputs
    return outputs


def test_two_workers_learn_what_one_does_even_if_one_is_lost(
    demo_dir, tmp_path
):
    run_dir = tmp_path / "two"
    with _cluster(
        demo_dir,
        run_dir,
        run_dir,
        training=[IN_ORDER],
        run={"checkpoint_steps": 4},
    ) as (chief, other):
        for line in other.stdout:
            if line == "step 6\n":
                other.kill()
        (output,) = _finish([chief], code=1)
    assert "Error: A worker was lost at step" in output
    # Both go on, and fail together in a run after that.
    with _cluster(
        demo_dir, run_dir, run_dir, training=[IN_ORDER, FAILING]
    ) as workers:
        expected = train_here(demo_dir, tmp_path / "one", IN_ORDER)
        outputs = _finish(workers, code=1)
    with np.load(run_dir / "0" / "learned.npz") as arrays:
        for array, wanted in zip(arrays.values(), expected, strict=True):
            # Sums over rows are taken in another order.
            np.testing.assert_allclose(array, wanted, rtol=1e-5, atol=1e-5)
    for output in outputs:
        assert "Going on after step 4.\n" in output
        assert "step 4\n" not in output
        assert output.count(f"step {NUM_STEPS}\n") == 1
        assert f"Error: {NOT_FINITE}" in output
    assert os.listdir(run_dir / "1" / FAILED)
    assert not list(run_dir.rglob("partial*"))


def test_workers_that_go_on_from_different_steps_are_refused(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(strategies, "all_agree", lambda *_: False)
    run_dir, progress = RunDirectory(tmp_path), Progress(step=4)
    with pytest.raises(TrainingError, match="found different checkpoints"):
        strategies.require_one_step(make_strategy("one"), run_dir, progress)
