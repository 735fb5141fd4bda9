"""The command `rmdn reframe`: a video in, a crop of it out."""

import csv
import os

import av
import numpy as np
import pytest

from rmdn_tf import reframe
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Replay
from tests.helpers.blob_maps import blob_parameters
from tests.helpers.made_videos import (
    moving_square,
    read_back,
    sound_of,
    write_video,
)

SIZE = {"height": 72, "width": 128}


class Seeing(AttentionModel):
    """A model that sees attention at one place, in every video."""

    def __init__(self, x=0.75, y=0.5):
        parameters = [blob_parameters((1, x, y))] * 1000
        super().__init__(Replay(parameters), PRESETS["spatial"])


@pytest.fixture
def model(monkeypatch):
    """Lets the command load a model that sees the right side."""
    model = Seeing()
    monkeypatch.setattr(
        "rmdn_tf.prediction.attention_model.load", lambda *_: model
    )
    return model


@pytest.fixture
def run(model, tmp_path):
    """Runs the command; returns (exit code, path of the output)."""

    def run(video, *options, output="out.mp4"):
        output = tmp_path / output
        words = ["--video", video, "--output", output, *options]
        return reframe.main([str(word) for word in words]), output

    return run


@pytest.fixture
def video(tmp_path):
    frames = moving_square(30, **SIZE)
    return write_video(tmp_path / "in.mp4", frames, sound="aac")


def rows_of(path):
    with open(path, newline="") as file:
        return [
            {name: float(number) for name, number in row.items()}
            for row in csv.DictReader(file)
        ]


def test_a_video_is_cropped_where_attention_is(run, video, tmp_path):
    code, output = run(video, "--path", tmp_path / "path.csv")
    assert code == 0
    frames, times = read_back(output)
    assert frames.shape == (30, 72, 40, 3)
    _, given = read_back(video)
    np.testing.assert_allclose(times, given, atol=1e-6)
    rows = rows_of(tmp_path / "path.csv")
    assert len(rows) == 30
    assert rows[3]["x_pixels"] == pytest.approx(0.75 * 128 - 20, abs=2)
    left = round(rows[3]["x_pixels"])
    source = read_back(video)[0][3, :, left : left + 40]
    assert np.abs(frames[3].astype(int) - source).mean() < 8


def test_sound_is_kept_unless_it_is_not_wanted(run, tmp_path):
    """The sound goes on after the last frame, which is decoded at once."""
    frames = moving_square(30, **SIZE)
    video = tmp_path / "in.mkv"
    write_video(video, frames, codec="mpeg4", sound="aac")
    _, output = run(video)
    codec, samples = sound_of(output)
    assert codec == "aac"
    # Newer FFmpegs leave out what an MP4 marks as the rest of the last packet.
    rest = sound_of(video)[1].shape[1] - samples.shape[1]
    assert 0 <= rest < 1024
    _, output = run(video, "--nosound", output="silent.mp4")
    with av.open(str(output)) as container:
        assert not container.streams.audio


def test_the_path_alone_can_be_had(model, video, tmp_path, capfd):
    path = tmp_path / "path.json"
    words = ["--video", video, "--path", path, "--aspect", "1:1"]
    assert reframe.main([str(word) for word in words]) == 0
    assert path.exists()
    assert "30 frames, with 100% of the predicted" in capfd.readouterr().out


def test_a_height_and_an_aspect_give_the_size(run, video):
    _, output = run(video, "--aspect", "2:1", "--height", 32)
    assert read_back(output)[0].shape[1:3] == (32, 64)


def test_a_part_of_a_video_is_cropped(run, video, tmp_path):
    path = tmp_path / "path.csv"
    flags = ["--start", 0.4, "--end", 0.8, "--path", path]
    code, output = run(video, *flags)
    assert code == 0
    frames, times = read_back(output)
    assert (len(frames), times[0]) == (10, 0)
    rows = rows_of(path)
    assert (len(rows), rows[0]["time_seconds"]) == (10, 0.4)
    left = round(rows[0]["x_pixels"])
    source = read_back(video)[0][10, :, left : left + 40]
    assert np.abs(frames[0].astype(int) - source).mean() < 8


@pytest.mark.parametrize("flags", [("--end", 0.4), ("--num_frames", 10)])
def test_a_part_has_sound_to_its_end_and_no_more(run, video, flags):
    _, output = run(video, *flags)
    assert len(read_back(output)[0]) == 10
    num_samples = sound_of(output)[1].shape[1]
    assert 0.4 * 48000 <= num_samples < 0.4 * 48000 + 3 * 1024


def test_a_cut_begins_a_shot(run, tmp_path):
    dark, bright = (np.full((15, 72, 128, 3), n, np.uint8) for n in (20, 220))
    cut = write_video(tmp_path / "cut.mp4", np.concatenate([dark, bright]))
    run(cut, "--path", tmp_path / "path.csv")
    shots = [row["shot"] for row in rows_of(tmp_path / "path.csv")]
    assert shots == [0] * 15 + [1] * 15


def test_a_video_upright_by_a_note_is_cropped_upright(run, tmp_path):
    frames = moving_square(5, height=128, width=72)
    turned = write_video(tmp_path / "turned.mp4", frames, turns=1)
    code, output = run(turned)
    assert code == 0
    assert read_back(output)[0].shape[1:3] == (72, 40)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--aspect", "9/16"], "Invalid `aspect`"),
        (["--aspect", "1:99"], "at least 16x16 pixels"),
        (["--zoom", "0.5"], "Invalid `zoom`"),
        (["--height", "33"], "Invalid `height`. Expected an even number"),
        (["--path", "path.txt"], "ends with .csv or .json"),
        (["--max_speed", "nan"], "Invalid `max_speed`"),
        (["--output", "out.txt"], "Cannot write the video"),
        (["--output", "out.png"], "its format"),
    ],
)
def test_what_cannot_be_done_is_refused(run, video, capfd, flags, message):
    before = sorted(video.parent.iterdir())
    code, _ = run(video, *flags)
    assert code in (1, 2)
    assert message in capfd.readouterr().err
    assert sorted(video.parent.iterdir()) == before


def test_only_a_file_can_be_read_twice(run, tmp_path, capfd):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for source in (0, "rtsp://127.0.0.1/a", pipe, "concat:a.ts|b.ts"):
        code, output = run(source)
        assert code == 1
        assert "Expected a video file" in capfd.readouterr().err
        assert not output.exists()


def test_a_list_of_files_is_refused(run, video, tmp_path, capfd):
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\n{video.name}\n"
        "#EXT-X-ENDLIST\n"
    )
    code, output = run(playlist)
    assert code == 1
    assert not output.exists()


def test_without_an_output_the_command_asks_for_one(video, capfd):
    assert reframe.main(["--video", str(video)]) == 2
    assert "--output or --path" in capfd.readouterr().err


def test_a_video_that_was_cut_short_is_cropped_and_said_to_be(
    run, tmp_path, capfd
):
    frames = moving_square(60, **SIZE)
    short = write_video(tmp_path / "in.avi", frames, codec="mpeg4")
    content = short.read_bytes()
    chunk = content.rfind(b"00dc", 0, len(content) * 3 // 4)
    short.write_bytes(content[:chunk])
    code, output = run(short)
    assert code == 0
    assert "announces 60 frames" in capfd.readouterr().err
    assert len(read_back(output)[0]) == len(read_back(short)[0]) > 1


def test_a_start_after_the_end_is_named(run, video, capsys):
    code, output = run(video, "--start", "9")
    assert code == 1 and not output.exists()
    assert "Invalid `start`. Expected a part of" in capsys.readouterr().err
