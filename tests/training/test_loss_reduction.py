"""The paper's loss, a sum over a video, beside the mean over its fixations."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.parts import model_inputs
from rmdn_tf.training.config import PRESETS, RunConfig
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.trainer import Trainer
from tests.helpers.made_steps import (
    after,
    assert_alike,
    make_batch,
    make_state,
    make_step,
)
from tests.helpers.paper_loss import reference

pytestmark = pytest.mark.slow

SUM = Objective(reduction="sum")
UNBOUNDED = 1e9


def papers_sum(made, batch, stride):
    """The paper's loss and its slopes at the mixtures, in plain NumPy.

    Of every window the sum over its fixations; then the mean over windows.
    """
    inputs = model_inputs(batch, make_state(made), stride)
    parameters = made.network(inputs, training=False)["parameters"].numpy()
    fixations, mask = (
        batch[name].numpy() for name in ("fixations", "fixation_mask")
    )
    rows = [
        reference(parameters[row : row + 1], fixations[row : row + 1], of[None])
        for row, of in enumerate(mask)
    ]
    losses, slopes = zip(*rows, strict=True)
    return np.mean(losses), np.concatenate(slopes) / len(rows), mask.sum()


def bias_of(weights):
    (bias,) = (
        w for name, w in weights.items() if "mixture" in name and w.ndim == 1
    )
    return bias


def test_a_step_descends_the_papers_sum(tiny_model):
    """The bias of the mixtures moves by the slopes, of all clips together."""
    made = make_step(tiny_model, objective=SUM, clip_norm=UNBOUNDED)
    batch = make_batch(tiny_model)
    loss, slopes, num_fixations = papers_sum(made, batch, 4)
    before = bias_of(made.weights())
    scalars, _, weights = after(made, batch)
    moved = bias_of(weights) - before
    expected = -0.1 * slopes.sum((0, 1)).ravel()  # SGD at 0.1.
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-5)
    # What is told stays nats per fixation: four windows make the sum.
    np.testing.assert_allclose(scalars[0], 4 * loss / num_fixations, rtol=1e-5)


def test_both_reductions_tell_the_same_loss_and_differ_by_a_factor(tiny_model):
    batch = make_batch(tiny_model)
    mean = make_step(tiny_model, clip_norm=UNBOUNDED)
    total = make_step(tiny_model, objective=SUM, clip_norm=UNBOUNDED)
    (loss, count, norm), *_ = after(mean, batch)
    (other_loss, other_count, other_norm), *_ = after(total, batch)
    assert (loss, count) == (other_loss, other_count)
    np.testing.assert_allclose(other_norm, norm * count / 4, rtol=1e-5)


def test_a_window_without_a_frame_is_no_video(tiny_model):
    """As where a row of videos in time order has run out."""
    batch = make_batch(tiny_model)
    masks = {
        name: batch[name].numpy() for name in ("frame_mask", "fixation_mask")
    }
    for mask in masks.values():
        mask[3] = False
    batch |= {name: tf.constant(mask) for name, mask in masks.items()}
    assert [float(count) for count in SUM.counts(batch)] == [
        masks["fixation_mask"].sum(),
        3,
    ]


def test_a_summed_step_in_parts_and_compiled_is_the_same(tiny_model):
    batch = make_batch(tiny_model)
    one = make_step(tiny_model, objective=SUM, clip_norm=1.0)
    run_config = RunConfig(micro_batches=2, xla=True)
    parts = make_step(tiny_model, run_config, objective=SUM, clip_norm=1.0)
    assert_alike(after(parts, batch), after(one, batch))


def test_a_summed_step_on_two_devices_is_the_same(tiny_model, two_devices):
    batch = make_batch(tiny_model)
    one, two = (
        make_step(tiny_model, objective=SUM, clip_norm=1.0, strategy=strategy)
        for strategy in (None, two_devices)
    )
    assert_alike(after(two, batch), after(one, batch))


def test_the_papers_bound_acts_on_the_papers_preset(
    demo_dir, tiny_model, tmp_path
):
    """On generated gaze, windows of 50 clips and 16 fixations a frame."""
    config = dataclasses.replace(PRESETS["paper"], batch_size=2, train_c3d=True)
    assert (config.loss_reduction, config.clip_norm) == ("sum", 20)
    trainer = Trainer(
        dataclasses.replace(tiny_model, clip_stride=1),
        config,
        demo_dir,
        tmp_path,
    )
    batch, state = trainer.example()
    _, count, norm, _ = trainer.train_step(batch, state, tf.constant([0, 0]))
    # The gradient of the mean is shorter by the fixations of a window.
    assert norm / (count / 2) < 20 < norm
    trainer._run_step(batch, trainer.recurrent_state())
    assert trainer.progress.clipped_share == 1


def test_actions_have_no_sum():
    with pytest.raises(ValueError, match="`loss_reduction`.*with actions"):
        Objective(has_actions=True, reduction="sum")
