"""Summaries of areas, and the tables made of them."""

import csv
import io
import math

import numpy as np
import pytest

from rmdn_tf.applications.areas.area import KeyFrame, make_area
from rmdn_tf.applications.areas.frame_table import FrameTable, cell
from rmdn_tf.applications.areas.measuring import (
    AreaMeter,
    FrameReadings,
    Reading,
)
from rmdn_tf.applications.areas.share_errors import ShareErrors
from rmdn_tf.applications.areas.summary import (
    _PRINTED,
    COLUMNS,
    columns,
    format_table,
    looked_by,
    summarize,
)
from rmdn_tf.prediction.area import rectangle
from tests.helpers.documents import ROOT

ERRORS = ShareErrors((0.1, 5.0), (0.1, 0.05), 0.04)


@pytest.fixture
def meter():
    """An area that has had a fifth of the attention for two seconds."""
    one = AreaMeter(make_area("logo", [KeyFrame(0, rectangle(0, 0, 1, 0.5))]))
    one.visible_seconds, one.dwell_seconds, one.size_seconds = 2.0, 0.4, 1.0
    one.appears_seconds, one.looks.number = 0.5, 0.9
    return one


def test_a_summary_has_intervals_of_the_time_that_an_area_is_there(meter):
    row = summarize(meter, ERRORS)
    assert {*row} == {*COLUMNS}
    low, high = ERRORS.interval(np.array(0.2), 2.0)
    assert (row["share_low"], row["share_high"]) == (low, high)
    assert row["dwell_low"] == pytest.approx(2 * low)
    assert row["dwell_high"] == pytest.approx(2 * high)
    assert row["looked"] == pytest.approx(1 - math.exp(-0.9))
    assert row["looked_high"] == pytest.approx(1 - math.exp(-0.9 * high / 0.2))
    assert row["half_looked_seconds"] is None


def test_without_errors_there_are_no_intervals(meter):
    row = summarize(meter, None)
    assert [name for name in COLUMNS if name not in row] == [
        "share_low",
        "share_high",
        "dwell_low",
        "dwell_high",
        "looked_low",
        "looked_high",
    ]


def test_a_picture_has_no_times(meter):
    row = summarize(meter, ERRORS, is_picture=True, num_observers=9)
    assert [*row] == ["area", "size", "share", "share_low", "share_high"]
    low, _ = ERRORS.interval(np.array(0.2), None)
    assert row["share_low"] == low


def test_several_observers_look_independently(meter):
    row = summarize(meter, None, num_observers=3)
    one = 1 - math.exp(-0.9)
    assert row["looked_by_any"] == pytest.approx(1 - (1 - one) ** 3)
    assert row["looked_by_all"] == pytest.approx(one**3)
    assert {*row} <= {*columns(3)}
    assert looked_by(one, 1) == pytest.approx((one, one))


def test_an_area_that_never_is_there_has_no_numbers():
    area = make_area("late", [KeyFrame(99, rectangle(0, 0, 1, 0.5))])
    assert summarize(AreaMeter(area), ERRORS) == {
        "area": "late",
        "visible_seconds": 0.0,
    }


def test_the_printed_table_is_aligned(meter):
    rows = [summarize(meter, ERRORS), {"area": "late", "visible_seconds": 0.0}]
    head, first, second = format_table(rows).splitlines()
    assert head.split()[:4] == ["area", "visible", "s", "size"]
    assert first.split()[:4] == ["logo", "2.00", "50.0%", "20.0%"]
    assert second.split() == ["late", "0.00"]
    assert first.index("2.00") == second.index("0.00")


def written(errors, readings, is_picture=False, observers=1):
    file = io.StringIO(newline="")
    names = ["logo", "=car"][: len(readings)]
    table = FrameTable(file, names, errors, is_picture, observers)
    table.write(FrameReadings(7, 0.25, readings))
    file.seek(0)
    return [*csv.DictReader(file)]


def test_a_row_of_the_table_of_frames_has_the_interval_of_one_frame():
    there, absent = Reading(0.5, 0.2, 0.6), Reading(None, None, 0.6)
    first, second = written(ERRORS, [there, absent])
    low, high = ERRORS.interval(np.array(0.2), 0)
    assert first == {
        "frame": "7",
        "time_seconds": "0.250000",
        "area": "logo",
        "size": "0.5",
        "share": "0.2",
        "share_low": f"{low:.6g}",
        "share_high": f"{high:.6g}",
        "looked": "0.6",
    }
    assert second["area"] == "'=car"  # No spreadsheet takes it for a formula.
    assert [*second.values()][3:] == ["", "", "", "", "0.6"]


def test_a_row_of_a_picture_has_no_looks():
    (row,) = written(None, [Reading(0.5, 0.2, 0.6)], True, observers=2)
    assert [*row.values()][4:] == ["0.2", "", "", "", "", ""]
    assert [*row][-2:] == ["looked_by_any", "looked_by_all"]


def test_a_row_tells_whether_any_and_all_observers_have_looked():
    (row,) = written(None, [Reading(0.5, 0.2, 0.6)], observers=2)
    assert (row["looked_by_any"], row["looked_by_all"]) == ("0.84", "0.36")


@pytest.mark.parametrize(
    ("number", "written"),
    [(2.2e-308, "0"), (9.06e-74, "0"), (1.2e-9, "1.2e-09"), (0.25, "0.25")],
)
def test_numbers_too_small_to_matter_are_written_as_0(number, written):
    assert cell(number) == written


def test_the_page_explains_every_column_that_is_printed():
    page = (ROOT / "docs/how_to/areas.md").read_text("utf-8")
    explained = page.split("```text")[1].split("```")[1].split("##")[0]
    for head, _ in _PRINTED.values():
        assert f"`{head}`" in explained
