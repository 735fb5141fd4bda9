"""Networks that describe clips, in two parts, and what weights them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.action_recognition.choices import MAP_SCALES
from rmdn_tf.action_recognition.clip_encoders import make_encoder
from rmdn_tf.action_recognition.weighted_clips import weights_of
from rmdn_tf.encoders.c3d import MEAN_RGB, build_c3d
from rmdn_tf.encoders.frame_features import build_frame_network, frame_encoder
from rmdn_tf.model.parts import clip_network
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory, tiny_model):
    """A run's directory with a C3D of 16x16 pixels."""
    directory = tmp_path_factory.mktemp("run")
    save_model(build_rmdn(tiny_model), tiny_model, directory / "best")
    return directory


@pytest.mark.parametrize("features", ["conv5b", "pool5"])
def test_the_two_parts_are_the_network_of_the_run(
    run_dir, tiny_model, features
):
    encoder = make_encoder(str(run_dir), features)
    whole = build_c3d(
        tiny_model.input_size, tiny_model.filters, features=features
    )
    keras.utils.set_random_seed(0)
    trained = build_rmdn(tiny_model)
    trained.load_weights(run_dir / "best" / "model.weights.h5")
    whole.set_weights(clip_network(trained).get_weights())
    clips = tf.random.normal([2, 16, 16, 16, 3])
    expected = whole(clips).numpy().reshape(2, -1)
    described = encoder.to_descriptor(encoder.to_cells(clips))
    np.testing.assert_allclose(described, expected, rtol=1e-5, atol=1e-7)
    assert encoder.num_features == expected.shape[1]
    assert encoder.mean_rgb == MEAN_RGB


@pytest.fixture
def small_c3d(monkeypatch):
    """Makes the paper's network a small one."""

    def build(features, seed):
        size, filters = (32, 32), ((2,), (3,))
        return build_c3d(size, filters, features, dense_units=5, seed=seed)

    monkeypatch.setattr(
        "rmdn_tf.action_recognition.clip_encoders.build_c3d", build
    )


def test_a_dense_layer_describes_a_clip_after_the_cells(small_c3d):
    encoder = make_encoder("c3d")
    assert encoder.to_cells.output_shape == (None, 16, 16, 16, 3)
    assert encoder.num_features == 5
    assert encoder.about["features"] == "fc6"


def test_random_weights_are_those_of_the_seed(small_c3d):
    weights = [make_encoder("c3d", seed=s).about["weights"] for s in (1, 1, 2)]
    assert weights[0] == weights[1] != weights[2]


def test_a_network_of_frames_is_averaged_over_its_cells():
    encoder = make_encoder("efficientnet_lite0", "stage1")
    network = build_frame_network(
        frame_encoder("efficientnet_lite0"), "stage1", (224, 224)
    )
    frame_encoder("efficientnet_lite0").load(network, ["stage1"])
    frames = tf.random.normal([2, 224, 224, 3])
    expected = network(frames).numpy().mean((1, 2))
    described = encoder.to_descriptor(encoder.to_cells(frames[:, None]))
    # Sums of 14 x 14 cells of either sign.
    np.testing.assert_allclose(described, expected, rtol=1e-4, atol=1e-5)
    assert encoder.clip_length == 1


@pytest.mark.parametrize("features", ["fc6", "conv9"])
def test_features_that_a_run_has_not_learned_are_refused(run_dir, features):
    with pytest.raises(ValueError, match=r"has learned. Received: features="):
        make_encoder(str(run_dir), features)


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="Invalid `encoder`"):
        make_encoder("c4d")


@pytest.mark.parametrize(
    ("scale", "total_of"),
    [("peak", np.max), ("mean", np.mean), ("sum", np.sum)],
)
def test_weights_are_the_map_of_another_scale(scale, total_of):
    maps = np.random.default_rng(0).random([3, 4, 5]) ** 4
    weights = weights_of(maps, scale).numpy()
    np.testing.assert_allclose(total_of(weights, axis=(1, 2)), 1, rtol=1e-6)
    ratio = weights / maps
    np.testing.assert_allclose(ratio, ratio[:, :1, :1] + 0 * ratio, rtol=1e-6)


def test_the_default_scale_keeps_pixels_in_their_range():
    assert MAP_SCALES[0] == "peak"
    with pytest.raises(ValueError, match="map_scale='white'"):
        weights_of(np.ones([1, 2, 2]), "white")
