"""Maps of a prediction that score best by one metric."""

import numpy as np
import pytest

from rmdn_tf.metrics.best_maps import Truth, cc_map, kl_map, sim_map
from rmdn_tf.prediction.best_map import BestMap
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.map_folder import MapFolder
from rmdn_tf.prediction.settings import MAP_METRICS, NumberSettings

SIZE = (9, 12)


@pytest.fixture
def density():
    return Density(np.array([[0, -0.3, 0.2, -1, -1.5, 0]], np.float32))


def _written(density, directory, best_map):
    folder = MapFolder(directory, SIZE, "npy", best_map)
    folder.write(None, 0.0, density)
    return np.load(directory / "0001.npy")


@pytest.mark.parametrize(
    ("metric", "make"), [("cc", cc_map), ("sim", sim_map), ("kl", kl_map)]
)
def test_written_maps_are_blurred_by_a_share_of_the_width(
    density, tmp_path, metric, make
):
    found = _written(density, tmp_path, BestMap(metric, 0.1, 5))
    logs = np.log(density.saliency_map(*SIZE))[None]
    expected = np.exp(make(logs, Truth(np.array([5]), 1.2)))[0]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


def test_the_map_for_nss_is_the_density(density, tmp_path):
    found = _written(density, tmp_path, BestMap("nss", 0.1, 5))
    np.testing.assert_allclose(found, density.saliency_map(*SIZE), rtol=1e-5)


def test_the_map_for_auc_keeps_the_order_and_spreads_the_values(
    density, tmp_path
):
    found = _written(density, tmp_path, BestMap("auc", 0.1, 5))
    before = density.saliency_map(*SIZE)
    np.testing.assert_array_equal(
        np.argsort(found, axis=None), np.argsort(before, axis=None)
    )
    # Half of the pixels have less than a twentieth of the density.
    assert np.median(before) < 0.05 * before.max()
    assert np.median(found) > 0.15 * found.max()


@pytest.mark.parametrize("metric", MAP_METRICS)
def test_every_metric_of_the_flag_has_a_map(density, metric):
    settings = NumberSettings(maps="m", map_for=metric)
    found = settings.best_map(density.saliency_map(*SIZE))
    assert found.sum() == pytest.approx(1) and found.min() >= 0


def test_without_a_metric_the_density_is_written():
    assert NumberSettings(maps="m").best_map is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"map_for": "cc"}, "Invalid `map_for`.*--maps DIR"),
        ({"maps": "m", "map_blur": 0.05}, "Invalid `map_blur`.*--map_for"),
        ({"map_fixations": 4}, "Invalid `map_fixations`.*--map_for"),
        ({"map_blur": 12.74}, "Invalid `map_blur`.*a share of the width"),
        ({"map_blur": 0.0}, "Invalid `map_blur`"),
        ({"map_fixations": 0}, "Invalid `map_fixations`"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        NumberSettings(**settings)
