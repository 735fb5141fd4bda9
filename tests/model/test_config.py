"""Settings of the kinds of network, in code and in files."""

import dataclasses
import json

import pytest

from rmdn_tf.files.json_files import JsonError, check_json
from rmdn_tf.model import recurrent, spatial_recurrence
from rmdn_tf.model.config import (
    DENSE_RECURRENCES,
    SPATIAL_RECURRENCES,
    DenseConfig,
    JointConfig,
    SpatialConfig,
)
from rmdn_tf.model.config_json import (
    CONFIG_SCHEMA,
    config_from_json,
    config_to_json,
    own_settings,
)
from rmdn_tf.model.presets import PRESETS, SETTINGS, with_changes

CONFIGS = [
    *PRESETS.values(),
    JointConfig(actions=("run", "walk"), feedback=False, num_components=3),
]


def json_of(config) -> dict:
    return json.loads(json.dumps(dataclasses.asdict(config)))


def written_before(config) -> dict:
    """What earlier releases wrote of a config: settings of all kinds."""
    of_all = {name: field.default for name, field in SETTINGS.items()}
    return json.loads(json.dumps(of_all | {"recurrent": "lstm"})) | json_of(
        config
    )


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("written", [json_of, written_before])
def test_a_config_is_read_back(config, written):
    values = written(config)
    check_json(values, CONFIG_SCHEMA)
    assert config_from_json(values) == config
    assert own_settings(values) == json_of(config)


@pytest.mark.parametrize("config", CONFIGS)
def test_json_without_unused_settings_is_read_back(config):
    values = json.loads(json.dumps(config_to_json(config)))
    check_json(values, CONFIG_SCHEMA)
    assert config_from_json(values) == config


C3D = {"filters"}
DENSE = {"num_components"}


@pytest.mark.parametrize(
    ("config", "own"),
    [
        (PRESETS["paper"], C3D | DENSE | {"projection"}),
        (DenseConfig(features="fc6"), C3D | DENSE | {"dense_units"}),
        (
            PRESETS["spatial"],
            {"motion_lags", "camera", "onset_lag", "faces"}
            | {"projection", "context"}
            | {"context_units", "feature_dropout", "reset_on_cuts"},
        ),
    ],
)
def test_json_has_no_settings_that_the_network_does_not_use(config, own):
    common = {"encoder", "input_size", "features", "head", "units", "dropout"}
    common |= {"clip_stride", "frames_per_second", "recurrent"}
    assert config_to_json(config).keys() == common | own


def test_a_config_of_the_first_release_takes_defaults():
    values = {"input_size": [64, 80], "filters": [[8], [16]]}
    check_json(values, CONFIG_SCHEMA)
    expected = DenseConfig(input_size=(64, 80), filters=((8,), (16,)))
    assert config_from_json(values) == expected


@pytest.mark.parametrize(
    "wrong",
    [{"layers": 3}, {"units": "4"}, {"actions": "run"}, {"input_size": None}],
)
def test_unknown_keys_and_wrong_types_are_refused(wrong):
    with pytest.raises(JsonError, match="Received"):
        check_json(json_of(DenseConfig()) | wrong, CONFIG_SCHEMA)


def test_each_kind_has_its_own_settings_alone():
    assert not hasattr(DenseConfig(), "context_units")
    assert not hasattr(PRESETS["spatial"], "num_components")
    assert len(SETTINGS) == 26
    without_flag = [n for n, f in SETTINGS.items() if not f.metadata]
    assert without_flag == ["calibrated_components", "actions"]


def test_a_change_of_head_or_actions_changes_the_kind():
    spatial = with_changes(
        DenseConfig(dropout=0.1), head="spatial", recurrent="gru", projection=8
    )
    assert spatial == SpatialConfig(dropout=0.1, units=128, projection=8)
    dense = with_changes(spatial, head="dense", recurrent="lstm")
    assert dense == DenseConfig(dropout=0.1, projection=8)
    joint = with_changes(dense, actions=("run", "walk"), feedback=False)
    assert type(joint) is JointConfig and joint.projection == 8


def test_a_change_to_a_setting_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="Invalid `feedback`. Expected a set"):
        with_changes(DenseConfig(), feedback=False)


IMPOSSIBLE = {
    "input_size": [(0, 112), (112, -1), (112,)],
    "filters": [(), ((8,), ()), ((8,), (8, 8, 8)), ((8,), (0,))],
    "features": ["conv5a", None],
    "dense_units": [0],
    "recurrent": ["gru"],
    "units": [0],
    "num_components": [0, -20],
    "dropout": [-0.1, 1.0, float("nan")],
    "clip_stride": [0, 3],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in IMPOSSIBLE for value in IMPOSSIBLE[name]],
)
def test_an_impossible_configuration_is_an_error(name, value):
    with pytest.raises(ValueError) as error:
        DenseConfig(**{name: value})
    message = str(error.value)
    assert message.startswith(f"Invalid `{name}`. Expected ")
    assert message.endswith(f"Received: {name}={value}.")


def test_the_preset_of_the_paper_is_the_default_and_has_20_components():
    assert PRESETS["paper"] == DenseConfig()
    assert PRESETS["paper"].num_components == 20
    assert PRESETS["paper"].clip_stride == 1
    assert PRESETS["paper"].dropout == 0.5


def test_the_settings_name_every_recurrence():
    assert DENSE_RECURRENCES == tuple(recurrent.RECURRENCES)
    assert SPATIAL_RECURRENCES == tuple(spatial_recurrence.SPATIAL_RECURRENCES)
