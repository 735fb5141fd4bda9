"""The cue of faces inside a saved model and inside a SavedModel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.blazeface_weights import assign_blazeface_weights
from rmdn_tf.encoders.cue_names import FACE_CUES
from rmdn_tf.encoders.faces import FaceCue
from tests.helpers.drawn_faces import frame_with_faces

pytestmark = pytest.mark.slow

SIZE, GRID = 224, (14, 14)


def test_the_layer_survives_saving_and_export(tmp_path):
    cue = FaceCue(GRID)
    assign_blazeface_weights(cue.network)
    frame = (frame_with_faces(SIZE, (0.3, 0.6, 0.4)) - 127) / 128
    wanted = cue(frame[None])
    assert np.max(wanted) > 0.8
    frames = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(frames, cue(frames))
    assert model.output_shape == (None, *GRID, len(FACE_CUES))
    assert not model.trainable_variables
    model.save(tmp_path / "model.keras")
    model.export(str(tmp_path / "served"))
    loaded = keras.models.load_model(tmp_path / "model.keras")
    served = tf.saved_model.load(str(tmp_path / "served"))
    for found in (loaded, served.serve):
        np.testing.assert_allclose(
            found(tf.constant(frame[None])), wanted, rtol=1e-4, atol=1e-5
        )
