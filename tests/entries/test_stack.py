"""What the libraries of the pinned and of the newest set can do together."""

import importlib.util
import subprocess
import sys

import pytest
import tensorflow as tf
import tensorflow_probability as tfp

pytestmark = [pytest.mark.slow, pytest.mark.versions]

SCHEMES = """
import tensorflow as tf
import tensorflow_io
print(tf.io.gfile.get_registered_schemes())
"""


def test_tensorflow_io_brings_the_s3_file_system():
    if importlib.util.find_spec("tensorflow_io") is None:
        pytest.skip("tensorflow-io is not installed: the extra `s3`.")
    # In a process of its own: the file systems stay for its whole life.
    finished = subprocess.run(
        [sys.executable, "-c", SCHEMES],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    if "unable to load" in finished.stderr:
        pytest.skip(
            "The native part of tensorflow-io does not load beside "
            f"TensorFlow {tf.__version__}; it does beside 2.16."
        )
    assert "s3" in finished.stdout


def test_keras_3_and_probability_share_one_tensorflow():
    import keras

    assert keras.__version__.startswith("3.")
    assert keras.backend.backend() == "tensorflow"
    normal = tfp.distributions.Normal(keras.ops.zeros(()), 1.0)
    assert isinstance(normal.log_prob(0.0), tf.Tensor)
