"""Writes requests that warm a server up before its first real request.

TensorFlow prepares an operation when it first runs, so the first real request
would wait.
"""

import os
import pathlib

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.serving.messages import load_stubs, predict_request

WARM_UP_FILE = "assets.extra/tf_serving_warmup_requests"
# (height, width) of the frames; the network resizes them.
SIZE = (128, 171)


def warm_up_inputs(state_shapes: dict) -> dict[str, dict[str, np.ndarray]]:
    """Returns inputs for each signature, as in a stream's first request."""
    frames = np.zeros([1, CLIP_LENGTH, *SIZE, 3], np.uint8)
    jpeg = tf.io.encode_jpeg(frames[0, 0]).numpy()
    common = {"map_size": np.zeros([1, 2], np.int32)}
    state = {
        name: np.zeros([1, *shape], np.float32)
        for name, shape in state_shapes.items()
    }
    rows = {"rows": np.zeros([1], np.int32)}
    return {
        "serving_default": {"frames": frames[:, :1], **common},
        "step": {"frames": frames, **common, **state},
        "step_jpeg": {
            "jpegs": np.full([1, CLIP_LENGTH], jpeg, object),
            **common,
            **state,
        },
        "initial_state": rows,
        "metadata": rows,
    }


def write_warm_up(
    directory: str | os.PathLike, name: str, state_shapes: dict
) -> None:
    """Writes the requests into the directory of a SavedModel."""
    messages = load_stubs().prediction_log
    path = pathlib.Path(directory) / WARM_UP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(os.fspath(path)) as writer:
        for signature, inputs in warm_up_inputs(state_shapes).items():
            log = messages.PredictionLog()
            log.predict_log.request.CopyFrom(
                predict_request(name, signature, inputs)
            )
            writer.write(log.SerializeToString())
