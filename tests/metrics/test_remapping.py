"""The remapping is the best one, and does what its bounds allow."""

import numpy as np
import pytest

from rmdn_tf.metrics.remapping import (
    Remapping,
    RemappingSums,
    fit_remapping,
)

LEVELS = np.arange(256) / 255


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def _blobs(generator, num_frames=6, size=(18, 32)):
    """Returns true maps of 8 bits, `[F, H, W]`, each with a peak of 1."""
    y, x = np.mgrid[: size[0], : size[1]]
    places = generator.uniform(2, 16, (2, num_frames, 1, 1))
    maps = np.exp(-((y - places[0]) ** 2 + (x - 2 * places[1]) ** 2) / 20)
    maps /= maps.max((1, 2), keepdims=True)
    return np.rint(255 * maps) / 255


def _centre(size=(18, 32)):
    y, x = np.mgrid[: size[0], : size[1]]
    return np.exp(-((y - 8.5) ** 2 / 50 + (x - 15.5) ** 2 / 150))


def _fit(maps, truth, centre):
    sums = RemappingSums.of_maps(maps, truth, centre)
    return fit_remapping(sums), sums


def test_the_error_is_the_sum_of_squares(generator):
    maps, truth = _blobs(generator), _blobs(generator)
    centre = _centre()
    sums = RemappingSums.of_maps(maps, truth, centre)
    table = np.sort(generator.uniform(-0.5, 1, 256))
    bins = np.rint(255 * maps).astype(int)
    expected = np.square(table[bins] - 0.3 * centre - truth).sum()
    assert Remapping(table, -0.3).error(sums) == pytest.approx(expected)


def test_sums_of_parts_add_up_to_those_of_the_whole(generator):
    maps, truth = _blobs(generator), _blobs(generator)
    whole, *parts = (
        RemappingSums.of_maps(maps[which], truth[which], _centre())
        for which in (slice(None), slice(2), slice(2, None))
    )
    for name, value in vars(parts[0] + parts[1]).items():
        np.testing.assert_allclose(value, vars(whole)[name], rtol=1e-12)


@pytest.mark.parametrize("power", [0.5, 1, 1.5])
def test_a_changed_contrast_of_the_truth_is_undone(generator, power):
    truth = _blobs(generator)
    maps = 0.2 + 0.5 * truth**power
    remapping, _ = _fit(maps, truth, _centre())
    # Levels of the truth that fall into one bin stay mixed.
    remapped = remapping.apply(maps, _centre())
    assert np.square(remapped - truth).mean() < 1e-4
    assert np.square(maps - truth).mean() > 1e-2


def test_the_truth_itself_stays(generator):
    truth = _blobs(generator)
    remapping, sums = _fit(truth, truth, _centre())
    assert remapping.error(sums) == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(
        remapping.apply(truth, _centre()), truth, atol=1e-6
    )


def test_a_table_never_turns_a_map_upside_down(generator):
    truth = _blobs(generator)
    remapping, _ = _fit(1 - truth, truth, np.zeros((18, 32)))
    # The best is the mean of the truth, everywhere.
    np.testing.assert_allclose(remapping.table, truth.mean())
    assert remapping.centre_weight == 0


def test_a_uniform_map_takes_the_centre_from_the_truth(generator):
    truth = _blobs(generator)
    centre = truth.mean(0)
    remapping, _ = _fit(np.ones_like(truth), truth, centre)
    remapped = remapping.apply(np.ones_like(truth), centre)
    np.testing.assert_allclose(remapped[0], centre, atol=1e-9)


@pytest.mark.parametrize("kind", range(6))
def test_no_other_remapping_has_less_error(generator, kind):
    truth, centre = _blobs(generator), _centre()
    noise = generator.uniform(size=truth.shape)
    maps = [
        noise,
        truth**3,
        np.clip(truth + noise / 3, 0, 1),
        1 - truth,
        np.rint(5 * truth) / 5,  # Most bins are empty.
        np.broadcast_to(centre, truth.shape),
    ][kind]
    best, sums = _fit(maps, truth, centre)
    least = best.error(sums)
    assert least <= Remapping.identity().error(sums)
    assert (np.diff(best.table) >= 0).all()
    assert -0.5 <= best.table[0] and best.table[-1] <= 1
    for step in (1e-4, 1e-2, 0.3):
        for _ in range(30):
            bent = best.table + step * generator.normal(size=256)
            bent = np.clip(np.maximum.accumulate(bent), -0.5, 1)
            weight = best.centre_weight + step * generator.normal()
            assert Remapping(bent, weight).error(sums) >= least - 1e-9


def test_the_bounds_hold_where_they_hurt(generator):
    truth = np.zeros((1, 18, 32))
    truth[0, :, ::2] = 1
    maps = truth * 0.6
    centre = np.full((18, 32), 0.1)
    centre[:, ::2] = -1  # Its weight would need a table of more than 1.
    remapping, sums = _fit(maps, truth, centre)
    assert remapping.error(sums) == pytest.approx(0, abs=1e-9)
    # Without the centre, the table cannot pass 1 for a truth of 2.
    remapping, _ = _fit(maps, 2 * truth, np.zeros((18, 32)))
    assert remapping.table[-1] == 1
    remapping, _ = _fit(maps, 2 * truth - 1, np.zeros((18, 32)))
    assert remapping.table[0] == -0.5


def test_remapped_maps_are_cut_to_0_and_1():
    remapping = Remapping(np.linspace(-0.5, 1, 256), 1.0)
    maps = np.array([[[0.0, 0.0, 1.0, 1.0]]])
    centre = np.array([[0.2, 0.7, -0.3, 0.5]])
    expected = [[[0, 0.2, 0.7, 1]]]
    np.testing.assert_allclose(remapping.apply(maps, centre), expected)


def test_values_fall_into_the_nearest_grey():
    remapping = Remapping(np.arange(256.0) / 1000, 0.0)
    maps = np.array([[[0.5, 1.49, 1.5, 2.5, 254.6]]]) / 255
    expected = [[[0, 1, 2, 2, 255]]]  # Halves go to even numbers.
    np.testing.assert_allclose(1000 * remapping.apply(maps), expected)


def test_invalid_input_is_an_error():
    with pytest.raises(ValueError, match="from 0 to 1"):
        Remapping.identity().apply(np.full((1, 2, 2), 1.01))
    maps = np.zeros((0, 2, 2))
    with pytest.raises(ValueError, match="no pixels"):
        fit_remapping(RemappingSums.of_maps(maps, maps, np.zeros((2, 2))))
