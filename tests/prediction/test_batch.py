"""Several videos are predicted as one by one, and go on after a stop."""

import contextlib
import os
import signal

import pytest
from PIL import Image

from rmdn_tf import predict
from rmdn_tf.commands.command import UNREADABLE
from rmdn_tf.prediction.video_prediction import VideoPrediction
from rmdn_tf.serving import models
from tests.helpers.made_videos import moving_square, write_video

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two videos, a broken one and a text."""
    folder = tmp_path / "in"
    (folder / "day").mkdir(parents=True)
    write_video(folder / "a.mp4", moving_square(8), sound="aac")
    write_video(folder / "day" / "c.mkv", moving_square(5))
    (folder / "b.mp4").write_bytes(b"no video")
    (folder / "notes.txt").write_text("Shot on Monday.")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def predicted(monkeypatch):
    """The videos that the network ran through."""
    names, run = [], VideoPrediction.run

    def counted(self):
        number = run(self)
        names.append(os.path.basename(self.video))
        return number

    monkeypatch.setattr(VideoPrediction, "run", counted)
    return names


ALL = ("--maps", "maps", "--parameters", "out", "--summary", "out")


def contents(folder, *names):
    return {name: (folder / name).read_bytes() for name in names}


def test_a_folder_gives_what_each_video_alone_gives(
    run, folder, tmp_path, capsys
):
    code, _ = run("in", "--output", "out", *ALL, output=None)
    assert code == UNREADABLE == 3
    out, error = capsys.readouterr()
    assert out.splitlines() == [
        "2 videos, 13 frames: out",
        "  1 other file passed over",
        "  unreadable:",
        "    Unreadable video 'in/b.mp4': Invalid data found when processing "
        "input.",
    ]
    assert "Left out: Unreadable video 'in/b.mp4'" in error
    made = {p for p in os.listdir("out") if not p.startswith(".")}
    assert made == {"a.mp4", "a.csv", "a_summary.csv", "day"}
    options = ("--output", "one.mp4", "--maps", "one", "--parameters")
    options += ("one.csv", "--summary", "sum.csv")
    assert run("in/a.mp4", *options, output=None)[0] == 0
    pairs = {"one.csv": "out/a.csv", "sum.csv": "out/a_summary.csv"}
    pairs |= {f"one/000{n}.png": f"maps/a/000{n}.png" for n in range(1, 9)}
    pairs["one.mp4"] = "out/a.mp4"
    for one, of_folder in pairs.items():
        assert (
            contents(tmp_path, one)[one]
            == contents(tmp_path, of_folder)[of_folder]
        )


def test_several_files_take_a_pattern(run, folder, tmp_path):
    options = ("--video", "in/day/c.mkv", "--output", "x_{name}.mkv")
    assert run("in/a.mp4", *options, output=None)[0] == 0
    assert {p.name for p in tmp_path.glob("x_*")} == {"x_a.mkv", "x_c.mkv"}


def test_a_missing_file_is_named_first_and_told_in_its_place(
    run, folder, capsys
):
    options = ("--video", "gone.mp4", "--video", "in/a.mp4")
    assert (
        run("in/b.mp4", *options, "--output", "out", output=None)[0]
        == UNREADABLE
    )
    out, error = capsys.readouterr()
    missing = "Unreadable video 'gone.mp4': No such file or directory."
    damaged = "Unreadable video 'in/b.mp4': Invalid data found when processing "
    damaged += "input."
    lines = error.splitlines()
    assert lines.index(f"Left out: {missing}") < lines.index(
        f"Left out: {damaged}"
    )
    assert out.splitlines() == [
        "1 video, 8 frames: out",
        "  unreadable:",
        f"    {damaged}",
        f"    {missing}",
    ]


def test_pictures_of_a_folder_give_pictures(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("in")
    for name in ("a.jpg", "b.png"):
        Image.fromarray(moving_square(1)[0]).save(tmp_path / "in" / name)
    options = ("--output", "out", "--summary", "out")
    assert run("in", *options, output=None)[0] == 0
    made = {p for p in os.listdir("out") if not p.startswith(".")}
    assert made == {"a.png", "b.png", "a_summary.csv", "b_summary.csv"}


def test_what_is_whole_is_not_made_again(
    run, folder, tmp_path, predicted, capsys
):
    command = ("in", "--output", "out", *ALL)
    run(*command, output=None)
    before = contents(tmp_path, "out/a.mp4", "out/day/c.csv")
    assert predicted == ["a.mp4", "c.mkv"]
    capsys.readouterr()
    assert run(*command, output=None)[0] == UNREADABLE
    assert predicted == ["a.mp4", "c.mkv"]
    assert "  already there: 2" in capsys.readouterr().out
    assert contents(tmp_path, *before) == before


def write_other(path):
    write_video(path, moving_square(4))


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda: os.remove("out/a.mp4"), ["a.mp4"]),
        (lambda: os.truncate("out/a_summary.csv", 9), ["a.mp4"]),
        (lambda: write_other("in/a.mp4"), ["a.mp4"]),
        (lambda: ["--style", "contours"], ["a.mp4", "c.mkv"]),
        (lambda: ["--end", "0.1"], ["a.mp4", "c.mkv"]),
        (lambda: os.rename("out", "moved"), []),
    ],
)
def test_what_has_changed_is_made_again(run, folder, predicted, change, again):
    command = ("in", "--output", "out", "--summary", "out")
    run(*command, output=None)
    predicted.clear()
    options = change() or []
    if os.path.exists("moved"):
        command = ("in", "--output", "moved", "--summary", "moved")
    run(*command, *options, output=None)
    assert predicted == again


@pytest.mark.usefixtures("taken_signals")
def test_a_stopped_run_goes_on_where_it_stopped(
    run, folder, predicted, monkeypatch
):
    command = ("in", "--output", "out")
    write = VideoPrediction._open_files

    def stopped(self, *arguments):
        if self.video.endswith("c.mkv"):
            signal.raise_signal(signal.SIGTERM)
        return write(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(VideoPrediction, "_open_files", stopped)
        assert run(*command, output=None)[0] == 143
    assert os.listdir("out/day") == []
    assert predicted == ["a.mp4"]
    assert run(*command, output=None)[0] == UNREADABLE
    assert predicted == ["a.mp4", "c.mkv"]


def test_the_model_is_loaded_once(run, folder, model, model_dir, monkeypatch):
    models._loaded.cache_clear()
    loaded = []

    def load(*given):
        loaded.append(given)
        return model

    monkeypatch.setattr("rmdn_tf.prediction.attention_model.load", load)
    run("in", "--output", "out", output=None)
    assert loaded == [(str(model_dir), "float32")]


def test_no_model_is_loaded_if_all_videos_are_finished(
    run, folder, monkeypatch, capsys
):
    run("in", "--output", "out", output=None)
    monkeypatch.setattr("rmdn_tf.prediction.attention_model.load", None)
    assert run("in", "--output", "out", output=None)[0] == UNREADABLE
    assert "  already there: 2" in capsys.readouterr().out


def test_a_full_disk_ends_the_work(run, folder, monkeypatch, capsys):
    def full(self):
        with contextlib.suppress(OSError):
            raise OSError(28, "No space left on device")
        raise ValueError("Cannot write: No space left on device.")

    monkeypatch.setattr(VideoPrediction, "run", full)
    assert run("in", "--output", "out", output=None)[0] == 1
    assert "No space left" in capsys.readouterr().err


def test_maps_of_another_kind_end_the_work(run, folder, capsys):
    command = ("in", "--maps", "maps")
    run(*command, output=None)
    assert run(*command, "--map_size", "8", "9", output=None)[0] == 1
    assert "size was" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--video in --output in/out", "in the folder of videos"),
        ("--video in --output out.mp4", "Expected a folder, or a path with"),
        ("--video in 0 --output out", "must be the only --video"),
        ("--video 0 --output out/{name}.mkv", "do not contain {name}"),
        ("--video in --parameters out/{name}.txt", "ends with .csv or .npz"),
        ("--video in --output out/{name}.xyz", "such as .mp4 or .mkv"),
        ("--video in --output out --model no", "No trained model in 'no'"),
    ],
)
def test_an_invalid_command_is_refused_before_any_work(
    folder, capsys, flags, words
):
    assert predict.main(flags.split()) == 1
    assert words in capsys.readouterr().err
    assert not os.path.exists("out")
