"""The recurrence of density and action: its laws, and a slow copy of it."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from rmdn_tf.model.joint import JointRecurrence, action_logits, cell_masses

pytestmark = pytest.mark.slow

GRID = (2, 3)
NUM_FEATURES, UNITS, NUM_ACTIONS, NUM_COMPONENTS = 4, 5, 3, 2
SIZE = 6 * NUM_FEATURES


def build(**options):
    layer = JointRecurrence(
        GRID, NUM_ACTIONS, UNITS, NUM_COMPONENTS, **{"dropout": 0.0, **options}
    )
    layer.build((None, None, SIZE))
    draw = np.random.default_rng(0)
    layer.set_weights(
        [draw.normal(0, 0.5, weight.shape) for weight in layer.weights]
    )
    return layer


def inputs_of(layer, batch_size=2, num_steps=5, seed=1, fresh=False):
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(batch_size, num_steps, SIZE))
    state = {
        name: draw.uniform(0, 0 if fresh else 1, (batch_size, *shape))
        for name, shape in layer.state_shapes.items()
    }
    is_first = np.zeros([batch_size], bool)
    mask = np.ones([batch_size, num_steps], bool)
    return features.astype(np.float32), state, is_first, mask


def _tensors(state):
    return {n: tf.constant(part, tf.float32) for n, part in state.items()}


def run(layer, features, state, is_first, mask, **options):
    parameters, actions, state = layer(
        tf.constant(features),
        _tensors(state),
        tf.constant(is_first),
        tf.constant(mask),
        **options,
    )
    rows = {name: part.numpy() for name, part in state.items()}
    return parameters.numpy(), actions.numpy(), rows


def assert_close(actual, expected):
    # Numbers of the size of 1 around 0.
    tf.nest.map_structure(
        lambda one, other: np.testing.assert_allclose(
            one, other, rtol=1e-5, atol=2e-6
        ),
        actual,
        expected,
    )


@pytest.fixture(params=[True, False], ids=["feedback", "without"])
def layer(request):
    return build(feedback=request.param)


@pytest.mark.parametrize("grid", [(1, 1), (2, 3), (7, 7)])
def test_the_masses_of_the_cells_sum_to_1(grid):
    draw = np.random.default_rng(0)
    parameters = draw.normal(size=(4, 3, NUM_COMPONENTS, 6)).astype(np.float32)
    masses = cell_masses(parameters, grid)
    assert masses.shape == (4, 3, *grid)
    assert np.min(masses) >= 0
    np.testing.assert_allclose(np.sum(masses, (-2, -1)), 1, rtol=1e-5)


def test_the_mass_of_a_cell_is_the_probability_to_look_there():
    """Against SciPy's distribution function, whose rule of cells is another."""
    loc, scale = np.array([0.3, 0.6]), np.array([0.15, 0.2])
    parameters = [0, *loc, *np.log(scale), 0]
    masses = cell_masses(tf.constant([parameters], tf.float32), GRID)

    def share(edges, axis):
        below = stats.norm.cdf(edges, loc[axis], scale[axis])
        return np.diff(below) / (below[-1] - below[0])

    expected = np.outer(
        share(np.linspace(0, 1, GRID[0] + 1), 1),
        share(np.linspace(0, 1, GRID[1] + 1), 0),
    )
    # Four points to a side integrate a cell to a hundredth.
    np.testing.assert_allclose(masses, expected, atol=0.01)
    # A centre alone would miss a narrow density between two of them.
    narrow = [0, 0.49, 0.5, np.log(0.03), np.log(0.03), 0]
    masses = cell_masses(tf.constant([narrow], tf.float32), GRID)
    np.testing.assert_allclose(masses[:, 1], 0.5, atol=0.01)


def slow_step(layer, x, state):
    """One clip of one row, written out, `x` of `[h, w, D]`."""
    weights = [weight.numpy().astype(float) for weight in layer.weights]
    kernel, recurrent, bias, to_mixture, mixture_bias = weights[:5]
    to_action, action_bias = weights[5:]
    attention = state.get("attention", np.zeros(GRID))
    if not attention.any():
        attention = np.full(GRID, 1 / 6)
    seen = np.einsum("ij,ijd->d", attention, x)
    gates = np.concatenate([x.reshape(-1), seen]) @ kernel + bias
    gates += state["hidden"] @ recurrent
    write, forget, candidate, read = np.split(gates, 4)
    cell = special.expit(forget) * state["cell"]
    cell += special.expit(write) * np.tanh(candidate)
    hidden = special.expit(read) * np.tanh(cell)
    parameters = (hidden @ to_mixture + mixture_bias).reshape(-1, 6)
    said = seen @ to_action + action_bias
    after = {
        "hidden": hidden,
        "cell": cell,
        "evidence": state["evidence"] + said,
        "count": state["count"] + 1,
    }
    if "attention" in state:
        mixture = tf.constant(parameters, tf.float32)
        after["attention"] = cell_masses(mixture, GRID).numpy()
    return parameters, after


@pytest.mark.parametrize("fresh", [True, False])
def test_a_step_is_what_it_says(layer, fresh):
    features, state, is_first, mask = inputs_of(layer, 1, 4, fresh=fresh)
    assert ("attention" in state) == layer.get_config()["feedback"]
    parameters, actions, last = run(layer, features, state, is_first, mask)
    row = {name: part[0].astype(float) for name, part in state.items()}
    for time in range(4):
        x = features[0, time].reshape(*GRID, NUM_FEATURES).astype(float)
        expected, row = slow_step(layer, x, row)
        assert_close(parameters[0, time], expected)
        mean = row["evidence"] / row["count"]
        assert_close(actions[0, time], special.softmax(mean))
    assert_close({name: part[0] for name, part in last.items()}, row)


def test_two_halves_equal_the_whole(layer):
    features, state, is_first, mask = inputs_of(layer)
    mask[1, 3] = False
    whole = run(layer, features, state, is_first, mask)
    first = run(layer, features[:, :2], state, is_first, mask[:, :2])
    second = run(layer, features[:, 2:], first[2], is_first, mask[:, 2:])
    assert_close(np.concatenate([first[0], second[0]], 1), whole[0])
    assert_close(np.concatenate([first[1], second[1]], 1), whole[1])
    assert_close(second[2], whole[2])


def test_a_masked_step_leaves_the_state_of_its_row_alone(layer):
    features, state, is_first, mask = inputs_of(layer)
    mask[0, 1] = mask[0, 4] = False
    parameters, actions, last = run(layer, features, state, is_first, mask)
    kept = [0, 2, 3]
    alone = run(
        layer,
        features[:1, kept],
        {name: part[:1] for name, part in state.items()},
        is_first[:1],
        mask[:1, kept],
    )
    assert_close(parameters[:1, kept], alone[0])
    assert_close(actions[:1, kept], alone[1])
    assert_close({n: part[:1] for n, part in last.items()}, alone[2])
    steps = last["count"] - state["count"]
    assert_close(steps, np.array([[3.0], [5.0]]))


def test_a_row_that_begins_starts_from_nothing(layer):
    features, state, is_first, mask = inputs_of(layer)
    is_first[1] = True
    begun = run(layer, features, state, is_first, mask)
    zeros = {name: np.zeros_like(part) for name, part in state.items()}
    fresh = run(layer, features, zeros, ~is_first, mask)
    carried = run(layer, features, state, np.zeros(2, bool), mask)
    for got, new, old in zip(begun[:2], fresh[:2], carried[:2], strict=True):
        assert_close(got[1], new[1])
        assert_close(got[0], old[0])


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_action_is_that_of_all_clips_so_far(multi_label):
    """Several labels are questions of their own."""
    layer = build(multi_label=multi_label)
    _, actions, last = run(layer, *inputs_of(layer, fresh=True))
    logits = action_logits(last)
    np.testing.assert_allclose(last["count"], 5)
    assert_close(logits, last["evidence"] / 5)
    expected = (
        special.expit(logits) if multi_label else special.softmax(logits, -1)
    )
    assert_close(actions[:, -1], expected)


def test_before_the_first_clip_no_action_is_preferred():
    zeros = {"evidence": tf.zeros([2, 3]), "count": tf.zeros([2, 1])}
    np.testing.assert_array_equal(action_logits(zeros), np.zeros([2, 3]))


def test_dropout_is_drawn_for_every_clip_and_shared_by_both_outputs():
    layer = build(dropout=0.5)
    arguments = inputs_of(layer, num_steps=6)
    first, second = (run(layer, *arguments, training=True) for _ in range(2))
    assert np.abs(first[0] - second[0]).max() > 1e-3
    assert np.abs(first[1] - second[1]).max() > 1e-3
    still = run(layer, *arguments)
    assert_close(still, run(build(dropout=0.0), *arguments))


@pytest.mark.parametrize("moves", [True, False])
def test_the_loss_of_the_action_moves_the_map_if_it_may(moves):
    """Through the features that it weights."""
    layer = build(action_moves_map=moves)
    features, state, is_first, mask = inputs_of(layer, fresh=True)
    with tf.GradientTape() as tape:
        _, actions, _ = layer(
            tf.constant(features),
            _tensors(state),
            tf.constant(is_first),
            tf.constant(mask),
        )
        loss = -tf.reduce_sum(tf.math.log(actions[:, -1, 0]))
    gradient = tape.gradient(loss, layer.mixture.linear.kernel)
    if moves:
        assert np.abs(gradient).max() > 1e-4
    else:
        assert gradient is None


def test_its_configuration_makes_the_same_layer(layer):
    again = JointRecurrence.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.state_shapes == layer.state_shapes
