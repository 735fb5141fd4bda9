"""The experiment with compression compares curves of bits and quality."""

import numpy as np
import pytest

from experiments.applications.bjontegaard import bd_rate
from experiments.applications.compress import _weights
from experiments.applications.compress_curves import (
    COLUMNS,
    Curve,
    bd_rates,
    format_table,
)

BITS = np.array([4000.0, 2100, 1000, 520])
QUALITY = np.array([42.0, 38.5, 35, 31])


def test_a_fifth_less_at_every_quality_is_a_fifth():
    assert bd_rate([BITS, 0.8 * BITS], [QUALITY] * 2) == pytest.approx(-0.2)


def test_equal_curves_differ_by_nothing_in_any_order():
    curves = [BITS, BITS[::-1]], [QUALITY, QUALITY[::-1]]
    assert bd_rate(*curves) == pytest.approx(0, abs=1e-12)


def test_the_way_back_is_the_inverse():
    other = BITS * [0.7, 0.75, 0.85, 0.95], QUALITY + [0.3, 0.2, 0.1, 0]
    there = bd_rate([BITS, other[0]], [QUALITY, other[1]])
    back = bd_rate([other[0], BITS], [other[1], QUALITY])
    assert there < -0.15
    assert (1 + there) * (1 + back) == pytest.approx(1)


def test_a_doubling_of_bits_every_6_decibels_is_integrated_exactly():
    quality = np.array([30.0, 36, 42, 48])
    bits = 2.0 ** (quality / 6)
    # 3 decibels more at the same bits are 2 ** -0.5 of the bits.
    expected = 2**-0.5 - 1
    rate = bd_rate([bits, bits], [quality, quality + 3])
    assert rate == pytest.approx(expected)


def test_only_common_qualities_count():
    other = np.concatenate([[1e9], 0.5 * BITS]), np.append([60.0], QUALITY)
    rate = bd_rate([BITS, other[0]], [QUALITY, other[1]])
    assert rate == pytest.approx(-0.5, abs=0.01)


def test_curves_without_a_common_quality_are_refused():
    with pytest.raises(ValueError, match="curves that overlap"):
        bd_rate([BITS, BITS], [QUALITY, QUALITY + 30])


def made_curve(factor=1.0):
    errors = 255**2 / 10 ** (QUALITY / 10)
    named = {"all": errors, "half": errors, "plain": 2 * errors}
    return Curve(BITS * factor, np.ones(4) * factor, named)


def test_the_table_has_medians_of_clips():
    assert bd_rates(made_curve(), made_curve(0.7))["half"] == pytest.approx(
        -0.3
    )
    curves = {
        ("libx264", "plain"): [made_curve()] * 7,
        ("libx264", "the model"): [
            made_curve(factor) for factor in (0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 1.1)
        ],
    }
    groups = np.array(["faces"] * 3 + ["others"] * 4)
    table = format_table(curves, groups).splitlines()
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table]
    assert rows[0] == [*COLUMNS]
    assert [row[2] for row in rows[2:]] == ["all, 7", "faces, 3", "others, 4"]
    assert rows[2][3].startswith("-20.0 (-") and rows[3][3].startswith("-40.0")
    assert float(rows[2][4]) == pytest.approx(0.05, abs=0.04)


def test_weights_lie_around_the_fixations():
    (weights,) = _weights([np.array([[0.25, 0.5]] * 3)], (80, 160))
    assert weights.shape == (10, 20)
    assert weights.sum() == pytest.approx(3, rel=1e-3)
    assert np.unravel_index(weights.argmax(), weights.shape)[1] in (4, 5)
    assert weights[:, 12:].max() < 1e-3 * weights.max()
    (nobody,) = _weights([np.zeros([0, 2])], (80, 160))
    assert not nobody.any()
