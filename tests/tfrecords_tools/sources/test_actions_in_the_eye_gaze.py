"""Tests of `tfrecords_tools.sources.actions_in_the_eye_gaze`."""

import collections
import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.raw_writers import write_gaze
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.raw_files import forget_kept
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources import actions_in_the_eye_gaze
from tfrecords_tools.sources.actions_in_the_eye_gaze import (
    find_release,
    read_samples,
)

# Ten frames of 40 ms. On a screen of 1280x1024 each pixel of the video takes
# two, and the bars above and below are (1024 - 2 * 480) / 2 = 32 high.
FACTS = VideoFacts((480, 640), 25.0, 10)
CENTRE = (640, 512)


@pytest.fixture(autouse=True)
def _read_anew():
    forget_kept()


def read(folder, facts=FACTS, name="Clip_1"):
    return find_release(folder).read_fixations(name, facts)


def read_rows(tmp_path, *rows):
    return read(write_gaze(tmp_path, {"001_Clip_1.avi.txt": rows}))


@pytest.mark.parametrize(
    ("time_ms", "frame"),
    # round(t / 40 ms), a half upwards.
    [(0, 0), (18, 0), (20, 1), (58, 1), (60, 2), (360, 9), (378, 9)],
)
def test_a_sample_belongs_to_the_frame_nearest_in_time(
    tmp_path, time_ms, frame
):
    fixations, left_out = read_rows(tmp_path, (time_ms, *CENTRE, "F"))
    np.testing.assert_array_equal(fixations.frame, [frame])
    assert not left_out


@pytest.mark.parametrize(
    ("time_ms", "frame"),
    [(18, 0), (22, 1), (238, 2), (242, 3), (418, 3), (422, 4)],
)
def test_a_varying_rate_has_no_frame_nearer_in_time(tmp_path, time_ms, frame):
    times = np.array([0, 0.04, 0.08, 0.4, 0.44])
    lasting = np.array([0.04, 0.04, 0.32, 0.04, 0.04])
    facts = dataclasses.replace(
        FACTS, num_frames=5, frame_times=times, frame_seconds=lasting
    )
    rows = [(time_ms, *CENTRE, "F")]
    folder = write_gaze(tmp_path, {"001_Clip_1.avi.txt": rows})
    fixations, _ = read(folder, facts)
    np.testing.assert_array_equal(fixations.frame, [frame])


def test_the_event_decides_what_is_a_fixation(tmp_path):
    fixations, left_out = read_rows(
        tmp_path,
        (0, *CENTRE, "Saccade"),
        (2, 0, 0, "B"),
        (4, 0, 0, "Blink"),
        (6, *CENTRE, "Pursuit"),
        (8, 320, 272, "Fixation"),
        (10, "nan", 272, "F"),
    )
    np.testing.assert_allclose(fixations.x, [0.25], rtol=1e-6)
    assert left_out == {
        gaze.SAMPLES_OF_SACCADES: 1,
        gaze.SAMPLES_OF_BLINKS: 2,
        actions_in_the_eye_gaze.OF_OTHER_EVENTS: 1,
        gaze.SAMPLES_NOT_NUMBERS: 1,
    }


def test_observers_keep_their_numbers_and_missing_ones_are_counted(tmp_path):
    row = (0, *CENTRE, "F")
    write_gaze(
        tmp_path,
        {
            "019_Clip_1.avi.txt": [row],
            "003_Clip_1.avi.txt": [row],
            "004_Clip_1.avi.txt": [],
            "002_Clip_2.avi.txt": [row],
            "007_Clip_2.avi.txt": [row],
        },
    )
    fixations, left_out = read(tmp_path)
    np.testing.assert_array_equal(fixations.observer, [3, 19])
    assert left_out == {
        actions_in_the_eye_gaze.MISSING_OBSERVERS: 2,
        actions_in_the_eye_gaze.EMPTY_FILES: 1,
    }


def test_a_video_and_a_dataset_without_gaze_are_counted(tmp_path):
    nothing = read(tmp_path)
    write_gaze(tmp_path, {"001_Clip_1.avi.txt": [(0, *CENTRE, "F")]})
    forget_kept()
    for fixations, left_out in (nothing, read(tmp_path, name="Clip_2")):
        assert len(fixations) == 0
        assert left_out == {actions_in_the_eye_gaze.VIDEOS_WITHOUT_GAZE: 1}


@pytest.mark.parametrize(
    "file", ["001_CLIP_1.AVI.TXT", "1_clip_1.txt", "001_Clip_1.avi.txt"]
)
def test_letters_of_another_case_are_the_same_video(tmp_path, file):
    write_gaze(tmp_path, {file: [(0, *CENTRE, "F")]})
    assert len(read(tmp_path)[0]) == 1


def test_the_size_of_the_list_counts_where_the_video_has_another(tmp_path):
    # Shown at 640x480, then shrunk by the user: the same place of the frame.
    write_gaze(
        tmp_path,
        {"001_Clip_1.avi.txt": [(0, 320, 272, "F")]},
        sizes=["Clip_1.avi 640 480 1.0", "", "Clip_2.avi 320 240 1.0"],
    )
    fixations, _ = read(tmp_path, VideoFacts((300, 500), 25.0, 10))
    np.testing.assert_allclose(fixations.x, [0.25], rtol=1e-6)
    np.testing.assert_allclose(fixations.y, [0.25], rtol=1e-6)


def test_the_files_of_a_video_are_its_gaze_and_the_tables(tmp_path):
    names = ("001_a.avi.txt", "002_A.avi.txt", "001_b.avi.txt")
    write_gaze(tmp_path, dict.fromkeys(names, ()))
    mine = [str(tmp_path / "samples" / name) for name in names[:2]]
    tables = [str(tmp_path / "geometry.txt")]
    assert find_release(tmp_path).files_of("a") == mine + tables
    write_gaze(tmp_path, {}, sizes=["a.avi 640 480 1"])
    forget_kept()
    tables.append(str(tmp_path / "resolution.txt"))
    assert find_release(tmp_path).files_of("A.avi") == mine + tables
    assert find_release(tmp_path).files_of("c") == tables


def test_files_of_absent_videos_and_other_files_are_counted(tmp_path):
    names = ("001_a.avi.txt", "001_b.avi.txt", "002_b.avi.txt")
    write_gaze(
        tmp_path,
        dict.fromkeys((*names, "001_c.avi.txt", "readme.txt"), ()),
        sizes=["c.avi 640 480 1"],
    )
    assert find_release(tmp_path).left_out({"A"}, {"a", "B"}) == {
        actions_in_the_eye_gaze.GAZE_WITHOUT_VIDEO: 3,
        actions_in_the_eye_gaze.OTHER_FILES: 1,
    }


def test_a_second_folder_or_recording_is_an_error(tmp_path):
    write_gaze(tmp_path, {"001_Clip_1.avi.txt": [], "01_Clip_1.avi.txt": []})
    with pytest.raises(SourceError, match="001_Clip_1.*01_Clip_1"):
        find_release(tmp_path)
    write_gaze(tmp_path / "gaze", {})
    with pytest.raises(SourceError, match="Two folders of gaze"):
        find_release(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("geometry.txt", None, "No such file"),
        ("geometry.txt", "", "width and height"),
        ("geometry.txt", "1 2 3 1280", "width and height"),
        ("geometry.txt", "1 2 3 0 1024", "width and height"),
        ("geometry.txt", "a b c d e", "width and height"),
        ("resolution.txt", "a.avi 640 480 1.0\nb.avi", "width and height"),
        ("resolution.txt", "b.avi 640", "width and height"),
        ("resolution.txt", "b.avi 640 -1 1", "width and height"),
        ("resolution.txt", "x y z", "width and height"),
    ],
)
def test_a_malformed_table_is_an_error(tmp_path, file, text, message):
    write_gaze(tmp_path, {})
    (tmp_path / file).unlink(missing_ok=True)
    if text is not None:
        (tmp_path / file).write_text(text)
    with pytest.raises(SourceError, match=f"{file}'.*{message}"):
        find_release(tmp_path)


EVENTS = st.sampled_from(["F", "F", "S", "B", "U"])
NUMBERS = st.one_of(
    st.integers(-100, 1300), st.floats(), st.sampled_from(["nan", "1e400"])
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, EVENTS)))
def test_every_random_sample_is_a_fixation_or_counted(tmp_path_factory, rows):
    folder = write_gaze(tmp_path_factory.getbasetemp() / "random", {})
    forget_kept()
    (folder / "samples" / "001_Clip_1.avi.txt").write_text(
        "\n".join(f"{t} 0 0 {x} {y} {event}" for t, x, y, event in rows)
    )
    fixations, left_out = read(folder)
    counts = collections.Counter(left_out)
    del counts[actions_in_the_eye_gaze.EMPTY_FILES]
    assert len(fixations) + sum(counts.values()) == len(rows)
    assert len(set(fixations.frame)) == len(fixations)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "001_actioncliptrain00681.avi.txt"


def test_the_columns_are_time_x_y_and_the_events_initial(path):
    path.write_bytes(
        b"0 9.1 9.2 640.5 512 Fixation\r\n"
        b"2000\t9.1\t9.2\t1e2\t-7\tS\n"
        b"\n"
        b"4000 x y nan inf blink"
    )
    numbers, events = read_samples(path)
    np.testing.assert_array_equal(
        numbers,
        [[0, 640.5, 512], [2000, 100, -7], [4000, np.nan, np.inf]],
    )
    assert events.tobytes() == b"FSB"


@pytest.mark.parametrize(
    "line",
    [
        "4000 1 2 3 4",
        "4000 1 2 3 4 F F",
        "4000 1 2 3 4 5",
        "soon 1 2 3 4 F",
        "4000 1 2 left 4 F",
        "4000,1,2,3,4,F",
        "4000 1 2 3 \ufeff F",
        "2 1 2 3 4\n4 1 2 3 4 F F",  # They make up for each other.
    ],
)
def test_a_malformed_line_is_an_error_with_its_number(path, line):
    text = f"0 1 2 3 4 F\n\n{line}\n8 1 2 3 4 F\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"line 3 of '.*00681.avi.txt'"):
        read_samples(path)
    path.unlink()
    with pytest.raises(SourceError, match="00681.avi.txt.*No such file"):
        read_samples(path)


TOKENS = st.one_of(
    st.floats().map(lambda value: repr(value).encode()),
    st.sampled_from([b"F", b"S", b"Blink", b"-", b"1_0", b"0x1"]),
    st.binary(max_size=5),
)
LINES = st.lists(TOKENS, min_size=5, max_size=7).map(b" ".join)


@settings(max_examples=30, deadline=None)
@given(st.one_of(st.binary(), st.lists(LINES).map(b"\n".join)))
def test_random_bytes_are_samples_or_an_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "001_random.txt"
    path.write_bytes(content)
    try:
        numbers, events = read_samples(path)
    except SourceError as error:
        assert "001_random.txt" in str(error)
    else:
        assert numbers.shape == (len(events), 3)
