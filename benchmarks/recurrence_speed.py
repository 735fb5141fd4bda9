"""Times the model's LSTM against Keras' own, which computes the same numbers.

    python -m benchmarks.recurrence_speed

Keras multiplies features and kernel at every step, `RecurrentCore` those of all
steps at once.
"""

import argparse
import math
import time

import keras
import numpy as np
import tensorflow as tf

import rmdn_tf  # isort: split  # noqa: F401  Before TensorFlow.
from rmdn_tf.model.recurrent import RecurrentCore


def main() -> None:
    """Prints the largest difference, the shortest times, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=50_176)
    parser.add_argument("--clips", type=int, default=50)
    parser.add_argument("--batch_size", type=int, default=4)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    rows, clips = options.batch_size, options.clips
    draw = np.random.default_rng(0)
    shape = (rows, clips, options.features)
    features = tf.constant(draw.normal(size=shape).astype(np.float32))
    ours = RecurrentCore(options.units)
    theirs = keras.layers.LSTM(options.units, return_sequences=True)
    state = ours.initial_state(rows)
    is_first = tf.zeros([rows], bool)
    mask = tf.ones([rows, clips], bool)

    @tf.function(jit_compile=False)
    def run_ours():
        return ours(features, state, is_first, mask)[0]

    @tf.function(jit_compile=False)
    def run_theirs():
        return theirs(features, initial_state=list(state.values()), mask=mask)

    theirs.build(shape)
    ours.build(shape)
    theirs.set_weights(ours.get_weights())
    difference = np.abs(run_ours() - run_theirs()).max()
    seconds = {run_ours: math.inf, run_theirs: math.inf}
    for _ in range(options.repeats):
        for run, least in seconds.items():
            begin = time.perf_counter()
            run().numpy()
            seconds[run] = min(least, time.perf_counter() - begin)
    print(f"largest difference {difference:.1e}")
    print(f"RecurrentCore      {seconds[run_ours]:.3f} s")
    print(f"keras LSTM         {seconds[run_theirs]:.3f} s")
    print(f"ratio              {seconds[run_theirs] / seconds[run_ours]:.1f}")


if __name__ == "__main__":
    main()
