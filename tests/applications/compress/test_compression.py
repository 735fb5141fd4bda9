"""A compressed video is better where people look, and otherwise as it was."""

import av
import numpy as np
import pytest

from rmdn_tf.applications.compress.compression import Compression
from rmdn_tf.applications.compress.settings import CompressionSettings
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Replay
from rmdn_tf.prediction.settings import NetworkSettings
from tests.helpers.made_videos import read_back, sound_of, write_video

NUM_FRAMES, SIZE = 12, (128, 192)

# People look at the middle of the left half.
LOOKED_AT, ELSEWHERE = np.s_[:, 32:96, 16:80], np.s_[:, :, 112:]


@pytest.fixture(scope="module")
def frames():
    """Noise that drifts to the right, uint8 `[n, H, W, 3]`."""
    noise = np.random.default_rng(0).integers(40, 215, [*SIZE, 1])
    rolled = [np.roll(noise, 2 * n, 1) for n in range(NUM_FRAMES)]
    return np.repeat(rolled, 3, -1).astype(np.uint8)


@pytest.fixture(scope="module")
def source(frames, tmp_path_factory):
    """The frames with sound and colours of their own, nearly without loss."""
    return write_video(
        tmp_path_factory.mktemp("source") / "in.mkv",
        frames,
        ticks=np.arange(NUM_FRAMES) ** 2,
        pix_fmt="yuv444p",
        sound="aac",
        options={"crf": "1"},
        color_range=2,
        colorspace=1,
    )


@pytest.fixture
def compress(tiny_model, source, tmp_path):
    """Compresses the source; returns the path of the video."""
    moments = np.array([[1, 0.25, 0.5, 0.1, 0.15, 0]])
    parameters = parameters_from_moments(moments)

    def compress(name, video=source, **settings):
        network = Replay([parameters] * NUM_FRAMES)
        path = tmp_path / name
        number = Compression(
            AttentionModel(network, tiny_model),
            str(video),
            NetworkSettings(clip_stride=1),
            CompressionSettings(output=str(path), **settings),
        ).run()
        assert number == NUM_FRAMES
        return path

    return compress


def errors(path, frames):
    """Returns the mean squared error where people look, and elsewhere."""
    difference = read_back(path)[0].astype(float) - frames
    return [(difference[w] ** 2).mean() for w in (LOOKED_AT, ELSEWHERE)]


def codec_of(path):
    with av.open(str(path)) as container:
        return container.streams.video[0].codec_context.name


@pytest.mark.parametrize(
    "codec, preset",
    [
        ("libx264", "veryfast"),
        ("libx264", "ultrafast"),
        ("libx265", "veryfast"),
        ("libx265", "ultrafast"),
    ],
)
@pytest.mark.parametrize("method", ["roi", "blur", "both"])
def test_bits_go_to_where_people_look(compress, frames, codec, preset, method):
    settings = {"codec": codec, "preset": preset, "quality": 32}
    plain = compress("plain.mkv", strength=0.0, method=method, **settings)
    path = compress("out.mkv", method=method, **settings)
    there, elsewhere = errors(path, frames)
    there_plain, elsewhere_plain = errors(plain, frames)
    assert there / elsewhere < 0.8 * there_plain / elsewhere_plain
    assert path.stat().st_size < plain.stat().st_size


def test_svt_av1_gets_a_blurred_video(compress, frames):
    settings = {"codec": "libsvtav1", "quality": 40, "preset": "11"}
    plain = compress("plain.webm", strength=0.0, **settings)
    path = compress("out.webm", **settings)
    assert codec_of(path) == "libdav1d"
    assert path.stat().st_size < plain.stat().st_size
    there, elsewhere = errors(path, frames)
    there_plain, elsewhere_plain = errors(plain, frames)
    assert there / elsewhere < 0.8 * there_plain / elsewhere_plain


def test_a_stronger_setting_does_more(compress, frames):
    ratios = []
    for strength in (0.0, 0.5, 1.0, 2.0):
        there, elsewhere = errors(
            compress(f"{strength}.mp4", strength=strength), frames
        )
        ratios.append(there / elsewhere)
    assert ratios == sorted(ratios, reverse=True) and ratios[0] > 2 * ratios[3]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_times_sound_range_and_colours_are_kept(compress, source, codec):
    path = compress("out.mp4", codec=codec, preset="ultrafast")
    assert read_back(path)[1] == pytest.approx(read_back(source)[1], abs=1e-3)
    assert sound_of(path)[0] == "aac"
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (frame.color_range, frame.colorspace) == (2, 1)
        assert frame.format.name in ("yuv444p", "yuvj444p")


@pytest.mark.parametrize(
    "codec, suffix",
    [("libx264", "mp4"), ("libx265", "mp4"), ("libsvtav1", "webm")],
)
def test_ten_bits_stay_ten_bits(compress, frames, tmp_path, codec, suffix):
    deep = write_video(tmp_path / "deep.mkv", frames, pix_fmt="yuv420p10le")
    path = compress(f"out.{suffix}", deep, codec=codec)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.pix_fmt == "yuv420p10le"


def test_rgb_becomes_what_players_show(compress, frames, tmp_path):
    path = write_video(
        tmp_path / "rgb.mkv", frames, codec="ffv1", pix_fmt="bgr0"
    )
    with av.open(str(compress("out.mp4", path))) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_the_bitrate_is_followed(compress, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, [NUM_FRAMES, *SIZE, 3])
    video = write_video(tmp_path / "noise.mkv", noise.astype(np.uint8), rate=1)
    kilobits = [
        compress(f"{rate}.mkv", video, bitrate=rate).stat().st_size * 8e-3
        for rate in (50, 200)
    ]
    # The rate control of x264 needs more than 12 frames to be exact.
    seconds = NUM_FRAMES
    assert 0.5 < kilobits[0] / (50 * seconds) < 2
    assert 0.5 < kilobits[1] / (200 * seconds) < 2
    assert kilobits[1] > 2 * kilobits[0]


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1"])
def test_the_encoder_prints_nothing(compress, codec, capfd):
    compress("out.mkv", codec=codec)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "frame" in printed.err  # The bar.
    assert not {"x265", "Svt", "encoded", "x264"} & set(
        printed.err.replace("[", " ").split()
    )


def test_a_map_counts_the_blocks_of_the_frame(compress, tmp_path):
    for name, number in (("svt-av1", 1 + 6), ("kvazaar", NUM_FRAMES * 8)):
        path = tmp_path / f"{name}.txt"
        compress("out.mkv", map=str(path), map_format=name)
        values = list(map(int, path.read_text().split()))
        assert len(values) == number
    assert values[:2] == [3, 2]
    assert values[2] < 0 < values[4]  # Left, right.


def test_a_list_of_files_does_not_overwrite_a_file(
    compress, source, tmp_path, monkeypatch
):
    monkeypatch.chdir(source.parent)
    (tmp_path / "out.mkv").write_bytes(b"recording")
    with pytest.raises(ValueError, match="Invalid --output. .* list of files"):
        compress("out.mkv", f"concat:{source.name}|{source.name}")
    assert (tmp_path / "out.mkv").read_bytes() == b"recording"


def test_an_odd_size_is_kept_or_refused(compress, frames, tmp_path):
    odd = write_video(
        tmp_path / "odd.mkv", frames[:, 1:, 1:], codec="ffv1", pix_fmt="bgr0"
    )
    with av.open(str(compress("out.mp4", odd))) as container:
        frame = next(container.decode(video=0))
        assert (frame.height, frame.width) == (127, 191)
    with pytest.raises(ValueError, match="'.*odd.mkv': libsvtav1 takes no odd"):
        compress("out.webm", odd, codec="libsvtav1")
    assert not (tmp_path / "out.webm").exists()
