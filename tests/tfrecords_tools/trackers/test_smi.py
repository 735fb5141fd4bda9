"""Tests of `tfrecords_tools.trackers.smi` and `smi_samples`."""

import numpy as np
import pytest

from tfrecords_tools.gaze.checks import NO_EYE
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.formats import read_gaze
from tfrecords_tools.trackers.merging import LATER_SHOWINGS
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.rows import BY_TRACKER

SCREEN = CoordinateSpace("screen", (1024, 1280))


def read(path, **options):
    return read_gaze(str(path), GazeOptions(**options))


def write(path, *lines, encoding="utf-8"):
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


# As the IDF Converter writes it.
FACTS = """\
## [iView]
## Converted from:\tD:\\data\\P07.idf
## Date:\t20.11.2026 10:00:00
## Version:\tIDF Converter 3.0.16
## IDF Version:\t9
## Sample Rate:\t250
## Separator Type:\tMsg
## [Run]
## Subject:\tP07
## Description:\t
## [Calibration]
## Calibration Area:\t1280\t1024
## Calibration Point 0:\tPosition(640;512)
## [Geometry]
## Stimulus Dimension [mm]:\t376\t301
## Head Distance [mm]:\t600
## Number of Samples:\t6
## Reversed:\tnone
## Format:\tLEFT, RIGHT, RAW, DIAMETER, POR, MSG
##
"""
IDF_HEADER = (
    "Time\tType\tTrial\tL Raw X [px]\tL Raw Y [px]\tR Raw X [px]\t"
    "R Raw Y [px]\tL Dia X [px]\tR Dia X [px]\tL POR X [px]\tL POR Y [px]\t"
    "R POR X [px]\tR POR Y [px]\tTiming\tTrigger"
)


def sample(us, left, right, trial=1):
    cells = [us, "SMP", trial, 100, 90, 140, 91, 14, 15, *left, *right, 0, 0]
    return "\t".join(map(str, cells))


def message(us, text, trial=1):
    return f"{us}\tMSG\t{trial}\t# Message: {text}"


def test_messages_of_idf_tell_the_video_and_its_start(tmp_path):
    none = ("0.00", "0.00")
    path = write(
        tmp_path / "P07 Samples.txt",
        FACTS + IDF_HEADER,
        message(84042779051, "fixation cross.bmp"),
        sample(84042779251, ("640.00", "512.00"), none),
        message(84042782251, "my film.avi"),
        sample(84042783251, ("100.00", "200.00"), ("110.00", "204.00")),
        message(84042784000, "UE-keypress Space"),
        sample(84042787251, none, ("110.00", "204.00")),
        sample(84042791251, none, none),
        message(84042792251, "other.avi", 2),
        sample(84042795251, ("7.00", "8.00"), none, 2),
    )
    table = read(path)
    assert not table.is_events
    assert table.observers == ("P07",)
    assert table.space == SCREEN
    assert list(table.lines) == [
        "fixation cross.bmp",
        "my film.avi",
        "other.avi",
    ]
    np.testing.assert_allclose(
        table.rows["my film.avi"],
        [[1, 105, 202, 0], [5, 110, 204, 0], [9, np.nan, np.nan, 0]],
    )
    np.testing.assert_allclose(table.rows["other.avi"], [[3, 7, 8, 0]])
    assert table.left_out["my film.avi"] == {
        NO_EYE.format("samples", "(0, 0)"): 1
    }
    assert table.understood["samples"] == "250 a second"


# As BeGaze 3.7 writes raw data with the fact lines.
BEGAZE_HEADER = (
    "Time\tType\tTrial\tL POR X [px]\tL POR Y [px]\tL Pupil Diameter [mm]\t"
    "Timing\tPupil Confidence\tL Plane\tAux1\tL Event Info\tStimulus"
)


def test_begaze_samples_name_the_stimulus_in_a_column(tmp_path):
    path = write(
        tmp_path / "a.txt",
        FACTS.replace("[iView]", "[BeGaze]") + BEGAZE_HEADER,
        "10000000\tSMP\t1\t850.71\t717.53\t3.1\t0\t1\t1\t\tFixation\ta.avi",
        "10001000\tMSG\t1\t# Message: START_A",
        "10002000\tSMP\t1\t851.00\t717.00\t3.1\t0\t1\t1\t\tSaccade\ta.avi",
        "10004000\tSMP\t1\t0.00\t0.00\t0.0\t0\t0\t1\t\tBlink\ta.avi",
        "10006000\tSMP\t1\t640.0\t900.0\t0.0\t0\t0\t1\t\tBlink\ta.avi",
        "10008000\tSMP\t2\t1.00\t2.00\t3.1\t0\t1\t1\t\t-\tb.avi",
        "10010000\tSMP\t3\t1.00\t2.00\t3.1\t0\t1\t1\t\t-\ta.avi",
    )
    table = read(path)
    np.testing.assert_allclose(
        table.rows["a.avi"][:, :3],
        [
            [0, 850.71, 717.53],
            [2, 851, 717],
            [4, np.nan, np.nan],
            [6, np.nan, np.nan],
        ],
    )
    assert table.left_out["a.avi"] == {
        NO_EYE.format("samples", "(0, 0)"): 1,
        NO_EYE.format("samples", BY_TRACKER): 1,
        LATER_SHOWINGS: 1,
    }


def test_an_expression_finds_the_message_of_any_experiment(tmp_path):
    path = write(
        tmp_path / "a.txt",
        IDF_HEADER,
        message(1000, "clip 7 appears"),
        sample(5000, ("7.00", "8.00"), ("7.00", "8.00")),
    )
    with pytest.raises(SourceError, match="--screen_size"):
        read(path)
    options = {"screen_size": "1280x1024"}
    table = read(path, stimulus_message=r"(clip \d+) app", **options)
    np.testing.assert_allclose(table.rows["clip 7"], [[4, 7, 8, 0]])
    assert table.space == SCREEN
    (name,) = read(path, **options).rows  # Without it the file is the video's.
    assert name == str(path)


RAW_HEADER = (
    "RecordingTime [ms],Time of Day [h:m:s:ms],Trial,Stimulus,"
    "Export Start Trial Time [ms],Export End Trial Time [ms],Participant,Color,"
    "Tracking Ratio [%],Category Group,Category Right,Category Left,"
    "Index Right,Index Left,Pupil Size Right X [px],"
    "Point of Regard Right X [px],Point of Regard Right Y [px],"
    "Point of Regard Left X [px],Point of Regard Left Y [px],Annotation Name"
)


def raw_row(ms, video, right, left, category="Fixation", who="P01"):
    return (
        f"{ms},10:46:36:100,Trial001,{video},0.0,4000.0,{who},Coral,97.3,Eye,"
        f"{category},{category},1,1,14.2,{','.join(right)},{','.join(left)},-"
    )


def test_raw_data_of_begaze_start_with_the_first_row_of_a_stimulus(tmp_path):
    none = ("-", "-")
    path = write(
        tmp_path / "P01.csv",
        RAW_HEADER,
        raw_row(1200.2, "a.avi", none, none, "Separator"),
        raw_row(1204.2, "a.avi", ("100.0", "200.0"), ("104.0", "202.0")),
        raw_row(1208.2, "a.avi", ("100.0", "200.0"), none, "Saccade"),
        raw_row(1212.2, "a.avi", ("0.0", "0.0"), ("0.0", "0.0"), "Blink"),
        raw_row(9212.2, "b.avi", ("1.0", "2.0"), ("3.0", "4.0"), "-", "P02"),
    )
    table = read(path, screen_size="1280x1024")
    np.testing.assert_allclose(
        table.rows["a.avi"][:, :3],
        [[4, 102, 201], [8, 100, 200], [12, np.nan, np.nan]],
    )
    np.testing.assert_allclose(table.rows["b.avi"], [[0, 2, 3, 1]])
    assert table.observers == ("P01", "P02")
    assert table.space == SCREEN


EVENT_HEADER = (
    "Trial,Stimulus,Participant,Category,Eye L/R,Index,"
    "Event Start Trial Time [ms],Event End Trial Time [ms],"
    "Event Duration [ms],Fixation Position X [px],Fixation Position Y [px]"
)


def test_event_statistics_of_begaze_are_fixations(tmp_path):
    path = write(
        tmp_path / "events.csv",
        EVENT_HEADER,
        "Trial001,a.avi,P01,Fixation,Right,1,10.5,250.5,240.0,640.5,512.25",
        "Trial001,a.avi,P01,Fixation,Left,1,12.5,252.5,240.0,630.5,512.25",
        "Trial001,a.avi,P01,Saccade,Right,1,250.5,290.5,40.0,-,-",
        "Trial001,a.avi,P01,Fixation,Right,2,290.5,400.5,110.0,7.0,8.0",
        "Trial001,a.avi,P02,Visual Intake,Left,2,0.0,110.0,110.0,9.0,8.0",
    )
    table = read(path, screen_size="1280x1024")
    assert table.is_events
    np.testing.assert_allclose(
        table.rows["a.avi"],
        [
            [10.5, 240, 640.5, 512.25, 0],
            [290.5, 110, 7, 8, 0],
            [0, 110, 9, 8, 1],
        ],
    )
    assert table.left_out["a.avi"] == {}
