"""A client of a server streams as the model in Python does."""

import itertools
import pathlib
import re
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf import predict
from rmdn_tf.model.parts import pad_context
from rmdn_tf.serving.client import Client, Connection
from rmdn_tf.video.decoding import FrameShrinker
from tests.helpers.loopback import QUICK, SCHEMES, client_of
from tests.helpers.made_videos import write_video

pytestmark = pytest.mark.slow

pytest.importorskip("tensorflow_serving.apis")

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/serving.md"


def parameters_of(stream):
    return np.stack([density.parameters for _, density in stream])


def assert_same(actual, expected):
    # Unconstrained parameters may be near 0.
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def shrunk_by_ffmpeg(exported, frames):
    return [*map(FrameShrinker(exported.config.input_size), frames)]


def locally(exported, frames, frames_per_second=None):
    return parameters_of(exported.attention.stream(frames, frames_per_second))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("rate", [None, 30])
@pytest.mark.parametrize("clips_per_request", [1, 3])
def test_a_stream_is_that_of_the_python_model(
    exported, server, video, scheme, rate, clips_per_request
):
    with client_of(server, scheme) as client:
        stream = client.stream(video, rate, clips_at_once=clips_per_request)
        frames, densities = zip(*stream, strict=True)
    assert all(map(np.array_equal, frames, video))
    assert_same(
        np.stack([density.parameters for density in densities]),
        locally(exported, video, rate),
    )
    steps = [name for name, _ in server.requests if name == "step"]
    num_clips = len(video) if rate is None else 5
    assert len(steps) == -(-num_clips // clips_per_request)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("clips_per_request", [1, 3])
def test_a_model_with_a_stride_and_no_state_is_streamed(
    exported_strided, strided_server, video, scheme, clips_per_request
):
    with client_of(strided_server, scheme) as client:
        stream = client.stream(video, clips_at_once=clips_per_request)
        actual = parameters_of(stream)
    pixels = np.stack(shrunk_by_ffmpeg(exported_strided, video))
    whole = exported_strided.model(
        {
            "frames": pad_context(tf.constant(pixels[None])),
            "is_first": tf.constant([True]),
            "clip_mask": tf.fill([1, 4], True),
        }
    )["parameters"][0]
    assert_same(actual, np.repeat(whole, 4, 0)[: len(video)])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_jpegs_may_be_sent(exported, server, video, scheme):
    with client_of(server, scheme, jpeg_quality=80) as client:
        actual = parameters_of(client.stream(video))
    decoded = [
        tf.io.decode_jpeg(tf.io.encode_jpeg(frame, quality=80)).numpy()
        for frame in shrunk_by_ffmpeg(exported, video)
    ]
    assert_same(actual, locally(exported, decoded))
    assert {name for name, _ in server.requests} >= {"step_jpeg"}
    assert not np.array_equal(decoded, shrunk_by_ffmpeg(exported, video))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A file of 20 larger frames, in which colours move."""
    rows, columns = np.mgrid[:72, :128][..., None] / 20
    hues = np.arange(3) * 2
    frames = [
        127 + 120 * np.sin(columns + hues + 0.4 * t) * np.cos(rows - 0.2 * t)
        for t in range(20)
    ]
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_video(path, np.uint8(frames), rate=10)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_gives_the_densities_of_its_frames_here_and_on_a_server(
    exported, server, film, scheme
):
    frames, densities = zip(*exported.attention.stream(film), strict=True)
    expected = np.stack([density.parameters for density in densities])
    np.testing.assert_array_equal(locally(exported, frames, 10), expected)
    with client_of(server, scheme) as client:
        assert_same(parameters_of(client.stream(film)), expected)
        assert_same(parameters_of(client.stream(frames, 10)), expected)


def test_the_graph_of_a_saved_model_resizes_frames_as_a_stream_does(
    exported, film
):
    frames, densities = zip(*exported.attention.stream(film), strict=True)
    expected = [density.saliency_map(18, 32) for density in densities]

    model = tf.saved_model.load(str(exported.version))

    def moved(frames):
        """Probability that lies elsewhere than in the stream."""
        found = model.signatures["serving_default"](
            frames=tf.cast(tf.round(frames), tf.uint8)[None],
            map_size=tf.constant([[18, 32]]),
        )["densities"][0]
        return 0.5 * np.abs(found - expected).sum((1, 2)).mean()

    frames = np.stack(frames)
    plain = tf.image.resize(frames, exported.config.input_size)
    assert moved(frames) < 0.1 * moved(plain)
    assert moved(frames) < 2e-5


def test_streams_that_take_turns_do_not_see_each_other(exported, server, video):
    videos = [video, video[::-1], 255 - video]
    with client_of(server, "grpc") as one, client_of(server, "rest") as other:
        clients = itertools.cycle([one, other])
        streams = [c.stream(v) for v, c in zip(videos, clients, strict=False)]
        turns = list(zip(*streams, strict=True))
    for frames, stream in zip(videos, zip(*turns, strict=True), strict=True):
        assert_same(parameters_of(stream), locally(exported, frames))


def test_streams_in_threads_do_not_see_each_other(exported, server, video):
    videos = [np.roll(video, shift, axis=0) for shift in range(4)]
    found = {}
    with client_of(server, "grpc") as client:

        def run(number):
            found[number] = parameters_of(client.stream(videos[number]))

        threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number, frames in enumerate(videos):
        assert_same(found[number], locally(exported, frames))


def test_no_frame_waits_for_a_later_one(server, video):
    taken = []

    def frames():
        for number, frame in enumerate(video):
            taken.append(number)
            yield frame

    with client_of(server, "grpc") as client:
        for number, _ in enumerate(client.stream(frames(), 30)):
            assert taken[-1] == number


def test_a_frame_of_another_size_is_named(server, video):
    frames = [video[0], video[1], video[2, 1:]]
    with client_of(server, "grpc") as client:
        with pytest.raises(ValueError, match="Invalid `video`.*frame 2"):
            list(client.stream(frames))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_unavailable_server_is_tried_again(exported, server, video, scheme):
    unavailable = grpc.StatusCode.UNAVAILABLE
    with client_of(server, scheme) as client:
        stream = client.stream(video[:3])
        first = next(stream)
        server.faults.extend([unavailable, unavailable, None, unavailable])
        server.requests.clear()
        rest = list(stream)
    assert len(server.requests) == 2 + 3
    assert_same(parameters_of([first, *rest]), locally(exported, video[:3]))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_server_that_stays_unavailable_is_given_up(server, video, scheme):
    with client_of(server, scheme) as client:
        stream = client.stream(video)
        next(stream)
        server.faults.extend([grpc.StatusCode.UNAVAILABLE] * 9)
        server.requests.clear()
        with pytest.raises(ConnectionError, match="UNAVAILABLE"):
            next(stream)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "scheme, status, error",
    [
        ("grpc", grpc.StatusCode.INVALID_ARGUMENT, ValueError),
        ("rest", grpc.StatusCode.INVALID_ARGUMENT, ValueError),
        ("grpc", grpc.StatusCode.DEADLINE_EXCEEDED, TimeoutError),
        ("grpc", grpc.StatusCode.INTERNAL, ConnectionError),
        ("rest", grpc.StatusCode.INTERNAL, ConnectionError),
    ],
)
def test_what_would_fail_again_is_not_tried_again(
    server, video, scheme, status, error
):
    with client_of(server, scheme) as client:
        stream = client.stream(video)
        next(stream)
        server.faults.append(status)
        server.requests.clear()
        with pytest.raises(error, match="a fault that the test asked for"):
            next(stream)
    assert len(server.requests) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_server_that_does_not_answer_in_time_is_given_up(
    server, video, scheme
):
    with client_of(server, scheme, Connection(timeout_seconds=2)) as client:
        stream = client.stream(video)
        next(stream)
        server.before = lambda: time.sleep(5)
        began = time.monotonic()
        with pytest.raises(TimeoutError, match="took too long"):
            next(stream)
    assert time.monotonic() - began < 4.5


@pytest.mark.parametrize("url", ["grpc://127.0.0.1:1", "http://127.0.0.1:1"])
def test_a_server_that_is_not_there_is_named(url):
    with pytest.raises(ConnectionError, match=f"The server '{url}' failed"):
        Client(url, "tiny", QUICK)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_model_that_is_not_there_is_an_error(server, scheme):
    url = server.grpc_url if scheme == "grpc" else server.rest_url
    with pytest.raises(ValueError, match="Servable not found.*NOT_FOUND"):
        Client(url, "another", QUICK)


@pytest.mark.parametrize("url", ["localhost:8500", "ftp://host", "grpc://", ""])
def test_an_invalid_url_is_an_error(url):
    with pytest.raises(ValueError, match="Invalid `url`. Expected one of grpc"):
        Client(url)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_stream_ends_with_the_version_that_it_began_with(
    server, video, scheme
):
    with client_of(server, scheme) as client:
        stream = client.stream(video)
        next(stream)
        server.version = 2
        with pytest.raises(ValueError, match="NOT_FOUND"):
            next(stream)
        assert len(list(client.stream(video))) == len(video)
    assert {version for _, version in server.requests} == {1, 2}


def test_a_video_is_drawn_over_a_server_as_locally(
    exported, server, video, tmp_path
):
    write_video(tmp_path / "in.mp4", video)
    command = ["--video", str(tmp_path / "in.mp4"), "--parameters"]
    model = ["--model", str(exported.version)]
    served = ["--server", server.grpc_url, "--model", "tiny"]
    for options, name in ((model, "local.npz"), (served, "served.npz")):
        assert predict.main([*command, str(tmp_path / name), *options]) == 0
    one, other = (
        np.load(tmp_path / name)["parameters"]
        for name in ("local.npz", "served.npz")
    )
    assert len(one) > 10
    assert_same(one, other)


def test_without_the_messages_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(ImportError, match=r"pip install 'rmdn-tf\[serving\]'"):
        Client("grpc://127.0.0.1:1")


def test_the_client_of_the_page_runs_as_printed(server, video):
    text = PAGE.read_text()
    (snippet,) = re.findall(r"```py\n(.*?)```", text, re.DOTALL)
    snippet = snippet.replace("grpc://localhost:8500", server.grpc_url)
    names = {"video": video}
    exec(snippet.replace("demo-small", "tiny"), names)
    assert np.array_equal(names["frame"], video[-1])
    for written in re.findall(r"`((?:Sending|Connection)\(.*?\))`", text):
        eval(written, names)
