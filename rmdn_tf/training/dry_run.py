"""Estimates from one step what a training run needs: `--dry_run`."""

import math
import pathlib
import re
import time

import keras
import tensorflow as tf

from rmdn_tf.data.feature_cache import expected_bytes
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import shards_of
from rmdn_tf.files.disk_space import format_bytes
from rmdn_tf.model.parts import build_encoder, clip_network, recurrence
from rmdn_tf.runs.directory import run_bytes
from rmdn_tf.training.cached_features import FrozenFeatures
from rmdn_tf.training.run import TrainingRun


def dry_run(run: TrainingRun) -> str:
    """Makes two steps and returns lines that describe what the run needs.

    The first step compiles, the second is timed. The run's weights change.
    Nothing is written, and cached features may be missing.
    """
    batch, state = run.example()
    begin_and_end = []
    for _ in range(2):
        begin_and_end.append(time.perf_counter())
        loss, *_ = run.train_step(batch, state, tf.constant([0, 0]))
        loss = float(loss)
    seconds = time.perf_counter() - begin_and_end[-1]
    steps = run.num_steps
    epochs = run.config.num_epochs
    checkpoint = run.checkpoint_bytes()
    keep = run.run_config.keep_checkpoints
    lines = [
        f"parameters        {_count(run.model.weights):,}, "
        f"{_count(run.network.trainable_variables):,} of them learn",
        f"operations        {flops_per_frame(run) / 1e9:,.3f} GFLOP a "
        "frame, forward",
        f"memory            {_memory()} at most in a step",
        f"disk              {format_bytes(checkpoint)} a checkpoint, "
        f"{format_bytes(run_bytes(keep, checkpoint))} at most in all",
        f"loss of a step    {loss:.4f} {run.objective.unit}",
        f"time              {seconds:.2f} s a step, {steps} steps an epoch: "
        f"{_duration(seconds * steps)} an epoch, at most "
        f"{_duration(seconds * steps * epochs)} in all, without validation",
    ]
    for features in run.all_features:
        lines += _caching(run, features)
    return "\n".join(lines)


def flops_per_frame(run: TrainingRun) -> float:
    """Counts the operations of a frame, forward; a multiply-add counts as 2."""
    network = clip_network(run.model)
    flops = sum(_flops(layer) for layer in network.layers)
    recurrent = recurrence(run.model)
    flops += sum(
        2 * math.prod(weight.shape)
        for layer in run.model.layers
        if layer is recurrent or layer.name == "mixture"
        for weight in layer.weights
        if len(weight.shape) == 2
    )
    return flops / run.window.clip_stride


def _flops(layer: keras.Layer) -> int:
    """Counts a convolution or a dense layer for one clip; 0 for others."""
    if not hasattr(layer, "kernel"):
        return 0
    places = math.prod(layer.output.shape[1:-1])
    return 2 * math.prod(layer.kernel.shape) * places


def _caching(run: TrainingRun, features: FrozenFeatures) -> list[str]:
    info = read_dataset_info(features.data_dir)
    frames = tf.zeros([1, 31, *info.size, 3], tf.uint8)
    encoder = build_encoder(run.model, clip_stride=1)
    *_, num_clips, size = encoder(frames).shape
    began = time.perf_counter()
    encoder(frames).numpy()
    seconds = (time.perf_counter() - began) / num_clips
    shards = shards_of(info, features.split)
    num_frames = sum(shard.num_frames for shard in shards)
    num_bytes = expected_bytes(info, shards, size)
    return [
        f"features, once    {num_frames:,} frames, {size:,} numbers each: "
        f"{format_bytes(num_bytes)}, {_duration(seconds * num_frames)}, in "
        f"'{features.directory}'",
    ]


def _count(variables) -> int:
    return sum(math.prod(v.shape) for v in variables)


def peak_memory() -> int:
    """Returns the most bytes that this process has held at once."""
    try:
        status = pathlib.Path("/proc/self/status").read_text()
    except OSError:  # Not Linux.
        status = ""
    # On Linux `getrusage` includes the memory of the parent.
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    if peak is None:
        import resource  # Windows lacks it: only there `--dry_run` fails.

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak[1]) * 1024


def _memory() -> str:
    if tf.config.list_logical_devices("GPU"):
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        return f"{format_bytes(peak)} of the GPU"
    return format_bytes(peak_memory())


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
