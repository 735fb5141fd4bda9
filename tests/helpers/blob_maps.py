"""Saliency maps with round blobs of attention, and densities of them."""

import numpy as np

from rmdn_tf.model.moments import parameters_from_moments

ROWS, COLUMNS = 36, 64


def blob_map(*blobs, radius=0.06, size=(ROWS, COLUMNS)):
    """Returns a map that sums to 1 of blobs, (share, x, y) each."""
    y, x = ((np.arange(number) + 0.5) / number for number in size)
    total = np.zeros(size)
    for share, at_x, at_y in blobs:
        distance = (x - at_x) ** 2 + (y[:, None] - at_y) ** 2
        blob = np.exp(-distance / (2 * radius**2))
        total += share * blob / blob.sum()
    return total / total.sum()


def blob_parameters(*blobs, radius=0.06):
    """Returns parameters `[n, 6]` of a density of blobs, (share, x, y) each."""
    moments = [[s, x, y, radius, radius, 0] for s, x, y in blobs]
    return parameters_from_moments(np.array(moments))
