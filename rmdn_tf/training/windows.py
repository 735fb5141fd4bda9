"""The windows that an epoch trains on.

Seed and epoch alone decide their order, so a killed run resumes with those that
are left.
"""

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Sequence

import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.mixing import Mix
from rmdn_tf.data.windows import Window
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.training.config import TrainingConfig
from rmdn_tf.training.strategies import distribute_batches

# Keys of a batch that stay on the host.
HOST_ONLY = ("video_id", "first_frame", "truth")


def make_mix(
    model: ModelConfig,
    config: TrainingConfig,
    data_dirs: Sequence[str | os.PathLike],
) -> Mix | None:
    """Makes the mix of other datasets; None without any.

    Raises:
        ValueError: the settings do not go together with a mix.
    """
    if not data_dirs:
        return None
    for name, received in (
        ("carry_state", config.carry_state),
        ("actions", bool(model.actions)),
    ):
        if received:
            raise ValueError(
                f"Invalid `mix_data_dir`. Expected no mix with {name}. "
                f"Received: mix_data_dir={', '.join(map(str, data_dirs))}."
            )
    num_rows = round(config.mix_share * config.batch_size)
    if not 0 < num_rows < config.batch_size:
        raise ValueError(
            "Invalid `mix_share`. Expected a share that gives 1 to "
            f"{config.batch_size - 1} of the {config.batch_size} windows of a "
            f"step. Received: mix_share={config.mix_share}."
        )
    return Mix(tuple(data_dirs), num_rows)


class TrainingWindows:
    """Batches of the training split, epoch by epoch.

    `feature_dir` holds cached features to read; None decodes frames. `mix`
    holds the datasets that give some of the windows.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike,
        config: TrainingConfig,
        window: Window,
        feature_dir: str | os.PathLike | None,
        actions: tuple[str, ...] = (),
        mix: Mix | None = None,
    ):
        self._data_dir = data_dir
        self._config = config
        self._window = window
        self.feature_dir = feature_dir
        self._actions = actions
        self._mix = mix

    def on_host(
        self, epoch: int, skip: int, share: tuple[int, int] = (0, 1)
    ) -> tf.data.Dataset:
        """Returns the batches of an epoch, counted from 0, with all their keys.

        Leaves out the first `skip` batches. `share` is that of `random_cuts`.
        """
        order: Callable = random_cuts
        if self._config.carry_state:
            order = ordered_windows
        elif self._mix:
            order = functools.partial(random_cuts, mix=self._mix)
        return order(
            self._data_dir,
            self._config.train_split,
            batch_size=self._config.batch_size,
            window=self._window,
            fixations_per_frame=self._config.fixations_per_frame,
            seed=self._config.seed + 1000 * epoch,
            skip=skip,
            share=share,
            feature_dir=self.feature_dir,
            actions=self._actions,
        )

    def example(self) -> dict:
        """Returns a batch for a device, with frames in place of features."""
        mix = self._mix and dataclasses.replace(self._mix, feature_dirs=())
        decoded = TrainingWindows(
            self._data_dir,
            self._config,
            self._window,
            None,
            self._actions,
            mix,
        )
        return for_device(next(iter(decoded.on_host(0, skip=0))))

    def on_devices(
        self, epoch: int, skip: int, strategy: tf.distribute.Strategy
    ) -> Iterable:
        """Returns the same batches on the devices of a strategy."""

        def of_worker(share: tuple[int, int]) -> tf.data.Dataset:
            return self.on_host(epoch, skip, share).map(for_device)

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
