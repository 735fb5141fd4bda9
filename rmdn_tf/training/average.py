"""The average of weights over the steps of a run."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

# A larger number forgets the first steps sooner: d is n / (n + 10) at first.
_WARM_UP = 10


class MovingAverage(tf.Module):
    """The exponential moving average of weights over the steps of a run.

    After step n, counted from 0:

        average <- d average + (1 - d) weight,  d = min(decay, n / (n + 10))

    It starts at the weights after the first step, and soon forgets the first
    steps.

    Args:
        weights: the variables. Make the average in their strategy's scope.
        decay: d after many steps, in (0, 1).
    """

    def __init__(self, weights: Sequence[keras.Variable], decay: float):
        super().__init__()
        self._weights = [weight.value for weight in weights]
        self._decay = decay
        self.averages = [
            tf.Variable(weight, trainable=False) for weight in self._weights
        ]

    def update(self, step: int) -> None:
        """Adds the weights after a step, counted from 0."""
        decay = min(self._decay, step / (step + _WARM_UP))
        for average, weight in zip(self.averages, self._weights, strict=True):
            average.assign_add((1 - decay) * (weight - average))

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Replaces the weights by the averages inside a `with` block."""
        learned = [weight.numpy() for weight in self._weights]
        _assign(self._weights, [one.numpy() for one in self.averages])
        try:
            yield
        finally:
            _assign(self._weights, learned)


def _assign(variables: list, values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
