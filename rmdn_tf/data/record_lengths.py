"""Checks the lengths of a shard's records before TensorFlow reads the shard.

TensorFlow checks the checksum of a record's length, then allocates that many
bytes. An attacker can write a length of 2**40 with a valid checksum, which
ends the process by SIGSEGV.
"""

import os
import struct
from typing import Any

import google_crc32c

from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.unchanged import while_unchanged

MAX_RECORD_BYTES = 2**31 - 1  # The limit of protocol buffers.
_HEADER = struct.Struct("<QI")  # Length, and the checksum of its 8 bytes.
_FOOTER_BYTES = 4  # Checksum of the content.


class RecordLengthError(ValueError):
    """A record claims to be longer than the rest of its file."""


def check_record_lengths(path: str | os.PathLike) -> None:
    """Refuses a shard with a record longer than the rest of the file.

    Reads 12 bytes of each record; on a remote file system that is a request
    each. Stops without an error at other damage, which TensorFlow finds itself.

    Raises:
        RecordLengthError: a record is too long.
        OSError: the shard cannot be read.
    """
    path = os.fspath(path)
    if is_local(path):
        _check_local(path)
        return
    import tensorflow as tf

    with tf.io.gfile.GFile(path, "rb") as file:
        _check(path, file, file.size())


def masked_crc32c(data: bytes) -> int:
    """Returns the checksum that TFRecord files store."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


@while_unchanged(lambda path: [path], num_results=4096)
def _check_local(path: str) -> None:
    with open(path, "rb", buffering=0) as file:
        _check(path, file, os.fstat(file.fileno()).st_size)


def _check(path: str, file: Any, num_bytes: int) -> None:
    place = 0
    while place < num_bytes:
        file.seek(place)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        length, checksum = _HEADER.unpack(header)
        if checksum != masked_crc32c(header[:8]):
            return
        place += _HEADER.size
        most = min(num_bytes - place - _FOOTER_BYTES, MAX_RECORD_BYTES)
        if length > most:
            raise RecordLengthError(
                f"Invalid shard '{path}'. Expected a record of at most {most} "
                f"bytes at byte {place}. Received: a length of {length}. "
                "Prepare the dataset again, or fetch the file again."
            )
        place += length + _FOOTER_BYTES
