"""The numbers of a density: mass of areas, mean, covariance, entropy, peaks.

The saliency map, which sums to 1 over the frame, is the law for all of them.
"""

import math

import matplotlib.path
import numpy as np
import pytest
from scipy.special import ndtr

import rmdn_tf
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.density import Density, DensityBetween

rectangle = rmdn_tf.rectangle


def of(*components):
    """Returns the density of (weight, x, y, scale x, scale y, correlation)."""
    return Density(parameters_from_moments(np.array(components, np.float64)))


def broad(seed, num_components=40):
    """Returns a density with a good part outside the frame."""
    rng = np.random.default_rng(seed)
    return of(
        *np.stack(
            [
                rng.uniform(0.1, 1, num_components),
                *rng.uniform(-0.1, 1.1, (2, num_components)),
                *rng.uniform(0.03, 0.4, (2, num_components)),
                rng.uniform(-0.95, 0.95, num_components),
            ],
            -1,
        )
    )


DENSITIES = {
    "one": broad(0),
    "another": broad(1),
    "between": DensityBetween(broad(0), broad(1), 0.3),
    "between two between": DensityBetween(
        DensityBetween(broad(0), broad(1), 0.3), broad(2), 0.6
    ),
}
STAR = 0.5 + np.stack(
    [
        np.where(np.arange(10) % 2, 0.45, 0.15)
        * turn(np.arange(10) * np.pi / 5)
        for turn in (np.cos, np.sin)
    ],
    -1,
)


@pytest.fixture(params=DENSITIES, scope="module")
def density(request):
    return DENSITIES[request.param]


@pytest.fixture(scope="module")
def fine_map(density):
    return density.saliency_map(800, 800).astype(np.float64)


def centres(side):
    along = (np.arange(side) + 0.5) / side
    return np.stack(np.meshgrid(along, along), -1)


def test_the_mass_of_the_frame_is_1(density):
    assert density.mass(rectangle(0, 0, 1, 1)) == pytest.approx(1, abs=1e-12)
    assert density.mass(rectangle(-3, -2, 2, 9)) == pytest.approx(1, abs=1e-12)


def test_the_masses_of_parts_sum_to_that_of_the_whole(density):
    left, right = rectangle(-1, 0, 0.37, 1), rectangle(0.37, 0, 1, 2)
    assert density.mass(left) + density.mass(right) == pytest.approx(
        1, abs=1e-12
    )
    tip, rest = density.mass(STAR[:3]), density.mass(np.delete(STAR, 1, 0))
    assert tip + rest == pytest.approx(density.mass(STAR), abs=1e-12)


@pytest.mark.parametrize(
    "sides", [(0.1, 0.2, 0.6, 0.5), (0, 0.9, 1, 1), (0.5, 0.5, 0.505, 0.5025)]
)
def test_the_mass_of_a_rectangle_is_the_sum_of_the_map_in_it(
    sides, density, fine_map
):
    left, top, right, bottom = np.rint(np.array(sides) * 800).astype(int)
    expected = fine_map[top:bottom, left:right].sum()
    assert density.mass(rectangle(*sides)) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("turn", [1, -1], ids=["clockwise", "counter"])
def test_the_mass_of_a_star_is_the_sum_of_the_map_in_it(
    turn, density, fine_map
):
    inside = matplotlib.path.Path(STAR).contains_points(
        centres(800).reshape(-1, 2)
    )
    expected = fine_map.flat[inside].sum()
    assert density.mass(STAR[::turn]) == pytest.approx(expected, rel=3e-3)


def test_only_the_visible_part_of_an_area_counts(density):
    inside = density.mass(rectangle(0.8, 0.7, 1, 1))
    assert density.mass(rectangle(0.8, 0.7, 1.5, 3)) == inside
    assert density.mass(rectangle(1, 0.5, 2, 0.8)) == 0
    assert density.mass(rectangle(1.2, 0.5, 2, 0.8)) == 0
    # Only the two arms of a U around the frame are visible.
    arms = [(-0.2, -0.2), (0.2, -0.2), (0.2, 1.1), (0.8, 1.1), (0.8, -0.2)]
    arms += [(1.2, -0.2), (1.2, 1.4), (-0.2, 1.4)]
    expected = density.mass(rectangle(0, 0, 0.2, 1))
    expected += density.mass(rectangle(0.8, 0, 1, 1))
    assert density.mass(arms) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("scale", [0.2, 1 / 200, 1 / 5000])
def test_the_mass_of_a_gaussian_is_that_of_the_normal_distribution(scale):
    density = of((1, 0.4, 0.7, scale, scale / 2, 0))
    sides = 0.4 - scale, 0.7 - scale, 0.4 + 2 * scale, 0.7 + scale / 4
    visible = math.prod(
        np.diff(ndtr((np.array([0, 1]) - loc) / one)).item()
        for loc, one in ((0.4, scale), (0.7, scale / 2))
    )
    expected = (ndtr(2) - ndtr(-1)) * (ndtr(0.5) - ndtr(-2)) / visible
    # The parameters are rounded to float32.
    assert density.mass(rectangle(*sides)) == pytest.approx(
        expected, abs=1e-7 / scale
    )


def test_a_mean_on_a_side_or_in_a_corner_is_exact():
    density = of((1, 0.5, 0.5, 0.01, 0.01, 0))
    assert density.mass(rectangle(0, 0, 0.5, 1)) == pytest.approx(0.5)
    assert density.mass(rectangle(0.5, 0.5, 1, 1)) == pytest.approx(0.25)
    assert density.mass([(0, 0), (1, 1), (0, 1)]) == pytest.approx(0.5)
    assert density.mass([(0.5, 0.5), (1, 0.5), (1, 1)]) == pytest.approx(0.125)


@pytest.mark.parametrize("correlation", np.linspace(-0.9, 0.9, 13))
def test_quarters_around_a_mean_are_those_of_the_formula(correlation):
    """Rounding must not put an edge on one side of the mean and its angle on
    the other.
    """
    density = of((1, 0.5, 0.5, 0.05, 0.07, correlation))
    quarter = 0.25 + math.asin(correlation) / (2 * math.pi)
    for x, y in ((0, 0), (0, 0.5), (0.5, 0), (0.5, 0.5)):
        part = quarter if x == y else 0.5 - quarter
        mass = density.mass(rectangle(x, y, x + 0.5, y + 0.5))
        assert mass == pytest.approx(part, abs=1e-6)


def test_a_strong_correlation_is_exact():
    density = of((1, 0.5, 0.5, 0.05, 0.05, 0.9999))
    along = [(0, 0), (1, 1), (1, 1.002), (0, 0.002)]
    across = 0.05 * math.sqrt(1 - 0.9999) * math.sqrt(2)
    expected = ndtr(0.002 / across) - 0.5
    assert density.mass(along) == pytest.approx(expected, abs=1e-3)


def test_mean_and_covariance_are_those_of_the_map(density, fine_map):
    points, share = centres(800).reshape(-1, 2), fine_map.ravel()
    mean = share @ points
    np.testing.assert_allclose(density.mean(), mean, atol=1e-5)
    apart = points - mean
    np.testing.assert_allclose(
        density.covariance(), apart.T @ (share[:, None] * apart), atol=1e-5
    )


def test_mean_and_covariance_of_a_narrow_gaussian_are_its_own():
    density = of((1, 0.3, 0.6, 0.001, 0.002, 0.5))
    np.testing.assert_allclose(density.mean(), [0.3, 0.6], rtol=1e-6)
    np.testing.assert_allclose(
        density.covariance(), [[1e-6, 1e-6], [1e-6, 4e-6]], rtol=1e-5
    )


def test_the_entropy_is_that_of_the_map(density, fine_map):
    expected = -(fine_map * np.log2(fine_map * fine_map.size)).sum()
    assert density.entropy() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("scale", [1 / 30, 1 / 200, 1 / 500])
@pytest.mark.parametrize("correlation", [0, 0.7])
def test_the_entropy_of_a_gaussian_is_exact(scale, correlation):
    root = math.sqrt(1 - correlation**2)
    inside = of((1, 0.4, 0.6, scale / root, scale / root, correlation))
    size = (scale / root) ** 2 * root
    expected = math.log2(2 * math.pi * math.e * size)
    assert inside.entropy() == pytest.approx(expected, abs=1e-2)


def test_the_entropy_of_half_a_gaussian_is_a_bit_less():
    inside = of((1, 0.5, 0.5, 0.03, 0.05, 0)).entropy()
    for x, y, bits in ((0, 0.5, 1), (0.5, 1, 1), (1, 1, 2)):
        part = of((1, x, y, 0.03, 0.05, 0)).entropy()
        assert part == pytest.approx(inside - bits, abs=1e-2)


def test_the_entropy_of_even_gaze_is_0_and_of_a_quarter_minus_2():
    assert of((1, 0.5, 0.5, 100, 100, 0)).entropy() == pytest.approx(
        0, abs=1e-6
    )
    across = np.linspace(0, 0.5, 60)
    even = of(*[(1, x, y, 0.01, 0.01, 0) for x in across for y in across])
    assert even.entropy() == pytest.approx(-2, abs=0.08)  # Blurred.


def test_a_narrow_light_component_beside_a_broad_one_keeps_its_part():
    one, other = (
        of((1, 0.3, 0.3, 0.2, 0.2, 0)),
        of((1, 0.7, 0.7, 0.002, 0.002, 0)),
    )
    mixed = DensityBetween(one, other, 0.1)
    assert mixed.mass(rectangle(0.68, 0.68, 0.72, 0.72)) == pytest.approx(
        0.1 / (0.1 + 0.9 * one._in_frame()[0]), abs=1e-3
    )
    strong = mixed.peaks()[1]
    assert (strong.x, strong.y) == pytest.approx((0.7, 0.7), abs=1e-3)


@pytest.mark.parametrize(
    "name", ["mass", "mean", "covariance", "entropy", "peaks"]
)
def test_a_density_outside_the_frame_is_refused(name):
    density = of((1, 300, 0.5, 0.1, 0.1, 0))
    arguments = [rectangle(0, 0, 1, 1)] if name == "mass" else []
    with pytest.raises(ValueError, match="Expected a part of it in the frame"):
        getattr(density, name)(*arguments)


def test_between_a_density_in_the_frame_and_one_outside_the_first_counts():
    one, outside = broad(0), of((1, 300, 0.5, 0.1, 0.1, 0))
    between = DensityBetween(one, outside, 0.5)
    area = rectangle(0.2, 0.2, 0.6, 0.9)
    assert between.mass(area) == pytest.approx(one.mass(area), rel=1e-6)
    assert between.entropy() == pytest.approx(one.entropy(), abs=1e-3)
    np.testing.assert_allclose(between.mean(), one.mean(), rtol=1e-6)
