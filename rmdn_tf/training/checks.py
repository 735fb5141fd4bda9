"""Checks that network, training, devices and dataset go together."""

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.training.config import RunConfig, TrainingConfig


def check_training(
    model: ModelConfig,
    training: TrainingConfig,
    run: RunConfig,
    num_replicas: int,
    info: DatasetInfo,
) -> None:
    """Refuses settings that do not go together.

    Args:
        model: the network.
        training: how to train it.
        run: how to compute it.
        num_replicas: devices, over all workers.
        info: the dataset.

    Raises:
        ValueError: names the setting, and the other one.
    """
    _check_batch_size(training, run, num_replicas)
    _check_flip(model, training)
    _check_train_split(training, info)


def _check_batch_size(
    training: TrainingConfig, run: RunConfig, num_replicas: int
) -> None:
    parts = num_replicas * run.micro_batches
    if training.batch_size % parts:
        raise ValueError(
            f"Invalid `batch_size`. Expected a multiple of {parts}, the "
            "devices times the micro-batches of each. Received: "
            f"batch_size={training.batch_size}."
        )


def _check_flip(model: ModelConfig, training: TrainingConfig) -> None:
    """Only features that lie in cells can be mirrored."""
    if training.flip and training.cache_features and not model.in_cells:
        raise ValueError(
            "Invalid `cache_features`. Expected False, flip=False, or "
            "features in cells (projection or actions): others cannot be "
            "mirrored. Received: cache_features=True, flip=True, projection=0."
        )


def _check_train_split(training: TrainingConfig, info: DatasetInfo) -> None:
    """Without a fixation every loss would be 0, which says nothing."""
    learns_gaze = training.density_weight > 0
    if learns_gaze and not has_fixations(info, training.train_split):
        raise ValueError(
            "Invalid `train_split`. Expected videos with fixations. Received: "
            f"train_split='{training.train_split}' of the dataset "
            f"'{info.name}', in which no frame has a fixation."
        )
