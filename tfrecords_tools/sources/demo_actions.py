"""The demo's videos, labelled with the action of the target.

Every disc has one of four actions: its radius, its brightness or its colour
oscillates, or nothing does. A new target takes over the action of the old one,
which gets that of the new one. The other discs act at random, so a network that
does not know where to look can only guess.
"""

import zlib

import numpy as np

from tfrecords_tools.raw_video import VideoEntry
from tfrecords_tools.sources.demo import NUM_DISCS, Demo, Scene
from tfrecords_tools.sources.demo_frames import Looks

ACTIONS = ("blink", "steady", "swell", "tint")

PERIOD = (8.0, 12.0)  # shortest and longest, in frames: shorter than a clip
SMALLEST = 0.5  # smallest over largest radius of a disc that swells
BLINK = 70.0  # amplitude of R, G and B, of 255
TINT = (
    90.0,
    -45.0,
    -45.0,
)  # amplitudes of R, G, B; their sum is 0


class DemoActions(Demo):
    """Seeded videos; the actions are balanced over each split's videos."""

    name = "demo_actions"

    def _act(
        self, entry: VideoEntry, scene: Scene
    ) -> tuple[tuple[str, ...], Looks]:
        key = zlib.crc32(entry.video_id.encode())
        # A generator of its own keeps gaze and textures equal to the demo's.
        generator = np.random.default_rng([self.seed, key, 1])
        # Numbers are consecutive in a split, so its actions are balanced.
        number = int(entry.video_id.rpartition("_")[2])
        label = number % len(ACTIONS)
        actions = _assign(generator, label, scene.target)
        return (ACTIONS[label],), _perform(generator, actions)


def _assign(
    generator: np.random.Generator, label: int, target: np.ndarray
) -> np.ndarray:
    """Returns the action of each disc in every frame, int `[n, NUM_DISCS]`."""
    of_discs = generator.integers(0, len(ACTIONS), NUM_DISCS)
    of_discs[target[0]] = label
    actions = np.empty([len(target), NUM_DISCS], int)
    before = target[0]
    for frame, now in enumerate(target):
        if now != before:
            of_discs[[before, now]] = of_discs[[now, before]]
        actions[frame] = of_discs
        before = now
    return actions


def _perform(generator: np.random.Generator, actions: np.ndarray) -> Looks:
    """Returns the looks of the acting discs, each with its own rhythm."""
    period = generator.uniform(*PERIOD, NUM_DISCS)
    phase = generator.uniform(0, 2 * np.pi, NUM_DISCS)
    time = np.arange(len(actions))[:, None]
    wave = np.sin(2 * np.pi * time / period + phase)  # [n, discs]

    def of(name: str) -> np.ndarray:
        return np.where(actions == ACTIONS.index(name), wave, 0.0)

    swells = actions == ACTIONS.index("swell")
    radius = np.where(swells, 1 - (1 - SMALLEST) * (1 + wave) / 2, 1.0)
    colour = of("blink")[..., None] * BLINK + of("tint")[..., None] * TINT
    return Looks(radius, colour.astype(np.float32))
