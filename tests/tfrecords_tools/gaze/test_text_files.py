"""Tests of `tfrecords_tools.gaze.text_files`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfrecords_tools.gaze.text_files import read_samples
from tfrecords_tools.raw_video import SourceError


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


def test_an_empty_file_holds_no_sample(path):
    path.write_bytes(b" \n\n")
    numbers, events = read_samples(path)
    assert numbers.shape == (0, 3)
    assert events.shape == (0,)


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
    ],
)
def test_a_malformed_line_is_an_error_with_its_number(path, line):
    text = f"0 1 2 3 4 F\n\n{line}\n8 1 2 3 4 F\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"line 3 of '.*00681.avi.txt'"):
        read_samples(path)


def test_lines_that_make_up_for_each_other_are_malformed(path):
    path.write_text("0 1 2 3 4\n2 1 2 3 4 F F\n")
    with pytest.raises(SourceError, match="line 1 of"):
        read_samples(path)


def test_a_long_line_is_quoted_in_part(path):
    path.write_bytes(b"x" * 100_000)
    with pytest.raises(SourceError) as info:
        read_samples(path)
    assert len(str(info.value)) < 400


def test_a_missing_file_is_an_error(path):
    with pytest.raises(SourceError, match="00681.avi.txt.*No such file"):
        read_samples(path)


TOKENS = st.one_of(
    st.floats().map(lambda value: repr(value).encode()),
    st.sampled_from([b"F", b"S", b"Blink", b"-", b"1_0", b"0x1"]),
    st.binary(max_size=5),
)
LINES = st.lists(TOKENS, min_size=5, max_size=7).map(b" ".join)


@settings(max_examples=60, deadline=None)
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
