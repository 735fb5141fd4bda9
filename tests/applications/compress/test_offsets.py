"""Quantiser offsets follow attention as rate-distortion theory has it."""

import numpy as np
import pytest

from rmdn_tf.applications.compress.offsets import (
    FLOOR,
    MAX_OFFSET,
    block_grid,
    quantizer_offsets,
)


@pytest.fixture
def share():
    """Two hills of attention, `[12, 20]`."""
    y, x = np.mgrid[:12, :20]
    share = np.exp(-((x - 6) ** 2 + (y - 5) ** 2) / 18)
    share += 0.5 * np.exp(-((x - 15) ** 2 + (y - 8) ** 2) / 8)
    return share / share.sum()


def weights_of(share):
    return FLOOR + (1 - FLOOR) * share * share.size


def test_blocks_cover_the_frame():
    assert block_grid((360, 640), 16) == (23, 40)
    assert block_grid((64, 64), 64) == (1, 1)


def test_attention_everywhere_changes_nothing():
    offsets = quantizer_offsets(np.full([5, 7], 1 / 35), 1.0)
    np.testing.assert_allclose(offsets, 0, atol=1e-6)


def test_strength_0_changes_nothing(share):
    np.testing.assert_array_equal(quantizer_offsets(share, 0.0), 0)


def test_twice_the_weight_is_three_steps_finer(share):
    offsets = quantizer_offsets(share, 1.0)
    expected = -3 * np.log2(weights_of(share))
    np.testing.assert_allclose(
        offsets - offsets[0, 0], expected - expected[0, 0], atol=1e-5
    )


def test_the_offset_where_people_look_is_0_in_the_mean(share):
    for strength in (0.5, 1.0):
        offsets = quantizer_offsets(share, strength)
        assert abs(offsets).max() < MAX_OFFSET
        assert np.mean(weights_of(share) * offsets) == pytest.approx(
            0, abs=1e-5
        )


def test_no_other_offsets_of_the_same_rate_have_a_smaller_weighted_error(share):
    def weighted_error(offsets):  # It doubles every three steps.
        return np.mean(weights_of(share) * 2 ** (offsets / 3))

    best = quantizer_offsets(share, 1.0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        change = rng.normal(size=share.shape)
        other = best + change - change.mean()  # Bits fall with the mean offset.
        assert weighted_error(other) > weighted_error(best)


def test_offsets_stay_in_their_range(share):
    offsets = quantizer_offsets(share, 4.0)
    assert offsets.min() == -MAX_OFFSET and offsets.max() == MAX_OFFSET
