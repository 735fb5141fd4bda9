"""Videos of all sorts, small, for the tests of what reads them."""

import fractions

import av
import numpy as np


def write_video(
    path,
    frames,
    *,
    rate=25,
    ticks=None,
    ticks_per_second=1000,
    codec="libx264",
    pix_fmt="yuv420p",
    turns=0,
    mirrored=False,
    sound=None,
    sound_rate=48000,
    **told,
):
    """Writes uint8 frames `[n, H, W, 3]`, RGB, or RGBA where it has alpha.

    Args:
        ticks: when each frame is shown; None for a constant rate.
        turns: quarter turns that a player is told to make, to the left.
        mirrored: whether a player is told to swap left and right, too.
        sound: codec of two seconds of a tone beside them, if any.
        sound_rate: samples a second of that codec.
        **told: what else the video says of itself, by FFmpeg's names, such as
            `sample_aspect_ratio` or `color_range`.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        for name, value in told.items():
            setattr(stream.codec_context, name, value)
        if turns or mirrored:
            stream.set_display_rotation(90 * turns, hflip=mirrored)
        if ticks is not None:
            base = fractions.Fraction(1, ticks_per_second)
            stream.codec_context.time_base = base
        tone = sound and container.add_stream(sound, rate=sound_rate)
        for number, pixels in enumerate(frames):
            form = "rgba" if pixels.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(pixels, format=form)
            if ticks is not None:
                frame.pts, frame.time_base = ticks[number], base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound:
            _write_tone(container, tone)
    return path


def _write_tone(container, stream) -> None:
    wave = np.sin(np.arange(96000) * 440 * 2 * np.pi / 48000)
    samples = (wave * 10000).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
    frame.sample_rate, frame.pts = 48000, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode())


def write_lossless(path, frames, rate=25):
    """Writes frames so that they are read back as they were; makes folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, frames, rate=rate, codec="ffv1", pix_fmt="bgr0")


def write_grey(path, levels, size=(48, 64), rate=25):
    """Writes a lossless video with one flat grey frame a level."""
    return write_lossless(path, grey_frames(levels, size), rate)


def grey_frames(levels, size=(48, 64)):
    """Returns one flat grey frame a level, uint8 `[n, H, W, 3]`."""
    levels = np.asarray(levels, np.uint8)[:, None, None, None]
    return np.tile(levels, [1, *size, 3])


def moving_square(num_frames=20, height=48, width=64, channels=3):
    """A bright square that goes to the right over noise."""
    noise = np.random.default_rng(0).integers(0, 60, (height, width, channels))
    frames = np.repeat(noise[None], num_frames, 0).astype(np.uint8)
    for number in range(num_frames):
        left = 2 * number % (width - 8)
        frames[number, 10:18, left : left + 8] = 230
    return frames


def read_back(path):
    """Returns a video's frames `[n, H, W, 3]`, and their times in seconds."""
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
        frames = np.stack([f.to_ndarray(format="rgb24") for f in decoded])
    return frames, [frame.time for frame in decoded]


def sound_of(path):
    """Returns the name of the codec and the samples of a video's sound."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [f.to_ndarray() for f in container.decode(stream)]
        return stream.codec_context.name, np.concatenate(frames, axis=1)
