"""Gaze at a known time belongs to the frame that was on screen."""

import dataclasses
import struct
import warnings
from collections import Counter
from fractions import Fraction

import av
import numpy as np
import pytest

from rmdn_tf.action_recognition.recognizer import FrameForm
from rmdn_tf.data.records import Fixations
from rmdn_tf.video.reader import VideoReader
from tests.helpers.coded_frames import (
    code_of,
    coded_frames,
    codes_of,
    half_the_rate,
    write_coded,
)
from tests.helpers.made_streams import SECOND, join, write_stream
from tests.helpers.made_videos import write_video
from tfrecords_tools.frames.opening import open_video, probe
from tfrecords_tools.frames.resampling import resample
from tfrecords_tools.frames.video_files import read_frames
from tfrecords_tools.gaze.fixations import events_to_fixations

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(7)
JITTER = np.cumsum(RNG.integers(25, 45, 80))
VARYING = {
    "30 frames a second, then 15": half_the_rate(2),
    "a hole of a second": [33 * n + 1000 * (n >= 40) for n in range(100)],
    "a jittering phone": (JITTER - JITTER[0]).tolist(),
    "a frame dropped now and then": [
        40 * n for n in range(80) if n % 7 and n % 11
    ],
}
CLIPS = VARYING | {
    "a constant rate": [40 * n for n in range(60)],
    "a constant rate, rounded": [round(1001 * n / 30) for n in range(100)],
}


def shown_at(path, times_ms):
    """Returns the codes of the frames that gaze at these times belongs to."""
    facts = probe(path)
    events = [[t, 0, 1, 1, number] for number, t in enumerate(times_ms)]
    fixations, left_out = events_to_fixations(np.array(events), facts)
    assert not left_out
    codes = codes_of(read_frames(path))
    assert len(codes) == facts.num_frames
    order = np.argsort(fixations.observer)
    return [codes[frame] for frame in fixations.frame[order]]


def middles(ticks):
    """Returns a moment in each frame but the last."""
    ticks = np.array(ticks) - ticks[0]
    return (ticks[:-1] + ticks[1:]) / 2


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("ticks", CLIPS.values(), ids=CLIPS)
def test_gaze_belongs_to_the_frame_on_screen(tmp_path, ticks, suffix):
    path = write_coded(tmp_path / f"a.{suffix}", ticks)  # With B-frames.
    expected = list(range(len(ticks) - 1))
    assert shown_at(path, middles(ticks)) == expected
    check_times(path)


@pytest.mark.parametrize("begin", [1480, 10_000])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "ts"])
def test_time_counts_from_the_first_frame(tmp_path, suffix, begin):
    ticks = half_the_rate(1)
    path = tmp_path / f"a.{suffix}"
    write_coded(path, [begin + tick for tick in ticks])
    expected = list(range(len(ticks) - 1))
    assert shown_at(path, middles(ticks)) == expected
    check_times(path)


def test_a_phone_clip_that_halves_its_rate_keeps_its_fixation(tmp_path):
    path = write_coded(tmp_path / "v.mp4", half_the_rate())
    events = np.array([[5000, 200, 80, 60, 1]]) * [1, 1, 0.4, 0.4, 1]
    fixations, _ = events_to_fixations(events, probe(path))
    # Shown from 4.967, 5, 5.067 and 5.133 s on.
    assert fixations.frame.tolist() == [149, 150, 151, 152]
    codes = codes_of(read_frames(path))
    assert [codes[frame] for frame in fixations.frame] == [149, 150, 151, 152]


def test_an_avi_has_times_though_it_has_no_presentation_times(tmp_path):
    numbers = [0, 1, 2, 3, 8, 9, 10, 11, 12]
    path = write_video(
        tmp_path / "a.avi",
        coded_frames(9),
        ticks=numbers,
        ticks_per_second=25,
        codec="mpeg4",
    )
    facts = probe(path)
    np.testing.assert_allclose(facts.frame_times * 25, numbers, rtol=1e-12)
    assert shown_at(path, [10, 130, 300, 330, 500]) == [0, 3, 3, 4, 8]
    check_times(path)


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize("num_trimmed", [3, 20])
def test_the_start_that_an_edit_list_trims_is_not_shown(
    tmp_path, num_trimmed, codec
):
    path = write_coded(tmp_path / "a.mp4", half_the_rate(1), codec=codec)
    content = bytearray(path.read_bytes())
    # The edit list: version, count of edits, then duration and first time.
    edit = content.index(b"elst") + 4 + 8
    begin = content.index(b"mdhd") + 4 + 12
    (per_second,) = struct.unpack(">I", content[begin : begin + 4])
    (first,) = struct.unpack(">I", content[edit + 4 : edit + 8])
    first += num_trimmed * per_second // 30
    content[edit + 4 : edit + 8] = struct.pack(">I", first)
    path.write_bytes(content)
    left = half_the_rate(1)[num_trimmed:]
    expected = list(range(num_trimmed, 44))
    assert shown_at(path, middles(left)) == expected
    check_times(path)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_recording_that_begins_between_key_frames(tmp_path, codec):
    # As cut out of a broadcast: its first frames cannot be decoded.
    path = tmp_path / "a.ts"
    noise = np.random.default_rng(0).integers(0, 60, [90, 48, 64, 3], np.uint8)
    frames = coded_frames(90) // 2 + 30 + noise
    write_video(path, frames, codec=codec, gop_size=12, max_b_frames=2)
    content = path.read_bytes()
    path.write_bytes(content[len(content) * 2 // 5 // 188 * 188 :])
    (first, *_) = codes_of(read_frames(path))
    assert 20 < first < 60
    times = np.arange(85 - first) * 40 + 20
    assert shown_at(path, times) == list(range(first, 85))
    check_times(path)


def test_a_hidden_frame_of_vp8_is_not_shown(tmp_path):
    path = write_coded(tmp_path / "b.webm", half_the_rate(1), codec="libvpx")
    with av.open(str(path)) as source:
        packets = [p for p in source.demux(video=0) if p.size]
        with av.open(str(tmp_path / "a.webm"), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for number, packet in enumerate(packets):
                content = bytearray(bytes(packet))
                content[0] &= 0xEF if number == 10 else 0xFF  # `show_frame`.
                changed = av.Packet(bytes(content))
                changed.pts, changed.dts = packet.pts, packet.dts
                changed.time_base = packet.time_base
                changed.is_keyframe = packet.is_keyframe
                changed.stream = stream
                target.mux(changed)
    left = half_the_rate(1)
    del left[10]
    expected = [*range(10), *range(11, 44)]
    assert shown_at(tmp_path / "a.webm", middles(left)) == expected
    check_times(tmp_path / "a.webm")


def check_times(path):
    """Preparing and predicting give each frame the same time."""
    facts = probe(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with VideoReader(path) as reader:
            read = np.array([frame.time for frame in reader])
    times = facts.frame_times
    if times is None:
        times = np.arange(facts.num_frames) / facts.frames_per_second
    np.testing.assert_allclose(times, read - read[0], rtol=0, atol=0.0011)


@pytest.mark.filterwarnings("ignore:The time of")
@pytest.mark.parametrize(
    "second", [{"begin": 1}, {"begin": 20 * SECOND}, {"late": [0, 1, 2]}]
)
def test_joined_recordings_have_the_times_of_a_prediction(tmp_path, second):
    path = join(
        tmp_path / "a.ts",
        write_stream(tmp_path / "1.ts", 40, begin=5 * SECOND),
        write_stream(tmp_path / "2.ts", 31, **second),
    )
    check_times(path)


@pytest.mark.filterwarnings("ignore:The time of")
@pytest.mark.parametrize("with_sound", [True, False])
def test_a_pause_of_the_picture_has_the_time_of_a_prediction(
    tmp_path, with_sound
):
    path = tmp_path / "a.ts"
    skipped = (20, 15 * SECOND)
    write_stream(path, 40, skipped=skipped, sound=with_sound)
    check_times(path)
    facts = probe(path)
    # Without sound, the pause is an error of the clock, and is closed.
    assert (facts.frame_times is not None) == with_sound
    (shown,) = facts.frames_at(np.array([10.0]), 1)
    assert (19 < shown < 20) == with_sound


@pytest.mark.parametrize("suffix", ["avi", "mkv", "mp4", "mov", "webm", "ts"])
@pytest.mark.parametrize(
    "rate",
    [25, Fraction(30000, 1001), 60, Fraction(125, 8)],
)
def test_a_constant_rate_needs_no_times(tmp_path, suffix, rate):
    codec = "libvpx" if suffix == "webm" else "mpeg4"
    if suffix == "ts":
        codec = "libx264"
    path = tmp_path / f"a.{suffix}"
    # Rounded to milliseconds, which must not add up.
    num_frames = 30 if suffix == "webm" else 100
    write_video(path, coded_frames(num_frames), rate=rate, codec=codec)
    facts = probe(path)
    assert facts.num_frames == num_frames
    assert facts.frame_times is None
    np.testing.assert_allclose(facts.frames_per_second, float(rate), rtol=1e-3)


def test_times_that_another_container_rounded_are_a_constant_rate(tmp_path):
    # As copied from Matroska: steps of 33 and 34 milliseconds.
    ticks = [round(1000 * n / 30) for n in range(100)]
    facts = probe(write_coded(tmp_path / "a.mp4", ticks))
    assert facts.frame_times is None
    np.testing.assert_allclose(facts.frames_per_second, 30, rtol=1e-4)


@pytest.mark.parametrize("rate", [5.0, 24.0, 60.0])
@pytest.mark.parametrize("ticks", VARYING.values(), ids=VARYING)
def test_another_rate_shows_what_is_on_screen_then(tmp_path, ticks, rate):
    path = write_coded(tmp_path / "a.mp4", ticks)
    resampled = resample(opened(path), rate)
    codes = codes_of(resampled.frames)
    # The last thousandth of a frame counts as the next frame.
    borders = ticks[1:] - np.diff(ticks) / 1000 - ticks[0]
    wanted = np.arange(len(codes)) * 1000 / rate
    assert codes == np.searchsorted(borders, wanted, "right").tolist()
    # Each fixation goes with its picture.
    assert resampled.fixations.frame.tolist() == list(range(len(codes)))
    assert resampled.fixations.observer.tolist() == codes
    assert resampled.frame_times is None
    with VideoReader(path) as reader:
        form = FrameForm((48, 64), None, rate)
        predicted = [code_of(pixels) for pixels in form.frames_of(reader)]
    assert codes == predicted


def opened(path):
    """Opens a video with a fixation on each frame, by the frame's number."""
    facts = probe(path)
    every = np.arange(facts.num_frames)
    rows = np.stack([every, 0 * every, 0 * every, every], axis=1)
    return open_video(path, facts, Fixations.from_rows(rows), Counter())


def test_fixations_past_the_end_stay_past_the_end_at_another_rate(tmp_path):
    path = write_coded(tmp_path / "a.mp4", CLIPS["a hole of a second"])
    raw = opened(path)
    past = Fixations.from_rows([[n, 0, 0, n] for n in range(98, 110)])
    raw = dataclasses.replace(raw, fixations=past)
    resampled = resample(raw, 60.0)
    num_frames = sum(1 for _ in resampled.frames)
    is_past = resampled.fixations.frame >= num_frames
    assert np.all((resampled.fixations.observer >= 100) == is_past)
    assert set(resampled.fixations.observer) == set(range(98, 110))
