"""A request that is none is answered with a sentence; the server goes on."""

import grpc
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.serving.request_checks import check_outputs
from rmdn_tf.serving.warm_up import WARM_UP_FILE

pytest.importorskip(
    "tensorflow_serving.apis",
    reason="TensorFlow Serving's messages are not installed.",
)

from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from benchmarks.request_corruptions import (
    corrupted,
    valid_inputs,
    valid_requests,
    with_size,
)
from rmdn_tf.serving.messages import arrays_of, predict_request

SHAPES = {"hidden": (4,), "cell": (4,)}
METHOD = "/tensorflow.serving.PredictionService/Predict"
NUM_CORRUPTIONS = 60


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.grpc_url.removeprefix("grpc://")) as one:
        yield one


def send(channel, request: bytes):
    """Sends bytes as they are; returns the outputs or the error."""
    call = channel.unary_unary(METHOD)
    try:
        answer = call(request, timeout=30)
    except grpc.RpcError as error:
        return error
    return arrays_of(predict_pb2.PredictResponse.FromString(answer))


def ask(channel, signature, **inputs):
    request = predict_request("tiny", signature, inputs)
    return send(channel, request.SerializeToString())


@pytest.fixture
def inputs():
    return valid_inputs(SHAPES, np.random.default_rng(0))


def _jpegs(inputs, jpeg):
    changed = inputs["jpegs"].copy()
    changed[1, 3] = jpeg
    return {"jpegs": changed}


def _zeros(*shape):
    return np.zeros(shape, np.uint8)


TALL = tf.io.encode_jpeg(np.zeros([13, 20, 3], np.uint8)).numpy()
GREY = tf.io.encode_jpeg(np.zeros([12, 20, 1], np.uint8)).numpy()
WIDE = RequestLimits().max_pixels // (2 * CLIP_LENGTH) + 1

BAD = {
    "a rank": (
        "step",
        lambda i: {"frames": i["frames"][0]},
        r"Invalid `frames`. Expected the shape \[B, L, H, W, 3\]. "
        r"Received:\] \[16 12 20 3\]",
    ),
    "no rank": (
        "step",
        lambda i: {"frames": np.uint8(3)},
        r"Invalid `frames`. Expected the shape \[B, L",
    ),
    "colours": (
        "step",
        lambda i: {"frames": i["frames"][..., :2]},
        r"Expected the shape \[B, L, H, W, 3\]. Received:\] \[2 16 12 20 2\]",
    ),
    "a type": (
        "step",
        lambda i: {"frames": i["frames"].astype(np.float32)},
        "uint8",
    ),
    "no rows": (
        "serving_default",
        lambda i: {
            "frames": _zeros(0, 3, 12, 20, 3),
            "map_size": np.zeros([0, 2], np.int32),
        },
        "Expected one row or more",
    ),
    "no frames": (
        "serving_default",
        lambda i: {"frames": i["frames"][:, :0]},
        "Invalid `frames`. Expected one frame or more in each row",
    ),
    "context alone": (
        "step",
        lambda i: {"frames": i["frames"][:, 1:]},
        "Expected 15 frames of context and one or more new ones",
    ),
    "frames of no pixel": (
        "step",
        lambda i: {"frames": i["frames"][:, :, :, :0]},
        "Expected frames of one pixel or more",
    ),
    "a huge picture": (
        "step",
        lambda i: {"frames": _zeros(2, 16, WIDE, 1, 3)},
        "Expected at most 33554432 pixels in a request",
    ),
    "many frames": (
        "serving_default",
        lambda i: {"frames": _zeros(2, 129, 1, 1, 3)},
        "Expected at most 256 (frames|clips)",
    ),
    "another state's size": (
        "step",
        lambda i: {"cell": np.zeros([2, 5], np.float32)},
        r"Invalid `cell`. Expected the shape \[B, 4\], of this model. "
        r"Received:\] \[2 5\]",
    ),
    "another state's rank": (
        "step_jpeg",
        lambda i: {"hidden": np.zeros([2, 14, 14, 4], np.float32)},
        r"Invalid `hidden`. Expected the shape \[B, 4\], of this model",
    ),
    "a state that is no number": (
        "step",
        lambda i: {"hidden": np.full([2, 4], np.nan, np.float32)},
        "Invalid `hidden`. Expected finite numbers from -1 to 1, as the step",
    ),
    "a state without end": (
        "step",
        lambda i: {"cell": np.array([[0] * 4, [0, 0, -np.inf, 0]], np.float32)},
        "Invalid `cell`. Expected finite numbers",
    ),
    "a state that is finite": (
        "step",
        lambda i: {"cell": np.full([2, 4], 3e38, np.float32)},
        r"Invalid `cell`. Expected finite numbers from -1.67772e\+07 to",
    ),
    "a state that is too large": (
        "step_jpeg",
        lambda i: {"hidden": np.full([2, 4], -1.01, np.float32)},
        "Invalid `hidden`. Expected finite numbers from -1 to 1",
    ),
    "a state of more rows": (
        "step",
        lambda i: {"cell": np.zeros([3, 4], np.float32)},
        "Invalid `cell`. Expected as many rows as the frames have",
    ),
    "a state for all rows": (
        "step",
        lambda i: {"cell": np.zeros([1, 4], np.float32)},
        "Invalid `cell`. Expected as many rows as the frames have",
    ),
    "sizes of more rows": (
        "step",
        lambda i: {"map_size": np.ones([3, 2], np.int32)},
        "Invalid `map_size`. Expected as many rows as the frames have",
    ),
    "sizes of another rank": (
        "step",
        lambda i: {"map_size": np.ones([2], np.int32)},
        r"Invalid `map_size`. Expected the shape \[B, 2\]",
    ),
    "sizes that differ": (
        "step",
        lambda i: {"map_size": np.array([[4, 6], [4, 7]], np.int32)},
        "Invalid `map_size`. Expected the same in each row",
    ),
    "a negative size": (
        "serving_default",
        lambda i: {"map_size": np.full([2, 2], -4, np.int32)},
        "Expected a positive height and width, or 0 and 0 for no map",
    ),
    "half a size": (
        "step",
        lambda i: {"map_size": np.array([[0, 5]] * 2, np.int32)},
        "Expected a positive height and width, or 0 and 0 for no map",
    ),
    "a huge map": (
        "step",
        lambda i: {"map_size": np.full([2, 2], 2**31 - 1, np.int32)},
        "Expected at most 16384 rows and columns",
    ),
    "large maps": (
        "step",
        lambda i: {"map_size": np.full([2, 2], 4097, np.int32)},
        "Expected at most 33554432 pixels in all maps of a request",
    ),
    "no pictures": (
        "step_jpeg",
        lambda i: {"jpegs": i["jpegs"][:, :0]},
        "Invalid `jpegs`. Expected 15 frames of context",
    ),
    "pictures of another rank": (
        "step_jpeg",
        lambda i: {"jpegs": i["jpegs"][0]},
        r"Invalid `jpegs`. Expected the shape \[B, L\]",
    ),
    "an empty picture": (
        "step_jpeg",
        lambda i: _jpegs(i, b""),
        "JPEG",
    ),
    "what is no picture": (
        "step_jpeg",
        lambda i: _jpegs(i, b"no picture" * 20),
        "JPEG",
    ),
    "half a picture": (
        "step_jpeg",
        lambda i: _jpegs(i, i["jpegs"][0, 0][:-40]),
        "JPEG",
    ),
    "a picture of another kind": (
        "step_jpeg",
        lambda i: _jpegs(i, tf.io.encode_png(_zeros(12, 20, 3)).numpy()),
        "JPEG",
    ),
    "pictures of several sizes": (
        "step_jpeg",
        lambda i: _jpegs(i, TALL),
        "Invalid `jpegs`. Expected pictures of one size",
    ),
    "a picture that claims to be huge": (
        "step_jpeg",
        lambda i: {
            "jpegs": np.full([2, 16], with_size(TALL, 65000, 65000), object)
        },
        "Invalid `jpegs`. Expected at most 33554432 pixels in a request",
    ),
    "no rows of state": (
        "initial_state",
        lambda i: {"rows": np.zeros([0], np.int32)},
        "Invalid `rows`. Expected 1 to 256 rows",
    ),
    "many rows of state": (
        "initial_state",
        lambda i: {"rows": np.zeros([257], np.int32)},
        "Invalid `rows`. Expected 1 to 256 rows",
    ),
    "rows of another rank": (
        "metadata",
        lambda i: {"rows": np.int32(2)},
        r"Invalid `rows`. Expected the shape \[B\]",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_wrong_with_a_request_is_said(channel, inputs, bad):
    signature, change, sentence = BAD[bad]
    valid = inputs[signature]
    error = ask(channel, signature, **valid | change(valid))
    assert isinstance(error, grpc.RpcError), error
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    pytest.raises(ValueError, _raise, error.details()).match(sentence)
    # The server is up, and answers as before.
    assert np.isfinite(ask(channel, "step", **inputs["step"])["hidden"]).all()


def _raise(message):
    raise ValueError(message)


def test_a_picture_without_colours_is_taken(channel, inputs):
    valid = inputs["step_jpeg"]
    grey = np.full([2, 16], GREY, object)
    answer = ask(channel, "step_jpeg", **valid | {"jpegs": grey})
    black = ask(
        channel, "step", **inputs["step"] | {"frames": _zeros(2, 16, 12, 20, 3)}
    )
    np.testing.assert_allclose(
        answer["parameters"], black["parameters"], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("number", [2, 3, 6])
def test_a_step_must_end_where_a_clip_or_a_stride_does(
    strided_server, inputs, number
):
    frames = np.resize(inputs["step"]["frames"], (2, 15 + number, 12, 20, 3))
    address = strided_server.grpc_url.removeprefix("grpc://")
    with grpc.insecure_channel(address) as channel:
        error = ask(
            channel,
            "step",
            frames=frames,
            map_size=inputs["step"]["map_size"],
        )
        assert "than a multiple of 4, the stride of clips" in error.details()
        for valid in (1, 4, 5):
            frames = np.resize(frames, (2, 15 + valid, 12, 20, 3))
            answer = ask(
                channel,
                "step",
                frames=frames,
                map_size=inputs["step"]["map_size"],
            )
            assert answer["densities"].shape == (2, -(-valid // 4), 4, 6)


def test_parameters_that_are_none_are_not_sent():
    with pytest.raises(tf.errors.InvalidArgumentError, match="`state`"):
        check_outputs({"parameters": tf.constant([[1.0, np.nan]])})


def test_random_corruptions_leave_the_server_as_it_was(channel):
    rng = np.random.default_rng(7)
    before = _answers(channel)
    errors = 0
    for _ in range(NUM_CORRUPTIONS):
        said, request = corrupted("tiny", SHAPES, rng)
        answer = send(channel, request)
        if isinstance(answer, grpc.RpcError):
            errors += 1
            assert answer.code() in (
                grpc.StatusCode.INVALID_ARGUMENT,
                grpc.StatusCode.NOT_FOUND,
                grpc.StatusCode.INTERNAL,  # No message at all.
            ), (said, answer)
            if answer.code() == grpc.StatusCode.INTERNAL:
                assert "deserializing" in answer.details(), said
            assert len(answer.details()) > 10, said
        else:
            for name, part in answer.items():
                if part.dtype == np.float32:
                    assert np.isfinite(part).all(), (said, name)
    assert NUM_CORRUPTIONS / 3 < errors < NUM_CORRUPTIONS
    for one, other in zip(before, _answers(channel), strict=True):
        for name, part in one.items():
            np.testing.assert_array_equal(part, other[name])


def _answers(channel):
    requests = valid_requests("tiny", SHAPES, np.random.default_rng(1))
    return [send(channel, request) for request in requests]


def test_the_warm_up_requests_are_ones_that_the_server_answers(
    exported, server, channel
):
    records = tf.data.TFRecordDataset(str(exported.version / WARM_UP_FILE))
    signatures = []
    for record in records.as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        signatures.append(request.model_spec.signature_name)
        answer = send(channel, request.SerializeToString())
        assert not isinstance(answer, grpc.RpcError), answer
    assert sorted(signatures) == sorted(server.model.signatures)
