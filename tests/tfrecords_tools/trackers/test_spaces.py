"""Tests of `tfrecords_tools.trackers.spaces`."""

import pytest

from tests.helpers.tracker_exports import write_lines
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.formats import read_gaze
from tfrecords_tools.trackers.options import GazeOptions

PRO = {
    "Recording resolution height": "1080",
    "Recording resolution width": "1920",
}
STUDIO = {"RecordingResolution": "1920 x 1080"}


def write_screen(path, *sizes):
    """Writes Tobii's pixels of a screen, one recording for each size."""
    names = (
        *("Recording timestamp [ms]", "Participant name", "Event"),
        *("Gaze point X [DACS px]", "Gaze point Y [DACS px]"),
        *("Presented Stimulus name", *sizes[0]),
    )
    rows = ["\t".join(names)]
    for number, size in enumerate(sizes):
        rows.append(f"0\tP{number}\tStart\t\t\tclip" + "\t" * len(size))
        for t in range(0, 400, 10):
            cells = (t, f"P{number}", "", 960, 540, "clip", *size.values())
            rows.append("\t".join(map(str, cells)))
    return str(write_lines(path, rows))


@pytest.mark.parametrize("size", [PRO, STUDIO])
@pytest.mark.parametrize("flag", [None, "1920x1080"])
def test_tobii_tells_the_size_of_its_screen(size, flag, tmp_path):
    path = write_screen(tmp_path / "t.tsv", size, size)
    table = read_gaze(path, GazeOptions(screen_size=flag))
    assert table.space == CoordinateSpace("screen", (1080, 1920))
    assert table.rows["clip"].shape == (80, 4)


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ([PRO], {"screen_size": "800x600"}, "Expected 1920x1080, as the file"),
        ([PRO], {"normalized": True}, "Invalid `--normalized`: Tobii"),
        ([PRO], {"gaze_pixels": "shown"}, "Invalid `--gaze_pixels`: Tobii"),
        (
            [STUDIO, {"RecordingResolution": "1280 x 720"}],
            {},
            "Several sizes of the screen: 1280x720 and 1920x1080",
        ),
        ([{"RecordingResolution": ""}], {}, "Missing size of the screen"),
    ],
)
def test_a_screen_of_another_size_is_an_error(
    sizes, options, message, tmp_path
):
    path = write_screen(tmp_path / "t.tsv", *sizes)
    with pytest.raises(SourceError, match=message):
        read_gaze(path, GazeOptions(**options))


def test_without_a_stimulus_the_size_of_the_recording_counts(tmp_path):
    # So do glasses: it is the size of their video.
    names = "Recording timestamp [ms]|Gaze point X|Gaze point Y|"
    names += "|".join(PRO)
    rows = [names.replace("|", "\t")]
    rows += [f"{t}\t960\t540\t1080\t1920" for t in range(0, 400, 10)]
    path = write_lines(tmp_path / "t.tsv", rows)
    table = read_gaze(str(path), GazeOptions())
    assert table.space == CoordinateSpace("screen", (1080, 1920))


def test_an_export_of_tobii_studio_2_is_read(tmp_path):
    rows = ["System Properties:", "Recording resolution:\t1280 x 1024", ""]
    names = "Timestamp|GazePointXLeft|ValidityLeft|GazePointX|GazePointY|"
    names += "ValidityRight|Event|StimuliName"
    rows.append(names.replace("|", "\t"))
    rows.append("999\t\t\t\t\t\tMovieStart\tclip.avi")
    for t in range(0, 400, 16):
        rows.append(f"{1000 + t}\t4\t0\t640\t512\t4\t\tclip.avi")
    path = write_lines(tmp_path / "t.tsv", rows)
    table = read_gaze(str(path), GazeOptions(screen_size="1280x1024"))
    assert table.understood["format"] == "Tobii"
    assert table.rows["clip.avi"].shape == (25, 4)
    # The row of the event tells when the video appeared.
    assert table.rows["clip.avi"][:2].tolist() == [
        [1, 640, 512, 0],
        [17, 640, 512, 0],
    ]
