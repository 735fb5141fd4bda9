"""Tells how much a density depends on who resizes the frames.

    python -m benchmarks.resizing_agreement CLIP...

Compares, for the model of the package, the densities of a file with those of
its frames given as arrays, and with those of the SavedModel, which gets the
frames in full size. The difference is the probability that lies elsewhere.
"""

import argparse
import itertools
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # Before TensorFlow.

# A request holds 16 frames of 1920x1080.
NUM_FRAMES, MAP_SIZE = 16, (36, 64)


def main() -> None:
    """Prints the mean and the maximum over the frames of each clip."""
    import tensorflow as tf

    from rmdn_tf.model.saving import load_model
    from rmdn_tf.runs.paths import default_directory
    from rmdn_tf.serving.export import export
    from rmdn_tf.video.reader import VideoReader

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+")
    clips = parser.parse_args().clips

    model = rmdn_tf.load(default_directory())  # In TensorFlow, as the server.

    def maps_of(video, rate=None):
        streamed = itertools.islice(model.stream(video, rate), NUM_FRAMES)
        frames, densities = zip(*streamed, strict=True)
        return np.stack(frames), np.stack(
            [density.saliency_map(*MAP_SIZE) for density in densities]
        )

    with tempfile.TemporaryDirectory() as directory:
        version = export(
            *load_model(default_directory()), pathlib.Path(directory) / "model"
        )
        serve = tf.saved_model.load(str(version)).signatures["serving_default"]
        for clip in clips:
            with VideoReader(clip) as reader:
                rate = float(reader.frames_per_second)
            frames, of_file = maps_of(clip)
            _, of_frames = maps_of(frames, rate)
            _, every_frame = maps_of(frames)  # The SavedModel skips none.
            served = serve(
                frames=tf.constant(frames[None]),
                map_size=tf.constant([MAP_SIZE]),
            )["densities"][0]
            report(clip, "its frames", of_file, of_frames)
            report(clip, "the SavedModel", every_frame, served)


def report(clip: str, name: str, expected, found) -> None:
    moved = 0.5 * np.abs(np.asarray(found) - expected).sum((1, 2))
    print(
        f"{os.path.basename(clip)}, {name}: {moved.mean():.4%} of the "
        f"probability lies elsewhere, {moved.max():.4%} at most"
    )


if __name__ == "__main__":
    main()
