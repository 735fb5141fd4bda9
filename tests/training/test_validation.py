"""A pass over the validation split: loss, sample of mixtures, picture."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.model.losses import negative_log_likelihood
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training import validation
from rmdn_tf.training.validation import ClipSample, Validation
from rmdn_tf.video import drawing
from tests.helpers.numbered_videos import read_frames

pytestmark = pytest.mark.slow

WINDOW = Window(65, clip_stride=4)
HEIGHT, WIDTH = 48, 64


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


def test_the_picture_shows_moments_of_the_first_window(passes, predicted):
    batch, parameters = predicted[0]
    rows = passes[0].picture.reshape(4, HEIGHT, 6, WIDTH, 3)
    for column, clip in enumerate([0, 2, 4, 7, 9, 12]):
        served = 4 * clip
        frame = batch["frames"][0, CONTEXT + served].numpy()
        fixations = batch["fixations"][0, served].numpy()
        mask = batch["fixation_mask"][0, served].numpy()
        counts = count_fixations(fixations[None], mask[None], HEIGHT, WIDTH)
        truth = scipy.ndimage.gaussian_filter(
            counts[0].astype(np.float32), 0.03 * WIDTH, mode="constant"
        )
        for row, expected in [
            (0, frame),
            (2, drawing.draw_fixations(frame, fixations[mask])),
            (3, drawing.colour_mapped(truth)),
        ]:
            np.testing.assert_array_equal(rows[row, :, column], expected)
        density = saliency_map(parameters[clip], HEIGHT, WIDTH).numpy()
        # Two rows and one differ in rounding: the next of 256 colours.
        np.testing.assert_allclose(
            rows[1, :, column].astype(int),
            drawing.colour_mapped(density),
            rtol=0,
            atol=8,
        )


def test_the_picture_of_a_short_video_shows_none_of_the_padding(
    model, numbered_dataset_without_truth, monkeypatch
):
    for read in (ordered_windows, read_videos):
        monkeypatch.setattr(
            validation,
            read.__name__,
            lambda data_dir, _, read=read, **kwargs: read(
                data_dir, "train", **kwargs
            ),
        )
    run = Validation(model, numbered_dataset_without_truth, 2, WINDOW).run
    frames = run().picture.reshape(4, 8, 6, 24, 3)[0].swapaxes(0, 1)
    _, numbers = read_frames(frames)
    # The longest has five frames: clips end at 0 and 4.
    assert numbers.tolist() == [0, 0, 0, 0, 0, 4]


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
    rows = validated.picture.reshape(4, HEIGHT, -1, 3)
    expected = passes[0].picture.reshape(4, HEIGHT, -1, 3)
    np.testing.assert_array_equal(rows[[0, 2, 3]], expected[[0, 2, 3]])
    assert (rows[1] != expected[1]).any()


def sample_of(stream, size, chunk):
    sample = ClipSample(size)
    for begin in range(0, len(stream), chunk):
        sample.add(stream[begin : begin + chunk])
    return sample.clips


def test_a_sample_is_bounded_and_spread_over_the_stream():
    kept = sample_of(np.arange(10_000), 400, 37)
    assert len(np.unique(kept)) == 400
    counts = np.bincount(kept // 1000)
    # Ten binomial counts of mean 40: four standard deviations.
    assert np.all(np.abs(counts - 40) < 24)


def test_a_sample_does_not_know_how_the_stream_was_cut():
    stream = np.arange(5000).reshape(-1, 1, 2)
    whole = sample_of(stream, 100, len(stream))
    assert whole.shape == (100, 1, 2)
    np.testing.assert_array_equal(sample_of(stream, 100, 13), whole)


def test_a_short_stream_is_kept_whole():
    np.testing.assert_array_equal(sample_of(np.arange(7), 7, 3), np.arange(7))
