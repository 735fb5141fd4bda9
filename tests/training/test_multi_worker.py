"""Several processes that train together, and one that is lost."""

import os

import pytest

from rmdn_tf.runs.directory import FAILED, RunDirectory, TrainingError
from rmdn_tf.training import strategies
from rmdn_tf.training.progress import Progress
from rmdn_tf.training.step import NOT_FINITE
from rmdn_tf.training.strategies import make_strategy
from tests.helpers.clusters import check_equal, cluster, finish
from tests.helpers.train_worker import (
    IN_ORDER,
    NUM_STEPS,
    RANDOM_CUTS,
    train_here,
)

pytestmark = pytest.mark.slow

FAILING = RANDOM_CUTS | {"learning_rate": 1e38}


def test_two_workers_learn_what_one_does_even_if_one_is_lost(
    demo_dir, tmp_path
):
    run_dir = tmp_path / "two"
    with cluster(
        demo_dir,
        run_dir,
        run_dir,
        training=[IN_ORDER],
        run={"checkpoint_steps": 4},
    ) as (chief, other):
        for line in other.stdout:
            if line == "step 6\n":
                other.kill()
        (output,) = finish([chief], code=1)
    assert "Error: A worker was lost at step" in output
    # Both go on, and fail together in a run after that.
    with cluster(
        demo_dir, run_dir, run_dir, training=[IN_ORDER, FAILING]
    ) as workers:
        expected = train_here(demo_dir, tmp_path / "one", IN_ORDER)
        outputs = finish(workers, code=1)
    check_equal(run_dir / "0", expected)
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
