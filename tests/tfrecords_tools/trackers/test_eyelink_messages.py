"""Tests of the messages of `tfrecords_tools.trackers.eyelink`."""

import numpy as np
import pytest

from tests.helpers.eyelink_files import (
    end,
    fixation,
    message,
    read_asc,
    sample,
    start,
    write_asc,
)
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError


def test_expressions_find_messages_of_any_experiment(tmp_path):
    lines = [
        *start(1000),
        message(1010, "condition a.avi b.avi"),
        message(1020, "video start"),
        message(1100, "-50 now showing clip_7"),
        *fixation(1200, 100, 1, 2),
        *end(2000),
        *start(3000),
        message(3100, "break"),
        *end(3200),
    ]
    path = write_asc(tmp_path / "a.asc", lines)
    with pytest.raises(SourceError, match=r"Several videos .*\['a.avi', 'b."):
        read_asc(path)
    table = read_asc(
        path, stimulus_message=r"showing (\S+)", start_message="now showing"
    )
    np.testing.assert_array_equal(table.rows["clip_7"], [[50, 100, 1, 2, 0]])
    assert table.understood["time zero"] == ("the message 'now showing clip_7'")
    assert (
        table.understood["trials"]
        == "1 with a video, 1 without it or its start"
    )
    with pytest.raises(ValueError, match="Invalid `start_message`"):
        read_asc(path, start_message="(")


@pytest.mark.parametrize(
    "messages",
    [
        ["TRIALID 1", "!V TRIAL_VAR clip clip", "VIDEO_1_ONSET"],
        ["start_trial 0", "start_phase movie", "var stimulus clip.mp4"],
        ["play clip.mkv"],
        ["movie_onset", "file=clip", "shown: clip.webm"],
        ["TRIALID 4", "Stimulus clip.wmv on", "Stimulus clip.wmv off"],
    ],
)
def test_the_usual_messages_are_understood(tmp_path, messages):
    path = write_asc(
        tmp_path / "a.asc",
        start(900),
        [message(1000, text) for text in messages],
        fixation(1100, 100, 1, 2),
        end(2000),
    )
    ((name, rows),) = read_asc(path).rows.items()
    assert name.split(".")[0] == "clip"
    np.testing.assert_array_equal(rows, [[100, 100, 1, 2, 0]])


SHOWN = [message(1000, "SYNCTIME a.avi"), *fixation(1100, 50, 1, 2)]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], "No message of '.*' names a video. .*Received: 'DISPLAY_COORDS"),
        (
            [message(900, "TRIALID 1"), message(950, "TRIALID 2 a.avi")],
            "No message tells when 'a.avi' appeared, in the trial from line "
            r"15 of .*--start_message. Received: 'TRIALID 2 a.avi'\.",
        ),
        (
            [*SHOWN, "EVENTS\tHREF\tRIGHT\tRATE\t500.00"],
            "Invalid positions in line 17 .*Expected GAZE.*Received: HREF",
        ),
        ([*SHOWN, "EFIX R 1 2 x"], "Invalid line 17 .*a line EFIX .*'EFIX R"),
        ([*SHOWN, "MSG\tsoon SYNC"], "Invalid line 17 .*a line MSG"),
        ([*SHOWN, *fixation(900, 50, 1, 2)], "Invalid times .*clock goes back"),
        (
            [*SHOWN[:1], sample(1000, 1, 2, 3)],
            "Invalid line 15 .*a line SAMPLES before the first sample",
        ),
        (
            [*start(900, "LEFT RIGHT"), *SHOWN[:1], "1000\t1.0\t2.0"],
            "Invalid line 25 .*a sample: time, x, y and pupil, left and right",
        ),
        (
            [*start(900), *SHOWN[:1], "1000\t1\t2\t3", "1e2x\t1\t2\t3"],
            "Invalid line 26 .*a sample: time, x, y",
        ),
        (
            [*SHOWN, message(1, "GAZE_COORDS 0 0 0")],
            "Invalid size of the screen .*Received: '0 0 0'",
        ),
    ],
)
def test_what_cannot_be_understood_is_an_error(tmp_path, lines, error):
    with pytest.raises(SourceError, match=error):
        read_asc(write_asc(tmp_path / "a.asc", lines))


def test_the_size_of_the_screen_may_be_given(tmp_path):
    lines = [line for line in SHOWN if "COORDS" not in line]
    path = tmp_path / "a.asc"
    path.write_text("\n".join(lines))
    with pytest.raises(SourceError, match="Missing size .*--screen_size"):
        read_asc(path)
    table = read_asc(path, screen_size="1280x1024")
    assert table.space == CoordinateSpace("screen", (1024, 1280))
