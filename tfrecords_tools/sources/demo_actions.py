"""The demo's videos with an action that only the attended disc shows.

Every disc does something all the time, in place: its radius, its brightness or
its colour goes to and fro, or nothing does. What the disc that draws the eyes
does is the video's label. When another disc takes its part it takes its action
too, and gives its own in return. The other discs' actions are drawn without a
look at the label: who does not know where to look can only guess among four.
"""

import zlib

import numpy as np

from tfrecords_tools.raw_video import VideoEntry
from tfrecords_tools.sources.demo import NUM_DISCS, Demo, Scene
from tfrecords_tools.sources.demo_frames import Looks

ACTIONS = ("blink", "steady", "swell", "tint")

PERIOD = (8.0, 12.0)  # frames to and fro, so that one clip shows it
SMALLEST = 0.5  # radius of a disc that swells, of its largest
BLINK = 70.0  # amplitude on R, G and B, of 255
TINT = (90.0, -45.0, -45.0)  # amplitudes on each; brightness hardly changes


class DemoActions(Demo):
    """The seeded procedure; arguments are those of `Demo`.

    The actions are balanced over the videos of every split.
    """

    name = "demo_actions"

    def _act(
        self, entry: VideoEntry, scene: Scene
    ) -> tuple[tuple[str, ...], Looks]:
        key = zlib.crc32(entry.video_id.encode())
        # A generator of its own: gaze and textures are drawn as in the demo.
        generator = np.random.default_rng([self.seed, key, 1])
        # A split is a run of numbers, so that in each the actions take turns.
        number = int(entry.video_id.rpartition("_")[2])
        label = number % len(ACTIONS)
        actions = _assign(generator, label, scene.target)
        return (ACTIONS[label],), _perform(generator, actions)


def _assign(
    generator: np.random.Generator, label: int, target: np.ndarray
) -> np.ndarray:
    """What every disc does in every frame, int `[n, NUM_DISCS]`."""
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
    """Gives every disc a rhythm of its own, and shows its action in it."""
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
