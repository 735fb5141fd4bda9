"""Tests of `tfrecords_tools.sources.dhf1k_gaze`, through its source."""

import collections
import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.raw_writers import (
    DHF1K_HEADER,
    write_dhf1k_clip,
    write_dhf1k_gaze,
    write_dhf1k_maps,
)
from tests.helpers.source_checks import (
    check_fixations,
    open_named,
    prepare_small,
    records_of,
)
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.raw_files import numbered_lines
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources import dhf1k, dhf1k_gaze
from tfrecords_tools.sources.dhf1k import Dhf1k

FACTS = VideoFacts((36, 64), 30.0, 4)

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
    write_dhf1k_clip(raw_dir)
    write_dhf1k_gaze(raw_dir, ROWS)
    # Another clock, more digits, a message, Windows' line ends.
    path = write_dhf1k_gaze(
        raw_dir, [(0, 1, 46, "Blink")], "P017/P017_Trail0002.txt"
    )
    path.write_bytes(
        (
            f"{DHF1K_HEADER}\r\n99\tMSG\t1\t# Message: go\r\n"
            "100\tSMP\t1\t0\t0\t720\t450\tFixation\r\n\r\n"
        ).encode()
    )


def test_raw_gaze_is_prepared_with_numbers_worked_out_by_hand(tmp_path):
    raw_dir = tmp_path / "raw"
    write_both_observers(raw_dir)
    write_dhf1k_maps(raw_dir)  # Raw gaze goes before maps.
    info = prepare_small(Dhf1k(raw_dir), tmp_path / "a")
    assert info.left_out == LEFT_OUT | {dhf1k.ABSENT: 999}
    check_fixations(
        records_of(tmp_path / "a")["0002"],
        frame=[0, 0, 1, 3],
        observer=[1, 17, 1, 1],
        x=[0.25, 0.5, 0.5, 0.0],
        y=[0.25, 0.5, 0.5, 0.0],
    )


def test_a_varying_rate_has_the_frame_on_display(tmp_path):
    rows = [
        (time, 720, 450, "Fixation")
        for time in (0, 30_000, 40_000, 390_000, 410_000, 450_000)
    ]
    path = write_dhf1k_gaze(tmp_path, rows)
    facts = dataclasses.replace(
        FACTS,
        frame_times=np.array([0, 0.033, 0.067, 0.4]),
        frame_seconds=np.array([0.033, 0.034, 0.333, 0.033]),
    )
    samples, _ = dhf1k_gaze.read_recording(facts, str(path))
    assert np.floor(samples[:, 0]).tolist() == [0, 0, 1, 2, 3, 4]


def test_gaze_and_videos_need_not_match(tmp_path):
    write_dhf1k_clip(tmp_path)
    write_dhf1k_clip(tmp_path, "video/701.AVI")
    write_dhf1k_clip(tmp_path, "video/1001.AVI")
    (tmp_path / "video" / "readme.txt").write_text("hello")
    row = [(0, 720, 450, "Fixation")]
    for name in (
        "P01/P01_Trail003.txt",
        "P002/P002_Trail0003.txt",
        "P01/P01_Trail003 (1).txt",
        "P01/P02_Trail002.txt",
    ):
        write_dhf1k_gaze(tmp_path, row, name)
    source = Dhf1k(tmp_path)
    assert source.left_out() == {
        dhf1k.ABSENT: 998,
        Dhf1k.others: 4,
        dhf1k.WITHOUT_GAZE: 1,
        dhf1k.GAZE_WITHOUT_VIDEO: 2,
    }
    assert [entry.video_id for entry in source.entries()] == ["0002", "0701"]
    assert len(open_named(source, "0002").fixations) == 0


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
    write_dhf1k_clip(tmp_path)
    path = write_dhf1k_gaze(tmp_path, [(0, 720, 450, "Fixation")])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SourceError, match="line 3 of .*P01_Trail002.txt"):
        open_named(Dhf1k(tmp_path), "0002")


@pytest.mark.parametrize(
    "header",
    [
        "",
        DHF1K_HEADER.replace("\t", ","),
        DHF1K_HEADER.replace("L POR Y [px]", "y"),
    ],
)
def test_a_malformed_header_of_gaze_is_an_error(tmp_path, header):
    write_dhf1k_clip(tmp_path)
    write_dhf1k_gaze(tmp_path, [(0, 720, 450, "Fixation")], header=header)
    with pytest.raises(SourceError, match="header, line 1, of .*P01_Trail002"):
        open_named(Dhf1k(tmp_path), "0002")


def test_the_columns_may_be_those_of_the_right_eye(tmp_path):
    write_dhf1k_clip(tmp_path)
    rows = [(0, 720, 450, "Fixation")]
    header = DHF1K_HEADER.replace("L ", "R ")
    write_dhf1k_gaze(tmp_path, rows, header=header)
    write_dhf1k_gaze(tmp_path, [], "P02/P02_Trail002.txt")
    raw = open_named(Dhf1k(tmp_path), "0002")
    check_fixations(raw.fixations, [0], [1], [0.5], [0.5])
    assert raw.left_out == {dhf1k_gaze.EMPTY_RECORDINGS: 1}


CELLS = st.sampled_from(
    ["100", "99", "-5", "nan", "inf", "1e400", "SMP", "Fixation", "Blink", "-"]
) | st.text(max_size=3)


@settings(max_examples=20, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.lists(CELLS, min_size=7, max_size=9), max_size=4)
)
def test_fuzzed_gaze_is_an_error_or_counted(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "P01_Trail002.txt"
    if isinstance(content, list):
        content = "\n".join("\t".join(cells) for cells in content).encode()
        content = DHF1K_HEADER.encode() + b"\n" + content
    path.write_bytes(content)
    try:
        rows, left_out = dhf1k_gaze.read_recording(FACTS, str(path))
    except SourceError as error:
        assert "P01_Trail002.txt" in str(error)
        return
    del left_out[dhf1k_gaze.EMPTY_RECORDINGS]
    num_rows = len(list(numbered_lines(path))) - 1
    assert len(rows) + sum(left_out.values()) == num_rows


def points_by_frame(folder, num_frames):
    """The other route: a plain loop over the lines of each file.

    Returns frame -> [(observer, x, y)], and the number of samples.
    """
    num_samples = 0
    points = collections.defaultdict(list)
    for path in (folder / "exportdata_train").rglob("*.txt"):
        lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        num_samples += len(lines)
        observer = int(path.parent.name[1:])
        for frame, (_, x, y) in nearest_samples(lines).items():
            if frame < num_frames:
                points[frame].append((observer, x, y))
    return points, num_samples


def nearest_samples(lines):
    """Returns frame -> (distance, x, y) of the sample nearest its middle."""
    start = int(lines[0][0])
    best = {}
    for line in lines:
        time = int(line[0]) - start
        frame = time * 30 // 1_000_000
        x = float(line[5]) / 1440
        y = (float(line[6]) * 640 / 1440 - 20) / 360
        is_inside = 0 <= x < 1 and 0 <= y < 1
        if line[7] != "Fixation" or not is_inside:
            continue
        distance = abs(time - (frame + 0.5) / 30 * 1e6)
        if frame not in best or distance < best[frame][0]:
            best[frame] = distance, x, y
    return best


def test_fixations_of_a_real_video_agree_with_the_raw_files(real_data):
    folder = real_data / "dhf1k"
    if not folder.is_dir():
        pytest.skip(f"'{folder}' is not there.")
    source = Dhf1k(folder)
    (entry,) = source.entries()
    raw = source.open(entry)
    assert raw.original_size == (360, 640)
    points, num_samples = points_by_frame(folder, source.num_frames(entry))
    expected = [(frame, *point) for frame in points for point in points[frame]]
    expected = np.array(sorted(expected))
    fixations = raw.fixations
    np.testing.assert_array_equal(
        np.stack([fixations.frame, fixations.observer], axis=1),
        expected[:, :2],
    )
    got = np.stack([fixations.x, fixations.y], axis=1)
    # Absolute tolerance: y is a difference, which may be near 0.
    np.testing.assert_allclose(got, expected[:, 2:], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(
        np.median(got, axis=0), np.median(expected[:, 2:], axis=0), rtol=1e-5
    )
    np.testing.assert_array_equal(
        np.bincount(fixations.frame), [len(points[f]) for f in sorted(points)]
    )
    # Every sample is a fixation or counted.
    assert len(fixations) + sum(raw.left_out.values()) == num_samples
    assert raw.left_out[gaze.SAMPLES_OF_BLINKS] == 5077
    assert raw.left_out[gaze.SAMPLES_OF_SACCADES] == 23784
