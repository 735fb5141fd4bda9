"""Tests of `tfrecords_tools.trackers.headers`."""

import pytest

from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.headers import Header


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Gaze point X [MCS px]", "gaze point x [mcs px]"),
        ("GazePointX (MCSpx)", "gaze point x [mcs px]"),
        ("# timestamps [seconds]", "timestamps [*]"),
        ("TIME(2022/01/27 09:39:32.995)", "time [*]"),
        ("gaze_timestamp", "gaze timestamp"),
        ("FPOGX", "fpogx"),
        ("Re\u0301sume\u0301", "R\u00e9sum\u00e9"),
    ],
)
def test_a_column_is_found_by_letters_and_bracket(name, wanted):
    header = Header(["a", name, "", ""])
    assert header.find("absent", wanted).index == 1
    assert len(header.columns) == 2


def test_a_column_with_other_brackets_is_another_one():
    header = Header(["Gaze point X", "Gaze point X (MCSnorm)"])
    assert header.find("gaze point x").index == 0
    assert header.find("gaze point x [mcs norm]").index == 1
    assert header.find("gaze point x [mcs px]") is None


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("t [ms]", "ms"),
        ("t (s)", "s"),
        ("t [μs]", "us"),
        ("t [\u00b5s]", "us"),
        ("t [ns]", "ns"),
        ("Time (in secs)", "s"),
        ("t [px]", None),
        ("t", None),
    ],
)
def test_the_unit_is_in_the_brackets(name, unit):
    assert Header([name]).columns[0].unit == unit


def test_two_columns_of_one_name_are_an_error_if_they_are_wanted():
    header = Header(["x", "X", "y"])
    assert header.find("y").index == 2
    with pytest.raises(SourceError, match="'x' and 'X'"):
        header.find("x")
    with pytest.raises(SourceError, match="Two columns are named 'X'"):
        header.named("X")
