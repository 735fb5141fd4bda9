"""TensorFlow Serving's official messages, from the extra `serving`."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class Stubs(NamedTuple):
    """Modules of `tensorflow_serving.apis`."""

    get_model_status: Any
    predict: Any
    prediction_log: Any


def load_stubs() -> Stubs:
    """Imports the messages, or raises an ImportError that names the extra."""
    try:
        from tensorflow_serving.apis import (
            get_model_status_pb2,
            predict_pb2,
            prediction_log_pb2,
        )
    except ImportError as error:
        raise ImportError(
            "TensorFlow Serving's messages are not installed: "
            f"pip install 'rmdn-tf[serving]' ({error})"
        ) from error
    return Stubs(get_model_status_pb2, predict_pb2, prediction_log_pb2)


def predict_request(
    name: str,
    signature: str,
    inputs: dict[str, np.ndarray],
    version: int | None = None,
) -> Any:
    """Builds a `PredictRequest`; version None asks for the newest."""
    request = load_stubs().predict.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request


def arrays_of(response: Any) -> dict[str, np.ndarray]:
    """Reads the outputs of a `PredictResponse`."""
    return {k: tf.make_ndarray(proto) for k, proto in response.outputs.items()}
