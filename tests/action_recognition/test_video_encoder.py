"""Pooled descriptors of videos against a slow and plain computation."""

import dataclasses

import keras
import numpy as np
import pytest

from rmdn_tf.action_recognition import attention_sources
from rmdn_tf.action_recognition.attention_sources import (
    FromCentre,
    FromFixations,
    FromModel,
    WatchedVideo,
    WithCentre,
)
from rmdn_tf.action_recognition.choices import PARTS
from rmdn_tf.action_recognition.clip_encoders import make_encoder
from rmdn_tf.action_recognition.recipes import AttentionConfig, make_source
from rmdn_tf.action_recognition.video_encoder import VideoEncoder
from rmdn_tf.action_recognition.weighted_clips import WeightedClips
from rmdn_tf.data.annotations import Video
from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation.centre_bias import centre
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density

pytestmark = pytest.mark.slow

SIZE = (32, 32)
VIDEO = WatchedVideo("a", 25.0)
CENTRE = np.array([[0.3, 0.4, 0.7, -1.5, -2.0, 0.2]], np.float32)


class Spots(attention_sources.AttentionSource):
    """A spot that goes from column to column, one a frame."""

    about = {"source": "spots"}

    def maps(self, frames, video, size):
        for number, frame in enumerate(frames):
            yield frame, spot(number, size)


def spot(number, size):
    density = np.full(size, 0.1, np.float32)
    density[number % size[0], (3 * number) % size[1]] = 5
    return density / density.sum()


@pytest.fixture(scope="module")
def encoder(tmp_path_factory, tiny_model):
    directory = tmp_path_factory.mktemp("run")
    config = dataclasses.replace(
        tiny_model, input_size=SIZE, filters=((4,),) * 5
    )
    keras.utils.set_random_seed(0)
    save_model(build_rmdn(config), config, directory)
    return make_encoder(str(directory))


def frames_of(num_frames, size=SIZE):
    rng = np.random.default_rng(num_frames)
    return rng.integers(0, 256, [num_frames, *size, 3], np.uint8)


def plain_descriptor(encoder, frames, maps, stride, part, place, scale):
    """Clip by clip, in NumPy but for the network itself."""
    total_of = {"peak": np.max, "mean": np.mean, "sum": np.sum}[scale]
    described = []
    for end in range(15, len(frames), stride):
        clip = frames[end - 15 : end + 1].astype(np.float64)
        clip_maps = maps[end - 15 : end + 1].astype(np.float64)
        if part == "attention" and place == "pixels":
            for frame, one in zip(clip, clip_maps, strict=True):
                frame *= (one / total_of(one))[..., None]
        pixels = (clip - encoder.mean_rgb) * encoder.pixel_scale
        cells = encoder.to_cells(pixels[None].astype(np.float32)).numpy()[0]
        if part == "attention" and place == "features":
            for moment, maps_of in zip(
                cells, np.split(clip_maps, len(cells)), strict=True
            ):
                rows, columns = moment.shape[:2]
                of_cells = maps_of.mean(0).reshape(
                    rows, SIZE[0] // rows, columns, SIZE[1] // columns
                )
                of_cells = of_cells.mean((1, 3))
                moment *= (of_cells / total_of(of_cells))[..., None]
        described.append(encoder.to_descriptor(cells[None]).numpy()[0])
    return np.max(described, 0)


@pytest.mark.parametrize("place", ["pixels", "features"])
@pytest.mark.parametrize("scale", ["peak", "mean", "sum"])
@pytest.mark.parametrize(("num_frames", "stride"), [(16, 8), (61, 8), (33, 3)])
def test_descriptors_equal_those_of_a_plain_computation(
    encoder, place, scale, num_frames, stride
):
    frames = frames_of(num_frames)
    describe = VideoEncoder(
        WeightedClips(encoder, PARTS, place, scale), Spots(), stride
    )
    described = describe(frames, VIDEO)
    maps = np.stack([spot(number, SIZE) for number in range(num_frames)])
    for part in PARTS:
        expected = plain_descriptor(
            encoder, frames, maps, stride, part, place, scale
        )
        # Some features are exactly 0 behind a ReLU, others nearly.
        np.testing.assert_allclose(
            described[part], expected, rtol=1e-4, atol=1e-6
        )
    assert not np.allclose(described["context"], described["attention"])


def test_the_second_video_does_not_remember_the_first(encoder):
    describe = VideoEncoder(WeightedClips(encoder), Spots())
    alone = describe(frames_of(30), VIDEO)
    describe(frames_of(40), VIDEO)
    again = describe(frames_of(30), VIDEO)
    for part in PARTS:
        np.testing.assert_array_equal(alone[part], again[part])


def test_a_uniform_map_of_mean_one_changes_nothing(encoder):
    class Everywhere(Spots):
        def maps(self, frames, video, size):
            for frame in frames:
                yield frame, np.full(size, 1 / np.prod(size), np.float32)

    clips = WeightedClips(encoder, map_scale="mean")
    described = VideoEncoder(clips, Everywhere())(frames_of(20), VIDEO)
    # A weight of 1 but for the last bit of a sum.
    np.testing.assert_allclose(
        described["context"], described["attention"], rtol=1e-4, atol=1e-6
    )


def test_a_short_video_is_one_clip_whose_last_frame_stays(encoder):
    frames = frames_of(5)
    describe = VideoEncoder(WeightedClips(encoder, ("context",)), None)
    longer = np.concatenate([frames, np.repeat(frames[-1:], 11, 0)])
    np.testing.assert_array_equal(
        describe(frames, VIDEO)["context"], describe(longer, VIDEO)["context"]
    )


def test_a_video_without_a_frame_is_an_error(encoder):
    describe = VideoEncoder(WeightedClips(encoder, ("context",)), None)
    with pytest.raises(ValueError, match="No frame in the video 'a'"):
        describe([], VIDEO)


def test_frames_are_taken_one_after_the_other(encoder):
    """Few frames wait, however long the video is."""
    describe = VideoEncoder(WeightedClips(encoder), Spots(), 8)
    ahead = []
    taken = 0

    def endless():
        nonlocal taken
        for frame in frames_of(200):
            taken += 1
            yield frame

    run = describe._stream._network.run

    def spy(window, stride, state):
        ahead.append(taken)
        return run(window, stride, state)

    describe._stream._network.run = spy
    describe(endless(), VIDEO)
    assert max(np.diff([0, *ahead])) <= 32
    describe._stream._network.run = run


def test_attention_asks_for_a_source(encoder):
    with pytest.raises(ValueError, match="Invalid `source`"):
        VideoEncoder(WeightedClips(encoder), None)


@pytest.mark.parametrize(
    ("setting", "value"), [("place", "audio"), ("map_scale", "loud")]
)
def test_an_unknown_weighting_is_refused(encoder, setting, value):
    with pytest.raises(ValueError, match=f"{setting}='{value}'"):
        WeightedClips(encoder, **{setting: value})


def test_the_model_gives_the_maps_of_its_densities(tiny_model):
    model = AttentionModel(KerasNetwork(build_rmdn(tiny_model)), tiny_model)
    frames = frames_of(21, (20, 24))
    maps = list(FromModel(model, "f").maps(iter(frames), VIDEO, (6, 8)))
    expected = list(model.stream(frames, 25.0))
    assert len(maps) == 21
    for (frame, density), (same, of_model) in zip(maps, expected, strict=True):
        np.testing.assert_array_equal(frame, same)
        # Clips that go together may differ in the last bits.
        np.testing.assert_allclose(
            density, of_model.saliency_map(6, 8), rtol=1e-4
        )


def test_fixations_give_their_blurred_map_or_a_uniform_one():
    fixations = Fixations.from_rows([(1, 0.25, 0.5, 0), (1, 0.5, 0.5, 1)])
    video = Video("a", (), (8, 8), 25.0, 2, fixations)
    source = FromFixations({"a": video})
    (_, none), (_, two) = source.maps(frames_of(2), VIDEO, (10, 12))
    np.testing.assert_allclose(none, 1 / 120, rtol=1e-6)
    points = np.array([[[0.25, 0.5], [0.5, 0.5]]])
    expected = fixation_densities(points, np.ones([1, 2], bool), 10, 12, 0.36)
    np.testing.assert_allclose(two, expected[0], rtol=1e-6)


def test_the_centre_is_the_same_in_every_frame_and_may_be_added():
    source = FromCentre(CENTRE)
    expected = Density(CENTRE).saliency_map(6, 8)
    for _, density in source.maps(frames_of(2), VIDEO, (6, 8)):
        np.testing.assert_array_equal(density, expected)
    mixed = WithCentre(Spots(), source, 0.25)
    ((_, density),) = mixed.maps(frames_of(1), VIDEO, (6, 8))
    np.testing.assert_allclose(
        density, 0.75 * spot(0, (6, 8)) + 0.25 * expected, rtol=1e-6
    )
    np.testing.assert_allclose(density.sum(), 1, rtol=1e-5)


def test_what_a_source_depends_on_tells_sources_apart():
    abouts = [
        str(source.about)
        for source in (
            FromCentre(CENTRE),
            FromCentre(centre()),
            WithCentre(Spots(), FromCentre(CENTRE), 0.5),
            WithCentre(Spots(), FromCentre(CENTRE), 0.4),
            make_source(AttentionConfig("model")),
            make_source(AttentionConfig("model+tcb"), CENTRE),
        )
    ]
    assert len(set(abouts)) == len(abouts)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("guess", "Invalid `attention`"),
        ("fixations", "without recorded gaze"),
        ("tcb", "Missing trained centre"),
    ],
)
def test_a_source_that_cannot_be_made_is_an_error(kind, message):
    with pytest.raises(ValueError, match=message):
        make_source(AttentionConfig(kind))


def test_a_share_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="share=1.5"):
        WithCentre(Spots(), FromCentre(CENTRE), 1.5)
