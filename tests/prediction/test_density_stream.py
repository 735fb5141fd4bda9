"""Every frame of a stream gets its density, at its time."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.parts import initial_state, pad_context
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.prediction.attention_model import AttentionModel, load
from rmdn_tf.prediction.density_stream import DensityStream, Moment
from rmdn_tf.video.resizing import resize_pixels
from tfrecords_tools.frames.resampling import Resampling

pytestmark = pytest.mark.slow

NUM_FRAMES = 21
STRIDES = (1, 2, 4, 16)
FRAMES = np.random.default_rng(0).integers(
    0, 256, (NUM_FRAMES, 20, 24, 3), np.uint8
)


@pytest.fixture(scope="module", params=["c3d", "frames"])
def loaded(request, tiny_model, tiny_spatial_model):
    """A Keras model of each encoder, and its configuration."""
    keras.utils.set_random_seed(0)
    config = tiny_model
    if request.param == "frames":
        config = dataclasses.replace(tiny_spatial_model, frames_per_second=0.0)
    model = build_rmdn(config)
    for variable in model.trainable_variables:  # No weight is zero.
        noise = tf.random.stateless_normal(variable.shape, (0, 1), stddev=0.1)
        variable.assign_add(noise)
    return Loaded(model, config)


class Loaded:
    """A model, compiled once for all tests."""

    def __init__(self, model, config):
        self.model, self._config = model, config
        self.network = KerasNetwork(model)
        self.attention = AttentionModel(self.network, config)
        self.whole = functools.cache(self._whole)

    def _whole(self, stride):
        """Mixtures of all clips of `FRAMES`, by the model called once."""
        config = dataclasses.replace(self._config, clip_stride=stride)
        model = build_rmdn(config)
        model.set_weights(self.model.get_weights())
        num_clips = (NUM_FRAMES - 1) // stride + 1
        outputs = model(
            {
                "frames": pad_context(tf.constant(FRAMES[None])),
                "is_first": tf.constant([True]),
                "clip_mask": tf.fill([1, num_clips], True),
                **initial_state(model, 1),
            },
            training=False,
        )
        return outputs["parameters"][0].numpy()


@pytest.mark.parametrize("stride", STRIDES)
def test_pieces_of_any_size_equal_the_whole(loaded, stride):
    expected = loaded.whole(stride)
    clips = ClipStream(loaded.network, stride)
    for pieces in ([1] * 21, [21], [2, 1, 5, 13], [20, 1]):
        clips.reset()
        begins = np.cumsum([0, *pieces[:-1]])
        parts = [
            clips(FRAMES[begin : begin + n])
            for begin, n in zip(begins, pieces, strict=True)
        ]
        together = np.concatenate([part for part in parts if len(part)])
        np.testing.assert_allclose(together, expected, rtol=1e-4, atol=1e-5)


def test_a_stride_below_1_is_refused():
    with pytest.raises(ValueError, match="clip_stride=0"):
        ClipStream(None, 0)


@pytest.mark.parametrize("clips_at_once", [1, 3])
@pytest.mark.parametrize("stride", [1, 4])
def test_held_densities_are_those_of_the_clip_before(
    loaded, stride, clips_at_once
):
    expected = loaded.whole(stride)
    streamed = loaded.attention.densities(
        clip_stride=stride, clips_at_once=clips_at_once
    )
    moments = (Moment(n, FRAMES[n], n / 25, 1 / 25) for n in range(NUM_FRAMES))
    for number, (frame, density) in enumerate(streamed(moments)):
        assert frame == number
        np.testing.assert_allclose(
            density.parameters, expected[number // stride], rtol=1e-4, atol=1e-5
        )
    assert number == NUM_FRAMES - 1


def test_streams_side_by_side_do_not_see_each_other(loaded):
    stream = loaded.attention.stream
    videos = FRAMES, FRAMES[::-1]
    alone = [[d for _, d in stream(video)] for video in videos]
    pairs = zip(*map(stream, videos), strict=True)
    for number, pair in enumerate(pairs):
        for (_, density), expected in zip(pair, alone, strict=True):
            np.testing.assert_allclose(
                density.parameters, expected[number].parameters, rtol=1e-6
            )


@pytest.fixture(scope="module")
def trained_and_saved(trained_run, saved_model):
    """The same model, of a run and as a SavedModel."""
    return load(trained_run), load(saved_model.parent)


@pytest.mark.parametrize("stride", [2, 3, 4])
def test_a_saved_model_streams_as_the_python_model(trained_and_saved, stride):
    parameters = [
        [one.parameters for _, one in model.stream(FRAMES, clip_stride=stride)]
        for model in trained_and_saved
    ]
    np.testing.assert_allclose(*parameters, rtol=1e-4, atol=1e-5)


def test_a_saved_model_tells_its_configuration(trained_and_saved):
    trained, saved = trained_and_saved
    assert saved.config == trained.config


def test_a_stream_gives_what_evaluation_scores(tiny_model, demo_dir):
    config = dataclasses.replace(tiny_model, clip_stride=1)
    model = build_rmdn(config)
    predictor = StatefulNetwork(model, config.clip_stride)
    window = Window(31, config.clip_stride)
    videos = {}
    for batch in ordered_windows(demo_dir, "test", batch_size=1, window=window):
        frames = resize_pixels(batch["frames"][0], config.input_size)
        mixtures = predictor({**batch, "frames": frames[None]})[0].numpy()
        mask = batch["frame_mask"][0].numpy()
        frames = frames[CONTEXT:].numpy()
        name = batch["video_id"][0].numpy()
        video = videos.setdefault(name, ([], []))
        video[0].extend(frames[mask])
        video[1].extend(mixtures[mask])
    attention = AttentionModel(KerasNetwork(model), config)
    for frames, expected in videos.values():
        streamed = [d.parameters for _, d in attention.stream(frames)]
        np.testing.assert_allclose(streamed, expected, rtol=1e-5, atol=1e-6)
        assert len(streamed) > window.num_served
    assert len(videos) == 2


class Numbers:
    """In a `ClipStream`'s place: a clip's mixture is the level of its frame."""

    def __init__(self, stride):
        self._stride = stride
        self.calls = []

    def reset(self):
        self._position = 0

    def __call__(self, pixels):
        self.calls.append([int(p.flat[0]) for p in pixels])
        ends = [
            p
            for number, p in enumerate(pixels, self._position)
            if number % self._stride == 0
        ]
        self._position += len(pixels)
        mixtures = np.zeros((len(ends), 1, 6), np.float32)
        mixtures[:, 0, 1] = [p.flat[0] for p in ends]
        return mixtures


def moments(times, levels=None):
    durations = np.append(np.diff(times), times[-1] - times[-2])
    levels = range(len(times)) if levels is None else levels
    return [
        Moment(number, np.full((8, 8, 3), level, np.uint8), time, duration)
        for number, (level, time, duration) in enumerate(
            zip(levels, times, durations, strict=True)
        )
    ]


def test_between_clips_densities_go_over_by_the_frames_times():
    times = [0.0, 0.1, 0.35, 0.4, 0.5, 0.6]
    streamed = DensityStream(Numbers(3), 3, interpolate=True)(moments(times))
    densities = [density.parameters for _, density in streamed]
    assert [len(mixture) for mixture in densities] == [1, 2, 2, 1, 1, 1]
    for number, share in ((1, 0.25), (2, 0.875)):
        weights = np.exp(densities[number][:, 0])
        np.testing.assert_allclose(weights, [1 - share, share], rtol=1e-5)
        np.testing.assert_array_equal(densities[number][:, 1], [0, 3])
    # After the last clip nothing more is known.
    assert [mixture[0, 1] for mixture in densities[3:]] == [3, 3, 3]


def test_no_frame_waits_unless_it_is_asked_to():
    given = iter(moments(np.arange(9) / 10))
    taken = []

    def live():
        for moment in given:
            taken.append(moment.frame)
            yield moment

    for frame, _ in DensityStream(Numbers(4), 4)(live()):
        assert taken[-1] == frame


@pytest.mark.parametrize("rate", [23.976, 24, 25, 29.97, 30, 50, 60])
def test_the_network_looks_at_the_frames_that_a_dataset_would_hold(rate):
    clips = Numbers(1)
    times = np.arange(100) / rate
    streamed = DensityStream(clips, 1, frames_per_second=10)(moments(times))
    assert [frame for frame, _ in streamed] == list(range(100))
    resampling = Resampling(rate, 10)
    expected = resampling.source_of(np.arange(resampling.length(100)))
    np.testing.assert_array_equal(np.concatenate(clips.calls), expected)


def test_it_looks_at_every_frame_of_a_slow_video_and_begins_at_any_time():
    clips = Numbers(1)
    times = 7.3 + np.arange(10) / 5
    list(DensityStream(clips, 1, frames_per_second=10)(moments(times)))
    assert np.concatenate(clips.calls).tolist() == list(range(10))


@pytest.mark.parametrize("kind", ["recording", "cut"])
def test_a_new_recording_or_a_cut_begins_anew_and_is_not_crossed(kind):
    given = moments(range(12))
    options = {"is_cut": lambda pixels: pixels.flat[0] == 6}
    if kind == "recording":
        given[6] = given[6]._replace(begins_anew=True)
        options = {}
    streamed = DensityStream(Numbers(4), 4, interpolate=True, **options)(given)
    densities = [density.parameters[:, 1] for _, density in streamed]
    assert [mixture.tolist() for mixture in densities] == [
        *([0], [0, 4], [0, 4], [0, 4], [4], [4]),
        *([6], [6, 10], [6, 10], [6, 10], [10], [10]),
    ]


@pytest.mark.parametrize(("megabytes", "most"), [(1, 33), (40, 5), (200, 2)])
def test_frames_that_wait_are_bounded_in_bytes(megabytes, most):
    class Large:
        nbytes = megabytes * 2**20

    num_taken, waiting, clips = 0, [], Numbers(1)

    def counted():
        nonlocal num_taken
        for moment in moments(range(100)):
            num_taken += 1
            yield moment._replace(frame=Large())

    streamed = DensityStream(clips, 1, interpolate=True, clips_at_once=32)
    for number, (_, density) in enumerate(streamed(counted())):
        waiting.append(num_taken - number)
        assert density.parameters[0, 1] == number
    assert max(waiting) <= most
    assert number == 99


def test_large_frames_are_preprocessed_a_few_at_a_time(loaded):
    expected = ClipStream(loaded.network, 2)(FRAMES)
    network, sizes = KerasNetwork(loaded.model), []
    preprocess = network.preprocess
    network.preprocess = lambda f: sizes.append(len(f[0])) or preprocess(f)
    clips = ClipStream(network, 2)
    with pytest.MonkeyPatch.context() as patch:
        limit = 5 * FRAMES[0].nbytes
        patch.setattr("rmdn_tf.model.clip_stream.MAX_BYTES_AT_ONCE", limit)
        together = clips(FRAMES)
    assert sizes == [5, 5, 5, 5, 1]
    np.testing.assert_allclose(together, expected, rtol=1e-5, atol=1e-6)
