"""Parses and checks serialized records, eagerly or inside `tf.data`."""

from collections.abc import Iterator, Mapping

import tensorflow as tf

from rmdn_tf.data.records import (
    MAX_FRAMES_PER_RECORD,
    MAX_LABELS,
    MAX_TEXT_BYTES,
    SPEC,
    SPEC_VERSION,
    Field,
)

ADVICE = (
    "'. `rmdn show-records --verify` lists all invalid "
    "records of a dataset; prepare it again."
)


def parse_example(
    serialized: tf.Tensor, spec: Mapping[str, Field] = SPEC
) -> dict[str, tf.Tensor]:
    """Parses one serialized record and checks its values.

    Args:
        serialized: string `[]`, written by `serialize_example`.
        spec: keys to read, and their types.

    Returns:
        The keys of `spec` with their values, scalars as `[]`, lists as `[n]`,
        and `truth_mixture` as `[num_frames, Ct, 6]`.

    Raises:
        tf.errors.InvalidArgumentError: the version is not `SPEC_VERSION`, a
            key is missing, or a value breaks a rule.
    """
    record = parse_unchecked(serialized, spec)
    keys, holds = zip(*_parsed_rules(record), strict=True)
    first = tf.gather(keys, tf.argmin(tf.cast(holds, tf.int32)))
    video_id = _as_text(tf.strings.substr(record["video_id"], 0, 200))
    parts = ["Invalid `", first, "` in a record of video '", video_id, ADVICE]
    checked = tf.debugging.Assert(
        tf.reduce_all(holds), [tf.strings.join(parts)]
    )
    # Eagerly, `Assert` has raised already and returns None.
    with tf.control_dependencies([] if checked is None else [checked]):
        return {key: tf.identity(value) for key, value in record.items()}


def _parsed_rules(record: Mapping[str, tf.Tensor]) -> Iterator[tuple]:
    """Yields key, and whether its rule holds."""
    for key in ("video_id", "labels"):
        yield key, tf.reduce_all(_are_texts(record[key]))
    yield "labels", tf.size(record["labels"]) <= MAX_LABELS
    num_frames = record["num_frames"]
    yield "num_frames", num_frames == tf.size(_stored(record), tf.int64)
    yield (
        "num_frames",
        (num_frames >= 1) & (num_frames <= MAX_FRAMES_PER_RECORD),
    )
    yield "first_frame", record["first_frame"] >= 0
    rate = record["frames_per_second"]
    yield "frames_per_second", (rate > 0) & tf.math.is_finite(rate)
    times = record["frame_microseconds"]
    num_times = tf.size(times, tf.int64)
    holds = (num_times == 0) | (num_times == num_frames)
    holds &= tf.reduce_all(times >= 0) & tf.reduce_all(times[1:] > times[:-1])
    yield "frame_microseconds", holds
    frame, x, y, observer = (
        record[f"fixation_{part}"] for part in ("frame", "x", "y", "observer")
    )
    for key, values in (("x", x), ("y", y), ("observer", observer)):
        yield f"fixation_{key}", tf.size(values) == tf.size(frame)
    yield "fixation_frame", tf.reduce_all((frame >= 0) & (frame < num_frames))
    for key, values in (("x", x), ("y", y)):  # Refuses NaN, too.
        yield f"fixation_{key}", tf.reduce_all((values >= 0) & (values <= 1))
    finite = tf.math.is_finite(record["truth_mixture"])
    yield "truth_mixture", tf.reduce_all(finite)


def _stored(record: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns the encoded frames or features."""
    return record["frames" if "frames" in record else "features"]


def _are_texts(texts: tf.Tensor) -> tf.Tensor:
    """Which texts are short enough and valid UTF-8."""
    are_short = tf.strings.length(texts) <= MAX_TEXT_BYTES
    texts = tf.where(are_short, texts, "")
    return are_short & (_as_text(texts) == texts)


def _as_text(texts: tf.Tensor) -> tf.Tensor:
    """Replaces bytes that are not UTF-8."""
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")


def parse_unchecked(
    serialized: tf.Tensor, spec: Mapping[str, Field] = SPEC
) -> dict[str, tf.Tensor]:
    """Parses one record as `parse_example` does, but accepts any values."""
    description = {
        key: tf.io.FixedLenSequenceFeature(
            [], tf.as_dtype(field.dtype), allow_missing=True
        )
        if field.is_list
        else tf.io.FixedLenFeature([], tf.as_dtype(field.dtype))
        for key, field in spec.items()
    }
    # The version first: a record of another version may lack keys.
    version = tf.io.parse_single_example(
        serialized,
        {"version": tf.io.FixedLenFeature([], tf.int64, default_value=-1)},
    )["version"]
    known = tf.debugging.assert_equal(
        version,
        tf.constant(SPEC_VERSION, tf.int64),
        message=(
            "Invalid record version. This reader knows version "
            f"{SPEC_VERSION} only; prepare the dataset again with this "
            "release, or read it with the release that wrote it."
        ),
    )
    with tf.control_dependencies([] if known is None else [known]):
        serialized = tf.identity(serialized)
    parsed = tf.io.parse_single_example(serialized, description)
    parsed["truth_mixture"] = tf.reshape(
        parsed["truth_mixture"],
        # Not `num_frames`, which may be wrong.
        [tf.size(_stored(parsed), tf.int64), parsed["truth_num_components"], 6],
    )
    return parsed
