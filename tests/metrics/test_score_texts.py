"""Scores as JSON and as text."""

import math

import numpy as np
import pytest

from rmdn_tf.metrics.score_texts import (
    format_number,
    format_p_value,
    json_number,
    read_number,
)


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [
        (1.23456, "", "1.235"),
        (1.23456, "+", "+1.235"),
        (-0.5, "+", "-0.500"),
        (None, "+", "n/a"),
        ("-inf", "", "-inf"),
        ("inf", "+", "+inf"),
    ],
)
def test_a_number_has_three_digits_or_a_name(value, sign, text):
    assert format_number(value, sign) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0009, "<0.001"), (0.001, "0.001"), (1.0, "1.000"), (None, "n/a")],
)
def test_a_p_value_is_never_zero(value, text):
    assert format_p_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.nan, None), (-math.inf, "-inf"), (math.inf, "inf"), (0.5, 0.5)],
)
def test_a_number_of_json_is_read_back(value, text):
    assert json_number(value) == text
    np.testing.assert_equal(read_number(text), value)
