"""PSNR as FFmpeg's filter `psnr` computes it."""

import re

import av
from av.filter import Graph


def psnr_of_frames(path, reference, distorted):
    """Compares pairs of frames of one pixel format.

    Args:
        path: file for what FFmpeg prints.
        reference: frames, `av.VideoFrame`.
        distorted: as many frames.

    Returns:
        A dict for each pair: name of a plane, such as "y" -> decibels.
    """
    graph = Graph()
    first = reference[0]
    sources = [
        graph.add(
            "buffer",
            video_size=f"{first.width}x{first.height}",
            pix_fmt=first.format.name,
            time_base="1/25",
        )
        for _ in range(2)
    ]
    psnr = graph.add("psnr")
    printed = graph.add("metadata", f"mode=print:file={path}:direct=1")
    for number, source in enumerate(sources):
        source.link_to(psnr, 0, number)
    psnr.link_to(printed)
    sink = graph.add("buffersink")
    printed.link_to(sink)
    graph.configure()
    for source, frames in zip(sources, (reference, distorted), strict=True):
        for number, frame in enumerate(frames):
            frame.pts = number
            source.push(frame)
        source.push(None)
    for _ in reference:
        sink.pull()
    found: list[dict] = []
    for line in path.read_text().splitlines():
        if line.startswith("frame:"):
            found.append({})
        elif match := re.fullmatch(r"lavfi\.psnr\.psnr\.(\w)=(.*)", line):
            found[-1][match[1]] = float(match[2])
    return found


def made_frame(plane, form):
    """Makes a frame with the given luma, `[H, W]`, and grey colours."""
    height, width = plane.shape
    frame = av.VideoFrame(width, height, form)
    for part in frame.planes:
        part.update(bytes(part.buffer_size))
    line = frame.planes[0].line_size
    rows = bytearray(line * height)
    for row in range(height):
        begin = row * line
        rows[begin : begin + plane[row].nbytes] = plane[row].tobytes()
    frame.planes[0].update(bytes(rows))
    return frame
