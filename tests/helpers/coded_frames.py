"""Videos whose pictures show their number, to tell which one is on screen.

The number is in eight bars, black for 0 and white for 1, which no codec loses.
"""

import numpy as np

from tests.helpers.made_videos import write_video

BITS = 8
SIZE = (48, 64)


def coded_frames(num_frames, size=SIZE):
    """Returns frame 0, 1, ..., uint8 `[n, H, W, 3]`."""
    bits = np.arange(num_frames)[:, None] >> np.arange(BITS) & 1
    row = np.repeat(bits * 255, size[1] // BITS, axis=1).astype(np.uint8)
    return np.tile(row[:, None, :, None], [1, size[0], 1, 3])


def code_of(pixels) -> int:
    """Reads the number from a picture, uint8 `[H, W, 3]` of any size."""
    bars = np.array_split(pixels.mean(axis=(0, 2)), BITS)
    return sum(int(bar.mean() > 128) << bit for bit, bar in enumerate(bars))


def codes_of(frames) -> list[int]:
    """Reads the numbers of frames of PyAV."""
    return [code_of(frame.to_ndarray(format="rgb24")) for frame in frames]


def write_coded(path, ticks, size=SIZE, **options):
    """Writes coded frames that appear at `ticks`, in milliseconds."""
    frames = coded_frames(len(ticks), size)
    return write_video(path, frames, ticks=list(ticks), **options)


def half_the_rate(seconds=5):
    """30 frames a second, then 15: the times of a phone in the dark, in ms."""
    fast = [round(1000 * n / 30) for n in range(30 * seconds)]
    slow = [round(1000 * n / 15) for n in range(15 * seconds)]
    return fast + [1000 * seconds + tick for tick in slow]
