"""Transport streams with a clock of their own, and joins of them."""

import fractions

import av
import numpy as np

from tests.helpers.made_videos import moving_square

RATE = 25
SECOND = 90000
PERIOD = SECOND // RATE
WRAP = 2**33
SOUND_RATE = 48000


def write_stream(
    path,
    num_frames=20,
    *,
    begin=SECOND,
    late=(),
    skipped=None,
    flash=None,
    down=0,
    sound=True,
):
    """Writes frames of 25 a second as MPEG-TS, H.264 with AAC.

    Args:
        begin: what the clock shows at the first frame, in ticks; not 0, as
            sound begins a packet earlier.
        late: ticks by which each of the first frames is shown too late.
        skipped: (number of a frame, ticks) by which the pictures, not the
            sound, pause before it.
        flash: number of a white frame with a tone beside it; all else is dark
            and silent.
        down: moves the picture, so that streams differ.
        sound: whether there is any.
    """
    frames = np.roll(moving_square(num_frames), down, axis=1)
    if flash is not None:
        frames = np.zeros_like(frames)
        frames[flash] = 255
    base = fractions.Fraction(1, SECOND)
    with av.open(str(path), "w", format="mpegts") as container:
        video = container.add_stream("libx264", RATE, {"bf": "0", "g": "100"})
        video.height, video.width = frames.shape[1:3]
        video.pix_fmt = "yuv420p"
        tone = container.add_stream("aac", SOUND_RATE) if sound else None
        packets = _encoded(video, map(_picture, frames))
        for number, packet in enumerate(packets):
            packet.dts = begin + number * PERIOD
            if skipped is not None and number >= skipped[0]:
                packet.dts += skipped[1]
            shift = late[number] if number < len(late) else 0
            packet.pts = packet.dts + shift
        if sound:
            length = num_frames + (skipped[1] // PERIOD if skipped else 0)
            heard = _encoded(
                tone, (_sound(n, n == flash) for n in range(length))
            )
            for packet in heard:
                packet.dts = packet.pts = (
                    begin + packet.pts * SECOND // SOUND_RATE
                )
            packets += heard
        for packet in sorted(packets, key=lambda packet: packet.dts):
            packet.time_base = base
            container.mux(packet)
    return path


def _encoded(stream, frames) -> list:
    packets = [packet for frame in frames for packet in stream.encode(frame)]
    return [*packets, *stream.encode()]


def _picture(pixels) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def _sound(number: int, is_loud: bool) -> av.AudioFrame:
    """The sound beside a frame."""
    length = SOUND_RATE // RATE
    times = np.arange(length) / SOUND_RATE
    wave = 20000 * is_loud * np.sin(2 * np.pi * 1000 * times)
    frame = av.AudioFrame.from_ndarray(
        wave.astype(np.int16)[None], "s16", "mono"
    )
    frame.sample_rate, frame.pts = SOUND_RATE, number * length
    return frame


def join(path, *parts):
    """Joins files as `cat` does."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def flashes(path) -> tuple[list, list]:
    """Returns the seconds at which white frames, and tones, begin."""
    with av.open(str(path)) as container:
        seen = [
            (frame.time, frame.to_ndarray(format="gray").mean() > 128)
            for frame in container.decode(video=0)
        ]
    heard = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float)).max(0) > 0.2
            times = frame.time + np.arange(len(loud)) / SOUND_RATE
            heard += zip(times, loud, strict=True)
    return _onsets(seen), _onsets(heard)


def _onsets(moments) -> list[float]:
    """Times at which something is so that was not 50 ms before."""
    onsets, last = [], -1.0
    for time, is_so in moments:
        if is_so:
            if time - last > 0.05:
                onsets.append(time)
            last = time
    return onsets
