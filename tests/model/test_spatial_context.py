"""The convolutions before the recurrence, in both forms."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.spatial_context import ResidualContext, SpatialContext

FORMS = (SpatialContext, ResidualContext)
ROWS, COLUMNS, FEATURES, PLAIN = 9, 11, 5, 2
SHAPE = (ROWS, COLUMNS, FEATURES + PLAIN)


def cells_of(num_clips=1, seed=0):
    rng = np.random.default_rng(seed)
    cells = rng.normal(size=(1, num_clips, *SHAPE)).astype(np.float32)
    return cells


def run(layer, cells, **options):
    flat = cells.reshape(*cells.shape[:2], -1)
    return layer(tf.constant(flat), **options).numpy()


def convolved(cells, conv, dilation=1):
    """Computes a convolution and ReLU of `[h, w, D]`, term by term."""
    kernel, bias = (np.float64(one) for one in conv.get_weights())
    reach = dilation * (kernel.shape[0] // 2)
    padded = np.pad(cells, [(reach, reach), (reach, reach), (0, 0)])
    total = np.zeros((*cells.shape[:2], kernel.shape[-1])) + bias
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            top, left = i * dilation, j * dilation
            part = padded[
                top : top + cells.shape[0], left : left + cells.shape[1]
            ]
            total += part @ kernel[i, j]
    return np.maximum(total, 0)


def test_the_residual_form_is_its_formula():
    layer = ResidualContext(SHAPE, PLAIN, units=8)
    cells = cells_of()
    outputs = run(layer, cells)
    features, cues = cells[0, 0, ..., :FEATURES], cells[0, 0, ..., FEATURES:]
    reduced = convolved(features, layer.reduce)
    both = [reduced, convolved(cues, layer.reduce_motion)]
    mixed = reduced + convolved(np.concatenate(both, -1), layer.mix)
    expected = mixed + convolved(mixed, layer.widen, dilation=2)
    np.testing.assert_allclose(outputs[0, 0], expected, rtol=1e-4, atol=1e-5)
    assert layer.reduce_motion.filters == 4


@pytest.mark.parametrize(("form", "reach"), zip(FORMS, (1, 3), strict=True))
def test_a_cell_is_seen_as_far_as_the_convolutions_reach(form, reach):
    layer = form(SHAPE, PLAIN, units=6)
    cells = cells_of()
    changed = cells.copy()
    changed[0, 0, 4, 5] += 5
    differs = np.abs(run(layer, changed) - run(layer, cells)).max((0, 1, 4))
    rows, columns = np.nonzero(differs > 1e-6)
    assert np.abs(rows - 4).max() == np.abs(columns - 5).max() == reach


@pytest.mark.parametrize("form", FORMS)
def test_the_cut_follows_the_outputs_unchanged(form):
    layer = form(SHAPE, PLAIN, units=6, keep_last=True)
    cells = cells_of(num_clips=3)
    outputs = run(layer, cells, training=True)
    assert outputs.shape == (1, 3, ROWS, COLUMNS, 7)
    assert layer.compute_output_shape((1, 3, 99 * 7)) == outputs.shape
    np.testing.assert_array_equal(outputs[..., -1], cells[..., -1])


@pytest.mark.parametrize("form", FORMS)
def test_the_convolutions_do_not_see_the_cut(form):
    layer = form(SHAPE, PLAIN, units=6, keep_last=True)
    cells = cells_of(num_clips=3)
    before = run(layer, cells)
    cells[..., -1] += 1
    after = run(layer, cells)
    np.testing.assert_array_equal(after[..., :-1], before[..., :-1])
    np.testing.assert_array_equal(after[..., -1], cells[..., -1])


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_is_made_again_from_its_config(form):
    layer = form(SHAPE, PLAIN, units=6, rate=0.25, keep_last=True)
    again = form.from_config(layer.get_config())
    for name in ("shape", "num_plain", "units", "rate", "keep_last"):
        assert getattr(again, name) == getattr(layer, name)


@pytest.mark.parametrize("form", FORMS)
def test_training_drops_features_and_never_cues(form):
    """With a rate near 1 only the cues are left."""
    layer = form(SHAPE, PLAIN, units=6, rate=0.999)
    cells = cells_of()
    run(layer, cells)
    layer.drop_features.rate = 0.999
    alone = cells.copy()
    alone[..., :FEATURES] = 0
    for one in ("drop_reduced", "drop_mixed"):
        if hasattr(layer, one):
            getattr(layer, one).rate = 0
    np.testing.assert_allclose(
        run(layer, cells, training=True), run(layer, alone), atol=1e-6
    )
