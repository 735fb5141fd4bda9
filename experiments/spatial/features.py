"""Features of the frozen encoder, computed once for all folds.

A fold holds the same shards as the dataset of all clips, in other splits, so
the features of all clips serve every fold whose encoder has the same weights.
"""

import pathlib

from rmdn_tf.data.cached_features import feature_settings
from rmdn_tf.data.prepared_dataset import dataset_digest
from rmdn_tf.training.cached_features import FrozenFeatures
from rmdn_tf.training.trainer import Trainer


def share_features(trainer: Trainer, all_dir: pathlib.Path) -> pathlib.Path:
    """Gives a trainer's dataset the features of all clips.

    Args:
        trainer: its features are computed as far as they are missing.
        all_dir: the dataset of all clips, all in the training split.

    Returns:
        The directory of the features of the trainer's dataset.
    """
    shared = FrozenFeatures(trainer.model, trainer.model_config, all_dir)
    shared.compute()
    own = pathlib.Path(trainer.features.directory)
    own.mkdir(parents=True, exist_ok=True)
    settings = feature_settings(shared.directory).read()
    for name in settings["shards"]:
        link = own / name
        if not link.exists():
            link.symlink_to((pathlib.Path(shared.directory) / name).resolve())
    digest = dataset_digest(trainer.data_dir)
    feature_settings(own).write(settings | {"dataset": digest})
    return own
