"""Saliency maps -> densities on another grid."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.helpers.written_maps import (
    SIZE,
    assert_equal,
    made_levels,
    read_one,
    sums_of,
    sums_to_one,
    write_array,
    write_png,
)

LENGTHS = st.integers(2, 40)


def resized(tmp_path, saliencies, size):
    write_array(tmp_path / "a/1.npy", saliencies)
    return read_one(tmp_path, size=size)


def centres(length):
    return (np.arange(length) + 0.5) / length


def check_line(line, old):
    """Checks `[new]` against what becomes of a ramp from 1 to 2."""
    new = len(line)
    # Outside the outermost centres the ramp does not go on.
    known = (centres(new) >= 0.5 / old) & (centres(new) <= 1 - 0.5 / old)
    ramp = 1 + (centres(new) * old - 0.5) / (old - 1)
    scaled = line / np.dot(line, known) * np.dot(ramp, known)
    # By areas, a step of the ramp counts where it lies, off by at most an
    # eighth of it at either side of a new pixel.
    is_exact = new >= old or old % new == 0
    tolerance = 1e-12 if is_exact else 0.25 / (old / new) / (old - 1)
    np.testing.assert_allclose(scaled[known], ramp[known], 0, tolerance)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(old=st.tuples(LENGTHS, LENGTHS), new=st.tuples(LENGTHS, LENGTHS))
@example(old=(36, 40), new=(12, 10))
@example(old=(7, 40), new=(20, 15))
def test_a_ramp_stays_a_ramp(tmp_path_factory, old, new):
    folder = tmp_path_factory.getbasetemp() / "ramp"
    down = 1 + np.arange(old[0]) / (old[0] - 1)
    right = 1 + np.arange(old[1]) / (old[1] - 1)
    density = resized(folder, down[:, None] * right, new)
    assert density.shape == new
    np.testing.assert_allclose(density.sum(), 1, rtol=1e-12)
    check_line(density.sum(1), old[0])
    check_line(density.sum(0), old[1])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    old=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    new=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    loc=st.tuples(st.floats(0.35, 0.65), st.floats(0.35, 0.65)),
)
def test_a_blob_stays_where_it_is(tmp_path_factory, old, new, loc):
    folder = tmp_path_factory.getbasetemp() / "blob"
    y, x = centres(old[0])[:, None] - loc[0], centres(old[1]) - loc[1]
    blob = np.exp(-0.5 * (x**2 + y**2) / 0.08**2)
    density = resized(folder, blob, new)
    assert (density >= 0).all()
    centre = density.sum(1) @ centres(new[0]), density.sum(0) @ centres(new[1])
    # A thousandth of the frame, 1/50 of a pixel of the coarsest grid; half a
    # pixel, a common fault, would be 0.005 at least.
    np.testing.assert_allclose(centre, loc, rtol=0, atol=1e-3)


@pytest.mark.parametrize("size", [(3, 4), (3, 8), (6, 4), (2, 2), (1, 1)])
def test_a_smaller_map_holds_the_sums_of_the_pixels_it_covers(tmp_path, size):
    density = resized(tmp_path, made_levels(), size)
    assert_equal(density, sums_of(made_levels(), size))


def test_a_larger_map_holds_what_was_worked_out_by_hand(tmp_path):
    # Centres at 1/8, 3/8, 5/8, 7/8 of the width; the old at 1/4 and 3/4.
    density = resized(tmp_path, np.array([[0.0, 4.0]]), (1, 4))
    assert_equal(density, [[0, 1, 3, 4]])


def test_a_pixel_is_shared_by_those_it_overlaps(tmp_path):
    # Three pixels become two, each of one and a half.
    density = resized(tmp_path, np.array([[6.0], [4.0], [1.0]]), (2, 1))
    assert_equal(density, [[8], [3]])


@pytest.mark.parametrize(
    ("old", "new", "method"),
    [
        ((36, 64), (128, 171), "bilinear"),
        ((90, 160), (32, 43), "area"),
        ((90, 160), (90, 43), "area"),
    ],
)
def test_resizing_agrees_with_tensorflow(tmp_path, old, new, method):
    levels = made_levels(0, np.uint8, old).astype(np.float32)
    density = resized(tmp_path, levels, new)
    expected = tf.image.resize(levels[..., None], new, method)[..., 0]
    # TensorFlow resizes in float32, its weights too.
    expected = sums_to_one(expected.numpy())
    np.testing.assert_allclose(density, expected, rtol=3e-5, atol=1e-9)


@pytest.mark.parametrize("size", [(3, 4), (12, 16), (5, 7), (7, 9)])
def test_tails_outlive_resizing(tmp_path, size):
    saliencies = np.full(SIZE, 1e-200)
    saliencies[0, 0] = 1
    density = resized(tmp_path, saliencies, size)
    assert density.min() > 1e-204


@pytest.mark.parametrize("scale", [1e308, 1e-300, 5e-324])
def test_numbers_of_any_magnitude_are_normalised(tmp_path, scale):
    array = np.ones(SIZE)
    array[1:3] = 0
    write_array(tmp_path / "a/1.npy", array * scale)
    assert_equal(read_one(tmp_path), array)
    expected = np.repeat(array, 2, axis=1)
    assert_equal(read_one(tmp_path, size=(6, 16)), expected)


def test_zeros_stay_zeros(tmp_path):
    levels = np.repeat(np.repeat(made_levels() % 2, 2, axis=0), 3, axis=1)
    write_png(tmp_path / "a/1.png", levels)
    for size in (levels.shape, SIZE):
        density = read_one(tmp_path, size=size)
        np.testing.assert_array_equal(density == 0, sums_of(levels, size) == 0)
