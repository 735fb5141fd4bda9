"""Recordings of trackers on the frames and pixels of a folder's videos."""

import fractions

import pytest
from PIL import Image

from tests.helpers.eyelink_files import end, fixation, message, start, write_asc
from tests.helpers.made_videos import grey_frames, write_video
from tests.helpers.source_checks import (
    check_fixations,
    open_named,
    prepare_small,
)
from tfrecords_tools.gaze.fixations import OUTSIDE
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.trackers.options import GazeOptions

# A phone's clip: 10 frames at 30 a second, then 10 at 15.
TICKS = [*range(0, 330, 33), *range(330, 990, 66)]


def showing(onset, shown_ms, lines, name="clip.mkv"):
    """Returns a trial in which frame k appears `shown_ms[k]` after onset."""
    return [
        message(onset - 200, "TRIALID 1"),
        *start(onset - 100),
        *(
            message(onset + ms, f"!V VFRAME {k} 320 180 {name}")
            for k, ms in enumerate(shown_ms, 1)
        ),
        *lines,
        *end(onset + 5000),
        message(onset + 5001, "TRIAL_RESULT 0"),
    ]


@pytest.mark.parametrize("late", [0, 700])
def test_each_fixation_is_on_the_frame_that_was_shown(tmp_path, late):
    """The player falls behind by `late` ms after frame 4."""
    raw_dir = tmp_path / "v"
    raw_dir.mkdir()
    frames = grey_frames(range(20, 40), size=(360, 640))
    write_video(raw_dir / "clip.mkv", frames, ticks=TICKS)
    shown_ms = [ms + late * (k > 4) for k, ms in enumerate(TICKS)]
    events = [
        line
        for k in range(0, 19, 3)
        # From just after a frame appears to just before the next one does.
        for line in fixation(10_000 + shown_ms[k] + 5, 10, 320 + 64 * k, 180)
    ]
    gaze = tmp_path / "gaze"
    gaze.mkdir()
    write_asc(gaze / "p1.asc", showing(10_000, shown_ms, events))
    video = open_named(Folder(raw_dir, gaze), "clip")
    frames = [*range(0, 19, 3)]
    check_fixations(
        video.fixations, frames, [0] * 7, [k * 0.05 for k in frames], [0] * 7
    )
    assert not video.left_out


def wide_pixels(folder):
    """Writes a video of 180x144 that is shown as 256x144."""
    folder.mkdir()
    write_video(
        folder / "clip.mkv",
        grey_frames([20] * 10, size=(144, 180)),
        sample_aspect_ratio=fractions.Fraction(64, 45),
    )
    return folder


TABLE = "video,observer,onset_ms,duration_ms,x,y\nclip,1,20,10,192,36\n"


def test_gaze_counts_stored_or_shown_pixels(tmp_path):
    raw_dir = wide_pixels(tmp_path / "v")
    (raw_dir / "gaze.csv").write_text(TABLE)
    video = open_named(Folder(raw_dir), "clip")
    assert video.left_out == {OUTSIDE: 1}
    shown = GazeOptions(gaze_pixels="shown")
    video = open_named(Folder(raw_dir, gaze_options=shown), "clip")
    check_fixations(video.fixations, [0], [1], [0.75], [0.25])


@pytest.mark.parametrize(
    ("screen", "place"),
    [
        ("1920x1080", (1440, 270)),
        ("1024x768", (768, 240)),  # Bars of 96 pixels above and below.
        ("2560x1080", (1760, 270)),  # Bars of 320 left and right.
    ],
)
def test_on_a_screen_the_video_has_its_shown_aspect(tmp_path, screen, place):
    raw_dir = wide_pixels(tmp_path / "v")
    (raw_dir / "gaze.csv").write_text(
        TABLE.replace("192,36", "{},{}".format(*place))
    )
    options = GazeOptions(screen_size=screen)
    video = open_named(Folder(raw_dir, gaze_options=options), "clip")
    check_fixations(video.fixations, [0], [1], [0.75], [0.25])


@pytest.mark.parametrize(
    ("where", "place"),
    [("unscaled", (1024, 504)), ("100,50,512,288", (484, 122))],
)
def test_the_place_of_the_video_on_the_screen_may_be_given(
    tmp_path, where, place
):
    raw_dir = wide_pixels(tmp_path / "v")
    (raw_dir / "gaze.csv").write_text(
        TABLE.replace("192,36", "{},{}".format(*place))
    )
    options = GazeOptions(screen_size="1920x1080", video_on_screen=where)
    video = open_named(Folder(raw_dir, gaze_options=options), "clip")
    check_fixations(video.fixations, [0], [1], [0.75], [0.25])


def test_a_place_on_the_screen_needs_gaze_on_a_screen(tmp_path):
    raw_dir = wide_pixels(tmp_path / "v")
    (raw_dir / "gaze.csv").write_text(TABLE)
    source = Folder(
        raw_dir, gaze_options=GazeOptions(video_on_screen="unscaled")
    )
    with pytest.raises(SourceError, match="pixels of the video as stored"):
        source.entries()
    with pytest.raises(ValueError, match="Invalid `video_on_screen`"):
        GazeOptions(video_on_screen="1,2,3")


def test_preparing_draws_a_picture_of_gaze(tmp_path, capsys):
    raw_dir = wide_pixels(tmp_path / "v")
    (raw_dir / "gaze.csv").write_text(TABLE.replace("192", "90"))
    prepare_small(Folder(raw_dir), tmp_path / "a")
    path = tmp_path / "a" / "gaze_check.png"
    assert f"Check the gaze in the picture '{path}'." in capsys.readouterr().err
    with Image.open(path) as picture:
        assert min(picture.size) > 500
    (raw_dir / "gaze.csv").unlink()
    prepare_small(Folder(raw_dir), tmp_path / "b")
    assert not (tmp_path / "b" / "gaze_check.png").exists()
