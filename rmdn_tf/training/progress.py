"""Progress of a run: what a killed run needs to resume besides weights."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from rmdn_tf.files.arrays import pack_arrays, unpack_arrays


@dataclasses.dataclass(eq=False)
class Progress(tf.train.experimental.PythonState):
    """Counters of a run, as a part of a `tf.train.Checkpoint`.

    Seed, epoch and step decide order, windows, fixations and flips.

    Attributes:
        epoch: number of finished epochs.
        step: finished steps, over all epochs.
        step_in_epoch: finished steps of the current epoch.
        total, count: sum of losses in nats, and fixations, of the current
            epoch.
        best_loss: lowest validation loss, in nats per fixation.
        best_epoch: epoch of `best_loss`; -1 before the first validation.
        state: the recurrence's state that windows of the global batch carry on.
        num_clipped: steps of the current epoch with a clipped gradient.
    """

    epoch: int = 0
    step: int = 0
    step_in_epoch: int = 0
    total: float = 0.0
    count: float = 0.0
    best_loss: float = math.inf
    best_epoch: int = -1
    state: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    num_clipped: int = 0

    @property
    def mean_loss(self) -> float:
        """Mean loss of the epoch so far, in nats per fixation."""
        return self.total / max(self.count, 1.0)

    @property
    def clipped_share(self) -> float:
        """Share of the epoch's steps with a clipped gradient."""
        return self.num_clipped / max(self.step_in_epoch, 1)

    def is_done(self, num_epochs: int, patience: int | None) -> bool:
        """Returns whether training is over.

        `patience` is the number of epochs without a better validation until
        training stops; None without validation.
        """
        stale = self.epoch - 1 - self.best_epoch
        is_stale = patience is not None and stale >= patience
        return self.epoch >= num_epochs or is_stale

    def finish_step(
        self, loss: float, count: float, is_clipped: bool = False
    ) -> None:
        """Counts a step with its mean loss and number of fixations."""
        self.step += 1
        self.step_in_epoch += 1
        self.total += loss * count
        self.count += count
        self.num_clipped += is_clipped

    def finish_epoch(self) -> None:
        self.epoch += 1
        self.step_in_epoch = self.num_clipped = 0
        self.total = self.count = 0.0
        self.state = {}

    def serialize(self) -> bytes:
        """Packs the counters into bytes, for `tf.train.Checkpoint`."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        for key, rows in values.pop("state").items():
            values[f"state/{key}"] = rows
        return pack_arrays(**values)

    def deserialize(self, string_value: bytes) -> None:
        self.state = {}
        arrays = unpack_arrays(string_value, len(string_value))
        for name, value in arrays.items():
            if name.startswith("state/"):
                self.state[name.removeprefix("state/")] = value
            else:
                setattr(self, name, value.item())
