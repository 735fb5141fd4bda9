"""A head that learns from features is the head of a stream."""

import numpy as np
import pytest

from rmdn_tf.calibration import features as features_module
from rmdn_tf.calibration import finetuning
from rmdn_tf.calibration.features import HeadFeatures
from rmdn_tf.calibration.finetuning import Tuner
from rmdn_tf.calibration.fitting import Densities, fit, frame_bits
from rmdn_tf.calibration.folds import deal
from rmdn_tf.calibration.sample import read_sample
from rmdn_tf.calibration.validation import cross_validate
from rmdn_tf.model.saving import load_model
from rmdn_tf.training.config import TrainingConfig

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(trained_run):
    return load_model(trained_run / "best")


@pytest.fixture(scope="module")
def features(trained):
    model, config = trained
    return HeadFeatures(model, config.clip_stride)


@pytest.fixture(scope="module")
def sample(trained, features, demo_dir):
    return read_sample(*trained, demo_dir, "train", 80, features)


@pytest.fixture(scope="module")
def tuner(trained, sample, features):
    return Tuner(*trained, sample, features.windows)


def every(sample):
    return np.ones(sample.num_frames, bool)


def learn_for(monkeypatch, num_epochs, rate=1e-3):
    settings = TrainingConfig(
        num_epochs=num_epochs,
        batch_size=1,
        optimizer="adam",
        learning_rate=rate,
        loss_reduction="mean",
        patience=num_epochs,
    )
    monkeypatch.setattr(finetuning, "TRAINING", settings)


def test_features_give_the_mixtures_that_frames_give(trained, sample, demo_dir):
    expected = read_sample(*trained, demo_dir, "train", 80)
    np.testing.assert_array_equal(sample.videos, expected.videos)
    np.testing.assert_array_equal(sample.numbers, expected.numbers)
    # float16 rounds the features.
    np.testing.assert_allclose(
        sample.parameters, expected.parameters, rtol=2e-3, atol=2e-3
    )


def test_an_untrained_head_is_the_calibrated_model(tuner, sample, monkeypatch):
    learn_for(monkeypatch, 1, rate=1e-12)
    densities = Densities(sample)
    numbers = fit(densities, every(sample))
    held_out = deal(sample, every(sample))[1].held_out
    tuned = tuner.train(numbers, ~held_out)
    expected = frame_bits(densities, numbers)[held_out]
    np.testing.assert_allclose(tuner.bits(tuned, held_out), expected, atol=2e-3)


def test_a_tuned_head_learns_and_gives_in_a_stream_what_it_gave(
    trained, tuner, sample, demo_dir, monkeypatch
):
    learn_for(monkeypatch, 3)
    numbers = fit(Densities(sample), every(sample))
    tuned = tuner.train(numbers, every(sample))
    assert tuned.num_epochs > 0 and tuned.share > 0
    bits = tuner.bits(tuned, every(sample))
    assert bits.mean() > frame_bits(Densities(sample), numbers).mean() + 0.02
    streamed = read_sample(tuned.model, tuned.config, demo_dir, "train", 80)
    np.testing.assert_allclose(frame_bits(Densities(streamed)), bits, atol=0.02)
    # The encoder is frozen.
    before = trained[0].get_layer("features").get_weights()
    after = tuned.model.get_layer("features").get_weights()
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_frames_that_are_held_out_teach_nothing(tuner, sample, monkeypatch):
    learn_for(monkeypatch, 1)
    numbers = fit(Densities(sample), every(sample))
    fold = deal(sample, every(sample))[0]
    expected = tuner.train(numbers, fold.training)
    changed = sample.points.copy()
    changed[fold.held_out[sample.frame]] = 0.01
    for place in tuner._places:
        if place.window.video_id in sample.videos[fold.held_out]:
            monkeypatch.setitem(
                place.window.batch,
                "fixations",
                np.full_like(place.window.batch["fixations"], 0.01),
            )
    received = tuner.train(numbers, fold.training)
    for old, new in zip(
        expected.model.get_weights(), received.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_a_head_that_learned_badly_is_the_calibrated_model(
    tuner, sample, monkeypatch
):
    learn_for(monkeypatch, 2)
    values = iter([1.0, 0.5, 0.9])
    numbers = fit(Densities(sample), every(sample))
    with monkeypatch.context() as patched:
        patched.setattr(Tuner, "_bits", lambda *_: np.array([next(values)]))
        tuned = tuner.train(numbers, every(sample))
    assert (tuned.num_epochs, tuned.share) == (0, 0)
    bits = tuner.bits(tuned, every(sample))
    expected = frame_bits(Densities(sample), numbers)
    np.testing.assert_allclose(bits, expected, atol=2e-3)


def test_the_gain_is_cross_validated_in_the_folds_of_the_numbers(
    tuner, sample, monkeypatch
):
    learn_for(monkeypatch, 3)
    densities = Densities(sample)
    numbers = fit(densities, every(sample))
    alone = cross_validate(densities, numbers)
    gain = cross_validate(densities, numbers, tuner)
    assert alone.tuned is None and not alone.prefers_tuned
    assert gain.validated == alone.validated
    assert gain.tuned - gain.validated == pytest.approx(gain.tuning.mean)
    assert gain.tuning.mean > 0.02


def test_too_many_features_are_refused_before_the_network_runs(
    trained, demo_dir, monkeypatch
):
    model, config = trained
    monkeypatch.setattr(features_module, "MOST_BYTES", 1000)
    few = HeadFeatures(model, config.clip_stride)
    with pytest.raises(ValueError, match="at most 1000 bytes in memory.*init"):
        read_sample(model, config, demo_dir, "train", 80, few)
    assert few.windows == []
