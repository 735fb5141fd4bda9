"""Tests of `tfrecords_tools.trackers.cells`."""

import numpy as np
import pytest

from tfrecords_tools.trackers.cells import (
    CellError,
    Names,
    Numbers,
    whole_number,
)


@pytest.mark.parametrize("mark", [",", "."])
def test_marks_of_thousands_are_refused_unless_the_mark_is_given(mark):
    cells = ["980", "1,000".replace(",", mark), "-1,020".replace(",", mark)]
    with pytest.raises(CellError, match="marks of thousands") as error:
        Numbers().read(cells)
    assert error.value.index == 1
    np.testing.assert_array_equal(Numbers(mark).read(cells), [980, 1, -1.02])


@pytest.mark.parametrize(
    "cells",
    [
        ["980", "0.125", "1.125"],  # No thousands begin with 0.
        ["980", "1.125", "1.25"],
        ["98", "99", "1.125"],  # 100 to 999 are missing.
        ["980.000", "1.020", ""],
        ["1.125", "nan", "1e3"],
    ],
)
def test_three_decimals_are_no_thousands(cells):
    Numbers().read(cells)
    Numbers().read([cell.replace(".", ",") for cell in cells])


def test_the_other_decimal_mark_is_named():
    with pytest.raises(CellError, match="a number with a decimal point"):
        Numbers().read(["1.5", "2,5"])
    with pytest.raises(CellError, match="a number with a decimal comma"):
        Numbers().read(["1,5", "2.5"])


def test_whole_numbers_are_one_name_however_they_are_written():
    names = Names(whole_number)
    codes = names.read(["1", "1.0", " 1.00", "1,0", "1.5", "10", "1.0 b"])
    assert list(names.names) == ["1", "1.5", "10", "1.0 b"]
    np.testing.assert_array_equal(codes, [0, 0, 0, 0, 1, 2, 3])
