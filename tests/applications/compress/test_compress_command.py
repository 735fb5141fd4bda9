"""The command `rmdn compress`: what it tells, and when it runs a network."""

import re

import av
import pytest

from rmdn_tf import compress
from rmdn_tf.applications.compress.result import in_words, picture_rate
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Replay
from tests.helpers.blob_maps import blob_parameters
from tests.helpers.made_videos import moving_square, write_video


@pytest.fixture
def video(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_video("in.mp4", moving_square(10), sound="aac", rate=25)
    return "in.mp4"


@pytest.fixture
def model(monkeypatch):
    """Lets the command load a model that looks at the left side."""
    network = Replay([blob_parameters((1, 0.25, 0.5))] * 20)
    model = AttentionModel(network, PRESETS["spatial"])
    monkeypatch.setattr(
        "rmdn_tf.prediction.attention_model.load", lambda *_: model
    )


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_the_size_and_the_rate_are_told(video, tmp_path, suffix, capsys):
    line = f"--video {video} --output o.{suffix} --map m.txt"
    assert compress.main(line.split()) == 0
    (told,) = capsys.readouterr().out.splitlines()
    size, before = (
        in_words((tmp_path / name).stat().st_size)
        for name in (f"o.{suffix}", video)
    )
    found = re.fullmatch(
        rf"10 frames: o.{suffix} \({size}, (\S+) kbit/s of pictures; "
        rf"in.mp4: {before}\), m.txt",
        told,
    )
    with av.open(f"o.{suffix}") as container:
        num_bytes = sum(packet.size for packet in container.demux(video=0))
    # Ten frames of 25 a second.
    assert float(found[1]) == pytest.approx(num_bytes * 8e-3 / 0.4, rel=6e-3)


@pytest.mark.usefixtures("model")
def test_a_part_is_not_compared_with_the_whole(video, capsys):
    line = f"--video {video} --output o.mp4 --num_frames 5"
    assert compress.main(line.split()) == 0
    assert capsys.readouterr().out.endswith("kbit/s of pictures)\n")


def test_a_video_of_one_frame_has_a_rate(tmp_path):
    write_video(tmp_path / "one.mp4", moving_square(1), rate=25)
    size = (tmp_path / "one.mp4").stat().st_size
    assert 0 < picture_rate(str(tmp_path / "one.mp4")) < size * 8e-3 / 0.04


@pytest.mark.parametrize(
    "num_bytes, words",
    [
        (40, "0.0 kB"),
        (1234, "1.2 kB"),
        (99_600, "100 kB"),
        (999_600, "1.0 MB"),
        (1_234_567_890, "1.2 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_bytes_have_units(num_bytes, words):
    assert in_words(num_bytes) == words


def test_without_attention_no_network_is_loaded(video, monkeypatch):
    monkeypatch.setattr("rmdn_tf.prediction.attention_model.load", None)
    line = f"--video {video} --output o.mp4 --strength 0 --map m.txt"
    assert compress.main([*line.split(), "--map_format", "kvazaar"]) == 0
    with open("m.txt") as file:
        assert file.read() == "1 1\n0\n" * 10
    with av.open("o.mp4") as container:
        assert container.streams.video[0].frames == 10
