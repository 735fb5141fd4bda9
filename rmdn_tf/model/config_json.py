"""Settings of the network <-> JSON, as models and SavedModels hold them."""

import dataclasses

from rmdn_tf.files.json_files import dataclass_schema, with_tuples
from rmdn_tf.model.config import DenseConfig, ModelConfig
from rmdn_tf.model.presets import KINDS, SETTINGS, kind_of, settings_of

# JSON schema of a config: a flat object with the settings of one kind. Earlier
# releases wrote the settings of all kinds. A missing key takes its default; an
# unknown key is refused, since it describes another network.
CONFIG_SCHEMA = {
    **dataclass_schema(DenseConfig, required=("input_size",)),
    "properties": {
        name: schema
        for kind in KINDS
        for name, schema in dataclass_schema(kind)["properties"].items()
    },
}


def config_to_json(config: ModelConfig) -> dict:
    """Returns the settings that this network uses, by name.

    Args:
        config: settings.

    Returns:
        JSON that `config_from_json` reads.
    """
    settings = dataclasses.asdict(config)
    return {n: v for n, v in settings.items() if n not in config.unused}


def config_from_json(values: dict) -> ModelConfig:
    """Makes settings from JSON.

    Args:
        values: JSON that matches `CONFIG_SCHEMA`.

    Returns:
        The settings, of the class that the values ask for.

    Raises:
        ValueError: a setting is invalid.
    """
    own = own_settings(values)
    return kind_of(values)(**{k: with_tuples(v) for k, v in own.items()})


def own_settings(values: dict) -> dict:
    """Drops settings of other kinds, which earlier releases wrote."""
    other = SETTINGS.keys() - settings_of(kind_of(values))
    return {name: v for name, v in values.items() if name not in other}
