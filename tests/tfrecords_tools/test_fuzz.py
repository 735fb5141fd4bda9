"""Damaged raw files: every source skips and counts, or says which file.

Walking a dataset with a damaged file raises nothing but `SourceError`.
`RMDN_FUZZ_EXAMPLES` sets the number of examples of each file, to search for
longer than the tests may take, and among other examples.
"""

import contextlib
import os
import signal

import av
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings

from tests.helpers.damaged_bytes import (
    DAMAGES,
    IS_SEARCH,
    NUM_EXAMPLES,
    damage,
)
from tests.helpers.raw_datasets import DATASETS
from tfrecords_tools.frames.video_files import Scaler
from tfrecords_tools.raw_video import SourceError

pytestmark = pytest.mark.slow

MAX_SECONDS = 20  # for walking a dataset of a few frames


@contextlib.contextmanager
def at_most(seconds):
    """Fails what takes longer, so that a hang is not one of the tests."""

    def fail(*_):
        raise AssertionError(f"Not done after {seconds} seconds.")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def clear_errors_only(raw_dir):
    """Lets a `SourceError` pass that names a path, and nothing else."""
    try:
        yield
    except SourceError as error:
        assert str(raw_dir) in str(error)


def walk(source, raw_dir, damaged):
    """Goes through a dataset as its writer does.

    Opens the videos that the damaged file belongs to, three at the most.
    """
    entries = []
    with clear_errors_only(raw_dir):
        entries = source.entries()
        source.left_out()
        source.folds()
    affected = []
    for entry in entries:
        assert source.num_frames(entry) >= 0
        files = source.files(entry)
        assert all(map(os.path.isfile, files))
        affected += [entry] if str(damaged) in files else []
    for entry in affected[:3]:
        with clear_errors_only(raw_dir):
            check_video(source.open(entry))


def check_video(raw):
    assert raw.frames_per_second > 0
    assert min(raw.original_size) > 0
    for fixations in (raw.fixations.x, raw.fixations.y):
        assert np.all((fixations >= 0) & (fixations <= 1))
    assert np.all(raw.fixations.frame >= 0)
    assert all(count > 0 for count in raw.left_out.values())
    scaler = Scaler((12, 16))
    for frame in raw.frames:
        assert isinstance(frame, av.VideoFrame)
        assert scaler(frame).shape == (12, 16, 3)


@pytest.mark.parametrize("name", DATASETS)
def test_the_walk_sees_that_whole_files_are_whole(written, name):
    dataset = DATASETS[name]
    raw_dir = written(dataset.write)
    source = dataset.source(raw_dir)
    named = set()
    for entry in source.entries():
        named.update(source.files(entry))
        check_video(source.open(entry))
    # What is damaged below is what decides the records.
    assert {str(raw_dir / file) for file in dataset.files} <= named


@pytest.mark.parametrize("name", DATASETS)
def test_listing_a_dataset_opens_no_video_and_no_image(
    written, name, monkeypatch
):
    def fail(*_, **__):
        raise AssertionError("opened")

    monkeypatch.setattr(av, "open", fail)
    monkeypatch.setattr(tf.io, "decode_image", fail)
    dataset = DATASETS[name]
    source = dataset.source(written(dataset.write))
    assert source.entries()
    source.left_out()


@pytest.mark.parametrize(
    ("name", "file"),
    [(name, file) for name in DATASETS for file in DATASETS[name].files],
)
@settings(
    max_examples=NUM_EXAMPLES,
    deadline=None,
    derandomize=not IS_SEARCH,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damages=DAMAGES)
def test_a_damaged_file_is_a_clear_error_or_counted(
    written, name, file, damages
):
    dataset = DATASETS[name]
    raw_dir = written(dataset.write)
    path = raw_dir / file
    content = path.read_bytes()
    path.write_bytes(damage(content, damages))
    try:
        with at_most(MAX_SECONDS):
            walk(dataset.source(raw_dir), raw_dir, path)
    finally:
        path.write_bytes(content)
