"""Tells how large a compressed video is."""

import os

import av

# Seconds of a frame whose duration the file does not tell.
_USUAL_SECONDS = 0.04

_UNITS = ("kB", "MB", "GB", "TB")


def told_size(output: str, source: str | None = None) -> str:
    """Returns the size and the bitrate of a video, in words.

    Such as `OUT.mp4 (1.2 MB, 384 kbit/s of pictures; IN.mp4: 3.4 MB)`.

    Args:
        output: path of the compressed video.
        source: path of the whole video before; None to leave it out.
    """
    size = in_words(os.path.getsize(output))
    told = f"{size}, {picture_rate(output):.3g} kbit/s of pictures"
    if source and os.path.isfile(source):
        told += f"; {source}: {in_words(os.path.getsize(source))}"
    return f"{output} ({told})"


def picture_rate(path: str) -> float:
    """Returns the mean kilobits a second of a video's pictures, without sound.

    Args:
        path: path of the video.
    """
    num_bytes, begins, ends = 0, [], []
    with av.open(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate
        usual = 1 / float(rate) if rate else _USUAL_SECONDS
        for packet in container.demux(stream):
            if packet.pts is None:  # The last packet is empty.
                continue
            num_bytes += packet.size
            tick = float(packet.time_base)
            begins.append(packet.pts * tick)
            ends.append(begins[-1] + (packet.duration * tick or usual))
    return num_bytes * 8e-3 / (max(ends) - min(begins))


def in_words(num_bytes: int) -> str:
    """Returns a number of bytes in decimal units, such as "1.2 MB"."""
    number = num_bytes / 1000
    for unit in _UNITS:
        if number < 999.5 or unit == _UNITS[-1]:
            break
        number /= 1000
    return f"{number:.{0 if number >= 99.5 else 1}f} {unit}"
