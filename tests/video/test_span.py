"""A part of a video is what the whole video shows then, and nothing else."""

import av
import numpy as np
import pytest

from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.span import Span
from rmdn_tf.video.writer import VideoWriter
from tests.helpers.made_clips import Track, in_planes, read_clip, write_clip
from tests.helpers.made_videos import moving_square, write_video

# Key frames every 12 frames, and frames that are stored after a key frame but
# shown before it.
CODECS = {
    "in.mp4": ("libx264", {"g": "12", "bf": "3"}),
    "open.mkv": ("libx264", {"g": "12", "x264-params": "open-gop=1"}),
    "open.ts": ("libx264", {"g": "12", "x264-params": "open-gop=1"}),
    "in.avi": ("mpeg4", {"g": "12"}),
    "in.mpg": ("mpeg2video", {"g": "12", "bf": "2"}),
    "in.webm": ("libvpx", {"g": "12", "auto-alt-ref": "1"}),
}


def write_groups(path, num_frames=75):
    codec, options = CODECS[path.name]
    frames = moving_square(num_frames)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, 25, options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def read(path, **options):
    with VideoReader(path, **options) as reader:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in reader]


@pytest.mark.parametrize("name", CODECS)
def test_the_frames_of_a_part_are_those_of_the_whole(tmp_path, name):
    path = write_groups(tmp_path / name)
    whole = read(path)
    assert len(whole) == 75
    for start, end in [(0, 1), (0.5, 0.96), (0.97, 1.02), (2, 9), (3, 4)]:
        part = read(path, span=Span(start, end))
        expected = [(t, pixels) for t, pixels in whole if start <= t < end]
        assert [t for t, _ in part] == [t for t, _ in expected]
        for (_, one), (_, other) in zip(part, expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_frames_long_before_a_part_are_not_decoded(tmp_path):
    path = write_groups(tmp_path / "in.mp4")
    expected = read(path, span=Span(2.0))
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0)][12:40]
    content = bytearray(path.read_bytes())
    for place, size in packets:  # The first group stays, as it tells time 0.
        content[place : place + size] = b"\xff" * size
    path.write_bytes(content)
    part = read(path, span=Span(2.0))
    assert len(part) == len(expected) == 25
    for (t, one), (_, other) in zip(part, expected, strict=True):
        np.testing.assert_array_equal(one, other, str(t))


def test_a_part_after_a_jump_of_the_clock_has_the_times_of_the_whole(tmp_path):
    one, other = (
        write_clip(tmp_path / name, num_frames=50, begin=begin)
        for name, begin in (("a.ts", 9.0), ("b.ts", 1.4))
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(one.read_bytes() + other.read_bytes())
    with pytest.warns(UserWarning, match="jumps"):
        whole = [t for t, _ in read(joined)]
    for start in (1.0, 2.2, 3.0):
        with pytest.warns(UserWarning, match="jumps"):
            part = [t for t, _ in read(joined, span=Span(start))]
        assert part == [t for t in whole if t >= start]


@pytest.mark.parametrize("sound", ["aac", "flac", "libopus"])
@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.ts"])
def test_sound_is_cut_with_the_frames(tmp_path, sound, name):
    path = write_clip(
        tmp_path / "in.mkv", Track(sound), num_frames=150, flash=80
    )
    output = tmp_path / name
    with VideoReader(path, with_sound=True, span=Span(1.5, 4, 2, 4)) as reader:
        first = in_planes(reader.first_frame)
        with VideoWriter(output, reader, first) as writer:
            for frame in reader:
                if frame.time >= 2:
                    writer.write(in_planes(frame))
    clip = read_clip(output)
    np.testing.assert_allclose(clip.times, np.arange(50) / 25, atol=1e-3)
    assert clip.begin == 0
    assert (clip.flash, *clip.tones) == pytest.approx((1.2, 1.2), abs=0.01)
    with av.open(str(output)) as container:
        heard = [*container.decode(audio=0)]
    end = heard[-1].time + heard[-1].samples / heard[-1].sample_rate
    # Sound ends with the packet, of up to 0.1 seconds, that reaches the end.
    assert heard[0].time == pytest.approx(0, abs=0.03)
    assert 1.98 < end < 2.1


@pytest.mark.parametrize("stored", ["before", "after"])
def test_long_sound_is_read_wherever_it_is_stored(tmp_path, stored):
    path = write_clip(
        tmp_path / "in.mkv",
        Track("aac", 48000, "mono"),
        seconds=range(0, 101, 5),
        sound_stored=stored,
        flash=1,
    )
    for span, first, last in [
        (Span(), 0, 100.5),
        (Span(40, 60, 40, 60), 39, 60),
    ]:
        with VideoReader(path, with_sound=True, span=span) as reader:
            times = [frame.time for frame in reader]
            heard = [float(p.pts * p.time_base) for p in reader.sound_packets]
        assert times == [t for t in range(0, 101, 5) if span.holds(t)]
        assert heard[0] == pytest.approx(first, abs=0.022)
        assert heard[-1] == pytest.approx(last, abs=0.022)


def test_sound_too_large_to_wait_for_the_first_frame_is_counted(
    tmp_path, monkeypatch
):
    path = write_clip(tmp_path / "in.mkv", Track(), sound_stored="before")
    with VideoReader(path, with_sound=True) as reader:
        assert len([*reader]) == 50
        num_packets = len(reader.sound_packets)
    monkeypatch.setattr("rmdn_tf.video.heard.MAX_EARLY_BYTES", 5000)
    with VideoReader(path, with_sound=True) as reader:
        with pytest.warns(UserWarning, match="long before its frames") as told:
            assert len([*reader]) == 50
        num_kept = len(reader.sound_packets)
    assert 0 < num_kept <= 10
    assert f"the first {num_packets - num_kept} packets" in str(told[0].message)


def test_the_times_of_a_part_are_those_of_the_wanted_frames(tmp_path):
    path = write_video(tmp_path / "in.mp4", moving_square(50))
    for span, expected in [
        (Span(), np.arange(50) / 25),
        (Span(0.2, 0.4), [0.2, 0.24, 0.28, 0.32, 0.36]),
        (Span(0.2, 0.8, 0.4, 0.6), [0.4, 0.44, 0.48, 0.52, 0.56]),
    ]:
        with VideoReader(path, span=span) as reader:
            assert reader.frame_times() == pytest.approx(expected)


def test_a_part_after_the_end_is_empty(tmp_path):
    path = write_video(tmp_path / "in.mp4", moving_square(10))
    assert read(path, span=Span(1.0)) == []
