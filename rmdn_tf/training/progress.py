"""How far a run of training has come; the part of it that is not weights."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from rmdn_tf.files.arrays import pack_arrays, unpack_arrays


@dataclasses.dataclass(eq=False)
class Progress(tf.train.experimental.PythonState):
    """What a killed run needs besides weights and optimizer to go on.

    Part of a `tf.train.Checkpoint`. Order, cuts, fixations and flips are
    functions of seed, epoch and step, so they need no place here.

    Attributes:
        epoch: epochs that are finished.
        step: steps that are done, over all epochs.
        step_in_epoch: those of the epoch under way.
        total: nats of its fixations.
        count: number of its fixations.
        best_loss: of a validation, nats per fixation.
        best_epoch: which epoch that was; -1 before there is any.
        state: of the recurrence, global batch, where it is carried over.
        num_clipped: steps of the epoch whose gradient was clipped.
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
        """Of the epoch so far, nats per fixation."""
        return self.total / max(self.count, 1.0)

    @property
    def clipped_share(self) -> float:
        """Share of the epoch's steps whose gradient was clipped."""
        return self.num_clipped / max(self.step_in_epoch, 1)

    def is_done(self, num_epochs: int, patience: int | None) -> bool:
        """Returns whether training is over.

        Args:
            num_epochs: most epochs.
            patience: epochs without a better validation until training stops;
                None without a validation.
        """
        stale = self.epoch - 1 - self.best_epoch
        is_stale = patience is not None and stale >= patience
        return self.epoch >= num_epochs or is_stale

    def finish_step(
        self, loss: float, count: float, is_clipped: bool = False
    ) -> None:
        """Counts a step of so many fixations with this mean loss."""
        self.step += 1
        self.step_in_epoch += 1
        self.total += loss * count
        self.count += count
        self.num_clipped += is_clipped

    def finish_epoch(self) -> None:
        """Counts an epoch."""
        self.epoch += 1
        self.step_in_epoch = self.num_clipped = 0
        self.total = self.count = 0.0
        self.state = {}

    def serialize(self) -> bytes:
        """Turns all of it into bytes; for `tf.train.Checkpoint`."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        for key, rows in values.pop("state").items():
            values[f"state/{key}"] = rows
        return pack_arrays(**values)

    def deserialize(self, string_value: bytes) -> None:
        """The inverse of `serialize`."""
        self.state = {}
        arrays = unpack_arrays(string_value, len(string_value))
        for name, value in arrays.items():
            if name.startswith("state/"):
                self.state[name.removeprefix("state/")] = value
            else:
                setattr(self, name, value.item())
