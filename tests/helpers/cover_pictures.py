"""Files with a cover picture, as songs and films have one."""

import av
import numpy as np
from av.stream import Disposition

COVER = (32, 32)


def write_with_cover(path, codec, format=None, frames=()):
    """Writes a cover picture, a second of silence and frames of a video.

    The streams come in this order; without frames the file is a song.
    """
    with av.open(str(path), "w", format=format) as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width = COVER
        cover.pix_fmt = "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream(codec, rate=44100)
        video = container.add_stream("mpeg4", rate=25) if len(frames) else None
        if video:
            video.height, video.width = frames[0].shape[:2]
        for packet in (*cover.encode(_blank()), *cover.encode()):
            container.mux(packet)
        container.mux([*sound.encode(_silence()), *sound.encode()])
        for frame in frames:
            frame = av.VideoFrame.from_ndarray(frame, format="rgb24")
            container.mux(video.encode(frame))
        if video:
            container.mux(video.encode())
    return path


def _blank():
    pixels = np.zeros((*COVER, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    return frame.reformat(format="yuvj420p")


def _silence():
    samples = np.zeros((1, 44100), np.int16)
    frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
    frame.sample_rate = 44100
    return frame


def put_cover_first(path):
    """Moves the cover of an MP4 before its other streams."""
    content = path.read_bytes()
    begin = content.index(b"moov") - 4
    end = begin + int.from_bytes(content[begin : begin + 4], "big")
    boxes, at = [], begin + 8
    while at < end:
        after = at + int.from_bytes(content[at : at + 4], "big")
        boxes.append(content[at:after])
        at = after
    boxes.sort(key=lambda box: box[4:8] != b"udta")
    moved = content[: begin + 8] + b"".join(boxes) + content[end:]
    path.write_bytes(moved)
    return path
