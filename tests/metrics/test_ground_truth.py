"""Ground truth that is prepared once; its scores are in `test_exact_batch`."""

import numpy as np
import pytest

from rmdn_tf.metrics.ground_truth import GroundTruth


@pytest.mark.parametrize("wrong", [-1e-9, np.nan, np.inf])
def test_a_wrong_true_density_is_an_error_that_names_the_frame(wrong):
    densities = np.ones([3, 4, 5])
    densities[2, 1, 1] = wrong
    counts = np.zeros([3, 4, 5], int)
    with pytest.raises(ValueError, match="`densities`.*in frame 2"):
        GroundTruth.of_maps(counts, densities)
    with pytest.raises(ValueError, match="`counts`"):
        GroundTruth.of_maps(counts[:1], densities)
