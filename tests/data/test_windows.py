"""Tests of `rmdn_tf.data.windows`."""

import pytest

from rmdn_tf.data.records import MAX_FRAMES_PER_RECORD
from rmdn_tf.data.windows import CLIP_LENGTH, CLIP_STRIDES, CONTEXT, Window


def test_the_default_is_the_papers_window():
    assert Window() == Window(num_frames=65, clip_stride=1)
    assert (Window().num_clips, Window().num_used) == (50, 65)


@pytest.mark.parametrize("clip_stride", CLIP_STRIDES)
@pytest.mark.parametrize("num_frames", range(16, 70, 3))
def test_clips_end_a_stride_apart_within_the_window(num_frames, clip_stride):
    window = Window(num_frames, clip_stride)
    # Written out: every frame a clip may end at, one stride after the other.
    ends = range(CLIP_LENGTH, num_frames + 1, clip_stride)
    assert window.num_clips == len(ends)
    assert window.num_used == ends[-1]
    assert window.num_served == len(ends) * clip_stride
    # The last clip ends before the last frame served, or on it.
    assert window.num_used <= CONTEXT + window.num_served


@pytest.mark.parametrize("clip_stride", CLIP_STRIDES)
def test_a_full_record_ends_where_a_stride_does(clip_stride):
    assert MAX_FRAMES_PER_RECORD % clip_stride == 0


def test_the_context_is_a_clip_less_its_last_frame():
    assert (CLIP_LENGTH, CONTEXT) == (16, 15)


@pytest.mark.parametrize("num_frames", [15, 0, -65])
def test_a_window_without_room_for_a_clip_is_refused(num_frames):
    message = f"`num_frames`.*at least 16.*num_frames={num_frames}"
    with pytest.raises(ValueError, match=message):
        Window(num_frames=num_frames)


@pytest.mark.parametrize("clip_stride", [0, -1, 3, 17, 32])
def test_a_stride_that_does_not_divide_a_clip_is_refused(clip_stride):
    message = rf"`clip_stride`.*\(1, 2, 4, 8, 16\).*clip_stride={clip_stride}"
    with pytest.raises(ValueError, match=message):
        Window(clip_stride=clip_stride)


@pytest.mark.parametrize(
    ("longest", "clip_stride", "num_frames", "num_clips"),
    [
        (1, 1, 16, 1),
        (1, 16, 16, 1),
        (4, 4, 16, 1),
        (5, 4, 20, 2),
        (50, 1, 65, 50),
        (51, 1, 65, 50),
        (1000, 8, 65, 7),
    ],
)
def test_short_videos_have_a_window_that_serves_all_their_frames(
    longest, clip_stride, num_frames, num_clips
):
    window = Window.for_videos(longest, clip_stride)
    assert window == Window(num_frames, clip_stride)
    assert window.num_clips == num_clips
    assert window.num_served >= min(longest, 50)
    shorter = Window.for_videos(longest, clip_stride, most=32)
    assert shorter == Window(min(num_frames, 32), clip_stride)
