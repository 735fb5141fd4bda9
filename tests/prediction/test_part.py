"""A part of a video has the densities that the whole video has there."""

import itertools
from time import sleep

import av
import numpy as np
import pytest

from rmdn_tf.model.config import ModelConfig
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.part import NUM_RUNS, Part, end_after, part_to_see
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.heard import HeardSound
from tests.helpers.made_clips import Track, read_clip, write_clip
from tests.helpers.made_videos import moving_square, write_video

LEAK = 0.4


class Means:
    """A network that only takes means: x is a leaky running mean, or the last
    frame's mean if it forgets at once."""

    def __init__(self, leak=LEAK, context=3):
        self.leak, self.context = leak, context

    def preprocess(self, frames):
        return frames.astype(np.float64).mean((2, 3, 4))[..., None]

    def initial_state(self):
        return {"mean": 0.0, "weight": 0.0}

    def run(self, window, clip_stride, state):
        rows, window = [], np.asarray(window)[0, :, 0]
        mean, weight = state["mean"], state["weight"]
        for last in range(self.context, len(window), clip_stride):
            seen = window[last - self.context : last + 1].mean() / 255
            weight += self.leak * (1 - weight)
            mean += self.leak / weight * (seen - mean)
            rows.append([[0, mean, 0.5, -1, -1, 0]])
        return np.float32(rows), {"mean": mean, "weight": weight}


def model_of(leak=LEAK, rate=10.0):
    config = ModelConfig(frames_per_second=rate, input_size=(8, 8))
    return AttentionModel(Means(leak), config)


def flickering(path, num_frames=300, rate=25):
    levels = np.random.default_rng(0).integers(0, 255, num_frames)
    frames = np.repeat(levels, 8 * 8 * 3).reshape(-1, 8, 8, 3)
    return write_video(
        path,
        frames.astype(np.uint8),
        rate=rate,
        codec="ffv1",
        pix_fmt="bgr0",
    )


def densities(model, video, **settings):
    with predicted_video(model, video, NetworkSettings(**settings)) as shown:
        return {frame.time: d.moments() for frame, d in shown}


@pytest.mark.parametrize(
    ("leak", "rate", "stride", "within"),
    [
        (1.0, 10.0, 1, 0),  # Only the context counts: exactly the same.
        (LEAK, 10.0, 1, 1e-7),
        (LEAK, 10.0, 4, 1e-7),
        (LEAK, 0.0, 3, 1e-7),  # Every frame is looked at.
        (LEAK, 50.0, 2, 1e-7),  # So it is here, in a slower video.
    ],
)
@pytest.mark.parametrize("start", [0.05, 4.3, 8.0])
def test_densities_from_a_start_on_are_those_of_the_whole_run(
    tmp_path, leak, rate, stride, within, start
):
    video = flickering(tmp_path / "in.mkv")
    model = model_of(leak, rate)
    whole = densities(model, video, clip_stride=stride)
    end = start + 1.0
    part = densities(model, video, clip_stride=stride, start=start, end=end)
    assert [*part] == [time for time in whole if start <= time < end]
    for time, moments in part.items():
        x, expected = (m.x @ m.weight for m in (moments, whole[time]))
        assert abs(x - expected) <= within


def test_without_a_lead_in_the_densities_would_differ(tmp_path, monkeypatch):
    video = flickering(tmp_path / "in.mkv")
    whole = densities(model_of(), video)
    monkeypatch.setattr(
        "rmdn_tf.prediction.predicted_video.part_to_see",
        lambda _, start, end, *__: Part(start, end),
    )
    part = densities(model_of(), video, start=8.0, end=8.2)
    assert abs(part[8.0].x[0] - whole[8.0].x[0]) > 0.01


def test_the_network_sees_forty_runs_before_and_one_after(tmp_path):
    video = flickering(tmp_path / "in.mkv")
    begin, end, origin = part_to_see(video, 8.0, 9.0, 10.0, 1)
    assert begin == pytest.approx(8.0 - NUM_RUNS / 10, abs=0.04)
    assert 9.0 < end < 9.05
    assert origin == 0
    assert part_to_see(video, 8.0, np.inf, 10.0, 4) == (0, np.inf, 0)
    assert part_to_see(video, 0.0, 11.99, 10.0, 1) == (0, np.inf, 0)


def test_the_network_does_not_begin_in_the_recording_before(tmp_path):
    paths = (tmp_path / "a.ts", tmp_path / "b.ts")
    for path in paths:
        write_clip(path, num_frames=50, begin=9.0 if path is paths[0] else 1.0)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(path.read_bytes() for path in paths))
    begin, _, origin = part_to_see(joined, 3.0, np.inf, 10.0, 1)
    assert begin == origin == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("start", [0.0, 6.0])
def test_a_number_of_frames_is_a_part_too(tmp_path, start):
    video = flickering(tmp_path / "in.mkv")
    whole = densities(model_of(), video, clip_stride=4)
    part = densities(
        model_of(), video, clip_stride=4, start=start, num_frames=5
    )
    assert [*part] == pytest.approx(start + np.arange(5) / 25)
    for time, moments in part.items():
        x, expected = (m.x @ m.weight for m in (moments, whole[time]))
        assert x == pytest.approx(expected, abs=1e-7)
    assert end_after(video, start, 5) == start + 0.2
    assert end_after(video, start, 301) == np.inf


def test_times_as_a_table_prints_them_begin_and_end_with_that_frame(tmp_path):
    video = write_video(tmp_path / "in.mp4", moving_square(30), rate=30)
    # Frame 20 is shown at 0.6666..., printed as 0.666667.
    part = densities(model_of(), video, start=0.666667, num_frames=1)
    assert [*part] == pytest.approx([20 / 30])
    part = densities(model_of(), video, start=0.6, end=0.666667)
    assert [*part] == pytest.approx([18 / 30, 19 / 30])


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("in.mp4", "aac"),
        ("in.mov", "pcm_s16le"),  # Stored a second before its frames.
    ],
)
def test_sound_ends_with_the_number_of_frames(tmp_path, name, sound):
    video = write_clip(tmp_path / name, Track(sound), num_frames=150)
    settings = NetworkSettings(num_frames=50)
    with predicted_video(model_of(), video, settings, with_sound=True) as shown:
        assert len([*shown]) == 50
        (*_, last) = shown.reader.sound_packets
    assert 1.88 < float(last.pts * last.time_base) < 2


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"num_frames": 20}, 0.8),
        ({"end": 0.8}, 0.8),
        ({"start": 1.0, "num_frames": 20}, 1.8),
        ({"start": 1.0, "end": 1.8}, 1.8),
        ({"end": 5.99}, 5.99),  # No run of the network follows.
    ],
)
def test_sound_that_is_stored_after_all_frames_is_read(
    tmp_path, monkeypatch, hold, settings, seconds
):
    """Even if it is slow to read: the frames are all there long before."""
    video = write_clip(
        tmp_path / "in.mkv", Track(), num_frames=150, sound_stored="after"
    )
    hear, slow = HeardSound.hear, itertools.chain([0.3], itertools.repeat(0))

    def hear_late(self, packet):
        if self.tracks:
            sleep(next(slow))
        hear(self, packet)

    monkeypatch.setattr(HeardSound, "hear", hear_late)
    settings = NetworkSettings(**settings, hold=hold, clip_stride=4)
    model = model_of()
    with predicted_video(model, video, settings, with_sound=True) as shown:
        num_frames = len([*shown])
        heard = [*shown.reader.sound_packets]
    assert num_frames == round((seconds - settings.start) * 25)
    last = max((float(p.pts * p.time_base) for p in heard), default=0)
    assert seconds - 0.022 <= last < seconds  # A packet is 21 ms.


@pytest.mark.parametrize("hold", [(), ("--hold",)])
def test_sound_of_several_files_ends_with_the_number_of_frames(
    run, tmp_path, hold
):
    for name in ("a.ts", "b.ts"):
        write_clip(tmp_path / name, Track(), num_frames=80, begin=1.0)
    video = f"concat:{tmp_path}/a.ts|{tmp_path}/b.ts"
    code, output = run(video, "--num_frames", 20, *hold, output="out.mkv")
    assert code == 0
    assert len(read_clip(output).times) == 20
    with av.open(str(output)) as container:
        *_, last = container.decode(audio=0)
    assert 0.8 - 0.022 <= last.time < 0.8 + 0.022


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": -1.0}, "`start`. Expected seconds"),
        ({"start": float("nan")}, "`start`. Expected seconds"),
        ({"start": 2.0, "end": 2.0}, "`end`. Expected seconds, more than"),
        ({"end": float("inf")}, "`end`. Expected seconds, more than"),
        ({"end": 0.0}, "`end`. Expected seconds, more than"),
    ],
)
def test_a_part_that_cannot_be_is_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        NetworkSettings(**settings)


def test_a_start_after_the_end_of_the_video_is_an_error(tmp_path):
    video = write_video(tmp_path / "in.mp4", moving_square(10))
    with pytest.raises(ValueError, match="in.mp4' in which a frame begins"):
        densities(model_of(), video, start=1.0)


def test_a_live_video_has_no_start():
    with pytest.raises(ValueError, match="Expected 0 for a camera"):
        densities(model_of(), "0", start=1.0)
