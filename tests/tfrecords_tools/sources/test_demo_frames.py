"""Tests of `tfrecords_tools.sources.demo_frames`."""

import numpy as np
import pytest

from tfrecords_tools.sources.demo_frames import Looks, render

SIZE = (48, 64)


def test_a_smaller_radius_paints_fewer_pixels():
    discs = np.full([1, 1, 2], 0.5)
    camera = np.zeros([1, 2])

    def painted(radius):
        looks = Looks(
            np.full([1, 1], radius), np.full([1, 1, 3], 255, np.float32)
        )
        generator = np.random.default_rng(0)
        (frame,) = render(generator, discs, camera, SIZE, looks)
        return (frame.to_ndarray() == 255).all(-1).sum()

    assert painted(0.5) == pytest.approx(painted(1.0) / 4, rel=0.25)
