"""Tests of the errors of `tfrecords_tools.trackers.formats`."""

import pytest

from tests.helpers import tracker_exports as exports
from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import LEVELS
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.options import GazeOptions

WIDE = {"screen_size": "800x480"}


@pytest.mark.parametrize(
    ("write", "options", "message"),
    [
        (exports.write_neon, {"time_unit": "us"}, "time_unit us.*Expected ns"),
        (exports.write_neon, {"normalized": True}, "flags say '0 to 1"),
        (exports.write_gazepoint, {}, "Missing size of the screen.*Gazepoint"),
        (exports.write_imotions, {"normalized": True}, "pixels of the screen"),
        (exports.write_tobii_pro, WIDE, "the file says '0 to 1 of the video'"),
        (
            exports.write_tobii_pro,
            {"decimal": "point"},
            "line 3 .*a decimal point",
        ),
        (exports.write_tobii_pro, {"delimiter": "comma"}, "with a comma bet"),
        (
            exports.write_tobii_pro,
            {"gaze_format": "gazepoint"},
            "Expected the columns of gazepoint",
        ),
        (
            exports.write_gaze_csv,
            {"gaze_format": "eyelink_asc"},
            "Expected an EyeLink .asc file",
        ),
        (exports.write_gaze_csv, {"decimal": "comma"}, "decimal comma"),
        (exports.write_gaze_csv, {"columns": "video=Clip"}, "No column 'Clip'"),
        (exports.write_gaze_csv, {"encoding": "utf-16"}, "utf-16"),
        (
            exports.write_gaze_csv,
            {"columns": "t=Time,x=x,y=y"},
            "Expected the columns Time, x, y",
        ),
    ],
)
def test_a_flag_that_contradicts_the_file_is_an_error(
    raw_dir, tmp_path, write, options, message
):
    path = write(tmp_path / "t")
    with pytest.raises(SourceError, match=message):
        exports.gaze_folder(raw_dir, path, **options).entries()


def test_flags_that_nothing_would_use_are_an_error(raw_dir, tmp_path):
    with pytest.raises(SourceError, match="No gaze in .*--time_unit=s"):
        exports.gaze_folder(raw_dir, None, time_unit="s").entries()
    path = exports.write_neon(tmp_path / "rec")
    with pytest.raises(SourceError, match="--start_message.*which is a table"):
        exports.gaze_folder(raw_dir, path, start_message="x").entries()


def test_a_table_is_read_again_if_the_times_beside_it_change(raw_dir, tmp_path):
    source = exports.gaze_folder(raw_dir, exports.write_neon(tmp_path / "rec"))
    files = [str(tmp_path / "rec" / "gaze.csv")]
    files.append(str(tmp_path / "rec" / "world_timestamps.csv"))
    (entry,) = source.entries()
    assert source.files(entry) == [str(raw_dir / "clip.avi"), *files]


def test_fixations_on_a_clock_need_the_time_of_the_first_frame(
    raw_dir, tmp_path
):
    path = exports.write_pupil_fixations(tmp_path / "rec")
    times = tmp_path / "rec" / "world_timestamps.csv"
    times.write_text("# timestamps [seconds],pts\nnan,0\n")
    with pytest.raises(SourceError, match="Invalid .*world_timestamps.csv"):
        exports.gaze_folder(raw_dir, path).entries()
    times.unlink()
    with pytest.raises(SourceError, match="Missing .*world_timestamps.csv"):
        exports.gaze_folder(raw_dir, path).entries()


def test_samples_of_neon_need_the_time_of_the_first_frame(raw_dir, tmp_path):
    path = exports.write_neon(tmp_path / "rec")
    (tmp_path / "rec" / "world_timestamps.csv").unlink()
    with pytest.raises(SourceError, match="Missing .*world_timestamps.csv"):
        exports.gaze_folder(raw_dir, path).entries()


@pytest.mark.parametrize(
    "write", [exports.write_neon, exports.write_pupil_player]
)
def test_two_cameras_on_heads_cannot_have_taken_one_video(
    write, raw_dir, tmp_path
):
    write(tmp_path / "rec" / "a")
    exports.gaze_folder(raw_dir, tmp_path / "rec").entries()
    write(tmp_path / "rec" / "b")
    with pytest.raises(SourceError, match="camera on the head.*'clip'"):
        exports.gaze_folder(raw_dir, tmp_path / "rec").entries()


def test_a_name_in_a_guessed_encoding_tells_how_to_name_it(tmp_path):
    write_grey(tmp_path / "raw" / "视频.avi", LEVELS)
    rows = ["video,observer,t_ms,x,y", "视频,1,0,1,2"]
    path = exports.write_lines(tmp_path / "t.csv", rows, "gbk")
    with pytest.raises(SourceError, match="give `--encoding`"):
        exports.gaze_folder(tmp_path / "raw", path).entries()
    exports.gaze_folder(tmp_path / "raw", path, encoding="gbk").entries()


def test_a_table_without_a_row_is_an_error(raw_dir):
    path = exports.write_lines(raw_dir / "t.csv", ["video,observer,t_ms,x,y"])
    with pytest.raises(SourceError, match="Empty table of gaze .*t.csv"):
        exports.gaze_folder(raw_dir, path).entries()


@pytest.mark.parametrize("encoding", ["klingon", "base64"])
def test_an_encoding_that_is_none_of_text_is_an_error(encoding):
    with pytest.raises(ValueError, match="known encoding of text"):
        GazeOptions(encoding=encoding)
