"""Descriptors of the videos of a dataset, as one matrix."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from rmdn_tf.action_recognition.choices import USES


@dataclasses.dataclass(frozen=True)
class DescriptorTable:
    """Descriptors of V videos, whose parts lie side by side.

    Attributes:
        rows: the row of each video, in the order of the rows.
        columns: the columns of each part, in the order of `PARTS`.
        values: float32 `[V, F]`.
    """

    rows: dict[str, int]
    columns: dict[str, slice]
    values: np.ndarray

    def of_use(self, use: str) -> np.ndarray:
        """Returns what a classifier uses, without a copy: float32 `[V, F]`.

        Args:
            use: one of `USES`.
        """
        columns = [self.columns[part] for part in USES[use]]
        return self.values[:, columns[0].start : columns[-1].stop]

    def rows_of(self, names: Sequence[str]) -> np.ndarray:
        """Returns the rows of some videos, int `[N]`."""
        return np.array([self.rows[name] for name in names], int)
