"""Tests the densities that the browser gets."""

import numpy as np
import pytest

from rmdn_tf.applications.view.merging import merged
from rmdn_tf.applications.view.wire import Record, join, pack, split
from rmdn_tf.model.moments import Moments, parameters_from_moments
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.prediction.density import Density

SIZE = (45, 80)


def grid_mixture(seed: int, side: int = 28) -> Moments:
    """Makes a mixture of a component in each cell, as the default model's."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:side, :side].reshape(2, -1)
    number = side * side
    focus = rng.uniform(0.2, 0.8, (3, 2))
    centre = np.stack([column + 0.5, row + 0.5], -1) / side
    far = ((centre[:, None] - focus) ** 2).sum(-1).min(-1)
    weight = np.exp(rng.normal(0, 0.3, number) - far / 0.04)
    move = rng.uniform(-0.8, 0.8, (2, number)) / side
    return Moments(
        weight / weight.sum(),
        centre[:, 0] + move[0],
        centre[:, 1] + move[1],
        rng.uniform(0.03, 0.05, number),
        rng.uniform(0.03, 0.06, number),
        rng.uniform(-0.2, 0.2, number),
    )


def few_components(seed: int) -> Moments:
    """Makes a mixture of 20 components of any width."""
    rng = np.random.default_rng(seed)
    weight = rng.exponential(size=20)
    return Moments(
        weight / weight.sum(),
        rng.uniform(-0.1, 1.1, 20),
        rng.uniform(-0.1, 1.1, 20),
        np.exp(rng.uniform(-4, 0, 20)),
        np.exp(rng.uniform(-4, 0, 20)),
        np.tanh(rng.uniform(-2, 2, 20)),
    )


def map_of(moments: Moments) -> np.ndarray:
    parameters = parameters_from_moments(np.stack(moments, -1))
    return saliency_map(parameters, *SIZE).numpy()


def sent(moments: Moments) -> Record:
    record = Record(1.5, -2.5, True, merged(moments))
    _, _, (received,) = split(join([pack(record)], 0, True))
    return received


def density_of(moments: Moments) -> Density:
    return Density(parameters_from_moments(np.stack(moments, -1)))


@pytest.mark.parametrize("make", [grid_mixture, few_components])
@pytest.mark.parametrize("seed", range(5))
def test_the_entropy_of_joined_components_is_right_to_a_twentieth(make, seed):
    moments = make(seed)
    fewer = density_of(merged(moments)).entropy()
    assert fewer == pytest.approx(density_of(moments).entropy(), abs=0.05)


@pytest.mark.parametrize("make", [grid_mixture, few_components])
@pytest.mark.parametrize("seed", range(5))
def test_the_map_of_the_bytes_differs_by_less_than_a_hundredth(make, seed):
    moments = make(seed)
    difference = map_of(moments) - map_of(sent(moments).moments)
    assert np.abs(difference).sum() / 2 < 0.01


def test_hundreds_of_components_take_less_than_3000_bytes():
    moments = grid_mixture(0)
    assert len(moments.weight) == 784
    assert len(pack(Record(0.0, 0.0, False, merged(moments)))) < 3000


def test_joined_components_keep_the_mean_and_covariance_of_the_mixture():
    before = grid_mixture(1)
    after = sent(before).moments
    for one, other in zip(whole(before), whole(after), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def whole(moments: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean and the covariance of a mixture."""
    places = np.stack([moments.x, moments.y], -1)
    mean = moments.weight @ places
    product = moments.correlation * moments.scale_x * moments.scale_y
    inside = np.stack(
        [moments.scale_x**2, product, product, moments.scale_y**2], -1
    ).reshape(-1, 2, 2)
    between = places - mean
    inside += between[:, :, None] * between[:, None, :]
    return mean, np.tensordot(moments.weight, inside, 1)


def test_one_component_comes_back_nearly_as_it_was():
    moments = Moments(*(np.array([n]) for n in (1, 0.3, 0.6, 0.1, 0.2, 0.5)))
    received = sent(moments)
    assert received[:3] == (1.5, -2.5, True)
    for before, after in zip(moments, received.moments, strict=True):
        np.testing.assert_allclose(after, before, atol=3e-4)


def test_components_at_one_place_become_one():
    moments = Moments(*(np.full(9, n) for n in (1 / 9, 0.3, 0.6, 0.1, 0.2, 0)))
    assert len(sent(moments).moments.weight) == 1


def test_an_answer_tells_the_number_of_its_first_record_and_its_end():
    record = Record(0.0, 0.0, False, few_components(0))
    first, is_complete, records = split(join([pack(record)] * 3, 7, False))
    assert (first, is_complete, len(records)) == (7, False, 3)
    assert split(join([], 9, True)) == (9, True, [])


def test_bytes_of_another_format_are_refused():
    with pytest.raises(ValueError, match="Expected b'RMDN', version 1"):
        split(b"RMDM" + bytes(12))
