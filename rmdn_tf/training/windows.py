"""The windows that an epoch trains on.

Seed and epoch alone decide their order, so a killed run resumes with those that
are left.
"""

import os
from collections.abc import Iterable

import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.windows import Window
from rmdn_tf.training.config import TrainingConfig
from rmdn_tf.training.strategies import distribute_batches

# Keys of a batch that stay on the host.
HOST_ONLY = ("video_id", "first_frame", "truth")


class TrainingWindows:
    """Batches of the training split, epoch by epoch.

    `feature_dir` holds cached features to read; None decodes frames.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike,
        config: TrainingConfig,
        window: Window,
        feature_dir: str | os.PathLike | None,
        actions: tuple[str, ...] = (),
    ):
        self._data_dir = data_dir
        self._config = config
        self._window = window
        self.feature_dir = feature_dir
        self._actions = actions

    def on_host(self, epoch: int, skip: int, **options) -> tf.data.Dataset:
        """Returns the batches of an epoch, counted from 0, with all their keys.

        Leaves out the first `skip` batches. `options` go to `random_cuts`.
        """
        order = ordered_windows if self._config.carry_state else random_cuts
        return order(
            self._data_dir,
            self._config.train_split,
            batch_size=self._config.batch_size,
            window=self._window,
            fixations_per_frame=self._config.fixations_per_frame,
            seed=self._config.seed + 1000 * epoch,
            skip=skip,
            actions=self._actions,
            **{"feature_dir": self.feature_dir, **options},
        )

    def on_devices(
        self, epoch: int, skip: int, strategy: tf.distribute.Strategy
    ) -> Iterable:
        """Returns the same batches on the devices of a strategy."""

        def of_worker(share: tuple[int, int]) -> tf.data.Dataset:
            return self.on_host(epoch, skip, share=share).map(for_device)

        return distribute_batches(strategy, of_worker)

    def describe(self, epoch: int, skip: int) -> str:
        """Names the windows of the first batch that is left."""
        batch = next(iter(self.on_host(epoch, skip)))
        return ", ".join(
            f"'{video_id.decode()}' from frame {first_frame}"
            for video_id, first_frame in zip(
                batch["video_id"].numpy(),
                batch["first_frame"].numpy(),
                strict=True,
            )
        )


def for_device(batch: dict) -> dict:
    """Leaves out the keys of `HOST_ONLY`."""
    return {key: batch[key] for key in batch if key not in HOST_ONLY}
