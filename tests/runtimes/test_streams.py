"""A stream through each runtime is that of TensorFlow, in pieces of any size.

For tiny networks of both kinds, and for files that run one clip or any number
of clips at once.
"""

import concurrent.futures

import numpy as np
import pytest

from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.runs.loading import load_exported

pytestmark = pytest.mark.slow

# (format, number of clips that run at once).
FILES = [
    ("litert", 1),
    ("onnx", 1),
    ("onnx", None),
    ("openvino", 1),
    ("openvino", None),
]

# A rounding may be another one in other kernels.
TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(scope="module", params=["tiny_model", "tiny_spatial_model"])
def config(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(
    scope="module", params=FILES, ids=lambda file: f"{file[0]}-{file[1]}"
)
def networks(request, config, portable_file):
    """The network of a file, in its runtime, and in TensorFlow."""
    name, num_clips = request.param
    model, path = portable_file(name, config, num_clips)
    network, loaded = load_exported(path)
    assert loaded == config
    return network, KerasNetwork(model)


@pytest.fixture
def network(networks):
    return networks[0]


def video(seed, size=(40, 56), num_frames=37):
    """Noise in blocks that moves; no decision of the network is close."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, 256, [2, num_frames + 8, 8, 3])
    picture = (rows[:, :, None] // 2 + columns[:, None] // 2).astype(np.uint8)
    picture = picture.repeat(-(-size[0] // 8), 1).repeat(-(-size[1] // 8), 2)
    return picture[:num_frames, : size[0], : size[1]]


def in_pieces(stream, frames, length):
    parts = [
        stream(frames[begin : begin + length])
        for begin in range(0, len(frames), length)
    ]
    return np.concatenate([part for part in parts if len(part)])


@pytest.mark.parametrize("other_stride", [False, True])
@pytest.mark.parametrize("size", [(12, 14), (32, 32), (75, 100)])
def test_a_stream_is_that_of_tensorflow_in_pieces_of_any_size(
    networks, config, size, other_stride
):
    network, in_tensorflow = networks
    stride = config.clip_stride + 2 * other_stride
    frames = video(0, size)
    expected = ClipStream(in_tensorflow, stride)(frames)
    assert len(expected) == -(-len(frames) // stride)
    assert np.ptp(expected, 0).max() > 0.01  # The video changes the mixtures.
    stream = ClipStream(network, stride)
    for length in (1, 2, 5, 17, len(frames)):
        stream.reset()
        found = in_pieces(stream, frames, length)
        np.testing.assert_allclose(found, expected, **TOLERANCE)


def test_a_second_video_starts_anew(network, config):
    stream = ClipStream(network, config.clip_stride)
    first, second = video(1), video(2)
    expected = ClipStream(network, config.clip_stride)(second)
    continued = (stream(first), stream(second))[1]
    assert np.abs(continued[0] - expected[0]).max() > 1e-4
    stream.reset()
    np.testing.assert_array_equal(stream(second), expected)


def test_streams_side_by_side_have_states_of_their_own(network, config):
    videos = video(3), video(4)
    alone = [ClipStream(network, config.clip_stride)(one) for one in videos]
    streams = [ClipStream(network, config.clip_stride) for _ in videos]
    parts: list[list] = [[], []]
    for begin in range(0, len(videos[0]), 5):
        for number in (0, 1):
            piece = videos[number][begin : begin + 5]
            parts[number].extend(streams[number](piece))
    np.testing.assert_allclose(parts, alone, 1e-6, 1e-6)


def test_streams_may_run_in_threads(network, config):
    videos = [video(seed, num_frames=150) for seed in range(3)]
    streams = [ClipStream(network, config.clip_stride) for _ in videos]
    alone = [ClipStream(network, config.clip_stride)(one) for one in videos]
    with concurrent.futures.ThreadPoolExecutor(len(videos)) as threads:
        found = [*threads.map(in_pieces, streams, videos, [5] * len(videos))]
    np.testing.assert_allclose(found, alone, 1e-6, 1e-6)
