"""An invalid request is answered with a sentence, and the server goes on."""

import re

import grpc
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.serving.request_checks import check_outputs
from rmdn_tf.serving.warm_up import WARM_UP_FILE

pytest.importorskip("tensorflow_serving.apis")

from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from benchmarks.request_corruptions import (
    corrupted,
    valid_inputs,
    valid_requests,
    with_size,
)
from rmdn_tf.serving.messages import arrays_of, predict_request

pytestmark = pytest.mark.slow

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


VALID = valid_inputs(SHAPES, np.random.default_rng(0))
WINDOW = VALID["serving_default"]["frames"]
FRAMES = VALID["step"]["frames"]
JPEGS = VALID["step_jpeg"]["jpegs"]


def with_one(jpeg):
    """The valid pictures but for one."""
    changed = JPEGS.copy()
    changed[1, 3] = jpeg
    return changed


def pixels(*shape):
    return np.zeros(shape, np.uint8)


def integers(*values):
    return np.array(values, np.int32)


def floats(value, *shape):
    return np.full(shape, value, np.float32)


TALL = tf.io.encode_jpeg(np.zeros([13, 20, 3], np.uint8)).numpy()
GREY = tf.io.encode_jpeg(np.zeros([12, 20, 1], np.uint8)).numpy()
PNG = tf.io.encode_png(pixels(12, 20, 3)).numpy()
HUGE = np.full([2, 16], with_size(TALL, 65000, 65000), object)
WIDE = RequestLimits().max_pixels // (2 * CLIP_LENGTH) + 1

FIVE_AXES = r"Invalid `frames`. Expected the shape \[B, L, H, W, 3\]. Received:"
OF_HIDDEN = r"Invalid `hidden`. Expected the shape \[B, 4\], of this model"
ROWS = "Expected as many rows as the frames have"
FINITE = "Expected finite numbers"

BAD = [
    ("step", "frames", FRAMES[0], FIVE_AXES + r"\] \[16 12 20 3\]"),
    ("step", "frames", np.uint8(3), FIVE_AXES),
    ("step", "frames", FRAMES[..., :2], FIVE_AXES + r"\] \[2 16 12 20 2\]"),
    ("step", "frames", FRAMES.astype(np.float32), "uint8"),
    ("step", "frames", FRAMES[:, 1:], "15 frames of context and one or more"),
    ("step", "frames", FRAMES[:, :, :, :0], "frames of one pixel or more"),
    ("step", "frames", pixels(2, 16, WIDE, 1, 3), "at most 33554432 pixels in"),
    ("serving_default", "frames", WINDOW[:, :0], "one frame or more in each"),
    (
        "serving_default",
        "frames",
        pixels(2, 129, 1, 1, 3),
        "256 (frames|clips)",
    ),
    ("step", "hidden", floats(np.nan, 2, 4), FINITE + " from -1 to 1, as the"),
    ("step_jpeg", "hidden", floats(-1.01, 2, 4), FINITE + " from -1 to 1"),
    ("step_jpeg", "hidden", floats(0, 2, 14, 14, 4), OF_HIDDEN),
    ("step", "hidden", floats(0, 2, 5), OF_HIDDEN + r". Received:\] \[2 5\]"),
    ("step", "cell", floats(-np.inf, 2, 4), f"Invalid `cell`. {FINITE}"),
    ("step", "cell", floats(3e38, 2, 4), FINITE + r" from -1.67772e\+07 to"),
    ("step", "cell", floats(0, 3, 4), f"Invalid `cell`. {ROWS}"),
    ("step", "cell", floats(0, 1, 4), f"Invalid `cell`. {ROWS}"),
    ("step", "map_size", integers([1, 1]).repeat(3, 0), f"`map_size`. {ROWS}"),
    ("step", "map_size", integers(1, 1), r"`map_size`. .*shape \[B, 2\]"),
    ("step", "map_size", integers([4, 6], [4, 7]), "the same in each row"),
    ("step", "map_size", integers([-4, -4], [-4, -4]), "a positive height and"),
    ("step", "map_size", integers([0, 5], [0, 5]), "or 0 and 0 for no map"),
    (
        "step",
        "map_size",
        integers([2**31 - 1] * 2).repeat(2, 0),
        "at most 16384",
    ),
    (
        "step",
        "map_size",
        integers([4097] * 2).repeat(2, 0),
        "pixels in all maps",
    ),
    ("step_jpeg", "jpegs", JPEGS[:, :0], "`jpegs`. Expected 15 frames of cont"),
    ("step_jpeg", "jpegs", JPEGS[0], r"`jpegs`. Expected the shape \[B, L\]"),
    ("step_jpeg", "jpegs", with_one(b""), "JPEG"),
    ("step_jpeg", "jpegs", with_one(b"no picture" * 20), "JPEG"),
    ("step_jpeg", "jpegs", with_one(JPEGS[0, 0][:-40]), "JPEG"),
    ("step_jpeg", "jpegs", with_one(PNG), "JPEG"),
    ("step_jpeg", "jpegs", with_one(TALL), "Expected pictures of one size"),
    ("step_jpeg", "jpegs", HUGE, "`jpegs`. Expected at most 33554432 pixels"),
    ("initial_state", "rows", integers(), "`rows`. Expected 1 to 256 rows"),
    ("initial_state", "rows", integers(*range(257)), "Expected 1 to 256 rows"),
    ("metadata", "rows", np.int32(2), r"`rows`. Expected the shape \[B\]"),
]


@pytest.mark.parametrize("signature, name, value, words", BAD)
def test_an_error_names_the_fault_of_a_request(
    channel, signature, name, value, words
):
    assert_refused(channel, signature, words, **{name: value})


def test_a_request_without_rows_is_refused(channel):
    assert_refused(
        channel,
        "serving_default",
        "Expected one row or more",
        frames=pixels(0, 3, 12, 20, 3),
        map_size=np.zeros([0, 2], np.int32),
    )


def assert_refused(channel, signature, words, **changes):
    error = ask(channel, signature, **VALID[signature] | changes)
    assert isinstance(error, grpc.RpcError), error
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert re.search(words, error.details())
    # The server is up, and answers as before.
    answer = ask(channel, "step", **VALID["step"])
    assert np.isfinite(answer["hidden"]).all()


def test_a_picture_without_colours_is_taken(channel):
    valid = VALID["step_jpeg"]
    grey = np.full([2, 16], GREY, object)
    answer = ask(channel, "step_jpeg", **valid | {"jpegs": grey})
    black = ask(
        channel, "step", **VALID["step"] | {"frames": pixels(2, 16, 12, 20, 3)}
    )
    np.testing.assert_allclose(
        answer["parameters"], black["parameters"], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("number", [2, 3, 6])
def test_a_step_must_end_where_a_clip_or_a_stride_does(strided_server, number):
    map_size = VALID["step"]["map_size"]
    frames = np.resize(FRAMES, (2, 15 + number, 12, 20, 3))
    address = strided_server.grpc_url.removeprefix("grpc://")
    with grpc.insecure_channel(address) as channel:
        error = ask(channel, "step", frames=frames, map_size=map_size)
        assert "a multiple of 4, the stride of clips" in error.details()
        for valid in (1, 4, 5):
            frames = np.resize(frames, (2, 15 + valid, 12, 20, 3))
            answer = ask(channel, "step", frames=frames, map_size=map_size)
            assert answer["densities"].shape == (2, -(-valid // 4), 4, 6)


def test_parameters_that_are_not_finite_are_not_sent():
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
