"""Tests of `tfrecords_tools.trackers.eyelink` and its readers of lines."""

import numpy as np
import pytest

from tests.helpers.eyelink_files import (
    CALIBRATED,
    blink,
    end,
    fixation,
    message,
    psychtoolbox_trial,
    read_asc,
    saccade,
    sample,
    start,
    write_asc,
)
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers import eyelink
from tfrecords_tools.trackers.formats import read_gaze
from tfrecords_tools.trackers.merging import LATER_SHOWINGS
from tfrecords_tools.trackers.options import GazeOptions

FACTS = VideoFacts((480, 640), 25.0, 100)
SCREEN = CoordinateSpace("screen", (1080, 1920))


def trial(number, onset, lines, name="clip.avi", begin="SYNCTIME"):
    """Returns a trial as Experiment Builder writes it, 100 ms before onset."""
    return [
        message(onset - 100, f"TRIALID {number}"),
        *start(onset - 80),
        message(onset, begin),
        *lines,
        *end(onset + 4100),
        message(onset + 4110, f"!V TRIAL_VAR video {name}"),
        message(onset + 4111, "TRIAL_RESULT 0"),
    ]


def test_fixations_of_a_trial_count_from_its_start(tmp_path):
    path = write_asc(
        tmp_path / "p07.asc",
        trial(
            1,
            20_000,
            [
                *fixation(19_940, 100, 960, 540),
                *saccade(20_040, 30),
                *fixation(20_070, 400, 240, -2.5),
                *blink(20_480, 100),
                # Comes out in the next trial, but belongs to this one.
                *fixation(23_000, 2_000, 1680, 1080),
            ],
        ),
        trial(2, 31_000, fixation(31_002, 250, 500, 600), r"..\media\b.MP4"),
    )
    table = read_asc(path)
    assert table.is_events
    assert table.observers == ("p07",)
    assert list(table.rows) == ["clip.avi", "media/b.MP4"]
    np.testing.assert_array_equal(
        table.rows["clip.avi"],
        [
            [-60, 100, 960, 540, 0],
            [70, 400, 240, -2.5, 0],
            [3000, 2000, 1680, 1080, 0],
        ],
    )
    np.testing.assert_array_equal(
        table.rows["media/b.MP4"], [[2, 250, 500, 600, 0]]
    )
    assert table.space == SCREEN
    assert not table.spaces and not table.playbacks
    # The bars left and right of a video of 4:3 are 240 pixels wide.
    np.testing.assert_allclose(
        table.to_video("clip.avi", table.rows["clip.avi"], FACTS)[:, 2:4],
        [[320, 240], [0, -2.5 * 4 / 9], [640, 480]],
    )
    assert table.understood == {
        "format": "EyeLink .asc, fixations",
        "eyes": "right",
        "unit of time": "milliseconds",
        "time zero": "the message 'SYNCTIME'",
        "samples": "500 a second",
        "trials": "2 with a video, 0 without it or its start",
    }


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("offset", [0, 7])
def test_gaze_follows_the_frames_that_were_shown(tmp_path, first, offset):
    # A video of 25 frames a second that stood still in frame 2 for a second.
    shown_ms = [0, 40, 80, 1080, 1120, 1160]
    path = write_asc(
        tmp_path / "a.asc",
        psychtoolbox_trial(
            shown_ms,
            [
                *fixation(10_010, 20, 960, 540),
                *fixation(10_500, 20, 640, 300),
                *fixation(11_090, 20, 1280, 780),
                *fixation(11_130, 400, 640, 300),
            ],
            first=first,
            offset=offset,
        ),
    )
    table = read_asc(path)
    rows = table.to_video("expected.mov", table.rows["expected.mov"], FACTS)
    # Frame 2 lasts from 80 to 120 ms in the video.
    np.testing.assert_allclose(
        rows,
        [
            [10, 20, 320, 240, 0],
            [96.8, 0.8, 0, 0, 0],
            [130, 20, 640, 480, 0],
            [170, 400, 0, 0, 0],
        ],
    )
    assert table.understood["time zero"] == "the message '!V VFRAME'"


def test_a_video_that_is_shown_again_in_a_trial_ends_there(tmp_path):
    lines = psychtoolbox_trial(
        [0, 40, 80],
        [
            message(10_120, "!V VFRAME 1 640 300 expected.mov"),
            *fixation(10_050, 50, 960, 540),
            *fixation(10_200, 50, 960, 540),
        ],
    )
    table = read_asc(write_asc(tmp_path / "a.asc", lines))
    np.testing.assert_array_equal(
        table.rows["expected.mov"], [[50, 50, 960, 540, 0]]
    )
    np.testing.assert_array_equal(
        table.playbacks["expected.mov"], [[0, 0, 0], [1, 40, 0], [2, 80, 0]]
    )


def test_two_videos_in_a_trial_are_told_apart_by_their_frames(tmp_path):
    lines = [
        message(1000, "TRIALID 1"),
        *start(1100),
        *(
            message(1200 + 100 * k, f"!V VFRAME {k + 1} 0 0 first one.avi")
            for k in range(3)
        ),
        *(
            message(
                2200 + 100 * k, f"!V VFRAME {k + 1} 0 89 b.avi resize 1680 900"
            )
            for k in range(3)
        ),
        *fixation(1300, 50, 100, 100),
        *fixation(2300, 50, 840, 539),
        *end(4000),
    ]
    table = read_asc(write_asc(tmp_path / "a.asc", lines))
    assert table.rows["first one.avi"][0, 0] == 100
    assert table.rows["b.avi"][0, 0] == 100
    assert table.spaces == {
        "b.avi": CoordinateSpace("screen", (1080, 1920), (0, 89, 1680, 900))
    }
    np.testing.assert_allclose(
        table.to_video("b.avi", table.rows["b.avi"], FACTS)[0, 2:4], [320, 240]
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("eyes", "columns", "lines", "expected"),
    [
        (
            "LEFT",
            "",
            [
                sample(5000, 100.5, 200, 900),
                sample(5002, None, None, 0),
                sample(5004, -3.5, 1200, 900),
            ],
            [[0, 100.5, 200], [2, np.nan, np.nan], [4, -3.5, 1200]],
        ),
        (  # Velocity and resolution; no input, no corneal reflection.
            "RIGHT",
            "VEL\tRES\t",
            [
                sample(5000, 100.5, 200, 900, -3, 4.5, 47, 46, more=""),
                sample(5002, None, None, 0, None, None, 47, 46, more=""),
            ],
            [[0, 100.5, 200], [2, np.nan, np.nan]],
        ),
        (
            "LEFT RIGHT",
            "VEL\t",
            [
                sample(5000, 100, 200, 900, 110, 210, 800, 1, 2, 3, 4),
                sample(5002, None, None, 0, 110, 210, 800, 1, 2, 3, 4),
                sample(5004, 100, 200, 900, None, None, 0, 1, 2, 3, 4),
                sample(5006, 100, 200, 900, 1e8, 1e8, 0, 1, 2, 3, 4),
                sample(5008, None, None, 0, None, None, 0, 1, 2, 3, 4),
            ],
            [
                [0, 105, 205],
                [2, 110, 210],
                [4, 100, 200],
                [6, 100, 200],
                [8, np.nan, np.nan],
            ],
        ),
        (  # The remote camera adds the target on the forehead.
            "RIGHT",
            "HTARGET\t",
            [
                sample(
                    5000,
                    7,
                    8,
                    900,
                    more="\t127.0\t...\t3521.0\t1811.0\t560.2\t.............",
                )
            ],
            [[0, 7, 8]],
        ),
    ],
)
def test_without_fixations_there_are_samples(
    tmp_path, newline, eyes, columns, lines, expected
):
    path = write_asc(
        tmp_path / "a.asc",
        message(4000, "TRIALID 1 clip.avi"),
        start(4000, eyes, columns),
        sample(4998, 1, 2, 3, 4, 5, 6),
        message(5000, "DISPLAY ON"),
        lines,
        message(5010, "TRIAL_RESULT 0"),
        sample(5012, 1, 2, 3, 4, 5, 6),
        end(5014),
        newline=newline,
    )
    table = read_asc(path)
    assert not table.is_events
    np.testing.assert_array_equal(table.rows["clip.avi"][:, :3], expected)
    assert table.understood["format"] == "EyeLink .asc, samples"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1251"]
)
def test_a_name_may_be_in_any_encoding(tmp_path, encoding):
    name = "кино.avi" if encoding == "cp1251" else "fée.avi"
    lines = trial(1, 20_000, fixation(20_100, 100, 1, 2), name)
    path = write_asc(tmp_path / "a.asc", lines, encoding=encoding)
    given = {"encoding": encoding} if encoding == "cp1251" else {}
    table = read_gaze(path, GazeOptions(**given))
    np.testing.assert_array_equal(table.rows[name], [[100, 100, 1, 2, 0]])


def test_eyes_may_change_between_blocks(tmp_path):
    path = write_asc(
        tmp_path / "a.asc",
        message(900, "TRIALID a.avi"),
        start(1000, "LEFT RIGHT"),
        message(1100, "SYNCTIME"),
        sample(1100, 10, 20, 900, 30, 40, 900),
        end(1200),
        message(1900, "TRIALID b.avi"),
        start(2000, "LEFT"),
        message(2100, "SYNCTIME"),
        sample(2101, 10, 20, 900),
        end(2200),
    )
    table = read_asc(path)
    np.testing.assert_array_equal(table.rows["a.avi"], [[0, 20, 30, 0]])
    np.testing.assert_array_equal(table.rows["b.avi"], [[1, 10, 20, 0]])


@pytest.mark.parametrize(
    ("errors", "chosen"),
    [({}, 2), ({"LEFT": 0.3, "RIGHT": 0.5}, 1), ({"LEFT": 0.5}, 1)],
)
def test_of_two_eyes_the_better_calibrated_one_gives_fixations(
    tmp_path, errors, chosen
):
    path = write_asc(
        tmp_path / "a.asc",
        [CALIBRATED.format(eye=eye, error=e) for eye, e in errors.items()],
        trial(
            1,
            5000,
            [
                *fixation(5100, 200, 1, 1, "L"),
                *fixation(5102, 200, 2, 2, "R"),
                *fixation(5402, 200, 2, 2, "R"),
            ],
        ),
    )
    table = read_asc(path)
    assert set(table.rows["clip.avi"][:, 2]) == {chosen}
    assert table.left_out["clip.avi"] == {eyelink.OTHER_EYE: chosen % 2 + 1}


def test_who_sees_a_video_again_counts_once(tmp_path):
    path = write_asc(
        tmp_path / "a.asc",
        trial(1, 5_000, fixation(5_100, 200, 1, 1)),
        trial(2, 15_000, 2 * fixation(15_100, 200, 2, 2)),
    )
    table = read_asc(path)
    assert table.rows["clip.avi"][:, 2] == [1]
    assert table.left_out["clip.avi"] == {LATER_SHOWINGS: 2}


def test_a_trial_without_gaze_is_no_showing(tmp_path):
    path = write_asc(
        tmp_path / "a.asc",
        trial(1, 5_000, []),
        trial(2, 15_000, fixation(15_100, 200, 2, 2)),
    )
    table = read_asc(path)
    np.testing.assert_array_equal(table.rows["clip.avi"], [[100, 200, 2, 2, 0]])
    assert table.left_out["clip.avi"] == {}


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="Unreadable table .*No such"):
        read_gaze(str(tmp_path / "b.asc"), GazeOptions())


def test_a_file_of_another_kind_is_not_recognized():
    assert not eyelink.recognizes(["video,observer,t_ms,x,y", "MSG", "1 2 3"])
