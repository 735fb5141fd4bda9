"""What the picture of the predictors collects and draws."""

import numpy as np
import pytest
import tensorflow as tf
from matplotlib import image

from rmdn_tf import comparison_sheet
from rmdn_tf.comparison_sheet import ComparisonSheet
from rmdn_tf.windows import CONTEXT


@pytest.fixture
def drawn(monkeypatch):
    """Collects the arguments that overlays and rings are drawn with."""
    calls = {"overlay": [], "draw_fixations": []}

    def recorded(name):
        original = getattr(comparison_sheet.pictures, name)

        def draw(*arguments):
            calls[name].append(arguments)
            return original(*arguments)

        return draw

    for name in calls:
        monkeypatch.setattr(comparison_sheet.pictures, name, recorded(name))
    return calls


def batch_of(video_ids, num_frames=4):
    """Windows in which frame f of row r has the colour (r, f, 0)."""
    num_rows = len(video_ids)
    frames = np.zeros([num_rows, CONTEXT + num_frames, 8, 10, 3], np.uint8)
    frames[..., 0] = np.arange(num_rows)[:, None, None, None]
    frames[..., 1] = np.arange(CONTEXT + num_frames)[:, None, None]
    fixations = np.zeros([num_rows, num_frames, 2, 2], np.float32)
    fixations[:, :, 0] = (np.arange(num_frames)[:, None] + 1) / 10
    mask = np.zeros([num_rows, num_frames, 2], bool)
    mask[..., 0] = True
    return {
        "video_id": tf.constant(video_ids),
        "frames": tf.constant(frames),
        "fixations": tf.constant(fixations),
        "fixation_mask": tf.constant(mask),
    }


def collect(sheet, video_ids, chosen):
    chosen = np.asarray(chosen, bool)
    count = chosen.sum()
    maps = np.log(np.random.default_rng(0).random((count, 8, 10)))
    bits = np.arange(count, dtype=float)
    sheet.collect(
        batch_of(video_ids),
        chosen,
        {"RMDN": maps, "centre": maps - 1},
        {"RMDN": bits, "centre": bits - 1},
    )
    return maps


def test_a_column_holds_frame_gaze_and_map_of_the_same_frame(drawn, tmp_path):
    sheet = ComparisonSheet()
    # Row 1: the scored frames are 0, 2 and 3, entries 1 to 3 of the maps.
    maps = collect(sheet, ["a", "b"], [[0, 1, 0, 0], [1, 0, 1, 1]])
    sheet.save(tmp_path / "sheet.png")
    assert image.imread(tmp_path / "sheet.png").std() > 0
    for column, (frame_number, entry) in enumerate([(1, 0), (3, 3)]):
        frame, fixations = drawn["draw_fixations"][column]
        assert tuple(frame[0, 0]) == (column, CONTEXT + frame_number, 0)
        np.testing.assert_allclose(
            fixations, [[(frame_number + 1) / 10] * 2], rtol=1e-5, atol=0
        )
        for row, shift in enumerate([0, -1]):
            below, density = drawn["overlay"][2 * column + row]
            np.testing.assert_array_equal(below, frame)
            np.testing.assert_allclose(
                density, np.exp(maps[entry] + shift), rtol=1e-5, atol=0
            )


def test_a_video_is_taken_once_and_only_where_a_frame_was_scored(
    drawn, tmp_path
):
    sheet = ComparisonSheet()
    collect(sheet, ["a", "b"], [[1, 1, 1, 1], [0, 0, 0, 0]])
    collect(sheet, ["a", "c"], [[1, 1, 1, 1], [1, 0, 0, 0]])
    sheet.save(tmp_path / "sheet.png")
    colours = [tuple(frame[0, 0]) for frame, _ in drawn["draw_fixations"]]
    assert colours == [(0, CONTEXT + 3, 0), (1, CONTEXT, 0)]


def test_the_sheet_takes_no_more_videos_than_fit(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(comparison_sheet, "MAX_VIDEOS", 2)
    sheet = ComparisonSheet()
    collect(sheet, ["a", "b", "c"], np.ones([3, 4]))
    sheet.save(tmp_path / "sheet.png")
    assert len(drawn["draw_fixations"]) == 2
