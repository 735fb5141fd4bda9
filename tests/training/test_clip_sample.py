"""A sample of clips of a stream."""

import numpy as np

from rmdn_tf.training.clip_sample import ClipSample


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
