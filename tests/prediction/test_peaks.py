"""The peaks of a density, and the share of the gaze that is theirs."""

import numpy as np
import pytest

from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.density import Density, DensityBetween
from rmdn_tf.prediction.peaks import SADDLE, find_peaks


def of(*components):
    """Returns the density of (weight, x, y, scale x, scale y, correlation)."""
    return Density(parameters_from_moments(np.array(components, np.float64)))


def normal(scale_x, scale_y, correlation=0.0):
    """Returns the density at the peak of a Gaussian."""
    root = np.sqrt(1 - correlation**2)
    return 1 / (2 * np.pi * scale_x * scale_y * root)


TWO = (0.3, 0.21, 0.68, 0.02, 0.05, 0.6), (0.7, 0.737, 0.313, 0.03, 0.04, 0)


def test_two_gaussians_are_two_peaks_with_their_weights_as_shares():
    first, second = of(*TWO).peaks()
    assert first[:2] == pytest.approx((0.737, 0.313), abs=5e-4)
    assert first.density == pytest.approx(0.7 * normal(0.03, 0.04), rel=0.01)
    assert second[:2] == pytest.approx((0.21, 0.68), abs=5e-4)
    assert second.density == pytest.approx(
        0.3 * normal(0.02, 0.05, 0.6), rel=0.01
    )
    assert (first.share, second.share) == pytest.approx((0.7, 0.3), abs=1e-3)


@pytest.mark.parametrize(
    "component",
    [
        (0.555, 0.42, 0.493, 0.034, 0.441),
        (0.179, 0.68, 0.047, 0.15, -0.907),
        (0.4, 0.6, 0.3, 0.3, 0.99),
    ],
)
def test_the_summit_of_a_tilted_ridge_is_found_between_pixels(component):
    (peak,) = of((1, *component)).peaks()
    assert peak[:2] == pytest.approx(component[:2], abs=2e-3)
    points = of((1, *component)).sample(200_000, seed=0)
    visible = ((points >= 0) & (points <= 1)).all(1).mean()
    expected = normal(*component[2:]) / visible
    assert peak.density == pytest.approx(expected, rel=0.01)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e-3, 1e-4, 1e-9])
def test_a_component_narrower_than_a_pixel_has_a_finite_density(scale):
    (peak,) = of((1, 0.5, 0.5, scale, scale, 0)).peaks()
    assert peak[:2] == pytest.approx((0.5, 0.5), abs=1e-3)
    assert 1e5 < peak.density < 1e6


def test_a_density_between_two_has_the_peaks_of_both():
    one, other = of((1, *TWO[0][1:])), of((1, *TWO[1][1:]))
    between = DensityBetween(one, other, 0.7)
    np.testing.assert_allclose(between.peaks(), of(*TWO).peaks(), rtol=1e-3)


def test_the_shares_of_all_peaks_sum_to_1_the_largest_first():
    rng = np.random.default_rng(0)
    places = rng.uniform(-0.05, 1.05, (2, 30))
    density = of(*[(1, x, y, 0.03, 0.03, 0) for x, y in places.T])
    shares = [peak.share for peak in density.peaks()]
    assert len(shares) > 5
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert density.peaks(3) == density.peaks()[:3]


def test_the_share_is_that_of_the_visible_part():
    first, second = of(
        (0.5, 0.5, 0, 0.05, 0.05, 0), (0.5, 0.5, 0.7, 0.05, 0.05, 0)
    ).peaks()
    assert (first.share, second.share) == pytest.approx(
        (2 / 3, 1 / 3), abs=2e-3
    )
    assert second[:2] == pytest.approx((0.5, 0), abs=0.01)


@pytest.mark.parametrize("scale", [1 / 40, 1 / 200, 1 / 400])
def test_a_narrow_peak_is_found_where_it_is(scale):
    (peak,) = of((1, 0.4321, 0.1234, scale, scale, 0)).peaks()
    assert peak[:2] == pytest.approx((0.4321, 0.1234), abs=scale / 50)
    assert peak.density == pytest.approx(normal(scale, scale), rel=1e-2)
    assert peak.share == pytest.approx(1)


def test_a_shallow_dip_does_not_part_a_peak():
    apart = 2.02  # Standard deviations; from 2 on, there is a dip.
    near = of(*[(1, 0.4 + k * 0.1 * apart, 0.5, 0.1, 0.1, 0) for k in (0, 1)])
    (peak,) = near.peaks()
    assert peak.share == pytest.approx(1)
    far = of(*[(1, 0.4 + k * 0.1 * 3, 0.5, 0.1, 0.1, 0) for k in (0, 1)])
    assert len(far.peaks()) == 2


def heights(*values):
    return np.log(np.array(values, float))[None]


def test_a_low_bump_joins_the_basin_beyond_its_highest_saddle():
    # The bump of 3 between the peaks of 5 and 9 is nearly as high as its
    # saddle to the peak of 9.
    peaks = find_peaks(heights(1, 5, 1, 3, 2.9, 9, 1))
    assert [round(peak.share * 22.9, 3) for peak in peaks] == [15.9, 7.0]
    dip = 3 * (SADDLE - 0.01)
    assert len(find_peaks(heights(1, 5, 1, 3, dip, 9, 1))) == 3


def test_peaks_that_touch_at_a_corner_are_one():
    grid = np.log([[9, 1, 1], [1, 8.9, 1], [1, 1, 1]])
    (peak,) = find_peaks(grid)
    assert peak[:2] == pytest.approx((0.5 / 3, 0.5 / 3))


def test_even_gaze_is_one_peak():
    (peak,) = of((1, 0.5, 0.5, 100, 100, 0)).peaks()
    assert (peak.density, peak.share) == pytest.approx((1, 1), rel=1e-4)


@pytest.mark.parametrize("number", [0, -1])
def test_fewer_than_one_peak_is_refused(number):
    with pytest.raises(ValueError, match=f"Received: max_peaks={number}"):
        of(*TWO).peaks(number)
