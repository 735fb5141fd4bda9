"""Videos that flash and sound at the same moment, with tracks of any kind."""

import fractions
from typing import NamedTuple

import av
import numpy as np

from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter

RATE = 25
TICKS = 90_000
TONE_SECONDS = 0.2


class Track(NamedTuple):
    """A track of sound, silent but for a tone beside the flash."""

    codec: str = "aac"
    rate: int = 48_000
    layout: str = "stereo"
    language: str = "eng"
    title: str = ""
    begin: float = 0.0  # Seconds of the clock of the file.


def write_clip(
    path,
    *tracks,
    num_frames=50,
    flash=25,
    begin=0.0,
    seconds=None,
    codec="libx264",
    form=None,
    size=(48, 64),
    sound_stored="beside",
    **told,
):
    """Writes a dark video with one bright frame, and tracks of sound.

    Args:
        flash: number of the bright frame; None for darkness and silence.
        begin: seconds of the clock of the file at the first frame.
        seconds: when each frame is shown; 25 frames a second if None.
        form: FFmpeg's name of the container; by the suffix if None.
        sound_stored: "beside" the frames, or "before" or "after" all of them.
        **told: what the video says of itself, by FFmpeg's names.
    """
    base = fractions.Fraction(1, TICKS)
    seconds = np.arange(num_frames) / RATE if seconds is None else seconds
    # Otherwise FFmpeg sorts ten seconds of packets by their times.
    flags = {"max_interleave_delta": "1"}
    is_sorted = sound_stored == "beside"
    with av.open(str(path), "w", form, {} if is_sorted else flags) as container:
        options = {"bf": "0"} if codec == "libx264" else {}
        video = container.add_stream(codec, RATE, options)
        video.height, video.width = size
        video.pix_fmt = "yuv420p"
        if codec == "libx264":
            video.codec_context.time_base = base
        for name, value in told.items():
            setattr(video.codec_context, name, value)
        streams = [_add(container, track) for track in tracks]
        packets = []
        for number, second in enumerate(seconds):
            level = 255 if number == flash else 16
            pixels = np.full((*size, 3), level, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                format="yuv420p", dst_color_range=told.get("color_range")
            )
            frame.pts, frame.time_base = round((begin + second) * TICKS), base
            packets += video.encode(frame)
        packets += video.encode()
        end = begin + seconds[-1] + 0.5
        for track, stream in zip(tracks, streams, strict=True):
            tone = 1e6 if flash is None else begin + seconds[flash]
            packets += stream.encode(_sound(track, tone, end))
            packets += stream.encode()
        if is_sorted:
            packets.sort(key=lambda p: (p.dts or 0) * p.time_base)
        elif sound_stored == "before":
            packets.sort(key=lambda p: p.stream is video)
        for packet in packets:
            container.mux(packet)
    return path


def damage_sound(source, path, numbers):
    """Copies a video; some packets of sound, by number, become noise."""
    noise = np.random.default_rng(0).bytes
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        streams = [new.add_stream_from_template(s) for s in old.streams]
        num_heard = 0
        for packet in old.demux():
            if packet.dts is None:
                continue
            packet.stream = streams[packet.stream.index]
            if packet.stream.type == "audio":
                if num_heard in numbers:
                    packet = _replaced(packet, noise(packet.size))
                num_heard += 1
            new.mux(packet)
    return path


def _replaced(packet, content: bytes) -> av.Packet:
    new = av.Packet(content)
    new.stream, new.time_base = packet.stream, packet.time_base
    new.pts, new.dts = packet.pts, packet.dts
    return new


def _add(container, track: Track):
    stream = container.add_stream(track.codec, rate=track.rate, bit_rate=64000)
    stream.codec_context.layout = track.layout
    stream.codec_context.options = {"strict": "experimental"}
    kept = {"language": track.language, "title": track.title}
    stream.metadata.update({k: v for k, v in kept.items() if v})
    return stream


def _sound(track: Track, tone: float, end: float) -> av.AudioFrame:
    num_channels = av.AudioLayout(track.layout).nb_channels
    times = np.arange(int((end - track.begin) * track.rate)) / track.rate
    times += track.begin
    is_loud = (times >= tone) & (times < tone + TONE_SECONDS)
    wave = 20000 * is_loud * np.sin(2 * np.pi * 1000 * (times - tone))
    samples = wave.astype(np.int16).repeat(num_channels)[None]
    frame = av.AudioFrame.from_ndarray(samples, "s16", track.layout)
    frame.sample_rate = track.rate
    frame.pts = round(track.begin * track.rate)
    frame.time_base = fractions.Fraction(1, track.rate)
    return frame


def rewrite(source, path, with_sound=True):
    """Writes a video as it was read, without a network between."""
    with VideoReader(source, with_sound=with_sound) as reader:
        first = in_planes(reader.first_frame)
        with VideoWriter(path, reader, first) as writer:
            for frame in reader:
                writer.write(in_planes(frame))
    return path


def in_planes(frame):
    is_odd = frame.width % 2 or frame.height % 2
    return frame.reformat(format="yuv444p" if is_odd else "yuv420p")


class Clip(NamedTuple):
    """What a player shows of a video, in seconds from its first frame."""

    times: np.ndarray
    flash: float
    tones: list[float | None]  # Of each track; None for silence.
    codecs: list[str]
    begin: float  # Seconds of the file's clock at the first frame.


def read_clip(path) -> Clip:
    with av.open(str(path)) as container:
        (begin, *_) = (frame.time for frame in container.decode(video=0))
    with VideoReader(path, with_sound=True) as reader:
        frames = [
            (frame.time, frame.to_ndarray(format="gray").mean())
            for frame in reader
        ]
        times, levels = np.array(frames).T
        heard = {stream.index: [] for stream in reader.sound}
        for packet in reader.sound_packets:
            heard[packet.stream.index] += packet.decode()
        codecs = [stream.codec_context.name for stream in reader.sound]
    flash = times[np.argmax(levels)]
    tones = [_onset(frames) for frames in heard.values()]
    return Clip(times, flash, tones, codecs, begin)


def _onset(frames) -> float | None:
    resampler = av.AudioResampler("flt", "mono")
    for frame in frames:
        for mono in resampler.resample(frame):
            loud = np.abs(mono.to_ndarray()[0]) > 0.1
            if loud.any():
                return mono.time + int(np.argmax(loud)) / mono.sample_rate
    return None
