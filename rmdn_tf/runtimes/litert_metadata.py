"""The description inside a file of LiteRT, and the file's checksum.

Both are entries of the file's metadata. LiteRT verifies the structure of a
file, but it runs damaged weights, and some damaged graphs crash the process.
Checksums find damage, not an attack.
"""

import hashlib
from typing import Any

import numpy as np

from rmdn_tf.runtimes.description import KEY

_IDENTIFIER = b"TFL3"

# SHA-256 of the file, in which this entry itself is zeros.
_CHECKSUM = f"{KEY}_sha256"
_ZEROS = "0" * 64


def read_text(content: bytes, schema: Any) -> bytes:
    """Returns the description in a file's content.

    Args:
        content: the file.
        schema: the module `schema_py_generated` of LiteRT or of TensorFlow.

    Returns:
        JSON.

    Raises:
        ValueError: the content is not of LiteRT, lacks a description or is
            damaged.
        Exception: of any other type, for damage that the reader stumbles over.
    """
    if content[4:8] != _IDENTIFIER:
        raise ValueError("no file of LiteRT")
    copy = bytearray(content)
    text = _entry(copy, KEY, schema)
    checksum = _entry(copy, _CHECKSUM, schema)
    stored = checksum.tobytes()
    checksum[:] = ord("0")
    if stored != _digest(copy):
        raise ValueError("a file that is damaged, or was changed later")
    return text.tobytes()


def with_text(content: bytes, text: str, schema: Any) -> bytes:
    """Adds a description and a checksum to a file's content.

    Args:
        content: the file.
        text: JSON.
        schema: see `read_text`.

    Returns:
        The file with the description.
    """
    import flatbuffers  # Comes with the runtimes that read such files.

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    for buffer in model.buffers:
        if buffer.offset:  # Behind the tables, where the quantizer puts it.
            buffer.data = np.frombuffer(
                content, np.uint8, buffer.size, buffer.offset
            )
            buffer.offset = buffer.size = 0
    model.metadata = model.metadata or []
    for name, value in ((KEY, text), (_CHECKSUM, _ZEROS)):
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value.encode(), np.uint8)
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, len(model.buffers)
        model.buffers.append(buffer)
        model.metadata.append(entry)
    builder = flatbuffers.Builder(len(content) + 2 * len(text))
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    packed = builder.Output()
    checksum = _entry(packed, _CHECKSUM, schema)
    checksum[:] = np.frombuffer(_digest(packed), np.uint8)
    return bytes(packed)


def _entry(content: bytearray, name: str, schema: Any) -> np.ndarray:
    """Returns a view of an entry's bytes."""
    model = schema.Model.GetRootAs(content, 0)
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        if entry.Name() == name.encode():
            return model.Buffers(entry.Buffer()).DataAsNumpy()
    raise ValueError("a file without a description of its network")


def _digest(content: bytearray) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
