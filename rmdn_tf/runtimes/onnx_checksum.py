"""The checksum of a file of ONNX, in the file's metadata.

ONNX Runtime runs damaged weights. Checksums find damage, not an attack.
"""

import hashlib
import re

from rmdn_tf.runtimes.description import KEY

NAME = f"{KEY}_sha256"
ZEROS = "0" * 64

# An entry of the metadata, as Protocol Buffers store it.
_ENTRY = re.compile(NAME.encode() + rb"\x12\x40([0-9a-f]{64})")


def with_checksum(content: bytes) -> bytes:
    """Returns a file whose entry `NAME` is the checksum of all else."""
    (entry,) = _ENTRY.finditer(content)
    begin, end = entry.span(1)
    return content[:begin] + _digest(content, begin, end) + content[end:]


def check(content: bytes) -> None:
    """Compares a file with its checksum.

    Raises:
        ValueError: the file is damaged, or not of this package.
    """
    entry = _ENTRY.search(content)
    if entry is None:
        raise ValueError("a file without a description of its network")
    if entry[1] != _digest(content, *entry.span(1)):
        raise ValueError("a file that is damaged, or was changed later")


def _digest(content: bytes, begin: int, end: int) -> bytes:
    """Returns the digest of a file in which the entry itself is zeros."""
    digest = hashlib.sha256(content[:begin])
    digest.update(ZEROS.encode())
    digest.update(content[end:])
    return digest.hexdigest().encode()
