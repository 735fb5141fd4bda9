"""A picture or a short video is predicted at once."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import rmdn_tf
from rmdn_tf.prediction import whole_video
from rmdn_tf.prediction.density import Density, DensityBetween
from rmdn_tf.prediction.whole_video import Prediction
from tests.helpers.made_videos import moving_square, read_back, write_video

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 30, 40, 3), np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A video of 20 frames."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_video(path, moving_square())


@pytest.fixture(scope="module")
def predicted(model, clip) -> Prediction:
    return model.predict(str(clip))


def test_a_video_gives_its_times_frames_and_densities(predicted, clip):
    frames, _ = read_back(clip)
    assert len(predicted) == len(frames) == 20
    np.testing.assert_allclose(predicted.times, np.arange(20) / 25)
    np.testing.assert_array_equal(predicted.frames, frames)
    for number, (frame, density) in enumerate(predicted):
        np.testing.assert_array_equal(frame, frames[number])
        assert density is predicted.densities[number]
        assert density.frame_size == frame.shape[:2]


def test_the_densities_are_those_of_the_command(predicted, clip, run):
    path = clip.with_name("parameters.npz")
    code, _ = run(clip, "--parameters", path, output=None)
    assert code == 0
    with np.load(path) as written:
        np.testing.assert_array_equal(
            written["parameters"], predicted.parameters
        )
        np.testing.assert_array_equal(written["time_seconds"], predicted.times)


def test_without_interpolation_the_densities_are_those_of_a_stream(model, clip):
    settings = {"clip_stride": 3, "interpolate": False}
    predicted = model.predict_video(clip, **settings)
    streamed = [density for _, density in model.stream(clip, **settings)]
    np.testing.assert_allclose(
        predicted.parameters, [one.parameters for one in streamed], rtol=1e-5
    )


def test_frames_between_two_clips_interpolate(model, clip):
    predicted = model.predict_video(clip, clip_stride=3)
    kinds = {type(density) for density in predicted.densities}
    assert kinds == {Density, DensityBetween}
    number = len(predicted.densities[0].parameters)
    assert predicted.parameters.shape == (20, 2 * number, 6)
    padded = predicted.parameters[0, number:]
    assert (padded[:, 0] == -np.inf).all() and not padded[:, 1:].any()


def test_frames_are_a_video_and_one_frame_is_one_too(model):
    for frames in (FRAMES, list(FRAMES), iter(FRAMES)):
        predicted = model.predict(frames)
        np.testing.assert_array_equal(predicted.frames, FRAMES)
    rate = model.config.frames_per_second or 1
    np.testing.assert_allclose(predicted.times, np.arange(5) / rate)
    timed = model.predict_video(FRAMES, frames_per_second=50)
    np.testing.assert_allclose(timed.times, np.arange(5) / 50)
    assert len(model.predict(FRAMES[:1])) == 1


def test_one_picture_is_a_density(model, tmp_path):
    Image.fromarray(FRAMES[0]).save(tmp_path / "picture.png")
    other = tmp_path / "picture"  # A name without a suffix.
    other.write_bytes((tmp_path / "picture.png").read_bytes())
    expected = model.predict_picture(FRAMES[0]).parameters
    for picture in (
        FRAMES[0],
        Image.fromarray(FRAMES[0]),
        tmp_path / "picture.png",
        str(other),
    ):
        density = model.predict(picture)
        assert isinstance(density, Density)
        np.testing.assert_array_equal(density.parameters, expected)


def test_a_film_of_one_frame_is_a_video(model, tmp_path):
    write_video(tmp_path / "one.mp4", FRAMES[:1])
    assert len(model.predict(tmp_path / "one.mp4")) == 1
    Image.fromarray(FRAMES[0]).save(tmp_path / "one.gif")
    assert len(model.predict(tmp_path / "one.gif")) == 1


def test_a_part_of_a_prediction_is_one(predicted):
    part = predicted[5:9]
    np.testing.assert_array_equal(part.times, predicted.times[5:9])
    np.testing.assert_array_equal(part.frames, predicted.frames[5:9])
    assert part.densities == predicted.densities[5:9]
    np.testing.assert_array_equal(predicted[-1][0], predicted.frames[-1])
    assert predicted[-1][1] is predicted.densities[-1]
    assert predicted[20:].parameters.shape == (0, 0, 6)
    assert repr(part) == "Prediction(4 frames, densities)"


def test_mass_and_entropy_have_a_value_for_each_frame(predicted):
    area = rmdn_tf.rectangle(0, 0, 0.4, 1)
    expected = [density.mass(area) for density in predicted.densities]
    np.testing.assert_array_equal(predicted.mass(area), expected)
    expected = [density.entropy() for density in predicted.densities]
    np.testing.assert_array_equal(predicted.entropy(), expected)


def test_frames_need_not_be_kept(model, clip, predicted):
    without = model.predict_video(clip, keep_frames=False)
    assert without.frames is None and without[3][0] is None
    np.testing.assert_array_equal(without.parameters, predicted.parameters)


def test_a_video_that_announces_too_much_is_refused_before_the_work(
    model, clip, monkeypatch
):
    monkeypatch.setattr(whole_video, "MAX_BYTES", 20 * 48 * 64 * 3 - 1)
    monkeypatch.setattr(model, "densities", None)
    with pytest.raises(ValueError, match="20 frames of 64x48. Use `stream`"):
        model.predict(clip)


def test_what_grows_too_large_is_refused_when_it_is(model, monkeypatch):
    monkeypatch.setattr(whole_video, "MAX_BYTES", 3 * FRAMES[0].nbytes)

    def endless():
        while True:
            yield FRAMES[0]

    with pytest.raises(
        ValueError, match="more after [23] frames. Use `stream`"
    ):
        model.predict(endless())
    with pytest.raises(ValueError, match="more after [0-9]+ frames"):
        model.predict_video(endless(), keep_frames=False)


def test_a_camera_or_stream_is_refused(model):
    for source in ("0", "rtsp://localhost/live"):
        with pytest.raises(ValueError, match="may not end. Use `stream`"):
            model.predict(source)


def test_no_frame_is_an_error(model):
    with pytest.raises(ValueError, match="Empty `video`"):
        model.predict([])


def test_a_missing_file_is_an_error_that_names_it(model, tmp_path):
    for name in ("none.mp4", "none.png"):
        with pytest.raises(ValueError, match=f"{name}': No such file"):
            model.predict(tmp_path / name)
