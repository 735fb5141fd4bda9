"""Tables that a spreadsheet opens without running a formula."""

import csv
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmdn_tf.files.csv_tables import safe_cell, write_table

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
FORMULAS += [" =1", "＝1", "=", "-", "-a", "'=1", "-1;2", "+1e"]
NUMBERS = ["-0.5", "+1", "1e-300", "-1.5e+7", "-inf", "nan", "-12", ".5"]


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_begins_like_a_formula_is_marked_as_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("number", [*NUMBERS, -0.5, -3, -math.inf])
def test_a_number_stays_a_number(number):
    assert safe_cell(number) == number


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("'=1")
def test_a_text_comes_back_when_one_apostrophe_is_dropped(text):
    cell = safe_cell(text)
    assert cell.removeprefix("'") == text
    assert text.startswith("'") <= cell.startswith("''")


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.text(
                    st.characters(
                        exclude_categories=["Cs"], exclude_characters="\0"
                    )
                ),
                st.sampled_from(FORMULAS),
                st.floats(),
                st.integers(),
            ),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
    )
)
@settings(max_examples=50, deadline=None)
def test_a_table_comes_back_cell_by_cell(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    write_table(path, rows)
    expected = [[str(safe_cell(cell)) for cell in row] for row in rows]
    assert read(path) == expected


def test_a_name_that_is_not_utf_8_is_written_as_it_is(tmp_path):
    write_table(tmp_path / "a.csv", [["caf\udce9.mp4", 1]])
    assert (tmp_path / "a.csv").read_bytes() == b"caf\xe9.mp4,1\n"
