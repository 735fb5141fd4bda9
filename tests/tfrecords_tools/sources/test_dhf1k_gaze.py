"""Tests of `tfrecords_tools.sources.dhf1k_gaze`, through its source."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.raw_frames import prepare_small, records_of
from tests.tfrecords_tools.sources.test_dhf1k import (
    HEADER,
    write_clip,
    write_gaze,
    write_maps,
)
from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources import dhf1k, dhf1k_gaze
from tfrecords_tools.sources.dhf1k import Dhf1k

ALONE = {dhf1k.ABSENT: 999}


def points_of(fixations):
    return list(
        zip(
            fixations.frame.tolist(),
            fixations.observer.tolist(),
            np.round(fixations.x.astype(float), 5).tolist(),
            np.round(fixations.y.astype(float), 5).tolist(),
            strict=True,
        )
    )


# Screen 1440x900, video 64x36: a = 64/1440, bars of 45 pixels.
ROWS = [
    (0, 720, 450, "-"),  # Starts the clock, though of no event.
    (5000, 720, 450, "Fixation"),  # Frame 0, 0.15.
    (15000, 360, 247.5, "Fixation"),  # Frame 0, 0.45: stays.
    (25000, 1080, 652.5, "Fixation"),  # Frame 0, 0.75.
    (33333, 720, 450, "Fixation"),  # Frame 0, 0.99999.
    (33334, 720, 450, "Fixation"),  # Frame 1, 1.00002.
    (70000, 720, 450, "Saccade"),
    (70000, 0, 0, "Blink"),
    (100000, 720, 44.9, "Fixation"),  # Frame 3, in the bar on top.
    (101000, 1440, 450, "Fixation"),  # Right of the frame.
    (102000, "nan", 450, "Fixation"),
    (103000, "-", "-", "Fixation"),
    (104000, 0, 45, "Fixation"),  # The corner, frame 3.
    (133334, 720, 450, "Fixation"),  # Frame 4: past the end.
    (1133334, 720, 450, "Saccade"),
]
LEFT_OUT = {
    gaze.SAMPLES_OF_NO_EVENT: 1,
    gaze.SAMPLES_OF_SACCADES: 2,
    gaze.SAMPLES_OF_BLINKS: 1,
    gaze.SAMPLES_OUTSIDE: 2,
    gaze.SAMPLES_NOT_NUMBERS: 2,
    gaze.SAMPLES_PAST_END: 1,
    gaze.SAMPLES_BESIDE: 3,
    dhf1k_gaze.OTHER_ROWS: 1,
}


def write_both_observers(raw_dir):
    write_clip(raw_dir)
    write_gaze(raw_dir, ROWS)
    # Another clock, more digits, a message, Windows' line ends.
    path = write_gaze(raw_dir, [(0, 1, 46, "Blink")], "P017/P017_Trail0002.txt")
    path.write_bytes(
        (
            f"{HEADER}\r\n99\tMSG\t1\t# Message: go\r\n"
            "100\tSMP\t1\t0\t0\t720\t450\tFixation\r\n\r\n"
        ).encode()
    )


def test_raw_gaze_is_prepared_with_numbers_worked_out_by_hand(tmp_path):
    raw_dir = tmp_path / "raw"
    write_both_observers(raw_dir)
    write_maps(raw_dir)  # Raw gaze goes before maps.
    source = Dhf1k(raw_dir)
    assert source.form == "raw_gaze"
    raw = source.open(VideoEntry("0002", "train"))
    assert raw.original_size == (36, 64)
    assert points_of(raw.fixations) == [
        (0, 1, 0.25, 0.25),
        (0, 17, 0.5, 0.5),
        (1, 1, 0.5, 0.5),
        (3, 1, 0.0, 0.0),
    ]
    assert raw.left_out == LEFT_OUT
    info = prepare_small(source, tmp_path / "a")
    assert info.left_out == LEFT_OUT | ALONE
    record = records_of(tmp_path / "a")["0002"]
    np.testing.assert_array_equal(record["fixation_observer"], [1, 17, 1, 1])
    np.testing.assert_array_equal(record["fixation_frame"], [0, 0, 1, 3])


def test_gaze_and_videos_need_not_match(tmp_path):
    write_clip(tmp_path)
    write_clip(tmp_path, "video/701.AVI")
    write_clip(tmp_path, "video/1001.AVI")
    (tmp_path / "video" / "readme.txt").write_text("hello")
    row = [(0, 720, 450, "Fixation")]
    for name in (
        "P01/P01_Trail003.txt",
        "P002/P002_Trail0003.txt",
        "P01/P01_Trail003 (1).txt",
        "P01/P02_Trail002.txt",
    ):
        write_gaze(tmp_path, row, name)
    source = Dhf1k(tmp_path)
    assert source.left_out() == {
        dhf1k.ABSENT: 998,
        dhf1k.OTHER_FILES: 4,
        dhf1k.WITHOUT_GAZE: 1,
        dhf1k.GAZE_WITHOUT_VIDEO: 2,
    }
    assert [entry.video_id for entry in source.entries()] == ["0002", "0701"]
    assert len(source.open(source.entries()[0]).fixations) == 0


def test_an_empty_recording_is_counted(tmp_path):
    write_clip(tmp_path)
    write_gaze(tmp_path, [])
    raw = Dhf1k(tmp_path).open(VideoEntry("0002", "train"))
    assert raw.left_out == {dhf1k_gaze.EMPTY_RECORDINGS: 1}


@pytest.mark.parametrize(
    "line",
    [
        "12.5\tSMP\t1\t0\t0\t720\t450\tFixation",
        f"{'9' * 5000}\tSMP\t1\t0\t0\t720\t450\tFixation",
        "100\tSMP\t1\t0\t0\tleft\t450\tFixation",
        "100\tSMP\t1\t0\t0\t720\t450\tUnheard",
        "100\tSMP\t1\t0\t0\t720\t450",
        "100\tSMP\t1\t0\t0\t720\t450\tFixation\t5",
    ],
)
def test_a_malformed_line_of_gaze_is_an_error(tmp_path, line):
    write_clip(tmp_path)
    path = write_gaze(tmp_path, [(0, 720, 450, "Fixation")])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SourceError, match="line 3 of .*P01_Trail002.txt"):
        Dhf1k(tmp_path).open(VideoEntry("0002", "train"))


@pytest.mark.parametrize(
    "header",
    ["", HEADER.replace("\t", ","), HEADER.replace("L POR Y [px]", "y")],
)
def test_a_malformed_header_of_gaze_is_an_error(tmp_path, header):
    write_clip(tmp_path)
    write_gaze(tmp_path, [(0, 720, 450, "Fixation")], header=header)
    with pytest.raises(SourceError, match="header, line 1, of .*P01_Trail002"):
        Dhf1k(tmp_path).open(VideoEntry("0002", "train"))


def test_the_columns_may_be_those_of_the_right_eye(tmp_path):
    write_clip(tmp_path)
    rows = [(0, 720, 450, "Fixation")]
    write_gaze(tmp_path, rows, header=HEADER.replace("L ", "R "))
    raw = Dhf1k(tmp_path).open(VideoEntry("0002", "train"))
    assert points_of(raw.fixations) == [(0, 1, 0.5, 0.5)]


def test_two_recordings_of_one_observer_are_an_error(tmp_path):
    write_clip(tmp_path)
    write_gaze(tmp_path, [], "P1/P1_Trail002.txt")
    write_gaze(tmp_path, [], "P001/P001_Trail0002.txt")
    with pytest.raises(SourceError, match="observer 1 and the video 2"):
        Dhf1k(tmp_path).left_out()


CELLS = st.sampled_from(
    ["100", "99", "-5", "nan", "inf", "1e400", "SMP", "Fixation", "Blink", "-"]
) | st.text(max_size=3)


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.lists(CELLS, min_size=7, max_size=9), max_size=4)
)
def test_fuzzed_gaze_is_an_error_or_counted(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("gaze") / "P01_Trail002.txt"
    if isinstance(content, list):
        content = "\n".join("\t".join(cells) for cells in content).encode()
        content = HEADER.encode() + b"\n" + content
    path.write_bytes(content)
    try:
        samples, left_out = dhf1k_gaze.read_recordings({1: path}, (36, 64))
    except SourceError as error:
        assert "P01_Trail002.txt" in str(error)
        return
    fixations, more = gaze.samples_to_fixations(samples, (36, 64), 4)
    assert len(fixations) + sum(more.values()) == len(samples)
