"""Tables of gaze in other units than `folder` expects, through its source."""

import numpy as np
import pytest

from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import EVENTS, SAMPLES
from tests.helpers.source_checks import open_named
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.trackers.options import GazeOptions

NUM_VIDEOS = 3
NUM_FRAMES = 50  # two seconds of 64x48 pixels


@pytest.fixture(scope="module")
def raw_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    for index in range(NUM_VIDEOS):
        write_grey(folder / f"v{index}.avi", [100] * NUM_FRAMES)
    return folder


def write_samples(raw_dir, factors=(1, 1, 1), shift_ms=0, rate=50):
    """Writes samples of two places in each video, by two observers."""
    lines = []
    for video in range(NUM_VIDEOS):
        for observer in (1, 2):
            for t in np.arange(0, 2000, 1000 / rate):
                place = (16, 12) if t < 1000 else (48, 36)
                t, x, y = np.array([t + shift_ms, *place]) * factors
                lines.append(f"v{video},{observer},{t:.9g},{x:.9g},{y:.9g}\n")
    (raw_dir / "gaze.csv").write_text(SAMPLES + "".join(lines))


def write_events(raw_dir, factors=(1, 1, 1), shift_ms=0):
    """Writes fixations of two places in each video, by two observers."""
    lines = []
    for video in range(NUM_VIDEOS):
        for observer in (1, 2):
            for t, *place in ((40.5, 16, 12), (1020.5, 48, 36)):
                t, x, y = np.array([t + shift_ms, *place]) * factors
                lines.append(
                    f"v{video},{observer},{t:.9g},{900 * factors[0]:.9g},"
                    f"{x:.9g},{y:.9g}\n"
                )
    (raw_dir / "gaze.csv").write_text(EVENTS + "".join(lines))


WRITERS = [write_samples, write_events]


def check(raw_dir, **options):
    source = Folder(
        raw_dir, pixels_per_degree=10.0, gaze_options=GazeOptions(**options)
    )
    for index in range(NUM_VIDEOS):
        fixations = open_named(source, f"v{index}").fixations
        assert len(fixations) > 1.6 * NUM_FRAMES
        places = {*zip(fixations.x.tolist(), fixations.y.tolist(), strict=True)}
        np.testing.assert_allclose(
            sorted(places), [[0.25, 0.25], [0.75, 0.75]], rtol=1e-5
        )


def refused(raw_dir):
    with pytest.raises(SourceError, match="gaze.csv") as raised:
        Folder(raw_dir).check()
    return str(raised.value)


@pytest.mark.parametrize("write", WRITERS)
def test_milliseconds_and_pixels_are_taken(raw_dir, write):
    write(raw_dir)
    check(raw_dir)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("factor", "name", "flag"),
    [
        (1e-3, "seconds", "s"),
        (1e3, "microseconds", "us"),
        (1e6, "nanoseconds", "ns"),
    ],
)
def test_another_unit_of_time_is_refused_and_its_flag_is_right(
    raw_dir, write, factor, name, flag
):
    write(raw_dir, (factor, 1, 1))
    assert f"{name}: give `--time_unit {flag}`" in refused(raw_dir)
    check(raw_dir, time_unit=flag)


@pytest.mark.parametrize("write", WRITERS)
def test_places_from_0_to_1_are_refused_and_the_flag_is_right(raw_dir, write):
    write(raw_dir, (1, 1 / 64, 1 / 48))
    assert "give `--normalized`" in refused(raw_dir)
    check(raw_dir, normalized=True)


def test_places_on_a_screen_are_refused_and_the_flag_is_right(raw_dir):
    write_samples(raw_dir, (1, 10, 10))  # 640x480
    text = refused(raw_dir)
    assert "a screen of 640x480" in text and "`--screen_size`" in text
    check(raw_dir, screen_size="640x480")


@pytest.mark.parametrize("write", WRITERS)
def test_the_clock_of_a_recording_is_refused(raw_dir, write):
    write(raw_dir, shift_ms=1_000_000)
    assert "recording's own clock: subtract" in refused(raw_dir)


@pytest.mark.parametrize("rate", [8, 10, 25, 250])
def test_a_tracker_of_any_rate_gives_fixations(raw_dir, rate):
    write_samples(raw_dir, rate=rate)
    check(raw_dir)
