"""Tests of `tfrecords_tools.gaze.units`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.units import check_units
from tfrecords_tools.raw_video import SourceError

SIZE = (360, 640)
VIDEO = VideoFacts(SIZE, 30.0, 300)  # 10 s


def samples(
    rate=60.0, seconds=10.0, observers=3, size=SIZE, start_ms=0.0, seed=0
):
    """Makes gaze in ms and pixels: a new place every 0.3 s, with noise."""
    random = np.random.default_rng(seed)
    times = np.arange(int(seconds * rate)) * 1000 / rate
    rows = []
    for observer in range(observers):
        places = random.uniform(0.1, 0.9, [int(seconds / 0.3) + 1, 2])
        points = places[(times // 300).astype(int)] * size[::-1]
        points += random.normal(0, 1, points.shape)
        number = np.full(len(times), float(observer))
        rows.append(np.column_stack([start_ms + times, points, number]))
    return np.concatenate(rows)


def events(num=30, seconds=10.0, size=SIZE, seed=0):
    """Makes fixations of about 0.25 s in ms and pixels, of one observer."""
    random = np.random.default_rng(seed)
    onset = np.sort(random.uniform(0, 1000 * seconds - 400, num))
    duration = random.uniform(80, 400, num)
    points = random.uniform(0.1, 0.9, [num, 2]) * size[::-1]
    return np.column_stack([onset, duration, points, np.zeros(num)])


def scaled(rows, factor, columns):
    rows = rows.copy()
    rows[:, columns] *= factor
    return rows


def check(rows, facts=VIDEO, kind="video", screen=(9999, 9999), **given):
    space = CoordinateSpace(kind, screen if "screen" in kind else None)
    is_events = rows.shape[1] == 5
    check_units(
        "gaze.csv", {"v": rows}, is_events, {"v": facts}, space, **given
    )


def places_of(rows):
    return slice(rows.shape[1] - 3, rows.shape[1] - 1)


def times_of(rows):
    return slice(0, rows.shape[1] - 3)


TABLES = {"samples": samples(), "events": events()}


@pytest.mark.parametrize("table", TABLES)
def test_normalized_places_are_refused_with_the_flag_to_give(table):
    rows = TABLES[table]
    check(rows)
    normalized = scaled(rows, 1 / np.array(SIZE[::-1]), places_of(rows))
    with pytest.raises(SourceError, match=r"gaze.csv.*--normalized.*--screen"):
        check(normalized)
    check(normalized, kind="normalized")
    check(normalized, kind="normalized_screen")
    # Some trackers write places a little beyond the screen, too.
    normalized[::15, -2] += 0.6
    with pytest.raises(SourceError, match="--normalized"):
        check(normalized)


@pytest.mark.parametrize("table", TABLES)
def test_pixels_are_refused_where_normalized_places_are_expected(table):
    with pytest.raises(SourceError, match=r"0 to 1.*probably pixels"):
        check(TABLES[table], kind="normalized")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("offset_ms", [0, 5_000_000])
@pytest.mark.parametrize(
    ("factor", "unit"),
    [
        (1e-3, "seconds: give `--time_unit s`"),
        (1e3, "microseconds: give `--time_unit us`"),
        (1e6, "nanoseconds: give `--time_unit ns`"),
    ],
)
def test_times_in_another_unit_are_refused_by_its_name(
    table, factor, unit, offset_ms
):
    rows = TABLES[table].copy()
    rows[:, 0] += offset_ms
    with pytest.raises(SourceError, match=unit):
        check(scaled(rows, factor, times_of(rows)))


@pytest.mark.parametrize("rate", [5, 8, 10, 25, 30, 60, 120, 250, 500, 1000])
@pytest.mark.parametrize(
    ("factor", "unit"), [(1e-3, "seconds"), (1e3, "microseconds"), (1, None)]
)
def test_the_unit_is_known_at_any_rate(rate, factor, unit):
    rows = scaled(samples(rate), factor, slice(0, 1))
    if unit is None:
        check(rows)
        return
    with pytest.raises(SourceError, match=f"probably {unit}"):
        check(rows)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("start_ms", [30_000, 1.7e12])
def test_the_clock_of_the_recording_is_refused(table, start_ms):
    rows = TABLES[table].copy()
    rows[:, 0] += start_ms
    with pytest.raises(SourceError, match="recording's own clock: subtract"):
        check(rows)


def test_one_late_recording_is_no_clock():
    rows = samples()
    rows[rows[:, -1] == 1, 0] += 30_000
    check(rows)


@pytest.mark.parametrize("screen", [(1920, 1080), (1280, 1024), (2560, 1440)])
def test_places_on_a_screen_are_refused_and_name_the_screen(screen):
    small = VideoFacts((240, 320), 30.0, 300)
    rows = samples(size=screen[::-1])
    rows[:, 1:3] = rows[:, 1:3] / 0.9
    with pytest.raises(
        SourceError, match="{}x{}.*--screen_size".format(*screen)
    ):
        check(rows, small)
    check(rows, small, kind="screen")


def test_places_from_the_centre_are_refused():
    rows = samples()
    rows[:, 1:3] -= np.array(SIZE[::-1]) / 2
    with pytest.raises(SourceError, match="probably count from the centre"):
        check(rows)


FEW_EVENTS = [
    [[0, 1, 0.5, 0.5, 1]] * 0,
    [[0, 0, 320, 200, 1]],
    [[0, 1, 320, 200, 1]],
    [[0.5, 0.4, 320, 200, 1]],
    [[20_000, 300, 320, 200, 1]],  # Past the end.
    [[0, 300, 700, 200, 1]],  # Beside the video.
    [[0, 300, 1, 1, 1]],
    [[0, 0, 320, 200, n] for n in range(5)],
    [[0, 1, 320, 200, n] for n in range(5)],
    [[8000, 9000, 320, 200, 1], [0, 7000, 20, 20, 1]],
]


@pytest.mark.parametrize("rows", FEW_EVENTS)
def test_few_events_are_no_wrong_unit(rows):
    check(np.array(rows, np.float64).reshape([-1, 5]))


@pytest.mark.parametrize("length", [300, 18_000, 1_800_000])
@pytest.mark.parametrize("rate", [8, 60, 250, 1000, 2000])
def test_a_short_look_at_a_long_video_is_no_wrong_unit(length, rate):
    facts = VideoFacts(SIZE, 30.0, length)
    check(samples(rate, seconds=0.5, observers=1), facts)
    check(events(3, 0.6), facts)


def test_a_look_at_one_corner_is_no_wrong_unit():
    rows = samples(seconds=0.5, observers=1)
    rows[:, 1:3] = [3.4, 0.8]
    check(rows)


@pytest.mark.parametrize("size", [(2, 2), (4, 4), (16, 32)])
def test_a_tiny_video_is_no_wrong_unit(size):
    check(samples(size=size), VideoFacts(size, 30.0, 300))
    check(events(size=size), VideoFacts(size, 30.0, 300))


def test_a_recording_longer_than_its_video_is_no_wrong_unit():
    check(samples(seconds=60.0))
    check(samples(seconds=60.0, rate=2.0), VideoFacts(SIZE, 30.0, 900))


def test_much_gaze_beside_the_video_is_no_screen():
    rows = samples()
    rows[: len(rows) // 3, 1] += 700
    check(rows)


def test_the_shown_width_of_a_video_counts():
    # 180x144 pixels, shown as 256x144.
    facts = VideoFacts((144, 180), 25.0, 250, pixel_aspect=64 / 45)
    check(samples(size=(144, 256)), facts, kind="shown")
    check(samples(size=(144, 256)), facts)


def test_a_varying_rate_has_its_own_length():
    times = np.concatenate([np.arange(150) / 30, 5 + np.arange(600)])
    facts = VideoFacts(
        SIZE,
        1.2,
        750,
        frame_times=times,
        frame_seconds=np.diff(times, append=605),
    )
    check(samples(seconds=600.0, rate=10.0, observers=1), facts)


def test_only_videos_with_facts_are_judged():
    rows = {"a": samples(), "b": scaled(samples(), 1e-3, slice(1, 3))}
    space = CoordinateSpace()
    check_units("gaze.csv", rows, False, {"a": VIDEO, "c": VIDEO}, space)
    check_units("gaze.csv", {}, False, {"a": VIDEO}, space)
    with pytest.raises(SourceError, match="--normalized"):
        check_units("gaze.csv", rows, False, {"b": VIDEO}, space)


def test_rows_without_an_eye_are_not_judged():
    rows = samples()
    rows[: len(rows) // 2, 1:3] = np.nan
    check(rows)
    rows[:, 1:3] = np.nan
    check(rows)


NUMBERS = st.floats(allow_nan=False) | st.integers(-3, 2000).map(float)


@hypothesis_settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS | st.just(np.nan))),
    st.sampled_from([(1, 1), (48, 64)]),
    st.sampled_from(["video", "screen", "normalized"]),
    st.booleans(),
)
def test_any_numbers_are_taken_or_refused(rows, size, kind, is_events):
    rows = np.array(rows, np.float64).reshape([-1, 3])
    observer = np.arange(len(rows)) % 2
    times = rows[:, [0, 0]] if is_events else rows[:, :1]
    rows = np.column_stack([times, rows[:, 1:], observer])
    try:
        check(rows, VideoFacts(size, 25.0, 1), kind=kind)
    except SourceError as error:
        assert "gaze.csv" in str(error)


def whole_events(num=30):
    """Makes fixations of 300 ms, one after the other."""
    rows = np.zeros([num, 5])
    rows[:, 0] = np.arange(num) * 300
    rows[:, 1:4] = [300, 320, 200]
    return rows


def test_whole_seconds_of_fixations_are_refused():
    rows = whole_events(10)
    rows[:, 0], rows[:, 1] = np.arange(10), 1
    with pytest.raises(SourceError, match="give `--time_unit s`"):
        check(rows)


def test_the_flag_for_another_unit_is_refused_by_the_true_unit():
    rows = whole_events()
    rows[:, :2] *= 1000  # As `--time_unit s` takes milliseconds.
    with pytest.raises(
        SourceError,
        match="Expected seconds.*: 0 to 9000 in a video of 10 seconds. "
        "These are probably milliseconds: give `--time_unit ms`",
    ):
        check(rows, unit="s")


def test_numbers_of_frames_are_no_times():
    frames = samples(30.0)
    frames[:, 0] = np.round(frames[:, 0] * 30 / 1000)
    of_events = whole_events()
    of_events[:, :2] *= 30 / 1000
    for rows in (frames, of_events):
        with pytest.raises(SourceError, match="probably numbers of frames"):
            check(rows)


def test_one_time_in_all_samples_is_refused():
    rows = samples()
    rows[:, 0] = 0
    with pytest.raises(SourceError, match="same time in all rows"):
        check(rows)


def test_percent_of_a_large_video_are_refused():
    rows = samples()
    rows[:, 1:3] *= 100 / np.array(SIZE[::-1])
    large = VideoFacts((720, 1280), 30.0, 300)
    with pytest.raises(SourceError, match="probably percent of the video"):
        check(rows, large)
    check(rows, VideoFacts((100, 100), 30.0, 300))
    rows[:, 1:3] /= 10  # A look at one corner.
    check(rows, large)


@pytest.mark.parametrize("kind", ["video", "normalized"])
def test_places_from_minus_1_to_1_are_refused(kind):
    rows = samples()
    rows[:, 1:3] = rows[:, 1:3] / np.array(SIZE[::-1]) * 2 - 1
    with pytest.raises(SourceError, match="from -1 to 1: .*`--normalized`"):
        check(rows, kind=kind)


def test_places_beyond_the_screen_are_refused():
    rows = samples(size=(1080, 1920))
    check(rows, kind="screen", screen=(1080, 1920))
    check(rows, kind="screen", screen=(1024, 1900))
    with pytest.raises(SourceError, match="beyond the screen of 1080x1920"):
        check(rows, kind="screen", screen=(1920, 1080))


def test_ends_in_place_of_durations_are_refused():
    rows = whole_events()
    check(rows)
    rows[:, 1] += rows[:, 0]
    with pytest.raises(SourceError, match="durations are probably the times"):
        check(rows)


def test_fixations_of_both_eyes_may_overlap():
    rows = whole_events()
    check(np.concatenate([rows, rows]))
