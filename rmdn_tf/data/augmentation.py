"""Flips frames and their fixations at random, on the device."""

import math

import tensorflow as tf


def flip_at_random(
    batch: dict,
    seed: tf.Tensor,
    num_replicas: int = 1,
    replica: int | tf.Tensor = 0,
    cell_grid: tuple[int, int] | None = None,
) -> dict:
    """Flips each row of a batch left to right with probability one half.

    The number of replicas does not change which rows are flipped.

    Args:
        batch: holds `frames`, uint8 `[B, L, H, W, 3]`, or `features`,
            `[B, T, h w D]`; and `fixations`, float32 `[B, F, N, 2]`.
        seed: int32 `[2]`, the same on all replicas.
        num_replicas: replicas that share a step, B rows each.
        replica: number of this replica, from 0.
        cell_grid: (h, w) of the features; unused without `features`.
    """
    shape = [num_replicas, batch["fixations"].shape[0]]
    flips = tf.random.stateless_uniform(shape, seed)[replica] < 0.5
    # A network with cells may read frames, too.
    if cell_grid is None or "features" not in batch:
        return {**batch, **flip(batch["frames"], batch["fixations"], flips)}
    num_features = batch["features"].shape[2] // math.prod(cell_grid)
    cells = tf.reshape(
        batch["features"], [shape[1], -1, *cell_grid, num_features]
    )
    flipped = flip(cells, batch["fixations"], flips)
    features = tf.reshape(flipped.pop("frames"), tf.shape(batch["features"]))
    return {**batch, **flipped, "features": features}


def flip(frames: tf.Tensor, fixations: tf.Tensor, flips: tf.Tensor) -> dict:
    """Flips rows left to right where `flips`, bool `[B]`, is True.

    Frames may be maps of features, `[B, T, h, w, D]`. B must be static.
    """

    def flip_row(flipped: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
        return tf.cond(flipped, lambda: tf.reverse(frames, [2]), lambda: frames)

    mirrored = tf.stack([1 - fixations[..., 0], fixations[..., 1]], -1)
    return {
        # Row by row: `tf.where` over all pixels takes nine times as long, a
        # tenth of a training step; `tf.map_fn` has no uint8 kernel on a GPU.
        "frames": tf.stack(
            [
                flip_row(flipped, row)
                for flipped, row in zip(
                    tf.unstack(flips),
                    tf.unstack(frames),
                    strict=True,
                )
            ]
        ),
        "fixations": tf.where(flips[:, None, None, None], mirrored, fixations),
    }
