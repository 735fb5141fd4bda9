"""The picture of a validation: frames of its first video, in labelled rows."""

import numpy as np
import pytest
import scipy.ndimage

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.training import first_video
from rmdn_tf.training.first_video import (
    LABEL_HEIGHT,
    TILE_WIDTH,
    FirstVideo,
    labelled,
)
from rmdn_tf.video import drawing
from tests.helpers.numbered_videos import read_frames

pytestmark = pytest.mark.slow

WINDOW = Window(65, clip_stride=4)
HEIGHT, WIDTH = 48, 64


@pytest.fixture(scope="module")
def batch(demo_dir):
    """The first window of the validation split."""
    windows = ordered_windows(
        demo_dir, "validation", batch_size=1, window=WINDOW
    )
    return {key: value[0].numpy() for key, value in next(iter(windows)).items()}


@pytest.fixture(scope="module")
def of_demo(demo_dir):
    return FirstVideo.read(demo_dir, WINDOW, (HEIGHT, WIDTH))


def mixtures(num_clips):
    """Mixtures of two components that differ from clip to clip."""
    generator = np.random.default_rng(0)
    return generator.normal(size=(num_clips, 2, 6)).astype(np.float32)


def test_the_rows_are_gaze_truth_prediction_and_baseline(of_demo, batch):
    predicted, (fixed,) = mixtures(WINDOW.num_clips), mixtures(1)
    rows = of_demo.rows(predicted, {"TCB": fixed})
    video_id = batch["video_id"].decode()
    assert list(rows) == [
        f"fixations on the frames 1, 9, 17, 29, 37, 49 of {video_id}",
        "truth: density of the fixations",
        "prediction of the model",
        "baseline TCB, the same in every frame",
    ]
    gaze, truth, prediction, baseline = rows.values()
    for column, clip in enumerate([0, 2, 4, 7, 9, 12]):
        served = 4 * clip
        points, mask = (
            batch["fixations"][served],
            batch["fixation_mask"][served],
        )
        counts = count_fixations(points[None], mask[None], HEIGHT, WIDTH)
        blurred = scipy.ndimage.gaussian_filter(
            counts[0].astype(np.float32), 0.03 * WIDTH, mode="constant"
        )
        frame = batch["frames"][CONTEXT + served]
        density, centre = (
            saliency_map(one, HEIGHT, WIDTH).numpy()
            for one in (predicted[clip], fixed)
        )
        for row, expected in (
            (gaze, drawing.draw_fixations(frame, points[mask])),
            (truth, drawing.colour_mapped(blurred)),
            (prediction, drawing.colour_mapped(density)),
            (baseline, drawing.colour_mapped(centre)),
        ):
            np.testing.assert_array_equal(row[column], expected)


def test_no_frame_of_a_short_video_is_padding(
    numbered_dataset_without_truth, monkeypatch
):
    monkeypatch.setattr(
        first_video,
        "ordered_windows",
        lambda data_dir, _, **kwargs: ordered_windows(
            data_dir, "train", **kwargs
        ),
    )
    made = FirstVideo.read(numbered_dataset_without_truth, WINDOW, (8, 24))
    _, numbers = read_frames(made.frames)
    # The longest has five frames: clips end at 0 and 4.
    assert numbers.tolist() == [0, 0, 0, 0, 0, 4]
    assert made.numbers.tolist() == [1, 1, 1, 1, 1, 5]


def test_a_label_is_written_above_its_row_and_changes_no_tile():
    tiles = np.full([2, 30, TILE_WIDTH, 3], 7, np.uint8)
    tiles[1] = 99
    picture = labelled("truth", tiles)
    assert picture.shape == (LABEL_HEIGHT + 30, 2 * TILE_WIDTH, 3)
    assert picture[:LABEL_HEIGHT].min() < 80 < picture[:LABEL_HEIGHT].mean()
    np.testing.assert_array_equal(
        picture[LABEL_HEIGHT:], np.concatenate(list(tiles), axis=1)
    )
    other = labelled("prediction", tiles)
    assert (picture[:LABEL_HEIGHT] != other[:LABEL_HEIGHT]).any()
