"""Tests of tables in every dialect: the same gaze as in `gaze.csv`."""

import numpy as np
import pytest

from tests.helpers import tracker_exports as exports
from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import LEVELS
from tests.helpers.source_checks import open_named
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.trackers import chunks
from tfrecords_tools.trackers.options import GazeOptions

NAMES = ("video", "observer", "t_ms", "x", "y")
OBSERVER = "Zoë"


@pytest.fixture(scope="module")
def raw_dir(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw")
    write_grey(path / "clip.avi", LEVELS)
    return path


def cells(missing="", time=str, place=str):
    """Returns the cells of all samples; a fraction in t, x and y."""
    table = []
    for t, xy in exports.SAMPLES:
        x, y = [place(n + 0.25) for n in xy] if xy else (missing, missing)
        table.append(["clip", OBSERVER, time(t), x, y])
    return table


def lines(table, delimiter=",", names=NAMES):
    return [delimiter.join(names), *(delimiter.join(row) for row in table)]


def comma(number):
    return str(number).replace(".", ",")


def fixations(raw_dir, path, **options):
    source = Folder(raw_dir, path, gaze_options=GazeOptions(**options))
    return open_named(source, "clip").fixations


@pytest.fixture(scope="module")
def canonical(raw_dir, tmp_path_factory):
    path = tmp_path_factory.mktemp("canonical") / "gaze.csv"
    found = fixations(raw_dir, exports.write_lines(path, lines(cells())))
    np.testing.assert_array_equal(found.frame, exports.FRAMES)
    return found


def check_same(found, expected, rtol=0.0):
    np.testing.assert_array_equal(found.frame, expected.frame)
    np.testing.assert_array_equal(found.observer, expected.observer)
    np.testing.assert_allclose(found.x, expected.x, rtol=rtol)
    np.testing.assert_allclose(found.y, expected.y, rtol=rtol)


def more_columns():
    """Returns lines with two more columns, the others in another order."""
    names = ("Y", "note", "Observer", " T_MS ", "pupil", "video", "x")
    return lines(
        [[y, '"a, b"', o, t, "3.5", v, x] for v, o, t, x, y in cells()],
        names=names,
    )


def quoted():
    table = [[f'"{cell}"' for cell in row] for row in cells(place=comma)]
    return lines(table, names=[f'"{name}"' for name in NAMES])


PLAIN = lines(cells())
DIALECTS = {
    "UTF-8 with a mark": {"encoding": "utf-8-sig"},
    "UTF-16 with a mark": {"encoding": "utf-16"},
    "UTF-16, little, no mark": {"encoding": "utf-16-le"},
    "UTF-16, big, no mark": {"encoding": "utf-16-be"},
    "Windows-1252": {"encoding": "cp1252"},
    "CRLF": {"end": "\r\n"},
    "CR": {"end": "\r"},
    "tabs": {"lines": lines(cells(), "\t")},
    "semicolons": {"lines": lines(cells(), ";")},
    "pipes": {"lines": lines(cells(), "|")},
    "decimal commas": {"lines": lines(cells(place=comma), ";")},
    "decimal commas in quotes": {"lines": quoted()},
    "Excel's first line": {"lines": ["sep=;", *lines(cells(), ";")]},
    "more columns": {"lines": more_columns()},
    "case of names": {"lines": [PLAIN[0].upper(), *PLAIN[1:]]},
    "trailing commas": {"lines": [line + ",," for line in PLAIN]},
    "trailing commas of rows": {
        "lines": [PLAIN[0], *(line + "," for line in PLAIN[1:])]
    },
    "blank lines": {"lines": [*PLAIN[:5], "", ",,,,", *PLAIN[5:], "", ""]},
    "lines before the names": {
        "lines": ["# Recorded by us", "Rate: 100 Hz, binocular", "", *PLAIN]
    },
    **{
        f"missing as {text!r}": {"lines": lines(cells(missing=text))}
        for text in (".", "NA", "N/A", "nan", "-", " ", "NaN", "null")
    },
}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_table_in_any_dialect_gives_the_same_gaze(
    raw_dir, tmp_path, canonical, dialect
):
    written = {"lines": PLAIN} | dialect
    path = exports.write_lines(tmp_path / "gaze.csv", **written)
    check_same(fixations(raw_dir, path), canonical)


COLUMNS = ("Clip", "Subject", "Time", "PORX", "PORY")
T = "video=Clip,observer=Subject,t=time,x=PORX,y=PORY"
CLOCK = T.replace("t=time", "clock=Time")


def seconds(offset=0.0):
    return lambda t: f"{offset + t / 1000:.6f}"


def on_screen(place):
    """Returns cells with x, y on a screen of 800x480."""
    x, y = (float(n) if n else np.nan for n in place)
    return f"{80 + 10 * x}", f"{10 * y}"


FLAGS = {
    "milliseconds": (str, None, {"time_unit": "ms"}),
    "a unit that the steps tell": (seconds(), None, {}),
    "seconds": (seconds(), None, {"time_unit": "s"}),
    "microseconds": (lambda t: str(1000 * t), None, {}),
    "nanoseconds": (lambda t: str(1_000_000 * t), None, {"time_unit": "ns"}),
    "a clock": (seconds(70_123.5), None, {"columns": CLOCK}),
    "a clock since 1970": (
        lambda t: str(1_700_000_000_000_000_000 + 1_000_000 * t),
        None,
        {"columns": CLOCK},
    ),
    "normalized": (
        seconds(),
        lambda x, y: (x / 64, y / 48),
        {"normalized": True},
    ),
    "a screen": (
        seconds(),
        lambda x, y: (80 + 10 * x, 10 * y),
        {"screen_size": "800x480"},
    ),
    "a normalized screen": (
        seconds(),
        lambda x, y: ((80 + 10 * x) / 800, y / 48),
        {"screen_size": "800x480", "normalized": True},
    ),
    "pixels as shown": (seconds(), None, {"gaze_pixels": "shown"}),
}


@pytest.mark.parametrize(
    ("time", "place", "options"), FLAGS.values(), ids=FLAGS
)
def test_a_table_that_flags_describe_gives_the_same_gaze(
    raw_dir, tmp_path, canonical, time, place, options
):
    table = cells(time=time)
    if place:
        for row in table:
            if row[3]:
                row[3:] = map(str, place(float(row[3]), float(row[4])))
    path = exports.write_lines(
        tmp_path / "t.txt", lines(table, ";", COLUMNS), "cp1252"
    )
    found = fixations(raw_dir, path, **{"columns": T} | options)
    check_same(found, canonical, rtol=1e-6)


def test_fixations_have_an_onset_and_a_duration_or_an_end(
    raw_dir, tmp_path, canonical
):
    for number, role in enumerate(("duration", "end")):
        table = [
            ["clip", str(t / 1000), f"{(duration + number * t) / 1000}"]
            + [str(n + 0.25) for n in place]
            for t, duration, place in exports.FIXATIONS
        ]
        names = ("film", "start", "stop", "x", "y")
        path = exports.write_lines(
            tmp_path / "fixations.csv", lines(table, names=names)
        )
        columns = f"video=film,onset=start,{role}=stop,x=x,y=y"
        found = fixations(raw_dir, path, columns=columns)
        check_same(found, canonical, rtol=1e-6)


FAULTS = {
    "a short line": ("clip,P,400,1", "line 42 .*5 cells"),
    "a cell too many": ("clip,P,400,1,2,3", "line 42 .*5 cells"),
    "no number": ("clip,P,400,1,2px", "line 42 .*a number as `y`.*'2px'"),
    "no time": ("clip,P,,1,2", "line 42 .*a number as `t_ms`"),
    "another decimal mark": (
        'clip,P,400,1,"2,5"',
        "line 42 .*a number with a decimal point as `y`",
    ),
    "thousands": ('clip,P,400,1,"1,234.5"', "line 42 .*a number as `y`"),
    "an open quote": ('clip,P,400,1,"2', "line 42 of"),
    "no observer": ("clip,,400,1,2", "line 42 .*a name as `observer`"),
    "no video": (" ,P,400,1,2", "line 42 .*a name as `video`"),
}


@pytest.mark.parametrize(("line", "message"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("chunk", [1 << 18, 35])
def test_a_malformed_line_is_an_error_with_its_number(
    raw_dir, tmp_path, monkeypatch, line, message, chunk
):
    monkeypatch.setattr(chunks, "_CHUNK", chunk)
    path = exports.write_lines(tmp_path / "gaze.csv", [*PLAIN, line])
    with pytest.raises(SourceError, match=message):
        fixations(raw_dir, path)


def test_a_table_is_read_in_chunks_of_bounded_size(
    raw_dir, tmp_path, canonical, monkeypatch
):
    path = exports.write_lines(tmp_path / "gaze.csv", PLAIN)
    for chunk in (5, 35, 40 * 5):
        monkeypatch.setattr(chunks, "_CHUNK", chunk)
        check_same(fixations(raw_dir, path), canonical)


def test_a_line_without_end_is_refused(raw_dir, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_text(PLAIN[0] + "\nclip," + "9" * (1 << 21))
    with pytest.raises(SourceError, match="Invalid line 2 of .*fewer than"):
        fixations(raw_dir, path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": "t=a,x=b"}, "columns.*Expected t, x and y"),
        ({"columns": "time=a,x=b,y=c"}, "columns.*with the roles video"),
        ({"columns": "t=a,t=b,x=c,y=d"}, "columns"),
        ({"columns": "t=a,x=b,y=c", "gaze_format": "tobii"}, "columns"),
        ({"columns": "clock=a,x=b,y=c,end=d"}, "columns.*an onset"),
        ({"screen_size": "wide"}, "screen_size.*1920x1080.*'wide'"),
        ({"screen_size": "0x10"}, "screen_size"),
        ({"encoding": "klingon"}, "encoding.*'klingon'"),
        ({"gaze_pixels": "shown", "normalized": True}, "gaze_pixels"),
    ],
)
def test_invalid_options_are_refused_at_once(options, message):
    with pytest.raises(ValueError, match=f"Invalid `{message}"):
        GazeOptions(**options)
