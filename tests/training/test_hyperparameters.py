"""What the HPARAMS tab reads of a run."""

import tensorflow as tf
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from rmdn_tf.training.hyperparameters import write_hyperparameters
from tests.helpers.event_files import read_events

SETTINGS = {
    "dataset": {"name": "demo", "num_frames": 9, "sha256": "ab"},
    "model": {"units": 128, "filters": ((2,), (3, 4)), "motion_lags": ()},
    "training": {"flip": True, "learning_rate": 3e-4, "cache_features": False},
    "c3d_weights": None,
    "precision": "float32",
}


def read_back(directory):
    """Returns the description of the columns, and the values of a run."""
    with tf.summary.create_file_writer(str(directory)).as_default():
        write_hyperparameters(SETTINGS)
    content = read_events(directory).PluginTagToContent("hparams")
    experiment, session = (
        HParamsPluginData.FromString(content[f"_hparams_/{name}"])
        for name in ("experiment", "session_start_info")
    )
    return experiment.experiment, session.session_start_info.hparams


def test_settings_stand_under_their_names_and_without_empty_ones(tmp_path):
    experiment, values = read_back(tmp_path)
    names = {info.name: info.display_name for info in experiment.hparam_infos}
    assert {
        names[key]: getattr(value, value.WhichOneof("kind"))
        for key, value in values.items()
    } == {
        "dataset": "demo",
        "units": 128.0,
        "filters": "[[2], [3, 4]]",
        "flip": True,
        "learning_rate": 3e-4,
        "cache_features": False,
        "precision": "float32",
    }


def test_what_tensorboard_shows_at_once_is_learning_rate_and_loss(tmp_path):
    experiment, _ = read_back(tmp_path)
    # TensorBoard sorts the settings by name, and shows five of each.
    infos = sorted(experiment.hparam_infos, key=lambda info: info.name)
    assert [info.display_name for info in infos[:5]] == [
        "learning_rate",
        "loss_reduction",
        "optimizer",
        "batch_size",
        "num_components",
    ]
    assert [info.display_name for info in experiment.metric_infos[:5]] == [
        "loss",
        "information gain (bits)",
        "NSS",
        "AUC-Judd",
        "CC",
    ]


def test_every_column_has_a_description(tmp_path):
    experiment, _ = read_back(tmp_path)
    for info in [*experiment.hparam_infos, *experiment.metric_infos]:
        assert info.description, info
