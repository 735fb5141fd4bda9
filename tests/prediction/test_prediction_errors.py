"""A damaged video, and what cannot be written: one clear error each."""

import re

import av
import numpy as np
import pytest

from rmdn_tf import predict
from rmdn_tf.video.reader import VideoReader
from tests.helpers.full_disk import full_disk
from tests.helpers.made_streams import write_stream
from tests.helpers.made_videos import (
    moving_square,
    read_back,
    sound_of,
    write_video,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("content", [None, b"", b"no video" * 100])
def test_what_is_no_video_is_named_and_nothing_is_left(
    run, tmp_path, capsys, content
):
    path = tmp_path / "in.mp4"
    if content is not None:
        path.write_bytes(content)
    assert run(path, "--maps", tmp_path / "maps")[0] == 1
    assert "in.mp4" in capsys.readouterr().err
    assert {p.name for p in tmp_path.iterdir()} <= {"in.mp4"}


def test_a_sound_file_is_no_video(run, tmp_path, capsys):
    path = tmp_path / "in.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), np.int16), "s16", "mono"
        )
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    assert run(path)[0] == 1
    assert "No video stream" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_video_is_drawn_as_far_as_it_goes_or_named(
    run, tmp_path, capsys, seed
):
    video = write_video(tmp_path / "in.mkv", moving_square(30))
    content = bytearray(video.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(len(content) // 4, len(content), 40):
        content[place] = rng.integers(256)
    video.write_bytes(content)
    code, output = run(video)
    if code:
        assert "in.mkv" in capsys.readouterr().err
        assert not output.exists()
    else:
        assert len(read_back(output)[0]) > 0


def test_damaged_sound_is_left_out_and_counted(run, tmp_path):
    video = write_stream(tmp_path / "in.ts", 50)
    content = video.read_bytes()
    # Each packet of AAC begins with these bits; the tenth one loses them.
    place = [match.start() for match in re.finditer(b"\xff\xf1", content)][9]
    video.write_bytes(content[:place] + b"\0\0" + content[place + 2 :])
    with pytest.warns(UserWarning, match="in.ts.*Left out [12] packets"):
        code, output = run(video)
    assert code == 0
    assert len(read_back(output)[0]) == 50
    assert len(sound_of(output)[1][0]) > 1.8 * 48000


def test_a_video_that_was_cut_short_is_said_to_be(run, tmp_path, capsys):
    video = write_video(tmp_path / "in.avi", moving_square(60), codec="mpeg4")
    content = video.read_bytes()
    chunk = content.rfind(b"00dc", 0, len(content) * 3 // 4)
    video.write_bytes(content[:chunk])
    code, output = run(video)
    assert code == 0
    assert "announces 60 frames" in capsys.readouterr().err
    assert 10 < len(read_back(output)[0]) < 60


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "none"], "none"),
        (["--parameters", "out.txt"], "out.txt"),
        (["--output", "out.unknown"], "out.unknown"),
        (["--output", "a.mp4", "--maps", "in.mp4/maps"], "exists: 'in.mp4'"),
    ],
)
def test_what_cannot_be_done_is_named_and_nothing_is_left(
    run, video, tmp_path, monkeypatch, capsys, options, words
):
    monkeypatch.chdir(tmp_path)
    assert run(video, *options)[0] == 1
    assert words in capsys.readouterr().err
    assert {p.name for p in tmp_path.iterdir()} == {"in.mp4"}


NO_FOLDER = "Missing folder 'no/such' of the output: 'no/such/a"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Nothing to write"),
        (["--output", "no/such/a.mp4"], f"{NO_FOLDER}.mp4'"),
        (["--parameters", "no/such/a.csv"], f"{NO_FOLDER}.csv'"),
        (["--output", "."], "Is a directory: '.'"),
        (["--parameters", "a.txt"], "a.txt"),
        (["--output", "a.mp4", "--clip_stride", "0"], "clip_stride=0"),
        (["--output", "a.mp4", "--fixations", "-1"], "fixations=-1"),
        (["--output", "a.mp4", "--colormap", "none"], "colormap=none"),
        (["--output", "a.mp4", "--opacity", "2"], "opacity=2"),
        (["--maps", "m", "--map_size", "0", "4"], "map_size"),
    ],
)
def test_an_invalid_command_is_refused_before_the_model_is_loaded(
    tmp_path, monkeypatch, capsys, options, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.mp4").touch()
    command = ["--video", "in.mp4", "--model", "missing", *options]
    assert predict.main(command) in (1, 2)
    assert words in capsys.readouterr().err


def test_an_invalid_drawing_is_refused_before_several_videos_are_read(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    command = ["--video", "a.mp4", "b.mp4", "--output", "out"]
    assert predict.main([*command, "--opacity", "2"]) == 1
    assert "opacity=2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_stream_has_no_password_in_its_name():
    with pytest.raises(ValueError, match="rtsp://127.0.0.1:9/live") as error:
        VideoReader("rtsp://user:secret@127.0.0.1:9/live")
    assert "secret" not in str(error.value)


def test_a_video_is_not_overwritten_by_its_own_overlay(run, video):
    before = video.read_bytes()
    assert run(video, output=video)[0] == 1
    assert video.read_bytes() == before


@pytest.mark.parametrize(
    ("num_bytes", "options", "full"),
    [
        (500, ["--output", "out.mp4"], "out.mp4"),
        (2000, ["--parameters", "p.csv"], "p.csv"),
        (2000, ["--parameters", "p.npz"], "p.npz"),
        (500, ["--maps", "maps"], "maps"),
        (500, ["--maps", "maps", "--parameters", "p.csv"], "maps"),
        (500, ["--output", "out.mp4", "--parameters", "p.csv"], "out.mp4"),
    ],
)
def test_a_full_disk_is_a_fault_of_the_output_that_is_full(
    run, video, tmp_path, capsys, num_bytes, options, full
):
    options = [tmp_path / word if "-" not in word else word for word in options]
    with full_disk(num_bytes):
        assert run(video, *options, output=None)[0] == 1
    (line,) = _lines(capsys.readouterr().err)
    assert line.startswith("Error: ")
    assert "File too large" in line
    assert f"{full}'" in line
    assert "partial." not in line
    assert {p.name for p in tmp_path.iterdir()} == {"in.mp4"}


def _lines(text):
    """Returns the lines of a text, without those of a progress bar."""
    lines = re.split(r"[\r\n]+", text)
    return [line for line in lines if line.strip() and "%|" not in line]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--maps http://x/maps", "--maps. Expected a path of this machine."),
        ("--output s3://x/y.mp4", "--output. Expected a path of this machine."),
        ("--maps caf\udce9", "Invalid path 'caf\\udce9'. Expected UTF-8"),
        ("--parameters p.txt", "ends with .csv or .npz. Received: 'p.txt'"),
        ("--maps m --map_size 99999,99999", "`map_size`. Expected two pos"),
        ("--maps m --model=", "Missing path of a model."),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    run, video, tmp_path, monkeypatch, capsys, flags, words
):
    monkeypatch.chdir(tmp_path)
    assert run(video, *flags.split(), output=None)[0] == 1
    error = capsys.readouterr().err
    assert words in error
    assert "partial." not in error
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_the_case_of_a_suffix_does_not_matter(run, video, tmp_path):
    assert run(video, "--parameters", tmp_path / "P.CSV", output=None)[0] == 0
    assert (tmp_path / "P.CSV").read_text().startswith("frame,time_seconds")


def test_a_missing_folder_is_named_before_its_outputs(tmp_path, capsys):
    words = ["--video", tmp_path / "none", "--summary", tmp_path / "out"]
    assert predict.main([str(word) for word in words]) == 1
    assert "none': No such file or directory" in capsys.readouterr().err
