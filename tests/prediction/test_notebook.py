"""Densities and predictions show themselves in a notebook."""

import io

import numpy as np
import pytest
from PIL import Image

from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.whole_video import Prediction

pytestmark = pytest.mark.slow

FRAMES = np.full((20, 30, 40, 3), (0, 0, 255), np.uint8)
NARROW = Density(np.array([[0, 0.5, 0.5, -4, -4, 0]], np.float32), (30, 40))


def shape_of(encoded: bytes) -> tuple:
    with Image.open(io.BytesIO(encoded)) as picture:
        return picture.format, picture.size


def test_a_prediction_shows_a_strip_and_its_entropy():
    predicted = Prediction(np.arange(20) / 25, [NARROW] * 20, FRAMES)
    for shown in (
        predicted,
        predicted[:1],
        Prediction(predicted.times, predicted.densities),
    ):
        encoded = shown._repr_jpeg_()
        assert shape_of(encoded)[0] == "JPEG"
        assert len(encoded) < 300_000
    assert predicted[:0]._repr_jpeg_() is None


def test_a_strip_of_very_high_frames_is_a_picture():
    high = Density(NARROW.parameters, (5000, 1))
    form, (width, height) = shape_of(Prediction([0], [high])._repr_jpeg_())
    assert form == "JPEG" and height < 2 * width


def test_the_strip_shows_the_frames():
    three = Prediction([0, 1, 2], [NARROW] * 3, FRAMES[:3])
    encoded = three._repr_jpeg_()
    with Image.open(io.BytesIO(encoded)) as picture:
        pixels = np.asarray(picture).astype(int)
    blue = pixels[..., 2] - pixels[..., :2].max(-1) > 60
    assert blue.any(0).sum() > 3 * 150


def test_a_density_shows_its_map_in_the_shape_of_the_frame():
    parameters = np.array([[0, 0.25, 0.5, -3, -3, 0]], np.float32)
    for size in ((90, 160), (160, 90), None):
        encoded = Density(parameters, size)._repr_png_()
        form, (width, height) = shape_of(encoded)
        assert form == "PNG" and len(encoded) < 60_000
        assert (width < height) == (size == (160, 90))
    assert repr(Density(parameters)) == "Density(1 components)"
