"""The records of a shard, streamed from any place in it.

A TFRecord file is a row of records: the length of the content, uint64; the
checksum of these 8 bytes; the content; and its checksum. TensorFlow itself
reads whole shards of this machine.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, NoReturn

from rmdn_tf.data.record_lengths import (
    FOOTER,
    HEADER,
    check_length,
    masked_crc32c,
)
from rmdn_tf.files import remote
from rmdn_tf.files.file_systems import is_local, local_copy
from rmdn_tf.files.read_ahead import ReadAhead
from rmdn_tf.files.shown_paths import shown


def stream_records(path: str, begin: int = 0) -> Iterator[bytes]:
    """Yields the contents of the records of a shard.

    The next part of a remote file is fetched while the caller uses this one,
    see `read_ahead`. A server that sends only whole files is read through a
    copy on this machine.

    Args:
        path: of the shard.
        begin: byte at which the first wanted record begins.

    Raises:
        FileNotFoundError: the shard is missing.
        OSError: the server does not answer.
        RecordLengthError: a record claims to be longer than the shard.
        tf.errors.DataLossError: a checksum is wrong, or the shard is
            truncated; as TensorFlow raises it.
    """
    if not is_local(path) and remote.sends_parts(path):
        with contextlib.closing(ReadAhead(path, begin)) as file:
            yield from _records(file, begin, file.size, path)
        return
    with local_copy(path) as copy, open(copy, "rb") as file:
        file.seek(begin)
        yield from _records(file, begin, os.path.getsize(copy), path)


def _records(file: Any, place: int, size: int, path: str) -> Iterator[bytes]:
    while place < size:
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            _raise_damage("truncated", place, path)
        length, checksum = HEADER.unpack(header)
        if checksum != masked_crc32c(header[:8]):
            _raise_damage("corrupted", place, path)
        check_length(path, place + HEADER.size, length, size)
        content = file.read(length)
        footer = file.read(FOOTER.size)
        if len(footer) < FOOTER.size:
            _raise_damage("truncated", place, path)
        if FOOTER.unpack(footer)[0] != masked_crc32c(content):
            _raise_damage("corrupted", place, path)
        yield content
        place += HEADER.size + length + FOOTER.size


def _raise_damage(how: str, place: int, path: str) -> NoReturn:
    import tensorflow as tf

    message = f"{how} record at {place} of '{shown(path)}'"
    raise tf.errors.DataLossError(None, None, message)
