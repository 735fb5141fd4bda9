"""The benchmarks count the operations of a network's products."""

import pytest
import tensorflow as tf

from benchmarks.products import num_operations


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (
            lambda x, k: tf.nn.conv2d(x, k, 2, "SAME"),
            ([1, 8, 6, 3], [3, 5, 3, 4]),
            2 * (4 * 3 * 4) * (3 * 5 * 3),
        ),
        (
            lambda x, k: tf.nn.depthwise_conv2d(x, k, [1, 1, 1, 1], "SAME"),
            ([2, 8, 6, 3], [3, 5, 3, 1]),
            2 * (2 * 8 * 6 * 3) * (3 * 5),
        ),
        (
            lambda x, k: tf.nn.conv3d(x, k, [1] * 5, "SAME"),
            ([1, 4, 8, 6, 3], [3, 3, 3, 3, 2]),
            2 * (4 * 8 * 6 * 2) * (27 * 3),
        ),
        (
            lambda x, y: tf.nn.relu(tf.matmul(x, y, transpose_a=True)),
            ([5, 7], [5, 4]),
            2 * (7 * 4) * 5,
        ),
        (lambda x, y: x @ y + 1, ([3, 2, 5], [3, 5, 4]), 2 * (3 * 2 * 4) * 5),
        (lambda x, y: x * y, ([3, 4], [3, 4]), 0),
    ],
    ids=["planes", "channels", "volumes", "matrices", "stacks", "none"],
)
def test_each_product_is_two_operations(function, shapes, expected):
    specs = (tf.TensorSpec(shape) for shape in shapes)
    assert num_operations(function, *specs) == expected
