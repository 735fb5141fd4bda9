"""Videos are compared frame by frame; each frame tells its number."""

import math
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from rmdn_tf.applications.quality.comparison import compare
from rmdn_tf.metrics.picture_quality import weighted_psnr, weighted_ssim
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.decoding import VideoError
from tests.helpers.ffmpeg_psnr import psnr_of_frames
from tests.helpers.made_lumas import model_of_gaze, moving_lumas, write_lumas
from tests.helpers.made_videos import moving_square, write_video

WHOLE = NetworkSettings()


@pytest.fixture
def rate(tiny_model, tmp_path):
    """Compares videos with `tmp_path / "a.mkv"`; returns their scores."""

    def rate(*videos, x=0.5, network=WHOLE, reference="a.mkv", **settings):
        return compare(
            model_of_gaze(tiny_model, x),
            tmp_path / reference,
            [tmp_path / video for video in videos],
            network,
            **settings,
        )

    return rate


@pytest.fixture
def lumas(tmp_path):
    """The luma of "a.mkv", uint8 `[30, 48, 64]`."""
    lumas = moving_lumas()
    write_lumas(tmp_path / "a.mkv", lumas)
    return lumas


def numbered(lumas):
    """Returns the same, frame n brighter by n + 1."""
    steps = np.arange(1, len(lumas) + 1, dtype=np.uint8)
    return lumas + steps[:, None, None]


def numbers_in(scores):
    """Returns the number that each frame of `numbered` tells by its error."""
    return [
        None if math.isnan(mse) else round(math.sqrt(mse)) - 1
        for mse in scores.scores[:, 0]
    ]


def test_an_offset_beyond_the_reference_is_told(rate, lumas, tmp_path):
    write_lumas(tmp_path / "b.mkv", lumas)
    with pytest.raises(VideoError, match="b.mkv'.* at the same time. .*offset"):
        rate("b.mkv", offset=99)


def test_frames_too_small_for_ssim_are_refused_by_name(rate, tmp_path):
    for name in ("a.mkv", "b.mkv"):
        write_lumas(tmp_path / name, moving_lumas(3, (10, 12)))
    with pytest.raises(VideoError, match="a.mkv'.*11x11 .* SSIM.*: 12x10"):
        rate("b.mkv")


def test_each_frame_is_compared_with_its_own(rate, lumas, tmp_path):
    write_lumas(tmp_path / "b.mkv", numbered(lumas))
    (scores,) = rate("b.mkv")
    assert numbers_in(scores) == list(range(30))
    np.testing.assert_allclose(scores.times, np.arange(30) / 25, atol=1e-3)
    # A brighter frame is equally wrong all over.
    values = scores.of_frames()
    np.testing.assert_allclose(values["weighted_psnr"], values["psnr"])
    assert values["psnr"][4] == pytest.approx(20 * math.log10(255 / 5))


@pytest.mark.parametrize(
    ("form", "codec"), [("yuv420p", "libx264"), ("yuv420p10le", "libx265")]
)
def test_the_plain_psnr_of_an_encode_is_that_of_ffmpeg(
    rate, tmp_path, form, codec
):
    bits = 10 if form.endswith("10le") else 8
    lumas = moving_lumas(8).astype(np.uint16) << (bits - 8)
    lumas = lumas if bits > 8 else lumas.astype(np.uint8)
    write_lumas(tmp_path / "a.mkv", lumas, form)
    with av.open(str(tmp_path / "a.mkv")) as source:
        frames = list(source.decode(video=0))
    with av.open(str(tmp_path / "b.mkv"), "w") as container:
        quiet = {"x265-params": "log-level=none"} if bits > 8 else {}
        stream = container.add_stream(codec, rate=25, options=quiet)
        stream.height, stream.width, stream.pix_fmt = 48, 64, form
        for frame in frames:
            frame.pict_type = 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(str(tmp_path / "b.mkv")) as source:
        coded = list(source.decode(video=0))
    known = psnr_of_frames(tmp_path / "known.txt", frames, coded)
    (scores,) = rate("b.mkv")
    np.testing.assert_allclose(
        scores.of_frames()["psnr"], [one["y"] for one in known], atol=1e-4
    )


def test_weights_are_the_density_of_the_reference(rate, lumas, tmp_path):
    distorted = lumas.copy()
    distorted[:, :, 48:] += 40  # The right quarter.
    write_lumas(tmp_path / "b.mkv", distorted)
    (left,), (right,) = rate("b.mkv", x=0.2), rate("b.mkv", x=0.9)
    plain = left.of_frames()["psnr"][0]
    assert right.of_frames()["psnr"][0] == plain
    assert right.of_frames()["weighted_psnr"][0] < plain - 3
    assert left.of_frames()["weighted_psnr"][0] > plain + 10
    assert right.of_frames()["weighted_ssim"][0] < left.of_frames()["ssim"][0]


def test_several_videos_are_compared_at_once(rate, lumas, tmp_path):
    write_lumas(tmp_path / "b.mkv", lumas + np.uint8(3))
    write_lumas(tmp_path / "c.mkv", lumas)
    first, second = rate("b.mkv", "c.mkv")
    np.testing.assert_allclose(first.scores[:, 0], 9)
    np.testing.assert_array_equal(second.scores[:, 0], 0)
    # As libvmaf: 6 decibels a bit, and 12.
    assert second.pooled()["psnr"]["mean"] == 60
    assert second.pooled()["ssim"]["mean"] == pytest.approx(1, abs=1e-6)


def test_a_dropped_frame_is_missing_and_the_others_stay(rate, lumas, tmp_path):
    kept = [n for n in range(30) if n not in (7, 8, 20)]
    write_lumas(tmp_path / "b.mkv", numbered(lumas)[kept], numbers=kept)
    (scores,) = rate("b.mkv")
    wanted = [n if n in kept else None for n in range(30)]
    assert numbers_in(scores) == wanted
    assert scores.num_unused == 0


def test_half_the_rate_compares_every_second_frame(rate, lumas, tmp_path):
    half = numbered(lumas)[::2]
    write_lumas(tmp_path / "b.mkv", half, rate=Fraction(25, 2))
    (scores,) = rate("b.mkv")
    assert numbers_in(scores) == [n if n % 2 == 0 else None for n in range(30)]


def test_twice_the_rate_leaves_out_every_second_frame(rate, lumas, tmp_path):
    twice = np.repeat(numbered(lumas), 2, axis=0)
    twice[1::2] = 0
    write_lumas(tmp_path / "b.mkv", twice, rate=50)
    (scores,) = rate("b.mkv")
    assert numbers_in(scores) == list(range(30))
    assert scores.num_unused == 30


@pytest.mark.parametrize("other", [24, 30])
def test_another_rate_is_refused(rate, lumas, tmp_path, other):
    write_lumas(tmp_path / "b.mkv", lumas, rate=other)
    times = r"25 frames a second .* Received: (24.01|29.99) frames a second"
    with pytest.raises(VideoError, match=times):
        rate("b.mkv")


def test_a_shorter_and_a_longer_video_are_counted(rate, lumas, tmp_path):
    write_lumas(tmp_path / "b.mkv", lumas[:20])
    write_lumas(tmp_path / "c.mkv", [*lumas, *lumas[:5]])
    shorter, longer = rate("b.mkv", "c.mkv")
    assert (shorter.is_matched.sum(), shorter.num_unused) == (20, 0)
    assert (longer.is_matched.sum(), longer.num_unused) == (30, 5)
    (stopped,) = rate("c.mkv", network=NetworkSettings(num_frames=10))
    assert (len(stopped.times), stopped.num_unused) == (10, 0)


@pytest.mark.parametrize("offset", [None, 0.04])
def test_a_part_is_compared_with_the_same_part(rate, lumas, tmp_path, offset):
    shown = numbered(lumas)[1 if offset else 0 :]
    write_lumas(tmp_path / "b.mkv", shown)
    part = NetworkSettings(start=0.4, end=0.8)
    (scores,) = rate("b.mkv", network=part, offset=offset)
    assert numbers_in(scores) == list(range(10, 20))
    assert scores.times[0] == pytest.approx(0.4)
    assert scores.num_unused == 0
    with pytest.raises(VideoError, match="Expected a part with frames"):
        rate("b.mkv", network=NetworkSettings(start=9.0))


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        (slice(1, None), "1 frame later. .* give --offset 0.04"),
        (slice(2, None), "2 frames later. .* give --offset 0.08"),
        ([0, *range(29)], "1 frame earlier. .* give --offset -0.04"),
    ],
)
def test_a_late_or_early_start_is_noticed(
    rate, lumas, tmp_path, shown, message
):
    write_lumas(tmp_path / "b.mkv", lumas[shown] + np.uint8(5))
    with pytest.raises(VideoError, match=message):
        rate("b.mkv")


def test_an_offset_mends_a_late_start(rate, lumas, tmp_path):
    write_lumas(tmp_path / "b.mkv", numbered(lumas)[1:])
    (scores,) = rate("b.mkv", offset=0.04)
    assert numbers_in(scores) == [None, *range(1, 30)]
    with pytest.warns(UserWarning, match="1 frame later"):
        rate("b.mkv", offset=0.0)


def test_a_frame_lost_on_the_way_is_noticed(rate, lumas, tmp_path):
    without = np.delete(lumas, 10, axis=0)
    write_lumas(tmp_path / "b.mkv", without)
    with pytest.raises(VideoError, match="1 frame later"):
        rate("b.mkv")


def test_a_frozen_picture_is_poor_but_not_shifted(rate, lumas, tmp_path):
    frozen = lumas.copy()
    frozen[5:] = lumas[5]
    write_lumas(tmp_path / "b.mkv", frozen)
    (scores,) = rate("b.mkv")
    assert scores.is_matched.all()


def test_another_size_is_refused_or_scaled(rate, tmp_path):
    smooth = 127 + 60 * np.sin(np.mgrid[:48, :64][1] / 9)
    smooth = np.rint(smooth).astype(np.uint8)[None].repeat(3, 0)
    write_lumas(tmp_path / "a.mkv", smooth)
    write_lumas(tmp_path / "b.mkv", smooth[:, ::2, ::2])
    with pytest.raises(
        VideoError, match="64x48. Received: 32x24. With --scale"
    ):
        rate("b.mkv")
    (scores,) = rate("b.mkv", scale=True)
    assert scores.of_frames()["psnr"][0] > 30


@pytest.mark.parametrize("size", [(60, 64), (64, 48), (48, 40)])
def test_scaling_keeps_the_shape(rate, tmp_path, size):
    """Bars, a lost turn and a cut picture do not fit by stretching."""
    write_lumas(tmp_path / "a.mkv", np.full((3, 48, 64), 90, np.uint8))
    write_lumas(tmp_path / "b.mkv", np.full((3, *size), 90, np.uint8))
    with pytest.raises(VideoError, match="shape of the reference, 64x48"):
        rate("b.mkv", scale=True)


def test_scaling_takes_pixels_of_another_shape(rate, tmp_path):
    """An encode with square pixels shows what one of wide pixels shows."""
    frames = moving_square(3, height=48, width=64)
    wide = {"sample_aspect_ratio": Fraction(3, 2)}
    write_video(tmp_path / "a.mkv", frames, **wide)
    square = moving_square(3, height=48, width=96)
    write_video(tmp_path / "b.mkv", square)
    (scores,) = rate("b.mkv", scale=True)
    assert scores.is_matched.all()


@pytest.mark.parametrize(
    ("form", "factor", "offset", "told"),
    [
        ("yuv420p10le", 4.0, 0, {}),
        ("yuv420p", 255 / 219, -16 * 255 / 219, {"color_range": 2}),
        ("yuv420p10le", 1023 / 219, -16 * 1023 / 219, {"color_range": 2}),
        ("gray", 255 / 219, -16 * 255 / 219, {}),
    ],
)
def test_other_bits_and_another_range_are_brought_to_one_scale(
    rate, lumas, tmp_path, form, factor, offset, told
):
    dtype = np.uint16 if "10" in form else np.uint8
    same = np.rint(lumas * factor + offset).astype(dtype)
    write_lumas(tmp_path / "b.mkv", same, form, **told)
    (scores,) = rate("b.mkv")
    assert scores.scores[:, 0].max() < 0.1  # Rounding.


def test_colours_of_another_matrix_are_refused(rate, lumas, tmp_path):
    write_lumas(tmp_path / "a.mkv", lumas, colorspace=1)
    write_lumas(tmp_path / "b.mkv", lumas, colorspace=6)
    with pytest.raises(VideoError, match="colour space 1. Received: .* with 6"):
        rate("b.mkv")
    write_lumas(tmp_path / "b.mkv", lumas)  # It tells none.
    (scores,) = rate("b.mkv")
    np.testing.assert_array_equal(scores.scores[:, 0], 0)


@pytest.mark.parametrize("name", ["b.mp4", "b.ts", "b.mov", "b.avi"])
def test_other_containers_keep_the_frames_together(rate, tmp_path, name):
    frames = moving_lumas(30)[..., None].repeat(3, -1)
    write_video(tmp_path / "a.mkv", frames)
    write_video(tmp_path / name, frames)
    (scores,) = rate(name)
    # Of neighbours: 2700. The encoder may code AVI otherwise.
    assert len(scores.times) == 30 and scores.scores[:, 0].max() < 20


def test_pictures_are_compared(rate, tmp_path):
    pixels = moving_lumas(2)[..., None].repeat(3, -1)
    Image.fromarray(pixels[0]).save(tmp_path / "a.png")
    Image.fromarray(pixels[0]).save(tmp_path / "b.jpg", quality=30)
    (scores,) = rate("b.jpg", reference="a.png")
    with Image.open(tmp_path / "b.jpg") as picture:
        grey = np.asarray(picture) @ [0.299, 0.587, 0.114]
    pair = pixels[0, ..., 0], grey
    assert scores.of_frames()["psnr"] == pytest.approx(weighted_psnr(*pair))
    assert scores.of_frames()["ssim"] == pytest.approx(weighted_ssim(*pair))
    write_lumas(tmp_path / "c.mkv", moving_lumas(5))
    with pytest.raises(VideoError, match="Expected frames at the times"):
        rate("b.jpg", reference="c.mkv")


def test_a_camera_is_refused(rate, lumas, tmp_path):
    with pytest.raises(VideoError, match="b%02d.png'. Expected one file"):
        for number in range(3):
            Image.fromarray(lumas[number]).save(tmp_path / f"b{number:02}.png")
        rate("b%02d.png")
