"""Checks the lengths of a shard's records before TensorFlow reads the shard.

TensorFlow checks the checksum of a record's length, then allocates that many
bytes. An attacker can write a length of 2**40 with a valid checksum, which
ends the process by SIGSEGV.
"""

import os
import struct

import google_crc32c

from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.files.unchanged import while_unchanged

MAX_RECORD_BYTES = 2**31 - 1  # The limit of protocol buffers.
HEADER = struct.Struct("<QI")  # Length, and the checksum of its 8 bytes.
FOOTER = struct.Struct("<I")  # Checksum of the content.


class RecordLengthError(ValueError):
    """A record claims to be longer than the rest of its file."""


def check_record_lengths(path: str | os.PathLike) -> None:
    """Refuses a shard of this machine with a record longer than its rest.

    Reads 12 bytes of each record. Stops without an error at other damage, which
    TensorFlow finds itself. Does nothing for a remote shard, which
    `record_stream` reads and checks.

    Raises:
        RecordLengthError: a record is too long.
        OSError: the shard cannot be read.
    """
    if is_local(path):
        _check_local(os.fspath(path))


def masked_crc32c(data: bytes) -> int:
    """Returns the checksum that TFRecord files store."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


@while_unchanged(lambda path: [path], num_results=4096)
def _check_local(path: str) -> None:
    with open(path, "rb", buffering=0) as file:
        num_bytes = os.fstat(file.fileno()).st_size
        place = 0
        while place < num_bytes:
            file.seek(place)
            header = file.read(HEADER.size)
            if len(header) < HEADER.size:
                return
            length, checksum = HEADER.unpack(header)
            if checksum != masked_crc32c(header[:8]):
                return
            place += HEADER.size
            check_length(path, place, length, num_bytes)
            place += length + FOOTER.size


def stored_bytes(content: bytes) -> int:
    """Returns how many bytes of a shard a record takes."""
    return HEADER.size + len(content) + FOOTER.size


def check_length(path: str, place: int, length: int, num_bytes: int) -> None:
    """Refuses the length of a record that its shard cannot hold.

    Args:
        path: of the shard, for the error.
        place: byte at which the content of the record begins.
        length: bytes of the content, as the record claims.
        num_bytes: length of the shard.

    Raises:
        RecordLengthError: the record is too long.
    """
    most = min(num_bytes - place - FOOTER.size, MAX_RECORD_BYTES)
    if length > most:
        raise RecordLengthError(
            f"Invalid shard '{shown(path)}'. Expected a record of at most "
            f"{most} bytes at byte {place}. Received: a length of {length}. "
            "Prepare the dataset again, or fetch the file again."
        )
