"""Times the descriptors of videos with attention against those without.

    python -m benchmarks.recognition_speed --data_dir DATA_DIR [--rounds 3]

Computes pooled C3D descriptors of the same prepared videos in three ways:
plain; weighted by attention, which the model of the package predicts; and both
in one pass. The three take turns. C3D's weights are random, which costs the
same.
"""

import argparse
import itertools
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.

PASSES = {
    "context": ("context",),
    "attention": ("attention",),
    "both": ("context", "attention"),
}

# Processor time adds up all cores and leaves out other processes.
CLOCKS = ("time", "processor time")


def main() -> None:
    """Prints frames a second of each way, and its time relative to plain."""
    from rmdn_tf.action_recognition.recipes import (
        AttentionConfig,
        NetworkConfig,
        make_recipe,
    )

    options = parse()
    network = NetworkConfig(options.network, clip_stride=options.clip_stride)
    recipe = make_recipe(network, AttentionConfig(), PASSES["both"])
    describers = {
        name: recipe.video_encoder(parts) for name, parts in PASSES.items()
    }
    times = {name: [] for name in PASSES}
    for _ in range(options.rounds + 1):  # The first warms up.
        for name, describe in describers.items():
            began = time.perf_counter(), time.process_time()
            num_frames = describe_videos(describe, options)
            ended = time.perf_counter(), time.process_time()
            times[name].append(np.subtract(ended, began))
    print(f"{num_frames} frames, a clip every {options.clip_stride}")
    base = np.array(times["context"][1:])  # [rounds, 2]
    for name in PASSES:
        own = np.array(times[name][1:])
        print(f"{name:<10} {num_frames / np.median(own[:, 0]):7.1f} frames/s")
        for what, ratios in zip(CLOCKS, (own / base).T, strict=True):
            rounds = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"  {what} {np.median(ratios):.2f} of context ({rounds})")


def describe_videos(describe, options) -> int:
    """Describes videos of some shards; returns the number of their frames."""
    from rmdn_tf.action_recognition.attention_sources import WatchedVideo
    from rmdn_tf.data.prepared_dataset import read_dataset_info
    from rmdn_tf.data.shard_dealing import shards_of
    from rmdn_tf.data.stored_frames import StoredFrames

    info = read_dataset_info(options.data_dir)
    stored = StoredFrames(info, options.data_dir)
    num_frames = 0
    for shard in shards_of(info, "train")[: options.num_shards]:
        path = os.path.join(options.data_dir, shard.file)
        by_video = itertools.groupby(
            stored.chunks(path, 32).as_numpy_iterator(),
            lambda chunk: chunk["video_id"],
        )
        for _, chunks in by_video:
            chunks = list(chunks)
            frames = np.concatenate([chunk["frames"] for chunk in chunks])
            rate = float(chunks[0]["frames_per_second"])
            describe(frames, WatchedVideo("timed", rate))
            num_frames += len(frames)
    return num_frames


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--data_dir", required=True)
    add("--network", default="c3d")
    add("--clip_stride", type=int, default=8)
    add("--num_shards", type=int, default=2, help="of the training split")
    add("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
