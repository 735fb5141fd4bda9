"""Times the SVMs of action recognition at the size of UCF101.

    python -m benchmarks.svm_speed                    # One official fold.
    python -m benchmarks.svm_speed --num_folds 3

13,320 made-up videos of 101 classes, 25 recordings each, with 8,192 numbers
that look like activations after a ReLU: few directions that the classes and
recordings share, and noise. As in UCF101's splits, a fold tests seven of the
recordings; a fifth of the others chooses one of 25 values of C.

Then LinearSVC, the usual solver, fits a few classes of fewer videos. Its time
is extrapolated in proportion to videos and classes, which is too low: fewer
videos also need fewer iterations.
"""

import argparse
import resource
import time
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from rmdn_tf.action_recognition.linear_svm import C_GRID, SvmTraining

NUM_CLASSES = 101
NUM_RECORDINGS = 25  # Of each class.
TESTED, HELD_OUT = 7, 4  # Recordings of a fold.

NUM_SHARED = 400  # Directions.


def make_videos(
    num_videos: int, num_features: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Makes descriptors float32 `[V, F]`, classes and recordings, int `[V]`."""
    rng = np.random.default_rng(0)
    classes = np.arange(num_videos) % NUM_CLASSES
    recordings = np.arange(num_videos) // NUM_CLASSES % NUM_RECORDINGS
    scales = np.arange(1, NUM_SHARED + 1) ** -0.5
    of_class = 0.8 * rng.normal(size=[NUM_CLASSES, NUM_SHARED])
    of_recording = rng.normal(size=[NUM_CLASSES, NUM_RECORDINGS, NUM_SHARED])
    shared = of_class[classes] + of_recording[classes, recordings]
    shared += 0.8 * rng.normal(size=shared.shape)
    mixing = rng.normal(size=[NUM_SHARED, num_features])
    descriptors = (shared * scales).astype(np.float32) @ np.float32(mixing)
    for row in descriptors:  # One by one, to save memory.
        row += rng.normal(size=num_features) - 1
    return np.maximum(descriptors, 0), classes, recordings


def folds_of(
    recordings: np.ndarray,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yields the rows that train, choose C and are tested."""
    for first in range(0, 3 * TESTED, TESTED):
        is_test = (recordings >= first) & (recordings < first + TESTED)
        others = np.setdiff1d(np.arange(NUM_RECORDINGS), recordings[is_test])
        is_held_out = np.isin(recordings, others[-HELD_OUT:])
        train = ~is_test & ~is_held_out
        yield tuple(map(np.flatnonzero, (train, is_held_out, is_test)))


def main() -> None:
    """Prints times, processor times and memory."""
    options = parse()
    descriptors, classes, recordings = make_videos(
        options.num_videos, options.num_features
    )
    truth = classes[:, np.newaxis] == np.arange(NUM_CLASSES)
    names = tuple(f"class {index}" for index in range(NUM_CLASSES))
    norm = np.sqrt(np.square(descriptors[::100]).sum(1)).mean()
    print(f"{descriptors.shape} numbers, mean norm {norm:.1f}", flush=True)
    _print_memory("the descriptors alone")
    total = np.zeros(2)
    folds = list(folds_of(recordings))[: options.num_folds]
    for train, held_out, test in folds:
        began = _clocks()
        training = SvmTraining(names, multi_label=False)
        fitted = training.choose_and_fit(descriptors, truth, train, held_out)
        scores = fitted.classifier.scores(descriptors[test])
        took = _clocks() - began
        total += took
        accuracy = np.mean(scores.argmax(1) == classes[test])
        print(
            f"{len(train)} + {len(held_out)} train, {len(test)} tested: "
            f"{_minutes(took)}; C {fitted.c:.1e}, accuracy {accuracy:.3f}, "
            f"{fitted.num_not_converged} fits not converged",
            flush=True,
        )
        held_out = ", ".join(f"{one:.3f}" for one in fitted.held_out_scores)
        print(f"  accuracy on held-out videos by C: {held_out}")
    print(f"{len(folds)} folds: {_minutes(total)}")
    _print_memory("with the SVMs")
    time_linear_svc(descriptors, classes, folds[0][0], options)


def time_linear_svc(
    descriptors: np.ndarray, classes: np.ndarray, train: np.ndarray, options
) -> None:
    """Times scikit-learn on some classes of every tenth training video."""
    rows = train[:: options.sparser]
    known = descriptors[rows] - descriptors[rows].mean(0)
    chosen = range(options.num_classes)
    began = _clocks()
    num_stopped = 0
    for index in chosen:
        for c in C_GRID:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                svm = LinearSVC(C=c, dual="auto", max_iter=10_000)
                svm.fit(known, classes[rows] == index)
            num_stopped += svm.n_iter_ >= 10_000
    took = _clocks() - began
    print(
        f"LinearSVC, {len(rows)} videos, {len(chosen)} classes: "
        f"{_minutes(took)}; {num_stopped} of {len(chosen) * len(C_GRID)} fits "
        "not converged"
    )
    factor = len(train) / len(rows) * NUM_CLASSES / len(chosen)
    print(f"  extrapolated to one fold: at least {_minutes(took * factor)}")


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def _minutes(took: np.ndarray) -> str:
    wall, processor = took / 60
    return f"{wall:.1f} min, {processor:.1f} min of processor time"


def _print_memory(what: str) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory, {what}: {peak:.2f} GiB", flush=True)


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--num_videos", type=int, default=13_320)
    add("--num_features", type=int, default=8192)
    add("--num_folds", type=int, default=1, help="of the three official ones")
    add("--num_classes", type=int, default=3, help="that LinearSVC learns")
    add("--sparser", type=int, default=10, help="LinearSVC gets 1 video in 10")
    return parser.parse_args()


if __name__ == "__main__":
    main()
