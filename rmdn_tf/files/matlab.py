"""Opens untrusted MATLAB files of version 5, and measures them before reading.

A file is a header and elements; each element may be compressed, so that a few
bytes stand for billions of numbers.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import scipy.io

_HDF5 = b"\x89HDF\r\n\x1a\n"  # Begins version 7.3, after MATLAB's 512 bytes.
_HEADER_BYTES = 128
_TAG_BYTES = 8  # type and length of an element
_COMPRESSED = 15  # such a type
_CHUNK_BYTES = 2**20


def load_matlab(content: bytes, max_bytes: int) -> dict[str, Any]:
    """Reads the variables of a `.mat` file, version 5 to 7.

    Damaged content raises errors of several types.

    Args:
        content: the file.
        max_bytes: most bytes of the file without compression.

    Returns:
        Name -> array, with two axes or more, as `scipy.io.loadmat` gives it.

    Raises:
        ValueError: the file has another version, or is larger than `max_bytes`
            without compression.
    """
    _check_version(content)
    _check_size(content, max_bytes)
    return scipy.io.loadmat(io.BytesIO(content))


def _check_version(content: bytes) -> None:
    if _HDF5 in (content[: len(_HDF5)], content[512 : 512 + len(_HDF5)]):
        raise ValueError("version 7.3; save it in MATLAB with '-v7'")
    if content[126:128] not in (b"IM", b"MI"):
        raise ValueError("another kind of file")


def _check_size(content: bytes, max_bytes: int) -> None:
    total = 0
    for element in _compressed(content):
        inflate = zlib.decompressobj()
        while element and not inflate.eof:
            total += len(inflate.decompress(element, _CHUNK_BYTES))
            element = inflate.unconsumed_tail
            if total > max_bytes:
                raise ValueError(
                    f"more than {max_bytes} bytes without compression"
                )


def _compressed(content: bytes) -> Iterator[bytes]:
    """Yields the compressed elements."""
    tag = struct.Struct("<II" if content[126:128] == b"IM" else ">II")
    place = _HEADER_BYTES
    while place + _TAG_BYTES <= len(content):
        kind, length = tag.unpack_from(content, place)
        place += _TAG_BYTES
        if kind == _COMPRESSED:
            yield content[place : place + length]
        place += length
