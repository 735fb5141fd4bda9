"""How far a run has come, through a checkpoint and back."""

import dataclasses

import numpy as np
import tensorflow as tf

from rmdn_tf.training.progress import Progress

STATE = {
    "hidden": np.float32([[0.1, -2.0], [3.0, 1e-30]]),
    "cell": np.float32([[np.pi, 0.0], [-0.0, 5.0]]),
}


def _through_a_checkpoint(progress, directory):
    path = tf.train.Checkpoint(progress=progress).save(str(directory / "c"))
    # What was there before must not stay.
    restored = Progress(step=99, state={"hidden": np.ones(1), "old": 1})
    tf.train.Checkpoint(progress=restored).restore(path).assert_consumed()
    return restored


def test_a_checkpoint_brings_back_every_field(tmp_path):
    progress = Progress(3, 70, 10, 123.456, 789.0, 0.1, 2, STATE, 4)
    restored = _through_a_checkpoint(progress, tmp_path)
    for field in dataclasses.fields(Progress):
        if field.name != "state":
            value = getattr(restored, field.name)
            assert value == getattr(progress, field.name), field.name
            assert type(value) is type(field.default), field.name
    assert restored.state.keys() == STATE.keys()
    for name, rows in STATE.items():
        assert restored.state[name].dtype == np.float32
        assert restored.state[name].tobytes() == rows.tobytes()


def test_a_run_that_has_not_begun_comes_back_as_such(tmp_path):
    restored = _through_a_checkpoint(Progress(), tmp_path)
    assert dataclasses.asdict(restored) == dataclasses.asdict(Progress())


def test_the_mean_loss_weighs_fixations_alike():
    progress = Progress()
    assert progress.mean_loss == 0
    progress.finish_step(2.0, 30.0)
    progress.finish_step(4.0, 10.0)
    assert (progress.step, progress.step_in_epoch) == (2, 2)
    assert progress.mean_loss == 2.5


def test_the_share_of_clipped_steps_is_that_of_the_epoch():
    progress = Progress()
    assert progress.clipped_share == 0
    for is_clipped in (True, False, False, True):
        progress.finish_step(2.0, 30.0, is_clipped)
    assert progress.clipped_share == 0.5
    progress.finish_epoch()
    progress.finish_step(2.0, 30.0, False)
    assert progress.clipped_share == 0


def test_an_epoch_ends_with_its_state_and_its_sums():
    progress = Progress(state=STATE, best_loss=1.5, best_epoch=0)
    progress.finish_step(2.0, 30.0)
    progress.finish_epoch()
    assert progress.state == {}
    assert (progress.epoch, progress.step, progress.step_in_epoch) == (1, 1, 0)
    assert progress.mean_loss == 0
    assert (progress.best_loss, progress.best_epoch) == (1.5, 0)
