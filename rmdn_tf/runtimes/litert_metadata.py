"""The description inside a file of LiteRT, as one entry of its metadata."""

from typing import Any

from rmdn_tf.runtimes.description import KEY

_IDENTIFIER = b"TFL3"


def read_text(content: bytes, schema: Any) -> bytes:
    """Returns the description in a file's content.

    Args:
        content: the file.
        schema: the module `schema_py_generated` of LiteRT or of TensorFlow.

    Returns:
        JSON.

    Raises:
        ValueError: the content is not of LiteRT, or lacks a description.
    """
    if content[4:8] != _IDENTIFIER:
        raise ValueError("no file of LiteRT")
    model = schema.Model.GetRootAs(content, 0)
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        if entry.Name() == KEY.encode():
            return model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    raise ValueError("a file without a description of its network")


def with_text(content: bytes, text: str, schema: Any) -> bytes:
    """Adds a description to a file's content.

    Args:
        content: the file.
        text: JSON.
        schema: see `read_text`.

    Returns:
        The file with the description.
    """
    import flatbuffers  # Comes with the runtimes that read such files.

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    buffer = schema.BufferT()
    buffer.data = list(text.encode())
    entry = schema.MetadataT()
    entry.name, entry.buffer = KEY, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content) + 2 * len(text))
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
