"""Anybody's video in, the same video with the density over it out."""

import csv
import fractions
import itertools
import signal
import threading

import av
import numpy as np
import pytest

from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.prediction import predicted_video
from rmdn_tf.video.decoding import copy_time
from rmdn_tf.video.reader import VideoReader
from tests.helpers.made_clips import Track, read_clip, write_clip
from tests.helpers.made_videos import (
    grey_frames,
    moving_square,
    read_back,
    sound_of,
    write_video,
)

pytestmark = pytest.mark.slow


def assert_drawn_over(output, video, times_within=1e-3):
    """The same frames at the same times, all of them drawn on."""
    before, times = read_back(video)
    after, times_after = read_back(output)
    assert after.shape == before.shape
    np.testing.assert_allclose(times_after, times, atol=times_within)
    changed = np.abs(after.astype(int) - before).mean(axis=(1, 2, 3))
    assert changed.min() > 5  # From the first frame on.


def test_the_overlay_has_the_frames_and_times_of_the_video(run, video):
    code, output = run(video)
    assert code == 0
    assert_drawn_over(output, video)
    with av.open(str(video)) as one, av.open(str(output)) as other:
        assert other.duration == one.duration
        rates = [c.streams.video[0].average_rate for c in (one, other)]
        assert rates[0] == rates[1]


def test_no_opacity_leaves_the_video_as_it_is(run, video):
    _, output = run(video, "--opacity", "0")
    difference = read_back(output)[0].astype(int) - read_back(video)[0]
    assert np.abs(difference).mean() < 3  # It is encoded once more.


@pytest.mark.parametrize(
    ("name", "codec"), [("in.mp4", "aac"), ("in.avi", "libmp3lame")]
)
def test_sound_is_copied_as_it_is(run, tmp_path, name, codec):
    video = write_video(
        tmp_path / name, moving_square(50), codec="mpeg4", sound=codec
    )
    code, output = run(video)
    assert code == 0
    before, after = sound_of(video), sound_of(output)
    assert after[0] == before[0]
    np.testing.assert_array_equal(after[1], before[1])
    assert_drawn_over(output, video)


def test_sound_is_encoded_anew_where_the_container_asks_for_it(run, tmp_path):
    video = write_video(tmp_path / "in.mp4", moving_square(50), sound="aac")
    code, output = run(video, output="out.webm")
    assert code == 0
    codec, samples = sound_of(output)
    assert codec in ("opus", "vorbis")
    assert samples.shape[1] == pytest.approx(2 * 48000, rel=0.05)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_varying_frame_rate_is_kept(run, tmp_path, suffix):
    ticks = np.cumsum([0, 40, 40, 120, 40, 500, 33, 33, 33])
    video = write_video(
        tmp_path / f"in.{suffix}", moving_square(9), ticks=ticks
    )
    code, output = run(video, output=f"out.{suffix}")
    assert code == 0
    assert_drawn_over(output, video, times_within=2e-3)
    np.testing.assert_allclose(read_back(output)[1], ticks / 1000, atol=2e-3)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_video_that_was_held_upright_comes_out_upright(run, tmp_path, turns):
    frames = moving_square(3)[..., :1].repeat(3, -1)
    video = write_video(tmp_path / "in.mp4", frames, turns=turns)
    code, output = run(video, "--opacity", "0")
    assert code == 0
    expected = np.rot90(frames, turns, axes=(1, 2))
    after, _ = read_back(output)
    assert after.shape == expected.shape
    assert np.abs(after.astype(int) - expected).mean() < 8  # Encoded twice.


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "size", "channels"),
    [
        ("odd.mkv", "ffv1", "bgr0", (49, 67), 3),
        ("tiny.mkv", "ffv1", "bgr0", (1, 1), 3),
        ("ten_bits.mp4", "libx264", "yuv420p10le", (48, 64), 3),
        ("alpha.mov", "png", "rgba", (48, 64), 4),
        ("grey.mkv", "ffv1", "gray", (48, 64), 3),
        ("images.gif", "gif", "rgb8", (48, 64), 3),
    ],
)
def test_any_format_of_pixels_is_drawn_on(
    run, tmp_path, name, codec, pix_fmt, size, channels
):
    frames = moving_square(4, *np.maximum(size, 20), channels)
    frames = frames[:, : size[0], : size[1]]
    video = write_video(tmp_path / name, frames, codec=codec, pix_fmt=pix_fmt)
    code, output = run(video)
    assert code == 0
    after, _ = read_back(output)
    assert after.shape == (4, *size, 3)


def test_a_video_of_one_frame_has_one_density(run, tmp_path):
    video = write_video(tmp_path / "in.mp4", moving_square(1))
    code, output = run(video)
    assert code == 0
    assert_drawn_over(output, video)


def test_numbers_are_those_of_the_model(run, model, tmp_path):
    # FFV1 keeps every pixel, and the frames have the network's size.
    frames = moving_square(12, 32, 32)
    video = write_video(
        tmp_path / "in.mkv", frames, rate=10, codec="ffv1", pix_fmt="bgr0"
    )
    options = ["--parameters", tmp_path / "p.npz", "--maps", tmp_path / "m/v"]
    code, _ = run(video, *options, "--map_format", "npy", output=None)
    assert code == 0
    streamed = model.stream(frames, frames_per_second=10)
    maps = MapDirectory(tmp_path / "m").densities("v", np.arange(12), 32, 32)
    with np.load(tmp_path / "p.npz") as stored:
        for number, (_, density) in enumerate(streamed):
            row = stored["parameters"][number]
            known = row[np.isfinite(row[:, 0])]
            np.testing.assert_allclose(
                known, density.parameters, rtol=1e-4, atol=1e-5
            )
            np.testing.assert_allclose(
                maps[number] / maps[number].sum(),
                density.saliency_map(32, 32),
                rtol=1e-3,
            )
        assert number + 1 == len(stored["parameters"]) == 12


def test_between_clips_the_table_has_both(run, video, tmp_path):
    options = ["--parameters", tmp_path / "p.csv", "--clip_stride", "2"]
    assert run(video, *options, output=None)[0] == 0
    rows = csv.DictReader((tmp_path / "p.csv").open())
    lengths = [
        len(list(group))
        for _, group in itertools.groupby(rows, lambda row: row["frame"])
    ]
    assert len(lengths) == 20
    assert set(lengths) == {4, 8}  # 2x2 cells.
    assert run(video, *options, "--hold", output=None)[0] == 0
    assert sum(1 for _ in (tmp_path / "p.csv").open()) == 1 + 20 * 4


@pytest.mark.parametrize(
    "options",
    [
        ["--style", "contours", "--colormap", "viridis"],
        ["--style", "ellipses", "--fixations", "5"],
        ["--reset_on_shots", "--num_frames", "5"],
    ],
)
def test_options_of_drawing_give_a_video(run, video, options):
    code, output = run(video, *options)
    assert code == 0
    expected = 5 if "--num_frames" in options else 20
    assert len(read_back(output)[0]) == expected


def test_side_by_side_the_video_is_twice_as_wide(run, video):
    _, output = run(video, "--side_by_side")
    after, before = read_back(output)[0], read_back(video)[0]
    assert after.shape == (20, 48, 128, 3)
    assert np.abs(after[:, :, :60].astype(int) - before[:, :, :60]).mean() < 3


@pytest.mark.usefixtures("taken_signals")
@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([signal.SIGINT], 0),
        ([signal.SIGHUP], 0),  # The terminal is closed.
        ([signal.SIGINT, signal.SIGTERM], 143),  # As if no frame came.
    ],
)
def test_a_live_video_ends_at_a_signal_and_is_kept(
    run, video, monkeypatch, numbers, expected
):
    class Endless(VideoReader):
        """A camera: the video's first frame again and again."""

        def __init__(self, source, **options):
            super().__init__(source, **options)
            self.is_live = True

        def __iter__(self):
            (first, *_) = super().__iter__()
            pixels = first.to_ndarray(format="rgb24")
            for tick in itertools.count():
                if self._stopped:
                    return
                if tick == 30:
                    for number in numbers:
                        signal.raise_signal(number)
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                copy_time(first, frame)
                frame.pts = 512 * tick
                yield frame

    monkeypatch.setattr(predicted_video, "VideoReader", Endless)
    assert threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    code, output = run(video)
    assert code == expected
    if code:
        assert {path.name for path in output.parent.iterdir()} == {"in.mp4"}
    else:
        assert len(read_back(output)[0]) >= 30
    assert signal.getsignal(signal.SIGINT) is before


def test_without_sound_the_video_is_silent(run, tmp_path):
    video = write_clip(tmp_path / "in.mkv", Track())
    assert run(video, "--nosound")[0] == 0
    assert read_clip(tmp_path / "out.mp4").codecs == []
    assert run(video)[0] == 0
    assert read_clip(tmp_path / "out.mp4").codecs == ["aac"]


def test_all_outputs_count_from_the_first_frame_of_the_video(run, tmp_path):
    track = Track(begin=1.2)
    video = write_clip(tmp_path / "in.ts", track, begin=1.48, num_frames=30)
    table = tmp_path / "p.npz"
    code, output = run(video, "--parameters", table, "--opacity", "0")
    assert code == 0
    with np.load(table) as stored:
        np.testing.assert_allclose(
            stored["time_seconds"], np.arange(30) / 25, atol=1e-5
        )
    clip = read_clip(output)
    assert clip.begin == 0
    assert (clip.flash, *clip.tones) == pytest.approx((1.0, 1.0), abs=0.03)


def test_a_format_that_needs_one_rate_is_refused_before_the_network_runs(
    run, model, tmp_path, monkeypatch, capsys
):
    def never(**options):
        raise AssertionError("The network runs.")

    monkeypatch.setattr(model, "densities", never)
    video = write_clip(tmp_path / "in.mp4", seconds=np.arange(30) ** 1.3 / 25)
    code, output = run(video, output="out.mpg")
    assert code == 1
    assert "needs one frame rate" in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.parametrize("turns", [0, 1])
def test_a_density_over_hdr_is_coloured_and_the_rest_as_it_was(
    run, tmp_path, turns
):
    hlg = dict(color_primaries=9, color_trc=18, colorspace=9, color_range=1)
    video = write_video(
        tmp_path / "in.mp4",
        grey_frames([120] * 20),
        pix_fmt="yuv420p10le",
        turns=turns,
        **hlg,
    )
    code, output = run(video)
    assert code == 0
    with VideoReader(output) as reader:
        frame = list(reader)[-1]
    assert {name: getattr(frame, name) for name in hlg} == hlg
    assert (frame.width, frame.height) == ((48, 64) if turns else (64, 48))
    pixels = frame.to_ndarray(format="rgb24").astype(int)
    assert np.ptp(pixels, axis=-1).max() > 60  # Colour.


def test_side_by_side_each_half_keeps_its_shape(run, tmp_path):
    aspect = fractions.Fraction(64, 45)
    video = write_video(
        tmp_path / "in.mp4", moving_square(4), sample_aspect_ratio=aspect
    )
    code, output = run(video, "--side_by_side")
    assert code == 0
    with VideoReader(output) as reader:
        assert reader.first_frame.width == 128
        assert reader.pixel_aspect == aspect


@pytest.mark.parametrize("rate", [0, -25, float("nan"), float("inf")])
def test_a_rate_at_which_no_frame_has_a_time_is_refused(model, rate):
    frames = [np.zeros((8, 8, 3), np.uint8)] * 3
    with pytest.raises(ValueError, match="`frames_per_second`. Expected a pos"):
        list(model.stream(frames, frames_per_second=rate))


def test_a_stride_of_0_is_not_the_default(model):
    frames = [np.zeros((8, 8, 3), np.uint8)] * 3
    with pytest.raises(ValueError, match="clip_stride=0"):
        list(model.stream(frames, 25, clip_stride=0))


def test_the_progress_counts_to_the_last_frame_that_is_wanted(
    run, video, capsys
):
    assert run(video, "--num_frames", "5")[0] == 0
    out, progress = capsys.readouterr()
    assert "0/5 [" in progress and "/20 [" not in progress
    assert out.startswith("5 frames: ")
    assert run(video, "--num_frames", "1")[0] == 0
    assert capsys.readouterr().out.startswith("1 frame: ")


def test_the_progress_ends_with_a_video_shorter_than_wanted(run, video, capsys):
    assert run(video, "--num_frames", "50")[0] == 0
    assert "/20 [" in capsys.readouterr().err
