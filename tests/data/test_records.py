"""Tests of `rmdn_tf.data.records`."""

import numpy as np

from rmdn_tf.data.records import Fixations


def test_fixations_between_two_frames_are_counted_from_the_first():
    fixations = Fixations.from_rows(
        [(0, 0.1, 0.9, 4), (2, 0.2, 0.8, 5), (3, 0.3, 0.7, 6), (4, 0, 0, 7)]
    )
    cut = fixations.between(2, 4)
    assert cut.frame.tolist() == [0, 1]
    assert cut.observer.tolist() == [5, 6]
    np.testing.assert_array_equal(cut.x, np.float32([0.2, 0.3]))
    np.testing.assert_array_equal(cut.y, np.float32([0.8, 0.7]))
    assert len(cut) == 2
    assert len(fixations.between(5, 9)) == len(Fixations.empty()) == 0
