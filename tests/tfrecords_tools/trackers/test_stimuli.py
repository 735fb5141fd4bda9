"""Tests of `tfrecords_tools.trackers.stimuli`."""

import pytest

from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.stimuli import FileStimulus, Videos

VIDEOS = Videos(
    {
        "Clip": "/raw/Clip.MP4",
        "fight/one.two": "/raw/fight/one.two.mkv",
        "fight/caf\u00e9": "/raw/fight/cafe\u0301.avi",
        "a/same": "/raw/a/same.avi",
        "b/same": "/raw/b/same.avi",
        "one/deep/take": "/raw/one/deep/take.avi",
        "two/deep/take": "/raw/two/deep/take.avi",
        "deep/other/take": "/raw/deep/other/take.avi",
    }
)


@pytest.mark.parametrize(
    ("stimulus", "video"),
    [
        ("Clip", "Clip"),
        (" clip ", "Clip"),
        ("CLIP.mp4", "Clip"),
        ("clip.avi", "Clip"),  # A suffix of another video of the folder.
        (r"C:\stimuli\clip.mp4", "Clip"),
        ("/home/me/clip.mp4", "Clip"),
        ("one.two", "fight/one.two"),
        ("fight/one.two.mkv", "fight/one.two"),
        ("cafe\u0301.avi", "fight/caf\u00e9"),
        ("CAFE\u0301", "fight/caf\u00e9"),
        ("a/same.avi", "a/same"),
        (r"B\Same", "b/same"),
        ("/home/me/b/same.avi", "b/same"),
        ("clip.png", None),
        ("one", None),
        ("Eyetracker Calibration", None),
        ("", None),
    ],
)
def test_a_stimulus_is_found_without_case_suffix_and_folder(stimulus, video):
    assert VIDEOS.find(stimulus) == video


def test_a_name_of_two_videos_is_an_error():
    with pytest.raises(SourceError, match="'same.avi'.*'a/same' and 'b/same'"):
        VIDEOS.find("same.avi")
    with pytest.raises(SourceError, match="'one/deep/take' and 'two/deep/"):
        VIDEOS.find("deep/take.avi")


@pytest.mark.parametrize(
    ("path", "video"),
    [
        ("/raw/gaze.csv", "Clip"),  # The only video beside it.
        ("/gaze/one.two/exports/gaze_positions.csv", "fight/one.two"),
        ("/gaze/clip.csv", "Clip"),
        ("/gaze/P01_clip_2.csv", "Clip"),
        ("/gaze/P01_eclipse.csv", None),
        ("/gaze/P01.csv", None),
    ],
)
def test_a_table_without_names_is_of_the_video_that_its_path_names(path, video):
    assert VIDEOS.find(FileStimulus(path)) == video


def test_a_table_without_names_is_of_the_only_video():
    videos = Videos({"film": "/raw/film.avi"})
    assert videos.find(FileStimulus("/gaze/P01.csv")) == "film"
    assert videos.find("P01") is None
