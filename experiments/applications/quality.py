"""Does weighted quality prefer what people's gaze prefers?

    python -m experiments.applications.quality --raw_dir RAW --work_dir WORK

Each clip is distorted in several ways that have one thing in common, such as
the bitrate, and differ in the places that suffer. Weighted by real gaze, one of
two versions is better. The table tells how often other weights agree: those of
a network that has not seen the clip's scene, of half of the observers, of the
centre, and of plain pixels.

Clips are shrunk to a longest side of 480 pixels, at 10 frames a second.
`WORK/quality` keeps the scores, so a run that was stopped goes on.
"""

import argparse
import itertools
import os
import pathlib
import tempfile
import zlib
from collections.abc import Iterator, Mapping

import av
import numpy as np

from experiments.applications.clips import Clip, add_flags, read_clips
from experiments.applications.distortions import blurred_around, noisy_quarters
from experiments.applications.shrunk import shrunk
from rmdn_tf.applications.compress.compression import Compression
from rmdn_tf.applications.compress.settings import CompressionSettings
from rmdn_tf.applications.quality.luma import luma_of
from rmdn_tf.applications.quality.scores import attention_weights
from rmdn_tf.files.published import published
from rmdn_tf.metrics.intervals import mean_interval
from rmdn_tf.metrics.picture_quality import (
    mean_ssim,
    psnr,
    ssim_map,
    weighted_mse,
)
from rmdn_tf.metrics.score_ranges import Range
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.recording import Replay
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.reader import VideoReader

LONGEST_SIDE, RATE = 480, 10

# Bits of a pixel in the encodings of a clip.
BITS_A_PIXEL = 0.06

# Random places of a clip that a version favours.
NUM_PLACES = 4

# Standard deviations of the densities around a place and at the centre, parts
# of the frame's sides.
PLACE, CENTRE = 0.1, 0.2

# What weights the pixels. "people 0" and "people 1" are the halves.
WEIGHTS = ("plain", "centre", "model", "people", "people 0", "people 1")

# Versions to compare with each other, by what they have in common.
PLACES = [str(n) for n in range(NUM_PLACES)]
PAIRS = {
    "bitrate, x264 favours random places": (
        "x264",
        [*itertools.combinations(PLACES, 2)],
    ),
    "bitrate, x264 favours the model's places or their mirror image": (
        "x264",
        [("model", "mirrored")],
    ),
    "bitrate, x264 favours the model's places or none": (
        "x264",
        [("model", "none")],
    ),
    "error, blur around random places": (
        "blur",
        [*itertools.combinations(PLACES, 2)],
    ),
    "error, noise in a quarter": (
        "noise",
        [*itertools.combinations(PLACES, 2)],
    ),
}

METRICS = ("PSNR", "SSIM")

# Title of a table -> settings of `agreements`.
TABLES = {
    "PSNR of clips": {"metric": "PSNR"},
    "PSNR of clips, pairs that differ by 1 dB or more": {
        "metric": "PSNR",
        "least": 1.0,
    },
    "SSIM of clips": {"metric": "SSIM"},
    "PSNR of frames": {"metric": "PSNR", "of_frames": True},
    "SSIM of frames": {"metric": "SSIM", "of_frames": True},
}

# Weights to judge, and the gaze that they should agree with.
JUDGED = (
    ("plain", "people"),
    ("centre", "people"),
    ("model", "people"),
    ("model", "people 1"),
    ("people 0", "people 1"),
)


def places_of(clip: Clip) -> np.ndarray:
    """Returns places (x, y) of a clip, float64 `[NUM_PLACES, 2]`."""
    rng = np.random.default_rng(zlib.crc32(clip.name.encode()))
    return rng.uniform(0.1, 0.9, (NUM_PLACES, 2))


def looking_at(clip: Clip, x: float, y: float, scale: float) -> AttentionModel:
    """Makes a model that looks at one place all the time."""
    moments = np.array([[1.0, x, y, scale, scale, 0.0]])
    parameters = parameters_from_moments(moments)
    network = Replay([parameters] * clip.gaze.num_frames)
    return AttentionModel(network, clip.model.config)


def mirrored(clip: Clip, path: pathlib.Path) -> AttentionModel:
    """Makes a model that says the clip's model mirrored, left to right."""
    parameters = []
    for density in densities(clip.model, path):
        turned = density.parameters.copy()
        turned[:, 1] = 1 - turned[:, 1]
        turned[:, 5] = -turned[:, 5]
        parameters.append(turned)
    return AttentionModel(Replay(parameters), clip.model.config)


def densities(model: AttentionModel, path: pathlib.Path) -> Iterator[Density]:
    """Yields what a model says of each frame."""
    with predicted_video(model, path, NetworkSettings()) as video:
        for _, density in video:
            yield density


def lumas(path: str | os.PathLike) -> list[np.ndarray]:
    """Reads the luma of all frames."""
    with VideoReader(path) as reader:
        return [luma_of(frame).levels for frame in reader]


def scores_of(clip: Clip, directory: pathlib.Path) -> Mapping[str, np.ndarray]:
    """Scores all versions of a clip, or reads the scores of an earlier run.

    Returns:
        "x264 none" and the like -> weighted mean square error and weighted
        SSIM of each frame by each of `WEIGHTS`, float64 `[2, W, n]`; and
        "bits", the sizes of the encodings.
    """
    stored = directory / f"{clip.name}.npz"
    if not stored.exists():
        path = directory / "shrunk" / f"{clip.name}.mkv"
        shrunk(clip, path, LONGEST_SIDE, rate=RATE)
        found = _score(clip, path)
        with published(stored) as temporary:
            np.savez(temporary, **found)
    with np.load(stored) as arrays:
        return dict(arrays)


def _score(clip: Clip, path: pathlib.Path) -> dict[str, np.ndarray]:
    reference = lumas(path)
    weights = _weights(clip, path, reference[0].shape)
    found: dict[str, list] = {}
    bits = []
    for name, model in _favoured(clip, path):
        coded, size = _encoded(model, path, 0.0 if name == "none" else 1.0)
        bits.append(size)
        found[f"x264 {name}"] = [
            _rated(*frame)
            for frame in zip(reference, coded, weights, strict=True)
        ]
    for number, (luma, of_frame) in enumerate(
        zip(reference, weights, strict=True)
    ):
        for kind, versions in (
            ("blur", blurred_around(luma, places_of(clip))),
            ("noise", noisy_quarters(luma, number)),
        ):
            for place, version in enumerate(versions):
                rated = _rated(luma, version, of_frame)
                found.setdefault(f"{kind} {place}", []).append(rated)
    arrays = {name: np.moveaxis(rows, 0, -1) for name, rows in found.items()}
    return {**arrays, "bits": np.array(bits)}


def _weights(
    clip: Clip, path: pathlib.Path, size: tuple[int, int]
) -> list[list[np.ndarray]]:
    """Returns, for each frame, what each of `WEIGHTS` gives its pixels."""
    models = (
        looking_at(clip, 0.5, 0.5, CENTRE),
        clip.model,
        clip.people(),
        clip.human(0),
        clip.human(1),
    )
    even = np.full(size, 1 / (size[0] * size[1]))
    of_models = (
        [attention_weights(density, size) for density in densities(m, path)]
        for m in models
    )
    return [[even, *row] for row in zip(*of_models, strict=True)]


def _rated(
    reference: np.ndarray, distorted: np.ndarray, weights: list[np.ndarray]
) -> list[list[float]]:
    similarity = ssim_map(reference, distorted)
    return [
        [float(weighted_mse(reference, distorted, one)) for one in weights],
        [float(mean_ssim(similarity, one)) for one in weights],
    ]


def _favoured(
    clip: Clip, path: pathlib.Path
) -> Iterator[tuple[str, AttentionModel]]:
    yield "none", clip.model
    yield "model", clip.model
    yield "mirrored", mirrored(clip, path)
    for number, (x, y) in enumerate(places_of(clip)):
        yield str(number), looking_at(clip, x, y, PLACE)


def _encoded(
    model: AttentionModel, path: pathlib.Path, strength: float
) -> tuple[list[np.ndarray], int]:
    """Encodes a clip at a bitrate; returns its lumas and its bits."""
    with VideoReader(path) as reader:
        frame = reader.first_frame
        pixels = frame.width * frame.height * RATE
    with tempfile.TemporaryDirectory() as folder:
        coded = os.path.join(folder, "coded.mkv")
        settings = CompressionSettings(
            output=coded,
            bitrate=round(BITS_A_PIXEL * pixels / 1000),
            strength=strength,
        )
        Compression(model, str(path), NetworkSettings(), settings).run()
        with av.open(coded) as container:
            size = sum(packet.size for packet in container.demux(video=0))
        return lumas(coded), 8 * size


def agreements(
    scores: Mapping[str, np.ndarray],
    kind: str,
    metric: str,
    of_frames: bool = False,
    least: float = 0.0,
) -> np.ndarray:
    """Tells how often weights agree with gaze, for one clip.

    Args:
        scores: of `scores_of`.
        kind: one of `PAIRS`.
        metric: one of `METRICS`.
        of_frames: compare frame by frame, not the whole clip.
        least: smallest difference, weighted by gaze, of a pair that counts.

    Returns:
        float64 `[J]`: the share of the pairs for each of `JUDGED`; NaN without
        any. Equal quality counts half.
    """
    family, pairs = PAIRS[kind]
    better = np.stack(
        [
            _quality(scores[f"{family} {first}"], metric, of_frames)
            - _quality(scores[f"{family} {second}"], metric, of_frames)
            for first, second in pairs
        ],
        1,
    )  # [W, P, n]
    # Rounding is no difference.
    signs = np.sign(np.where(abs(better) < 1e-9, 0, better))
    shares = []
    for one, truth in JUDGED:
        number = WEIGHTS.index(truth)
        agrees = (1 + signs[WEIGHTS.index(one)] * signs[number]) / 2
        counted = agrees[abs(better[number]) >= least]
        shares.append(counted.mean() if counted.size else np.nan)
    return np.array(shares)


def _quality(scores: np.ndarray, metric: str, of_frames: bool) -> np.ndarray:
    """Returns decibels or SSIM, `[W, n]`; `[W, 1]` of the whole clip."""
    values = scores[METRICS.index(metric)]
    if not of_frames:
        values = values.mean(-1, keepdims=True)
    return psnr(np.maximum(values, 1e-9)) if metric == "PSNR" else values


def table(of_clips: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """Formats the shares of all clips as Markdown."""
    lines = []
    for title, settings in TABLES.items():
        heads = [f"{one}, judged by {truth}" for one, truth in JUDGED]
        lines += ["", f"### {title}", "", f"| the same | {' | '.join(heads)} |"]
        lines += ["|---" * (len(heads) + 1) + "|"]
        for kind in PAIRS:
            shares = [
                agreements(scores, kind, **settings)
                for scores in of_clips.values()
            ]
            cells = map(_cell, np.transpose(shares))
            lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines[1:])


def _cell(shares: np.ndarray) -> str:
    known = np.isfinite(shares)
    if not known.any():
        return "-"
    of = mean_interval(np.nan_to_num(shares), known, ranges=Range(0, 1))
    return f"{of.mean:.0%} ({of.low:.0%} to {of.high:.0%})"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    options = parser.parse_args()
    directory = options.work_dir / "quality"
    directory.mkdir(parents=True, exist_ok=True)
    of_clips = {}
    for clip in read_clips(options.raw_dir, options.work_dir, options.videos):
        of_clips[clip.name] = scores_of(clip, directory)
        print(f"{clip.name}: scored", flush=True)
    print(
        f"\n{len(of_clips)} clips; share of pairs, 95 % interval over clips\n"
    )
    print(table(of_clips))


if __name__ == "__main__":
    main()
