"""Times the drawing of densities over frames, by style and size.

    python -m benchmarks.drawing_speed [--rounds 5]

The densities are random mixtures of 20 components that change in every frame.
Drawing takes one thread; frames are in memory.
"""

import argparse
import itertools
import time

import av
import numpy as np

from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.overlay import Overlay
from rmdn_tf.video.colours import STYLES

SIZES = ((360, 640), (1080, 1920))
NUM_FRAMES = 40


def main() -> None:
    """Prints frames a second, the median of the rounds, by CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("     size     style  frames a CPU second")
    for size, style in itertools.product(SIZES, STYLES):
        overlay, frame = Overlay(style), _made_frame(size)
        rates = []
        for seed in range(options.rounds + 1):  # The first warms up.
            densities = _made_densities(seed)
            began = time.process_time()
            for density in densities:
                overlay(frame, density)
            rates.append(NUM_FRAMES / (time.process_time() - began))
        rate = np.median(rates[1:])
        print(f"{size[1]:4d}x{size[0]:4d}  {style:>8}  {rate:19.0f}")


def _made_frame(size: tuple[int, int]) -> av.VideoFrame:
    height, width = size
    shape = (height * 3 // 2, width)
    planes = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
    frame.pts, frame.time_base = 0, 1
    return frame


def _made_densities(seed: int) -> list[Density]:
    generator = np.random.default_rng(seed)
    shape = (NUM_FRAMES, 20, 1)
    columns = [
        generator.normal(size=shape),
        generator.uniform(0.2, 0.8, (NUM_FRAMES, 20, 2)),
        generator.uniform(-3.5, -1.5, (NUM_FRAMES, 20, 2)),
        generator.normal(0, 0.3, shape),
    ]
    mixtures = np.concatenate(columns, -1).astype(np.float32)
    return [Density(parameters) for parameters in mixtures]


if __name__ == "__main__":
    main()
