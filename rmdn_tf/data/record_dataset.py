"""The records of shards as a `tf.data.Dataset`, on any file system."""

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from rmdn_tf.data.record_stream import stream_records
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.file_systems import is_local

# Encloses the message of an error in TensorFlow's report of it.
_BEGIN, _END = "\u2770", "\u2771"
_ENCLOSED = re.compile(f"{_BEGIN}(.*?){_END}", re.DOTALL)


class _StreamError(Exception):
    """A remote shard cannot be read."""


def records_of(
    paths: str | os.PathLike | Sequence[str | os.PathLike],
) -> tf.data.Dataset:
    """Reads the records of shards, one shard after the other.

    Shards of this machine are read by `tf.data.TFRecordDataset`, remote ones
    by `record_stream`; those on s3:// by TensorFlow, too, if the program has
    imported tensorflow-io.

    Args:
        paths: of a shard, or of several.

    Returns:
        A dataset of strings. Iterate it inside `clear_errors_of_records`, so
        that errors of remote shards are those of local ones.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    names = [os.fspath(path) for path in paths]
    read = reader_of(names)
    if read is tf.data.TFRecordDataset:
        return read(tf.constant(names, tf.string))
    return tf.data.Dataset.from_tensor_slices(names).flat_map(read)


def reader_of(
    paths: Sequence[str | os.PathLike],
) -> Callable[[tf.Tensor], tf.data.Dataset]:
    """Returns what makes a path, string `[]`, a dataset of its records.

    Args:
        paths: all paths that it will be called with.
    """
    if all(is_local(path) or _is_native(path) for path in paths):
        return tf.data.TFRecordDataset
    return _streamed


def _is_native(path: str | os.PathLike) -> bool:
    """Tells whether a program has loaded tensorflow-io, which reads s3://.

    It takes a third of the processor's time of our stream. But it aborts the
    process at its end, and tells a wrong address only after minutes, so no
    command of this package loads it.
    """
    if "tensorflow_io" not in sys.modules:
        return False
    scheme = os.fspath(path).partition("://")[0]
    return scheme == "s3" and scheme in tf.io.gfile.get_registered_schemes()


def _streamed(path: tf.Tensor) -> tf.data.Dataset:
    return tf.data.Dataset.from_generator(
        _contents, output_signature=tf.TensorSpec([], tf.string), args=(path,)
    )


def _contents(path: bytes) -> Iterator[bytes]:
    """Yields the records of a shard; marks the message of an error."""
    name = os.fsdecode(path)
    try:
        yield from iterate_records(name)
    except (tf.errors.DataLossError, ValueError, OSError) as error:
        is_damage = not isinstance(error, OSError)
        message = f"{is_damage:d}{getattr(error, 'message', error)}"
        raise _StreamError(f"{_BEGIN}{message}{_END}") from None


def iterate_records(path: str | os.PathLike, begin: int = 0) -> Iterator[bytes]:
    """Yields the records of one shard.

    Args:
        path: of the shard.
        begin: byte at which the first wanted record begins.

    Raises:
        FileNotFoundError, tf.errors.NotFoundError: the shard is missing.
        OSError, tf.errors.OpError: it cannot be read.
        RecordLengthError: a record is longer than its shard. A local shard that
            is read from byte 0 needs `check_record_lengths` first.
        tf.errors.DataLossError: a checksum is wrong, or the shard truncated.
    """
    if is_local(path) and not begin:
        yield from tf.data.TFRecordDataset(os.fspath(path)).as_numpy_iterator()
    else:
        yield from stream_records(os.fspath(path), begin)


@contextlib.contextmanager
def clear_errors_of_records() -> Iterator[None]:
    """Raises the errors of remote shards as those of this machine; a context.

    Raises:
        RecordError: a shard is damaged; names it.
        OSError: a shard cannot be read; names it.
    """
    try:
        yield
    except tf.errors.OpError as error:
        found = _ENCLOSED.search(error.message)
        if found is None:
            raise
        is_damage, message = found[1][0] == "1", found[1][1:]
        kind = RecordError if is_damage else OSError
        raise kind(message) from None
