"""Several videos have outputs of their own, planned before any work."""

import os

import pytest

from rmdn_tf.prediction.batch_plan import check_jobs, folder_of, plan
from rmdn_tf.prediction.settings import DrawingSettings, NumberSettings

VIDEOS = {"a": "in/a.mov", "day/b": "in/day/b.mp4", "c": "in/c.JPG"}


def outputs(drawing=None, **numbers):
    jobs = plan(VIDEOS, DrawingSettings(drawing), NumberSettings(**numbers))
    assert [job.video for job in jobs] == [*VIDEOS.values()]
    return [" ".join(job.outputs.values()) for job in jobs]


def test_a_folder_or_a_pattern_gives_each_video_its_paths():
    assert outputs("out") == ["out/a.mp4", "out/day/b.mp4", "out/c.png"]
    assert outputs("o/{name}/x.mkv") == [
        *("o/a/x.mkv", "o/day/b/x.mkv", "o/c/x.mkv")
    ]
    assert outputs(maps="m", parameters="p", summary="p")[1] == (
        "p/day/b.csv p/day/b_summary.csv m/day/b"
    )
    assert outputs(parameters="p/{name}.npz")[0] == "p/a.npz"


@pytest.mark.parametrize("path", ["out.mp4", "out.PNG", "a.gif"])
def test_a_file_for_several_videos_is_refused(path):
    with pytest.raises(ValueError, match="--output. Expected a folder, or a"):
        outputs(path)
    with pytest.raises(ValueError, match="--summary. Expected a folder"):
        outputs("out", summary="out.csv")


@pytest.mark.parametrize(
    ("output", "expected"),
    [("out", "out"), ("o/{name}.mkv", "o"), ("o/x_{name}/y.mkv", "o")],
)
def test_the_folder_of_the_outputs_holds_them_all(output, expected):
    assert folder_of(DrawingSettings(output), NumberSettings()) == expected
    assert folder_of(DrawingSettings("{name}.mp4"), NumberSettings()) == "."
    assert folder_of(DrawingSettings(), NumberSettings(maps="m")) == "m"


@pytest.mark.parametrize(
    ("values", "output", "words"),
    [
        (["in"], "in", "which is the input of --video"),
        (["in"], "in/out", "in the folder of videos"),
        (["in/a.mp4", "in/b.mp4"], "in", "which is the input of --video"),
        (["in/a.mp4", "in/b.mp4"], "hard/{name}.mp4", "which is one of the"),
        (["in"], "out/x.mp4/{name}", ""),
        (["in"], "out/{name}.mp4", ""),
    ],
)
def test_no_output_is_a_video(tmp_path, monkeypatch, values, output, words):
    monkeypatch.chdir(tmp_path)
    os.mkdir("in")
    os.mkdir("hard")
    for name in ("a", "b"):
        open(f"in/{name}.mp4", "w").close()
    os.link("in/b.mp4", "hard/a.mp4")
    videos = {name: f"in/{name}.mp4" for name in ("a", "b")}
    jobs = plan(videos, DrawingSettings(output), NumberSettings())
    if not words:
        check_jobs(jobs, values, None)
        return
    with pytest.raises(ValueError, match=words):
        check_jobs(jobs, values, None)


def test_two_outputs_do_not_share_a_path():
    numbers = NumberSettings(parameters="{name}.csv", summary="{name}.csv")
    with pytest.raises(ValueError, match="lies in the output of"):
        check_jobs(plan(VIDEOS, DrawingSettings(), numbers), [], None)
    videos = {"a_summary": "a_summary.mp4", "a": "a.mp4"}
    jobs = plan(
        videos, DrawingSettings(), NumberSettings(parameters="x", summary="x")
    )
    with pytest.raises(ValueError, match="for two outputs"):
        check_jobs(jobs, [], None)


def test_a_video_that_would_become_a_picture_is_refused_before_any_work():
    jobs = plan(VIDEOS, DrawingSettings("{name}.png"), NumberSettings())
    with pytest.raises(ValueError, match=r"as 'in/a.mov' is .* 'a.png'"):
        check_jobs(jobs, [], None)
    check_jobs(jobs[2:], [], None)
