"""Tests that the same gaze is read from the export of any tracker."""

import dataclasses

import numpy as np
import pytest

from tests.helpers import tracker_exports as exports
from tests.helpers.eyelink_files import (
    end,
    fixation,
    message,
    start,
    write_asc,
)
from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import LEVELS
from tests.helpers.source_checks import open_named
from tfrecords_tools.gaze.checks import NO_EYE
from tfrecords_tools.gaze.detection import SAMPLES_BETWEEN_GAPS
from tfrecords_tools.gaze.fixations import REPEATED
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.merging import LATER_SHOWINGS
from tfrecords_tools.trackers.rows import BY_TRACKER

EMPTY = NO_EYE.format("samples", "empty")
INVALID = NO_EYE.format("samples", BY_TRACKER)
MINUS = NO_EYE.format("samples", "(-1, -1)")

WIDE = {"screen_size": "800x480"}


def check(source, atol=0.0):
    """Checks each frame's gaze; returns what was left out, but for `REPEATED`.

    A and B touch in frame 4.
    """
    raw = open_named(source, "clip")
    fixations = raw.fixations
    np.testing.assert_array_equal(fixations.frame, exports.FRAMES)
    places = np.stack([fixations.x, fixations.y], axis=1) * [64, 48]
    np.testing.assert_allclose(places, exports.PLACES, rtol=1e-6, atol=atol)
    left_out = dict(raw.left_out)
    assert left_out.pop(REPEATED) == 1
    return left_out


@dataclasses.dataclass
class Case:
    """How a tracker exports the gaze, and what is lost."""

    write: callable
    name: str
    options: dict = dataclasses.field(default_factory=dict)
    left_out: dict = dataclasses.field(default_factory=dict)
    format: str = ""
    atol: float = 0.0


CASES = [
    Case(exports.write_gaze_csv, "t.csv", {}, {EMPTY: 3}, "generic"),
    Case(exports.write_tobii_pro, "t.tsv", {}, {EMPTY: 3}, "tobii"),
    Case(exports.write_tobii_normalized, "t.tsv", {}, {EMPTY: 3}, "tobii"),
    Case(exports.write_tobii_glasses, "t.tsv", {}, {EMPTY: 3}, "tobii"),
    Case(exports.write_tobii_studio, "t.tsv", {}, {INVALID: 3}, "tobii"),
    Case(
        exports.write_pupil_player,
        "rec",
        {},
        {INVALID: 3, SAMPLES_BETWEEN_GAPS: 1},
        "pupil",
        1e-3,
    ),
    Case(exports.write_pupil_surface, "rec", {}, {INVALID: 3}, "pupil", 1e-3),
    Case(exports.write_neon, "rec", {}, {INVALID: 3}, "pupil"),
    Case(
        exports.write_gazepoint, "t.csv", WIDE, {INVALID: 3}, "gazepoint", 0.01
    ),
    Case(exports.write_imotions, "t.csv", WIDE, {MINUS: 3}, "imotions"),
    Case(
        exports.write_eyelink_report,
        "t.xls.txt",
        WIDE,
        {EMPTY: 3},
        "eyelink_report",
    ),
    Case(exports.write_pupil_fixations, "rec", {}, {}, "pupil", 1e-3),
    Case(exports.write_neon_fixations, "rec", {}, {}, "pupil"),
    Case(
        exports.write_gazepoint_fixations,
        "User 0_fixations.csv",
        WIDE,
        {},
        "gazepoint",
        0.01,
    ),
    Case(
        exports.write_eyelink_fixations,
        "f.txt",
        WIDE | {"columns": "video=Movie"},
        {},
        "eyelink_report",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.write.__name__)
def test_gaze_of_any_tracker_is_on_the_frames_that_were_shown(
    raw_dir, tmp_path, case
):
    path = case.write(tmp_path / case.name)
    for name in ("auto", case.format):
        source = exports.gaze_folder(
            raw_dir, path, gaze_format=name, **case.options
        )
        assert check(source, case.atol) == case.left_out


def tobii(rows, header="Recording timestamp [ms]\tParticipant name"):
    """Returns lines of Tobii, one for each (t, participant, media, x)."""
    names = (
        "Gaze point X (MCSnorm)\tGaze point Y (MCSnorm)\tPresented Media name"
    )
    lines = [f"{header}\t{names}"]
    for t, participant, media, x in rows:
        lines.append(f"{t}\t{participant}\t{x}\t0.5\t{media}")
    return lines


def looks(start, participant, media, x, count=20):
    return [(start + 10 * k, participant, media, x) for k in range(count)]


def table_of(raw_dir, path, **options):
    """Returns the gaze of the folder, as `FolderGaze`."""
    source = exports.gaze_folder(raw_dir, path, **options)
    source.entries()
    return source._gaze()


def test_several_participants_and_videos_are_in_one_file(raw_dir, tmp_path):
    write_grey(raw_dir / "other.avi", LEVELS)
    rows = looks(500, "Zoe", "calibration.png", 0.1)
    rows += looks(1000, "Zoe", "clip.avi", 0.25)
    rows += looks(1500, "Zoe", "other.avi", 0.5)
    rows += looks(300, "Ann", "OTHER", 0.75) + looks(900, "Ann", "clip", 0.5)
    path = exports.write_lines(tmp_path / "t.tsv", tobii(rows))
    source = exports.gaze_folder(raw_dir, path)
    clip, other = (open_named(source, name) for name in ("clip", "other"))
    # 0 to 190 ms are frames 0 to 4. Ann is 0, Zoe is 1.
    for raw, places in ((clip, (0.5, 0.25)), (other, (0.75, 0.5))):
        np.testing.assert_array_equal(
            raw.fixations.frame, np.repeat(range(5), 2)
        )
        np.testing.assert_array_equal(raw.fixations.observer, [0, 1] * 5)
        np.testing.assert_allclose(raw.fixations.x, places * 5, rtol=1e-6)
    assert sum(source.left_out().values()) == 20
    assert "'calibration.png'" in source.summary()


def test_a_video_that_is_shown_again_is_not_mixed_with_the_first_time(
    raw_dir, tmp_path
):
    rows = looks(1000, "P", "clip", 0.25) + looks(1300, "P", "pause", 0.9)
    rows += looks(2000, "P", "clip", 0.75, count=15)
    path = exports.write_lines(tmp_path / "t.tsv", tobii(rows))
    raw = open_named(exports.gaze_folder(raw_dir, path), "clip")
    np.testing.assert_allclose(raw.fixations.x, [0.25] * 5, rtol=1e-6)
    assert raw.left_out == {LATER_SHOWINGS: 15}


def test_a_short_break_does_not_end_a_showing_but_a_long_one_does(
    raw_dir, tmp_path
):
    for gap, num_frames, lost in ((200, 10, 0), (2000, 5, 20)):
        rows = looks(1000, "P", "clip", 0.25)
        rows += [(1195, "P", "", 0.25)]
        rows += looks(1000 + gap, "P", "clip", 0.25)
        path = exports.write_lines(tmp_path / f"{gap}.tsv", tobii(rows))
        raw = open_named(exports.gaze_folder(raw_dir, path), "clip")
        assert len(raw.fixations) == num_frames
        assert raw.left_out[LATER_SHOWINGS] == lost


def test_one_file_for_each_participant_is_a_folder_or_a_pattern(
    raw_dir, tmp_path
):
    header = "Recording timestamp [ms]\tIgnored"
    for name, x in (("b", 0.5), ("a", 0.25)):
        lines = tobii(looks(100, "", "clip", x), header)
        exports.write_lines(tmp_path / "exports" / f"{name}.tsv", lines)
    exports.write_lines(tmp_path / "exports" / "notes.txt", ["hello", "you"])
    raw = open_named(exports.gaze_folder(raw_dir, tmp_path / "exports"), "clip")
    np.testing.assert_allclose(raw.fixations.x, [0.25, 0.5] * 5, rtol=1e-6)
    source = exports.gaze_folder(raw_dir, tmp_path / "exports")
    assert "notes.txt" in source.summary()
    pattern = str(tmp_path / "exports" / "*.tsv")
    np.testing.assert_array_equal(
        open_named(exports.gaze_folder(raw_dir, pattern), "clip").fixations.x,
        raw.fixations.x,
    )
    with pytest.raises(SourceError, match="header, line 1, of .*notes.txt"):
        exports.gaze_folder(
            raw_dir, str(tmp_path / "exports" / "*.t*")
        ).entries()
    with pytest.raises(SourceError, match="No file of gaze in"):
        exports.gaze_folder(
            raw_dir, str(tmp_path / "exports" / "*.xyz")
        ).entries()


def test_samples_win_over_fixations_in_one_export(raw_dir, tmp_path):
    exports.write_gazepoint(tmp_path / "g" / "User 0_all_gaze.csv")
    exports.write_gazepoint_fixations(tmp_path / "g" / "User 0_fixations.csv")
    source = exports.gaze_folder(raw_dir, tmp_path / "g", **WIDE)
    assert check(source, atol=0.01) == {INVALID: 3}
    assert "1 files of fixations" in source.summary()


def test_kinds_of_gaze_that_count_different_things_are_not_mixed(
    raw_dir, tmp_path
):
    exports.write_pupil_player(tmp_path / "g")
    exports.write_pupil_surface(tmp_path / "g" / "surfaces")
    with pytest.raises(SourceError, match="Different kinds of gaze"):
        exports.gaze_folder(raw_dir, tmp_path / "g").entries()


def test_a_table_that_names_no_video_belongs_to_the_one_beside_it(
    tmp_path,
):
    raw_dir = tmp_path / "raw"
    for name in ("one", "two"):
        write_grey(raw_dir / name / "world.avi", LEVELS)
        exports.write_neon(raw_dir / name)
    source = exports.gaze_folder(raw_dir, raw_dir)
    entries = source.entries()
    assert [len(source.open(entry).fixations) for entry in entries] == [10, 10]
    observers = {int(source.open(e).fixations.observer[0]) for e in entries}
    assert observers == {0, 1}


def test_stimuli_of_which_none_is_a_video_are_an_error(raw_dir, tmp_path):
    path = exports.write_lines(
        tmp_path / "t.tsv", tobii(looks(0, "P", "film", 0.5))
    )
    with pytest.raises(
        SourceError, match="1: 'film'; the folder has 1: 'clip'"
    ):
        exports.gaze_folder(raw_dir, path).entries()


def test_the_summary_tells_what_was_understood(raw_dir, tmp_path):
    path = exports.write_tobii_pro(tmp_path / "t.tsv")
    assert exports.gaze_folder(raw_dir, path).summary().splitlines() == [
        f"gaze           {path}",
        "format         Tobii",
        "video from     'Presented Media name'",
        "observer from  'Participant name'",
        "time from      'Recording timestamp [μs]'",
        "x from         'Gaze point X [DACS px]'",
        "y from         'Gaze point Y [DACS px]'",
        "unit of time   microseconds",
        "time zero      first row of each presentation of a video",
        "samples        100 a second",
        "decimal mark   comma",
        "text           utf-8-sig, tab between",
        "coordinates    0 to 1 of the video",
        "observers      1: 'P1'",
        "videos         1 with gaze",
        "other stimuli  1: 'pause.AVI'",
        f"left out       3 {EMPTY}",
    ]


def test_logs_of_several_observers_are_merged(raw_dir, tmp_path):
    (tmp_path / "logs").mkdir()
    for name, x in (("p8", 1320), ("p7", 960)):
        write_asc(
            tmp_path / "logs" / f"{name}.asc",
            [message(880, "TRIALID 1"), *start(900)],
            [message(1000, "SYNCTIME"), *fixation(1050, 100, x, 540)],
            end(1400),
            [message(1410, "!V TRIAL_VAR video clip.avi")],
        )
    raw = open_named(exports.gaze_folder(raw_dir, tmp_path / "logs"), "clip")
    # 50 to 150 ms are frames 1 to 3; on the screen the video has 1440x1080.
    np.testing.assert_array_equal(raw.fixations.frame, [1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(raw.fixations.observer, [0, 1] * 3)
    places = [0.5, (1320 - 240) / 1440] * 3
    np.testing.assert_allclose(raw.fixations.x, places, rtol=1e-6)


def test_the_gaze_of_both_eyes_of_imotions_is_read(raw_dir, tmp_path):
    rows = ["#DATA", "Timestamp,Source StimuliName,Gaze X,Gaze Y,GSR RAW"]
    for t, place in exports.SAMPLES:
        x, y = (80 + 10 * place[0], 10 * place[1]) if place else (-1, -1)
        rows += [f"{500 + t},clip,{x},{y},", f"{503 + t},clip,,,0.71"]
    path = exports.write_lines(tmp_path / "t.csv", rows)
    assert check(exports.gaze_folder(raw_dir, path, **WIDE)) == {MINUS: 3}


def test_the_start_of_a_trial_is_told_as_such(raw_dir, tmp_path):
    path = exports.write_eyelink_fixations(tmp_path / "t.txt")
    source = exports.gaze_folder(raw_dir, path, columns="video=movie", **WIDE)
    assert "start of the trial, taken for that" in source.summary()
