"""A pass over the validation split: loss, sample of mixtures, picture."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.model.losses import negative_log_likelihood
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training import validation
from rmdn_tf.training.validation import Validation
from tests.helpers.made_pictures import make_pictures

pytestmark = pytest.mark.slow

WINDOW = Window(65, clip_stride=4)


@pytest.fixture(scope="module")
def model(tiny_model):
    """A network whose densities differ from clip to clip."""
    keras.utils.set_random_seed(0)
    model = build_rmdn(tiny_model)
    linear = model.get_layer("mixture").linear
    linear.kernel.assign(
        tf.random.stateless_normal(linear.kernel.shape, [0, 0])
    )
    return model


@pytest.fixture(scope="module")
def passes(model, demo_dir):
    """Two passes, one after the other."""
    run = Validation(model, demo_dir, 2, WINDOW).run
    return run(), run()


@pytest.fixture(scope="module")
def predicted(model, demo_dir):
    """Batches of one row with their mixtures, `[T, C, 6]`."""
    predictor = StatefulNetwork(model, WINDOW.clip_stride)
    return [
        (batch, predictor(batch)[0].numpy())
        for batch in ordered_windows(
            demo_dir, "validation", batch_size=1, window=WINDOW
        )
    ]


def test_the_loss_is_that_of_every_fixation_of_the_split(passes, predicted):
    total, count = np.sum(
        [
            negative_log_likelihood(
                parameters[None], batch["fixations"], batch["fixation_mask"]
            )
            for batch, parameters in predicted
        ],
        axis=0,
    )
    # One row and not two: the loss must not know how many there were.
    np.testing.assert_allclose(passes[0].loss, total / count, rtol=1e-5)


def test_a_pass_starts_anew(passes):
    first, second = passes
    assert second.loss == first.loss
    assert second.metrics() == first.metrics()
    np.testing.assert_array_equal(second.parameters, first.parameters)
    np.testing.assert_array_equal(second.picture, first.picture)


def test_loss_and_means_of_the_scores_are_the_metrics(passes):
    metrics = passes[0].metrics()
    assert list(metrics) == "loss bits auc_judd nss cc sim kl".split()
    assert metrics["loss"] == passes[0].loss
    assert metrics["nss"] == passes[0].scores.mean("model", "nss")


def test_few_clips_are_all_kept_but_no_padded_one(passes, predicted):
    kept = passes[0].parameters
    expected = np.concatenate(
        [
            parameters[batch["frame_mask"][0].numpy()[::4]]
            for batch, parameters in predicted
        ]
    )
    # Two videos of 96 frames at stride 4; two rows come in another order.
    assert kept.shape == expected.shape == (48, 3, 6)
    np.testing.assert_allclose(
        np.sort(kept, axis=0), np.sort(expected, axis=0), rtol=1e-5, atol=1e-6
    )


class MeanPredictor:
    """Stands for a head: mixtures that say what the features are."""

    def __init__(self, model, clip_stride):
        pass

    def reset(self):
        pass

    def __call__(self, batch):
        assert "frames" not in batch
        means = tf.reduce_mean(tf.cast(batch["features"], tf.float32), -1)
        return tf.tile(means[..., None, None], [1, 1, 3, 6])


def test_features_take_the_place_of_frames_but_not_in_the_picture(
    demo_dir, monkeypatch, passes
):
    def windows(*args, feature_dir=None, **kwargs):
        dataset = ordered_windows(*args, **kwargs)
        if feature_dir is None:
            return dataset
        assert feature_dir == "cache"
        return dataset.map(to_features)

    def to_features(batch):
        del batch["frames"]
        return {
            **batch,
            "features": tf.fill([2, 13, 5], tf.constant(0.25, tf.float16)),
        }

    monkeypatch.setattr(validation, "ordered_windows", windows)
    monkeypatch.setattr(validation, "StatefulNetwork", MeanPredictor)
    validated = Validation(None, demo_dir, 2, WINDOW, "cache").run()
    np.testing.assert_array_equal(
        validated.parameters, np.full([48, 3, 6], 0.25)
    )
    # Labels of 28 pixels, and frames of 110 by 82.
    rows = validated.picture.reshape(3, 110, -1, 3)
    expected = passes[0].picture.reshape(3, 110, -1, 3)
    np.testing.assert_array_equal(rows[:2], expected[:2])
    assert (rows[2] != expected[2]).any()


class BrightnessPredictor(MeanPredictor):
    """Stands for a network: mixtures that say how bright the last frame is."""

    num_clips: set[int] = set()

    def __call__(self, batch):
        levels = tf.cast(batch["frames"][:, 15::4], tf.float32) / 255
        means = tf.reduce_mean(levels, [2, 3, 4])
        self.num_clips.add(means.shape[1])
        return tf.tile(means[..., None, None], [1, 1, 3, 6])


def test_pictures_take_one_clip_each_and_have_the_same_scores(
    tmp_path, monkeypatch
):
    make_pictures(tmp_path, 6, split="validation")
    monkeypatch.setattr(validation, "StatefulNetwork", BrightnessPredictor)
    monkeypatch.setattr(BrightnessPredictor, "num_clips", set())
    made = Validation(None, tmp_path, 2, WINDOW).run()
    assert BrightnessPredictor.num_clips == {1}
    monkeypatch.setattr(Window, "for_videos", lambda *_: WINDOW)
    whole = Validation(None, tmp_path, 2, WINDOW).run()
    assert BrightnessPredictor.num_clips == {1, WINDOW.num_clips}
    assert made.metrics() == pytest.approx(whole.metrics(), rel=1e-6)
    np.testing.assert_array_equal(made.parameters, whole.parameters)
    np.testing.assert_array_equal(made.picture, whole.picture)
