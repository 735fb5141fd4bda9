"""The number of the frame in the names of maps."""

import pytest

from rmdn_tf.evaluation.map_numbers import frame_numbers


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["0001.png", "0002.png"], [1, 2]),
        (["1.png", "10.png", "9.png"], [1, 10, 9]),
        (["eyeMap_00001.jpg", "eyeMap_00003.jpg"], [1, 3]),
        (["clip00001_00049.png"], [49]),
        (["0001_sal2.png", "0002_sal2.png"], [1, 2]),
        (["1_384x224.png", "2_384x224.png"], [1, 2]),
        (["f1_t0.000.png", "f2_t0.033.png", "f3_t0.066.png"], [1, 2, 3]),
        # Numbers that begin anew in each shot do not count the frames.
        (["s1_1.png", "s1_2.png", "s2_3.png"], [1, 2, 3]),
        # Names of several patterns: the last number.
        (["1.png", "v7_2.png"], [1, 2]),
        ([], []),
    ],
)
def test_the_number_that_counts_is_that_of_the_frame(names, expected):
    assert frame_numbers(names) == expected


def test_a_name_without_a_number_is_named():
    with pytest.raises(ValueError, match="mean.png"):
        frame_numbers(["0001.png", "mean.png"])
