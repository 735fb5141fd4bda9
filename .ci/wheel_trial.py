"""Tries the installed package in a folder with `video.mp4` and `overlay.mp4`.

Streams, prepares, trains and exports in one process, since TensorFlow takes
seconds to import.
"""

import importlib.metadata as packages
import itertools
import pathlib
import sys

import av

import rmdn_tf
from rmdn_tf.__main__ import main

FRAMES = "--limit=1", "--height=48", "--width=64", "--workers=1"
NETWORK = (
    *("--input_size=32,32", "--filters=4;4;4;4;4", "--units=4"),
    *("--num_components=2", "--window_frames=17", "--num_epochs=1"),
)


def num_frames(path: str) -> int:
    with av.open(path) as container:
        return sum(1 for _ in container.decode(video=0))


def run(*words: str) -> None:
    if code := main(words):
        sys.exit(f"rmdn {' '.join(words)}: exit code {code}.")


def require(is_right: bool, fault: str) -> None:
    if not is_right:
        sys.exit(fault)


if __name__ == "__main__":
    package = pathlib.Path(rmdn_tf.__file__)
    require(package.is_relative_to(sys.prefix), f"Not the wheel: {package}")
    expected, found = map(num_frames, ("video.mp4", "overlay.mp4"))
    require(0 < expected == found, f"{expected} frames, {found} drawn.")

    model = rmdn_tf.load()
    for frame, density in itertools.islice(model.stream("video.mp4"), 3):
        total = density.saliency_map(*frame.shape[:2]).sum()
        require(abs(total - 1) < 1e-4, f"A density sums to {total}.")

    run("prepare", "--dataset=demo", "--output_dir=data/demo", *FRAMES)
    run("train", "--dataset=demo", *NETWORK)
    run("export", "--model=runs/demo-small", "--output=exported")
    require(any(pathlib.Path("exported").iterdir()), "Nothing is exported.")

    named = ("tensorflow", "keras", "numpy", "av")
    versions = ", ".join(f"{name} {packages.version(name)}" for name in named)
    python = sys.version.split()[0]
    print(f"Wheel on Python {python}: {found} frames drawn ({versions}).")
