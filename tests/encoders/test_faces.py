"""The cue of faces: 0 without a face, in the right cells with one."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.blazeface_weights import assign_blazeface_weights
from rmdn_tf.encoders.cue_names import FACE_CUES
from rmdn_tf.encoders.efficientnet_lite import MEAN_RGB, PIXEL_SCALE
from rmdn_tf.encoders.faces import FaceCue
from tests.helpers.drawn_faces import frame_with_faces

pytestmark = pytest.mark.slow

SIZE, GRID = 224, (14, 14)
ONE = frame_with_faces(SIZE, (0.3, 0.6, 0.4))
TWO = frame_with_faces(SIZE, (0.25, 0.3, 0.4), (0.7, 0.6, 0.2))
NONE = frame_with_faces(SIZE)
GROUP = [(x, y, 0.2) for x in (0.15, 0.5, 0.85) for y in (0.25, 0.7)]


@pytest.fixture(scope="module")
def cue():
    cue = FaceCue(GRID)
    assign_blazeface_weights(cue.network)
    return cue


def preprocessed(*frames: np.ndarray) -> tf.Tensor:
    return tf.constant((np.stack(frames) - MEAN_RGB[0]) * PIXEL_SCALE)


def feature(cells, name: str) -> np.ndarray:
    return np.asarray(cells)[..., FACE_CUES.index(name)]


def test_frames_without_a_face_give_exactly_0(cue):
    ramp = np.broadcast_to(np.linspace(0, 255, SIZE), (SIZE, SIZE))
    ramp = np.stack([ramp] * 3, -1).astype(np.float32)
    noise = np.random.default_rng(0).uniform(0, 255, (SIZE, SIZE, 3))
    frames = [NONE, NONE * 0, ramp, noise.astype(np.float32)]
    np.testing.assert_array_equal(cue(preprocessed(*frames)), 0)


@pytest.mark.parametrize(
    ("size", "x", "y", "side"),
    [(224, 0.3, 0.3, 0.4), (224, 0.5, 0.5, 0.8), (448, 0.7, 0.6, 0.2)],
)
def test_a_face_lights_the_cells_where_it_is(cue, size, x, y, side):
    cells = cue(preprocessed(frame_with_faces(size, (x, y, side))))
    face = feature(cells, "face")[0]
    assert 0.8 < face.max() <= 1
    row, column = np.unravel_index(face.argmax(), GRID)
    assert abs((column + 0.5) / GRID[1] - x) < 0.1 * side + 0.5 / GRID[1]
    assert abs((row + 0.5) / GRID[0] - y) < 0.2 * side + 0.5 / GRID[0]
    far = np.indices(GRID) + 0.5
    far = np.hypot(far[0] / GRID[0] - y, far[1] / GRID[1] - x)
    np.testing.assert_array_equal(face[far > side + 2 / GRID[0]], 0)


def test_the_eyes_are_above_the_centre_of_a_large_face(cue):
    cells = cue(preprocessed(frame_with_faces(SIZE, (0.5, 0.5, 0.8))))
    rows = np.arange(GRID[0])

    def height(name):
        profile = feature(cells, name)[0].sum(1)
        return (profile * rows).sum() / profile.sum()

    assert height("eyes") < height("face") - 0.3


def test_a_larger_face_has_a_larger_size(cue):
    sides = (0.15, 0.3, 0.6)
    frames = [frame_with_faces(SIZE, (0.5, 0.5, side)) for side in sides]
    size = feature(cue(preprocessed(*frames)), "size").max((1, 2))
    assert 0.3 < size[0] < size[1] - 0.3 < size[2] - 0.6


def test_a_face_alone_has_the_whole_share_and_one_of_six_a_sixth(cue):
    group = frame_with_faces(SIZE, *GROUP)
    share = feature(cue(preprocessed(ONE, group)), "share").max((1, 2))
    np.testing.assert_allclose(share, [1, 1 / 6], rtol=0.2)


def test_a_mirrored_frame_gives_mirrored_cells(cue):
    cells, mirrored = np.asarray(
        cue(preprocessed(TWO, np.ascontiguousarray(TWO[:, ::-1])))
    )
    # The network itself is not symmetric: boxes differ by a pixel or two.
    np.testing.assert_allclose(mirrored[:, ::-1], cells, atol=0.15)
    assert np.abs(mirrored - cells).max() > 0.5


def test_a_batch_gives_what_its_frames_give_one_by_one(cue):
    frames = preprocessed(ONE, NONE, TWO)
    alone = tf.concat([cue(frames[i : i + 1]) for i in range(3)], 0)
    np.testing.assert_allclose(cue(frames), alone, rtol=1e-3, atol=1e-4)


def test_pixels_of_0_to_255_give_the_same(cue):
    raw = FaceCue(GRID, (0.0, 0.0, 0.0), 1.0)
    raw.network = cue.network
    cells = raw(tf.constant(TWO[None]))
    np.testing.assert_allclose(
        cells, cue(preprocessed(TWO)), rtol=1e-3, atol=1e-4
    )
