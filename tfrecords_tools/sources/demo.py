"""Made-up videos whose true gaze density is known.

A textured background drifts to and fro. Textured discs ride along with it, but
one of them, the target, moves the other way and draws the eyes. Now and then
another disc becomes the target. A network must find the target by its motion
and remember it, since everything stands still at a turning point.

Observers look at the target with a lag and with noise, and take time to react
to a new target. Some glance at the centre, some anywhere. The true density of
gaze in a frame is therefore a mixture of four normals, truncated to the frame
because samples outside are left out. So the best possible score is known.
"""

import collections
import dataclasses
import zlib

import numpy as np
from scipy import ndimage

from rmdn_tf.data.records import Fixations
from tfrecords_tools.gaze.fixations import OUTSIDE
from tfrecords_tools.raw_video import RawVideo, Source, SourceError, VideoEntry
from tfrecords_tools.sources.demo_frames import (
    DISC_RADIUS,
    Looks,
    disc_side,
    render,
)

NUM_VIDEOS = 240
FRAMES_PER_SECOND = 15.0
NUM_FRAMES = 96
NUM_OBSERVERS = 16
NUM_DISCS = 4

ASPECT = 4 / 3  # width over height of the scene
MARGIN = 0.13  # between a disc's centre and the border, in frames

DRIFT = 0.25  # speed of camera and other discs, relative to the target's

LAG = 2  # frames between target and gaze
NOISE = (0.05, 0.06)  # standard deviation of gaze on the disc, in x and y
NOISE_MEMORY = 0.8  # correlation of an observer's error from frame to frame
REACTION = (4.0, 1.5)  # mean and standard deviation of reaction time, in frames
CENTRE_WEIGHT, CENTRE_SCALE = 0.08, 0.15
LAPSE_WEIGHT, LAPSE_SCALE = 0.04, 0.40
GLANCE_FRAMES = 12  # frames between an observer's choices of where to look


@dataclasses.dataclass(frozen=True)
class Scene:
    """Positions in every frame, in [0, 1] of the frame.

    Attributes:
        discs: float `[n, NUM_DISCS, 2]`, centres (x, y).
        camera: float `[n, 2]`, shift of the background.
        target: int `[n]`, index of the disc that is the target.
    """

    discs: np.ndarray
    camera: np.ndarray
    target: np.ndarray


@dataclasses.dataclass(frozen=True)
class Demo(Source):
    """Seeded videos of moving discs.

    Attributes:
        num_videos: of all splits; a sixth each for validation and test.
        seed: at least 0; another seed makes other videos.
        size: (height, width) of the frames in pixels.
    """

    name = "demo"
    citation = "Made by rmdn-tf; in the public domain."

    num_videos: int = NUM_VIDEOS
    seed: int = 0
    size: tuple[int, int] = (128, 171)

    def __post_init__(self) -> None:
        # Each split needs a video; NumPy's seeds are not negative.
        for name, least in (("num_videos", 3), ("seed", 0)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"Invalid `{name}`. Expected at least {least}. "
                    f"Received: {name}={getattr(self, name)}."
                )
        # The margin must hold half a disc.
        if min(self.size) * MARGIN < (disc_side(self.size) + 1) / 2:
            raise SourceError(
                "Invalid `size` of demo frames. Expected a height of 48 or "
                "more and a width of no less. "
                f"Received: size={tuple(self.size)}."
            )

    def entries(self) -> list[VideoEntry]:
        held_out = max(1, self.num_videos // 6)
        splits = ["test"] * held_out + ["validation"] * held_out
        splits += ["train"] * (self.num_videos - 2 * held_out)
        return [
            VideoEntry(f"{self.name}_{number:05d}", split)
            for number, split in enumerate(splits)
        ]

    def num_frames(self, entry: VideoEntry) -> int:
        return NUM_FRAMES

    def settings(self) -> dict:
        return dataclasses.asdict(self)

    def open(self, entry: VideoEntry) -> RawVideo:
        key = zlib.crc32(entry.video_id.encode())
        generator = np.random.default_rng([self.seed, key])
        scene = _make_scene(generator)
        truth = _true_mixture(scene)
        fixations, num_outside = _look(generator, truth)
        labels, looks = self._act(entry, scene)
        return RawVideo(
            frames=render(
                generator, scene.discs, scene.camera, self.size, looks
            ),
            original_size=self.size,
            frames_per_second=FRAMES_PER_SECOND,
            fixations=fixations,
            labels=labels,
            truth=truth.astype(np.float32),
            left_out=collections.Counter({OUTSIDE: num_outside}),
        )

    def _act(
        self, entry: VideoEntry, scene: Scene
    ) -> tuple[tuple[str, ...], Looks]:
        """Returns a video's labels and the looks of its discs."""
        return (), Looks.steady(NUM_FRAMES, NUM_DISCS)


def _make_scene(generator: np.random.Generator) -> Scene:
    """Draws scenes until all discs stay inside the frame and apart."""
    while True:
        scene = _draw_scene(generator)
        inside = (scene.discs > MARGIN) & (scene.discs < 1 - MARGIN)
        gaps = scene.discs[:, :, None] - scene.discs[:, None]
        gaps = np.hypot(gaps[..., 0] * ASPECT, gaps[..., 1])
        gaps += np.eye(NUM_DISCS)
        if inside.all() and gaps.min() > 1.5 * DISC_RADIUS:
            return scene


def _draw_scene(generator: np.random.Generator) -> Scene:
    angle = generator.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle) / ASPECT, np.sin(angle)])
    period = generator.uniform(28, 44)  # frames to and fro
    phase = generator.uniform(0, 2 * np.pi)
    time = np.arange(NUM_FRAMES)
    speed = 0.022 * np.cos(2 * np.pi * time / period + phase)
    target = np.repeat(
        generator.integers(0, NUM_DISCS, 3),
        np.diff([0, *np.sort(generator.integers(24, 72, 2)), NUM_FRAMES]),
    )
    is_target = np.arange(NUM_DISCS) == target[:, None]
    sign = np.where(is_target, -1.0, DRIFT)
    # A disc turns within a few frames, not at once.
    sign = ndimage.gaussian_filter1d(sign, 1.0, axis=0)
    steps = speed[:, None, None] * sign[..., None] * direction
    start = generator.uniform(MARGIN, 1 - MARGIN, [NUM_DISCS, 2])
    discs = start + np.cumsum(steps, axis=0)
    camera = np.cumsum(DRIFT * speed[:, None] * direction, axis=0)
    return Scene(discs, camera, target)


def _true_mixture(scene: Scene) -> np.ndarray:
    """Returns the density of gaze in every frame, `[n, 4, 6]` as in records.

    The components are the target, the previous target, the centre, anywhere.
    """
    num_frames = len(scene.target)
    change = np.flatnonzero(np.diff(scene.target, prepend=scene.target[0]))
    mixture = np.zeros([num_frames, 4, 6])
    on_disc = 1 - CENTRE_WEIGHT - LAPSE_WEIGHT
    for frame in range(num_frames):
        changes = change[change <= frame]
        last = changes[-1] if len(changes) else None
        before = scene.target[frame if last is None else last - 1]
        noticed = 1.0 if last is None else _noticed(frame - last)
        seen = scene.discs[max(frame - LAG, 0)]
        for component, disc, share in (
            (0, scene.target[frame], noticed),
            (1, before, 1 - noticed),
        ):
            weight = on_disc * share
            mixture[frame, component] = [weight, *seen[disc], *NOISE, 0]
    mixture[:, 2] = [CENTRE_WEIGHT, 0.5, 0.5, CENTRE_SCALE, CENTRE_SCALE, 0]
    mixture[:, 3] = [LAPSE_WEIGHT, 0.5, 0.5, LAPSE_SCALE, LAPSE_SCALE, 0]
    return mixture


def _noticed(frames_since_change: int) -> float:
    """Returns the share of observers who saw a change: logistic in time."""
    mean, deviation = REACTION
    slope = np.pi / (np.sqrt(3) * deviation)
    return float(1 / (1 + np.exp(-slope * (frames_since_change - mean))))


def _look(
    generator: np.random.Generator, truth: np.ndarray
) -> tuple[Fixations, int]:
    """Draws gaze from the true densities, correlated in time by observer.

    Returns the fixations inside the frame, and the number of points outside.
    """
    num_frames = len(truth)
    num_blocks = -(-num_frames // GLANCE_FRAMES) + 1
    # An observer draws one number for each glance. It also sets the reaction
    # time: the observer moves on once the share who noticed exceeds it.
    quantile = generator.random([NUM_OBSERVERS, num_blocks])
    offset = generator.integers(0, GLANCE_FRAMES, NUM_OBSERVERS)
    block = (np.arange(num_frames) + offset[:, None]) // GLANCE_FRAMES
    quantile = np.take_along_axis(quantile, block, 1)  # [observers, n]
    cumulative = np.cumsum(truth[:, :, 0], axis=1)
    component = (quantile[..., None] > cumulative[:, :-1]).sum(-1)
    chosen = truth[np.arange(num_frames), component]  # [observers, n, 6]
    error = generator.normal(size=[NUM_OBSERVERS, num_frames, 2])
    for frame in range(1, num_frames):
        error[:, frame] *= np.sqrt(1 - NOISE_MEMORY**2)
        error[:, frame] += NOISE_MEMORY * error[:, frame - 1]
    points = chosen[..., 1:3] + chosen[..., 3:5] * error
    inside = np.all((points >= 0) & (points <= 1), axis=-1)
    observers, frames = np.nonzero(inside)
    rows = np.column_stack([frames, points[inside], observers])
    rows = rows[np.argsort(frames, kind="stable")]
    return Fixations.from_rows(rows), int(np.sum(~inside))
