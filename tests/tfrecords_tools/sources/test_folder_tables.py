"""Tests of `tfrecords_tools.sources.folder_tables`, and through its source."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.raw_writers import EVENTS, SAMPLES, write_folder
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.detection import detect_fixations
from tfrecords_tools.gaze.fixations import events_to_fixations
from tfrecords_tools.raw_files import forget_kept
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.folder_tables import read_splits
from tfrecords_tools.trackers.formats import read_gaze
from tfrecords_tools.trackers.options import GazeOptions


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_folder)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["10", "9", "9"], [10, 9, 9]),
        (["10", "9", "b"], [0, 1, 2]),
        (["7", "07", "7"], [1, 0, 1]),
        (["1", "-1", "2"], [1, 0, 2]),
        (["1" * 20, "2", "2"], [0, 1, 1]),
    ],
)
def test_observers_are_numbers_or_sorted_names(tmp_path, names, numbers):
    path = tmp_path / "gaze.csv"
    path.write_text(EVENTS + "".join(f"a,{n},0,1,2,3\n" for n in names))
    rows = read_gaze(str(path), GazeOptions()).rows["a"]
    np.testing.assert_array_equal(rows[:, 4], numbers)
    np.testing.assert_array_equal(rows[:, :4], [[0, 1, 2, 3]] * 3)


HEADERS = [
    "",
    "video,observer,time,x,y\n",
    "clip,1,0,40,32,12\n",
]
LINES = [
    "clip,1,0,40,32",
    "clip,1,0,40,32,12,5",
    ",1,0,40,32,12",
    "clip,,0,40,32,12",
    "clip,1,,40,32,12",
    "clip,1,nan,40,32,12",
    "clip,1,0,inf,32,12",
    "clip,1,0,40,left,12",
    "clip,1,0,40,32,--x",
    'clip,1,0,40,32,"12',
]
NAMES = ["clip.png", "x", "other/clip/x"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((text, "header, line 1, of .*gaze.csv") for text in HEADERS),
        *(
            (f"{EVENTS}clip,1,0,1,2,3\n{line}", "line 3 of .*gaze.csv")
            for line in LINES
        ),
        *(
            (f"{EVENTS}{name},1,0,1,2,3", f"'{name}' .* line 2 of .*gaze.csv")
            for name in NAMES
        ),
        ("video\0,observer", "gaze.csv"),
        ("\udcff\udcfe", "header, line 1, of .*gaze.csv"),  # Empty UTF-16.
        ("\udcff\udcfea", "Unreadable table .*gaze.csv.*not utf-16"),
    ],
)
def test_a_wrong_table_of_gaze_is_an_error(raw_dir, text, message):
    path = raw_dir / "gaze.csv"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(SourceError, match=message):
        Folder(raw_dir).entries()


def test_a_table_may_say_the_splits(raw_dir):
    (raw_dir / "splits.csv").write_text(
        "video,split\nno fight/deep/CLIP,test\nclip,validation\n"
        "fight/one.two,train\n"
    )
    source = Folder(raw_dir)
    assert [(e.video_id, e.split) for e in source.entries()] == [
        ("clip", "validation"),
        ("fight/one.two", "train"),
        ("no fight/deep/CLIP", "test"),
    ]
    assert source.left_out() == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip,train\n", "header, line 1, of .*splits.csv"),
        ("video,split\nclip,holdout\n", "line 2 of .*a split.*'holdout'"),
        ("video,split\nclip,test\nclip,test\n", "lines 2 and 3 of"),
        ("video,split\nclip\n", "line 2 of .*splits.csv"),
        ("video,split\nx,test\n", "No video 'x' .* line 2 of .*splits.csv"),
        ("video,split\nclip,test\n", "No split of the video 'fight/one.two'"),
    ],
)
def test_a_wrong_table_of_splits_is_an_error(raw_dir, text, message):
    (raw_dir / "splits.csv").write_text(text)
    with pytest.raises(SourceError, match=message):
        Folder(raw_dir).entries()


CELLS = st.sampled_from(["a", "1", "-3", "1e308", "nan", "inf", "", '"', "\0"])


ROWS = st.lists(st.lists(CELLS | st.text(max_size=2), min_size=4, max_size=7))


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([EVENTS, SAMPLES, "video,split\n", ""]),
    st.binary(max_size=50) | ROWS,
)
def test_fuzzed_tables_are_an_error_or_counted(
    tmp_path_factory, header, content
):
    path = tmp_path_factory.getbasetemp() / "table.csv"
    forget_kept()
    if isinstance(content, list):
        content = "\n".join(map(",".join, content)).encode()
    path.write_bytes(header.encode() + content)
    try:
        read_splits(str(path), [])
    except SourceError as error:
        assert "table.csv" in str(error)
    try:
        table = read_gaze(str(path), GazeOptions())
    except SourceError as error:
        assert "table.csv" in str(error)
        return
    for rows in table.rows.values():
        if not table.is_events:
            rows, _ = detect_fixations(rows, 30.0)
        fixations, _ = events_to_fixations(rows, VideoFacts((48, 64), 25.0, 10))
        assert np.all((0 <= fixations.x) & (fixations.x <= 1))
