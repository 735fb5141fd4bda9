"""Bits that compression with attention saves, judged by real gaze.

    python -m experiments.applications.compress --raw_dir RAW --work_dir WORK

A clip is encoded at four qualities: plainly, and with the maps of a network
that has not seen its scene. At 10 frames a second, the squared error of
brightness is weighted by the blurred fixations of people. The Bjontegaard rate
compares the two curves of bitrate and weighted PSNR: it is the mean change of
the bitrate at equal quality.

The maps of half of the observers, rated by the other half, are an upper bound.
Sources have been compressed before, so they are shrunk to a longest side of 640
pixels first. The first four seconds of each are encoded. `WORK/compress` keeps
each encoding's numbers, so that a run that was stopped goes on.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import av
import numpy as np
from scipy.ndimage import gaussian_filter

from experiments.applications.clips import Clip, add_flags, read_clips
from experiments.applications.compress_curves import (
    RATINGS,
    Curve,
    bd_rates,
    format_table,
)
from experiments.applications.shrunk import at_rate, shrunk
from rmdn_tf.applications.compress.compression import Compression, encoding_of
from rmdn_tf.applications.compress.settings import CompressionSettings
from rmdn_tf.applications.view.people import SIGMA
from rmdn_tf.files.published import write_content, write_json
from rmdn_tf.metrics.picture_quality import weighted_mse
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.formats import Encoding
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter

# Four qualities, from good to poor pictures.
QUALITIES = {"libx264": (22, 27, 32, 37), "libx265": (24, 29, 34, 39)}

# The usual one of x264, and one of x265 that takes about the same time.
PRESETS = {"libx264": "medium", "libx265": "veryfast"}

# Longest side in pixels of the shrunk clips, and how many seconds are encoded.
LONGEST_SIDE, SECONDS = 640, 4

GAZE_RATE = 10

# Pixels along a side of the blocks in which weights are the same.
BLOCK = 8


class Way(NamedTuple):
    """A way to encode a clip.

    Attributes:
        codec: FFmpeg's name of the encoder.
        source: "plain", or where the maps come from: "model" or "human".
        method: of `CompressionSettings`.
        strength: of `CompressionSettings`.
    """

    codec: str
    source: str = "plain"
    method: str = "roi"
    strength: float = 1.0

    def __str__(self) -> str:
        if self.source == "plain":
            return f"{self.codec}-plain"
        return f"{self.codec}-{self.source}-{self.method}-{self.strength:g}"


class Encodings:
    """Encodes a clip, and rates it by gaze; keeps the numbers.

    Args:
        clip: the clip.
        directory: where numbers and the shrunk clip are kept.
    """

    def __init__(self, clip: Clip, directory: pathlib.Path):
        self._clip = clip
        self._directory = directory / clip.name
        self._directory.mkdir(parents=True, exist_ok=True)
        self._truth: tuple[list[np.ndarray], dict] | None = None

    def curve(self, way: Way) -> Curve:
        """Encodes at all qualities, or reads the numbers of an earlier run."""
        rows = [self._row(way, q) for q in QUALITIES[way.codec]]
        return Curve(
            np.array([row["bits"] for row in rows]),
            np.array([row["seconds"] for row in rows]),
            {r: np.array([row[r] for row in rows]) for r in RATINGS},
        )

    def _row(self, way: Way, quality: int) -> dict[str, float]:
        stored = self._directory / f"{way}-{quality}.json"
        if not stored.exists():
            write_json(stored, self._encode(way, quality))
        return json.loads(stored.read_text())

    def _encode(self, way: Way, quality: int) -> dict[str, float]:
        settings = CompressionSettings(
            codec=way.codec,
            quality=quality,
            preset=PRESETS[way.codec],
            method=way.method,
            strength=way.strength,
        )
        source = self._shrunk()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.mkv")
            begin = time.process_time()
            if way.source == "plain":
                _encode_plainly(source, path, encoding_of(settings))
            else:
                self._compress(source, path, way, settings)
            seconds = time.process_time() - begin
            return {
                "bits": _bits(path),
                "seconds": seconds,
                **self._errors(path),
            }

    def _compress(self, source, path, way, settings) -> None:
        clip = self._clip
        model = clip.model if way.source == "model" else clip.human(1)
        settings = dataclasses.replace(settings, output=path)
        Compression(model, str(source), NetworkSettings(), settings).run()

    def _shrunk(self) -> pathlib.Path:
        path = self._directory / "shrunk.mkv"
        return shrunk(self._clip, path, LONGEST_SIDE, seconds=SECONDS)

    def _errors(self, path: str) -> dict[str, float]:
        """Returns the mean squared error of a video by each rating."""
        if self._truth is None:
            pictures = list(_gaze_frames(self._shrunk()))
            size = pictures[0].shape
            half = self._clip.half(0)
            weights = {
                "all": _weights(self._clip.points(), size),
                "half": _weights(self._clip.points(half), size),
                "plain": [None] * len(pictures),
            }
            self._truth = pictures, weights
        pictures, weights = self._truth
        errors: dict[str, list[float]] = {rating: [] for rating in RATINGS}
        for number, distorted in enumerate(_gaze_frames(path)):
            for rating, of_frames in weights.items():
                error = _error(pictures[number], distorted, of_frames[number])
                errors[rating].append(error)
        return {r: float(np.nanmean(all_)) for r, all_ in errors.items()}


def _error(reference, distorted, weights) -> float:
    """Returns the weighted squared error; NaN where nobody looks."""
    if weights is None:
        return float(weighted_mse(reference, distorted))
    if not weights.any():
        return np.nan
    full = weights.repeat(BLOCK, 0).repeat(BLOCK, 1)
    height, width = reference.shape
    return float(weighted_mse(reference, distorted, full[:height, :width]))


def _weights(points: list[np.ndarray], size: Sequence[int]) -> list[np.ndarray]:
    """Returns the blurred fixations of each frame, a number for each block."""
    rows, columns = (-(-length // BLOCK) for length in size)
    edges = [np.linspace(0, 1, n + 1) for n in (columns, rows)]
    maps = []
    for of_frame in points:
        counts, *_ = np.histogram2d(*of_frame.T, edges)
        sigma = SIGMA * rows, SIGMA * columns
        maps.append(gaussian_filter(counts.T, sigma, mode="constant"))
    return maps


def _gaze_frames(path: str | os.PathLike) -> Iterator[np.ndarray]:
    """Yields the brightness of the frames with gaze, uint8 `[H, W]`."""
    with VideoReader(path) as reader:
        for frame in at_rate(GAZE_RATE, reader):
            yield frame.to_ndarray()[: frame.height]


def _encode_plainly(source, path: str, encoding: Encoding) -> None:
    with (
        VideoReader(source) as reader,
        VideoWriter(path, reader, reader.first_frame, encoding) as writer,
    ):
        for frame in reader:
            writer.write(frame)


def _bits(path: str) -> int:
    with av.open(path) as container:
        packets = container.demux(container.streams.video[0])
        return 8 * sum(packet.size for packet in packets)


# Names of the ways to encode with attention, as the table has them.
SOURCES = {
    "the model, regions": ("model", "roi"),
    "the model, blur": ("model", "blur"),
    "people, regions": ("human", "roi"),
}


def main() -> None:
    """Encodes, prints what each clip saves and the table, and writes it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument(
        "--codecs", nargs="*", default=[*QUALITIES], choices=[*QUALITIES]
    )
    options = parser.parse_args()
    directory = options.work_dir / "compress"
    curves: dict[tuple[str, str], list[Curve]] = {}
    groups = []
    for clip in read_clips(options.raw_dir, options.work_dir, options.videos):
        groups.append(clip.group)
        encodings = Encodings(clip, directory)
        for codec in options.codecs:
            plain = encodings.curve(Way(codec))
            curves.setdefault((codec, "plain"), []).append(plain)
            for name, (source, method) in SOURCES.items():
                other = encodings.curve(Way(codec, source, method))
                curves.setdefault((codec, name), []).append(other)
                rates = bd_rates(plain, other)
                told = ", ".join(f"{r} {v:+.1%}" for r, v in rates.items())
                print(f"{clip.name}, {codec}, {name}: {told}", flush=True)
    table = format_table(curves, np.array(groups))
    write_content(directory / "table.md", table.encode())
    print(table)


if __name__ == "__main__":
    main()
