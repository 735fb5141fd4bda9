"""Tests of `tfrecords_tools.trackers.picture`."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from rmdn_tf.data.records import Fixations
from tfrecords_tools.raw_video import RawVideo, SourceError
from tfrecords_tools.trackers.picture import busiest_frame, draw_gaze

GREY = 100
BLUE = (0x00, 0x72, 0xB2)  # of the first observer
ORANGE = (0xD5, 0x5E, 0x00)  # of the second one


def raw_video(rows, pixel_aspect=1.0, num_frames=30):
    """Returns a video of 180x144 that gets brighter, and its fixations."""
    frames = (
        av.VideoFrame.from_ndarray(
            np.full([144, 180, 3], GREY + 2 * i, np.uint8), format="rgb24"
        )
        for i in range(num_frames)
    )
    return RawVideo(
        frames,
        (144, 180),
        10.0,
        Fixations.from_rows(rows),
        pixel_aspect=pixel_aspect,
    )


def pixels(png, colour):
    """Returns bool `[height, width]`: which pixels have a colour."""
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int)
    return np.all(np.abs(image - colour) < 3, axis=2)


def span(mask, axis):
    """Returns first and last row or column that is mostly in a mask."""
    counts = np.sum(mask, axis=axis)
    found = np.flatnonzero(counts > counts.max() / 2)
    return found[0], found[-1] + 1


@pytest.mark.parametrize("pixel_aspect", [1.0, 64 / 45])
def test_fixations_lie_where_they_are_on_the_shown_frame(pixel_aspect):
    rows = [[5, 0.25, 0.5, 3], [5, 0.75, 0.25, 7], [9, 0.75, 0.9, 7]]
    png = draw_gaze("clip", raw_video(rows, pixel_aspect))
    frame = pixels(png, 3 * [GREY + 2 * 5])
    (top, bottom), (left, right) = span(frame, 1), span(frame, 0)
    height, width = bottom - top, right - left
    assert width / height == pytest.approx(1.25 * pixel_aspect, rel=0.01)
    for colour, x, y in [(BLUE, 0.25, 0.5), (ORANGE, 0.75, 0.25)]:
        # The legend beside the frame has the colours, too.
        rows, columns = np.nonzero(pixels(png, colour)[:, :right])
        assert np.median(columns) == pytest.approx(left + x * width, abs=2)
        assert np.mean(rows) == pytest.approx(top + y * height, abs=2)


def test_a_frame_with_most_fixations_in_the_first_minute_is_drawn():
    one, two = (
        [[4, 0.5, 0.5, 1]],
        [[f, 0.5, 0.5, o] for f in (7, 8, 9) for o in (1, 2)],
    )
    late = [[700, 0.5, 0.5, o] for o in range(9)]
    assert busiest_frame(raw_video(one + two + late)) == 8
    assert busiest_frame(raw_video(late)) == 700


def test_a_video_without_gaze_or_without_the_frame_is_an_error():
    with pytest.raises(SourceError, match="No fixation"):
        draw_gaze("clip", raw_video([]))
    with pytest.raises(SourceError, match="'clip' has no frame 50"):
        draw_gaze("clip", raw_video([[50, 0.5, 0.5, 1]]))
