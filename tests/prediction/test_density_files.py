"""Densities on disk say what they said in memory; whole or not at all."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.model.mixture import distribution
from rmdn_tf.model.moments import COMPONENT, Moments
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_files import parameter_file
from rmdn_tf.prediction.map_folder import map_folder

SIZE = (9, 12)
RNG = np.random.default_rng(0)
DENSITIES = [
    Density(RNG.normal(size=(number, 6)).astype(np.float32) * 0.3)
    for number in (2, 4, 2)
]


def write_all(file):
    for number, density in enumerate(DENSITIES):
        file.write(None, number / 25, density)


@pytest.mark.parametrize(
    ("map_format", "tolerance"), [("png", 1e-4), ("npy", 1e-7)]
)
def test_maps_are_read_back_by_evaluation(tmp_path, map_format, tolerance):
    with map_folder(tmp_path / "maps" / "7", SIZE, map_format) as folder:
        write_all(folder)
    maps = MapDirectory(tmp_path / "maps").densities("7", np.arange(3), *SIZE)
    for density, map_ in zip(DENSITIES, maps, strict=True):
        expected = density.saliency_map(*SIZE)
        np.testing.assert_allclose(
            map_ / map_.sum(), expected, atol=tolerance * expected.max()
        )


def test_arrays_describe_the_same_densities(tmp_path):
    path = tmp_path / "out.npz"
    with parameter_file(path, num_components=4) as file:
        write_all(file)
    with np.load(path) as stored:
        np.testing.assert_allclose(stored["time_seconds"], [0, 0.04, 0.08])
        parameters = stored["parameters"]
        texts = {name: stored[name].tolist() for name in stored.files[1:4]}
    assert parameters.shape == (3, 4, 6)
    assert texts == {
        "parameter_names": [number.parameter for number in COMPONENT],
        "moment_names": list(Moments._fields),
        "moment_formulas": [number.formula for number in COMPONENT],
    }
    points = RNG.uniform(size=(5, 2)).astype(np.float32)
    for row, density in zip(parameters, DENSITIES, strict=True):
        np.testing.assert_allclose(
            distribution(tf.constant(row)).log_prob(points),
            distribution(tf.constant(density.parameters)).log_prob(points),
            rtol=1e-5,
        )


def test_a_table_has_the_moments_of_every_component(tmp_path):
    path = tmp_path / "out.csv"
    with parameter_file(path, num_components=4) as file:
        write_all(file)
    rows = list(csv.DictReader(path.open()))
    assert [int(row["frame"]) for row in rows] == [0, 0, 1, 1, 1, 1, 2, 2]
    assert float(rows[2]["time_seconds"]) == 0.04
    logit, x, _, _, log_scale_y, r = DENSITIES[1].parameters.T
    weights = np.exp(logit) / np.exp(logit).sum()
    for name, expected in (
        ("weight", weights),
        ("x", x),
        ("scale_y", np.exp(log_scale_y)),
        ("correlation", np.tanh(r)),
    ):
        got = [float(row[name]) for row in rows[2:6]]
        np.testing.assert_allclose(got, expected, rtol=1e-5)


def files_of(tmp_path):
    return [
        lambda: map_folder(tmp_path / "maps", SIZE),
        lambda: parameter_file(tmp_path / "out.npz", 4),
        lambda: parameter_file(tmp_path / "out.csv", 4),
    ]


@pytest.mark.parametrize("number", range(3))
def test_after_a_failure_nothing_is_left(tmp_path, number):
    with pytest.raises(KeyboardInterrupt), files_of(tmp_path)[number]() as file:
        write_all(file)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_is_none_is_named(tmp_path):
    with pytest.raises(ValueError, match="jpg"):
        with map_folder(tmp_path / "maps", SIZE, "jpg"):
            pass
    with pytest.raises(ValueError, match="out.txt"):
        with parameter_file(tmp_path / "out.txt", 4):
            pass
