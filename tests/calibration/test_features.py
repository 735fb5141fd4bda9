"""An encoder's features of a video, a few frames at a time."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.calibration.features import HeadFeatures
from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model import stateful
from rmdn_tf.model.rmdn import build_rmdn

pytestmark = pytest.mark.slow

STRIDE = 2


@pytest.mark.parametrize("num_frames", [12, 11])
def test_a_network_of_frames_encodes_few_of_them_at_once(
    tiny_spatial_model, num_frames, monkeypatch
):
    """Many frames of the package's model would take gigabytes."""
    config = dataclasses.replace(tiny_spatial_model, clip_stride=STRIDE)
    features = HeadFeatures(build_rmdn(config), STRIDE)
    shape = (1, num_frames + CONTEXT, *config.input_size, 3)
    batch = {
        "frames": np.random.default_rng(0).integers(0, 256, shape, np.uint8),
        "frame_mask": np.ones([1, num_frames], bool),
        "fixations": np.zeros([1, num_frames, 1, 2], np.float32),
        "fixation_mask": np.zeros([1, num_frames, 1], bool),
        "is_first": [True],
        "video_id": ["a"],
        "first_frame": [0],
    }
    batch = {name: tf.constant(one) for name, one in batch.items()}
    whole = features(batch)

    lengths, encode = [], features._encode
    features._encode = lambda frames: (
        lengths.append(frames.shape[1]) or encode(frames)
    )
    features._run_head.reset()
    pixels = np.prod(config.input_size)
    monkeypatch.setattr(stateful, "PIXELS_AT_ONCE", 3 * pixels - 1)
    parts = features(batch)
    # 4 frames with their context, but those after the last clip's end.
    assert lengths == [CONTEXT + 3] * 3
    first, second = (one.batch["features"] for one in features.windows)
    assert first.shape == second.shape and first.dtype == np.float16
    np.testing.assert_allclose(second, first, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(parts, whole, rtol=2e-3, atol=1e-3)
