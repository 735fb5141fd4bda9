"""How a text file is encoded, and its lines.

A file is UTF-16 or UTF-8 by its byte order mark; else UTF-8 if all of it is
valid; else Windows-1252, the encoding of older programs in Western Europe.
"""

import codecs
import csv
from collections.abc import Iterator

from tfrecords_tools.raw_video import SourceError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FALLBACK = "cp1252"
_BLOCK = 1 << 20
MAX_LINE = 1 << 20  # characters; a longer line is no table


class MalformedLine(SourceError):
    """A line is no line of a table with this delimiter."""


def find_encoding(path: str) -> str:
    """Returns the Python name of a text file's encoding.

    Raises:
        SourceError: the file is unreadable.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open(path, "rb") as file:
            head = file.read(_BLOCK)
            for mark, name in _MARKS.items():
                if head.startswith(mark):
                    return name
            # Latin letters in UTF-16 have every other byte zero.
            if b"\0" in head[:256]:
                is_little = head[1:256:2].count(0) > head[:256:2].count(0)
                return "utf-16-le" if is_little else "utf-16-be"
            while head:
                decoder.decode(head)
                head = file.read(_BLOCK)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return FALLBACK
    except OSError as error:
        raise _unreadable(path, error) from error
    return "utf-8"


def read_text(path: str, encoding: str) -> Iterator[str]:
    """Yields the lines of a text file with their ends.

    Raises:
        SourceError: the file is unreadable, or a line is far too long.
    """
    number = 1
    try:
        with open(path, encoding=encoding, newline="") as file:
            while line := file.readline(MAX_LINE):
                if len(line) == MAX_LINE:
                    raise SourceError(
                        f"Invalid line {number} of '{path}'. Expected a line "
                        f"of fewer than {MAX_LINE} characters."
                    )
                number += 1
                yield line
    except UnicodeError as error:
        raise SourceError(
            f"Unreadable table '{path}', line {number} or after: not "
            f"{encoding} ({error}). Give its encoding by `--encoding`."
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def read_cells(
    path: str, encoding: str, delimiter: str
) -> Iterator[tuple[int, list[str]]]:
    """Yields (line number, cells) of all lines that are not empty.

    Raises:
        MalformedLine: a quoted cell does not end as it should.
        SourceError: the file is unreadable.
    """
    reader = csv.reader(
        read_text(path, encoding), delimiter=delimiter, strict=True
    )
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise MalformedLine(
            f"Invalid line {reader.line_num} of '{path}': {error}."
        ) from error


def _unreadable(path: str, error: OSError) -> SourceError:
    return SourceError(f"Unreadable table '{path}': {error.strerror}.")
