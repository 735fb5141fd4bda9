"""Records are read as they were written, and keep their rules."""

import dataclasses
import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp

from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.record_writing import serialize_example
from rmdn_tf.data.records import (
    MAX_FRAMES_PER_RECORD,
    SPEC,
    SPEC_VERSION,
    SPLITS,
    Fixations,
    Record,
    RecordError,
)

RECORD = Record(
    dataset="made up",
    split="train",
    video_id="video 7",
    first_frame=512,
    frames_per_second=25.0,
    original_size=(48, 64),
    size=(16, 24),
    frames=[b"a", b"b", b"c"],
    fixations=Fixations.from_rows(
        [(0, 0.0, 1.0, 3), (2, 0.25, 0.5, 1), (2, 1.0, 0.0, 2)]
    ),
    labels=("Run", "Jump"),
    truth=np.arange(3 * 2 * 6, dtype=np.float32).reshape([3, 2, 6]),
)

counts = st.integers(1, 2**40)
texts = st.text(st.characters(codec="utf-8"), min_size=1)


def floats(**bounds):
    return st.floats(width=32, allow_nan=False, **bounds)


@st.composite
def records(draw):
    num_frames = draw(st.integers(1, 6))
    num_fixations = draw(st.integers(0, 8))
    num_components = draw(st.none() | st.integers(0, 3))

    def array(dtype, elements, shape=num_fixations):
        return draw(stnp.arrays(dtype, shape, elements=elements))

    unit = floats(min_value=0, max_value=1)
    fixations = Fixations(
        frame=array(np.int64, st.integers(0, num_frames - 1)),
        x=array(np.float32, unit),
        y=array(np.float32, unit),
        observer=array(np.int64, st.integers(-(2**63), 2**63 - 1)),
    )
    truth = None
    if num_components is not None:
        finite = floats(allow_infinity=False)
        truth = array(np.float32, finite, (num_frames, num_components, 6))
    times = None
    if draw(st.booleans()):
        steps = array(np.int64, st.integers(1, 2**32), num_frames)
        times = np.cumsum(steps) / 1e6
    return Record(
        dataset=draw(texts),
        split=draw(st.sampled_from(SPLITS)),
        video_id=draw(texts),
        first_frame=draw(st.integers(0, 2**40)),
        frames_per_second=draw(floats(min_value=2**-20, max_value=2**20)),
        original_size=(draw(counts), draw(counts)),
        size=(draw(counts), draw(counts)),
        frames=draw(
            st.lists(st.binary(), min_size=num_frames, max_size=num_frames)
        ),
        fixations=fixations,
        labels=draw(st.lists(texts, max_size=3)),
        truth=truth,
        frame_times=times,
    )


def expected_values(record):
    truth = record.truth
    if truth is None:
        truth = np.zeros([len(record.frames), 0, 6])
    times = record.frame_times
    microseconds = np.zeros([0]) if times is None else np.rint(times * 1e6)
    return {
        "version": SPEC_VERSION,
        "dataset": record.dataset.encode(),
        "split": record.split.encode(),
        "video_id": record.video_id.encode(),
        "first_frame": record.first_frame,
        "num_frames": len(record.frames),
        "frames_per_second": np.float32(record.frames_per_second),
        "frame_microseconds": microseconds,
        "original_height": record.original_size[0],
        "original_width": record.original_size[1],
        "height": record.size[0],
        "width": record.size[1],
        "labels": [label.encode() for label in record.labels],
        "frames": list(record.frames),
        "fixation_frame": record.fixations.frame,
        "fixation_x": record.fixations.x,
        "fixation_y": record.fixations.y,
        "fixation_observer": record.fixations.observer,
        "truth_num_components": truth.shape[1],
        "truth_mixture": truth,
    }


def assert_holds(parsed, record):
    expected = expected_values(record)
    assert parsed.keys() == SPEC.keys() == expected.keys()
    for key, field in SPEC.items():
        assert parsed[key].dtype == field.dtype, key
        value = parsed[key].numpy()
        if field.dtype == tf.string:
            value = value.tolist() if field.is_list else value
            assert value == expected[key], key
        else:
            assert value.shape == np.shape(expected[key]), key
            np.testing.assert_array_equal(value, expected[key], key)


@given(records())
@settings(max_examples=25, deadline=None)
def test_parse_after_serialize_is_the_identity(record):
    assert_holds(parse_example(tf.constant(serialize_example(record))), record)


def test_a_constant_rate_takes_no_bytes():
    example = tf.train.Example.FromString(serialize_example(RECORD))
    assert "frame_microseconds" not in example.features.feature
    assert example.features.feature.keys() < SPEC.keys()


def fixation(frame=0, x=0.5, y=0.5):
    return {"fixations": Fixations.from_rows([(frame, x, y, 1)])}


OUTSIDE = (-0.01, 1.01, np.nan, np.inf)
TORN = dataclasses.replace(RECORD.fixations, observer=np.zeros(2, np.int64))
WITH_NAN = np.where(np.arange(36).reshape([3, 2, 6]) == 7, np.nan, 0.5)


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("split", {"split": "training"}),
        ("video_id", {"video_id": ""}),
        ("frames", {"frames": []}),
        ("frames", {"frames": [b"a"] * (MAX_FRAMES_PER_RECORD + 1)}),
        ("first_frame", {"first_frame": -1}),
        *(
            ("frames_per_second", {"frames_per_second": rate})
            for rate in (0.0, float("nan"), float("inf"))
        ),
        *(
            ("frame_microseconds", {"frame_times": np.array(times)})
            for times in (
                [0.0, 0.1],
                [0.0, 0.1, 0.1],
                [0.0, 0.2, 0.1],
                [-0.1, 0.0, 0.1],
                [0.0, np.nan, 0.1],
                [0.0, 0.1, np.inf],
                [0.0, 0.1, 0.1 + 1e-8],  # Less than a microsecond later.
            )
        ),
        ("size", {"size": (0, 24)}),
        ("size", {"original_size": (48, -1)}),
        ("fixation_*", {"fixations": TORN}),
        *(("fixation_frame", fixation(frame=frame)) for frame in (-1, 3)),
        *(("fixation_x", fixation(x=x)) for x in OUTSIDE),
        *(("fixation_y", fixation(y=y)) for y in OUTSIDE),
        *(
            ("truth_mixture", {"truth": np.zeros(shape, np.float32)})
            for shape in ([2, 2, 6], [3, 2, 5], [3, 12])
        ),
        ("truth_mixture", {"truth": WITH_NAN}),
    ],
)
def test_a_breach_of_the_contract_names_the_video_and_the_key(key, changes):
    record = dataclasses.replace(RECORD, **changes)
    message = re.escape(
        f"Invalid `{key}` in the record of video '{record.video_id}' at frame "
        f"{record.first_frame}. Expected "
    )
    with pytest.raises(RecordError, match=message):
        serialize_example(record)


def test_the_longest_record_and_the_border_of_the_frame_are_allowed():
    num_frames = MAX_FRAMES_PER_RECORD
    record = dataclasses.replace(
        RECORD,
        frames=[b"a"] * num_frames,
        fixations=Fixations.from_rows(
            [(num_frames - 1, 0, 1, 1), (0, 1, 0, 1)]
        ),
        truth=None,
    )
    assert_holds(parse_example(tf.constant(serialize_example(record))), record)
