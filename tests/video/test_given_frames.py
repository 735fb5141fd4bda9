"""Frames that a caller gives: taken where their meaning is certain."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from rmdn_tf.video.given_frames import rgb_frames

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
GREY = RGB[..., 0]
GREY_AS_RGB = np.stack([GREY] * 3, 2)


class Tensor:
    """A tensor of another library, as far as NumPy sees it."""

    def __init__(self, values, error=None):
        self._values = values
        self._error = error
        self.shape = values.shape
        self.dtype = "torch.uint8"

    def __array__(self, dtype=None, copy=None):
        if self._error:
            raise self._error
        return self._values


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (RGB, RGB),
        (read_only(RGB), RGB),
        (RGB[::-1, ::2, ::-1], RGB[::-1, ::2, ::-1]),  # Not contiguous.
        (tf.constant(RGB), RGB),
        (Tensor(RGB), RGB),
        (GREY, GREY_AS_RGB),
        (GREY[..., None], GREY_AS_RGB),
        (Image.fromarray(RGB), RGB),
        (Image.fromarray(GREY), GREY_AS_RGB),
        (Image.fromarray(GREY > 127), (GREY_AS_RGB > 127) * 255),
        (Image.fromarray(np.dstack([RGB, GREY])), RGB),  # With alpha.
        (Image.fromarray(GREY).convert("P"), GREY_AS_RGB),
        (Image.fromarray(RGB).convert("CMYK"), RGB),
    ],
)
def test_a_frame_whose_meaning_is_certain_becomes_rgb(frame, expected):
    (pixels,) = rgb_frames([frame])
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (RGB / 255, "float64 of (5, 7, 3), frame 1. Multiply"),
        (tf.constant(RGB / 255, tf.float32), "float32 of (5, 7, 3), frame 1."),
        (RGB.astype(np.int64), "int64 of (5, 7, 3), frame 1. Convert"),
        (RGB.astype(np.uint16), "uint16 of (5, 7, 3), frame 1. Convert"),
        (GREY > 9, "bool of (5, 7), frame 1. Convert"),
        (RGB.tolist(), "int64 of (5, 7, 3), frame 1. Convert"),
        (np.dstack([RGB, GREY]), "(5, 7, 4), frame 1. Leave out the alpha"),
        (RGB.transpose(2, 0, 1), "(3, 5, 7), frame 1. Put the channels last"),
        (RGB[None], "uint8 of (1, 5, 7, 3), frame 1."),
        (RGB[:0], "uint8 of (0, 7, 3), frame 1."),
        (RGB[:4], "Expected frames of (5, 7, 3), as frame 0. Received: (4, 7"),
        (Image.fromarray(GREY.astype(np.float32)), "mode F, frame 1"),
        (Image.fromarray(GREY.astype(np.uint16)), "mode I;16, frame 1"),
        (Tensor(RGB, TypeError("on cuda.")), "Tensor (on cuda), frame 1."),
        ("frame.png", "str, frame 1."),
        (None, "NoneType, frame 1."),
        ([[1, 2], [3]], "list (setting an array element"),
    ],
)
def test_another_frame_is_refused_in_a_sentence_with_its_number(frame, words):
    frames = rgb_frames([RGB, frame])
    next(frames)
    with pytest.raises(ValueError, match="Invalid `video`. ") as raised:
        next(frames)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "video", [RGB, tf.constant(RGB), Tensor(RGB), Image.fromarray(RGB), GREY]
)
def test_one_picture_is_no_video_whose_rows_are_grey_frames(video):
    with pytest.raises(ValueError, match="Put a single frame into a list"):
        list(rgb_frames(video))


@pytest.mark.parametrize("of", [np.array, tf.constant])
def test_one_array_of_all_frames_is_taken(of):
    frames = np.stack([RGB, 255 - RGB])
    np.testing.assert_array_equal(list(rgb_frames(of(frames))), frames)


def test_the_memory_of_a_frame_may_be_reused():
    def frames():
        buffer = np.empty_like(RGB)
        for level in (1, 2, 3):
            buffer[:] = level
            yield buffer

    assert [frame.max() for frame in list(rgb_frames(frames()))] == [1, 2, 3]


def test_an_error_of_the_caller_s_generator_comes_through():
    def frames():
        yield RGB
        raise KeyError("of the user")

    with pytest.raises(KeyError, match="of the user"):
        list(rgb_frames(frames()))
