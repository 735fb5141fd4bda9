"""Tiny networks in files of other runtimes, each made once."""

import functools

import keras
import pytest

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.runtimes.formats import FORMATS, require_converter


@pytest.fixture(scope="session")
def portable_file(tmp_path_factory):
    """Returns (model, path) for a name of `FORMATS` and settings."""

    @functools.cache
    def model_of(config):
        keras.utils.set_random_seed(0)  # In any order of tests.
        return build_rmdn(config)

    @functools.cache
    def made(name, config, num_clips=1):
        try:
            require_converter(name, "float32")
        except ImportError as error:
            pytest.skip(str(error))
        path = tmp_path_factory.mktemp(name) / f"net{FORMATS[name].suffix}"
        model = model_of(config)
        export_portable(model, config, path, name, num_clips=num_clips)
        return model, path

    return made
