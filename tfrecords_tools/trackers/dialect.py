"""The encoding, lines and cells of a text file.

A byte order mark tells the encoding. A file without one is UTF-8 if all of it
is valid UTF-8; otherwise it is Windows-1252, which older programs in Western
Europe write.
"""

import codecs
import csv
from collections.abc import Iterator

from tfrecords_tools.raw_files import open_bytes, open_text
from tfrecords_tools.raw_video import SourceError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FALLBACK = "cp1252"

# How a binary file begins -> what it is.
_BINARY = {
    b"SR_RESEARCH": "a binary EyeLink .edf file; convert it by SR Research's "
    "edf2asc",
    b"PK\x03\x04": "a zip file, such as an Excel workbook; save it as CSV",
    b"\xd0\xcf\x11\xe0": "an Excel workbook; save it as CSV",
    b"\x1f\x8b": "a gzip file; unpack it",
    b"\x89HDF": "an HDF5 file; export it as CSV",
    b"MATLAB ": "a MATLAB file; export it as CSV",
}
_MAX_CONTROLS = 0.05  # of the bytes of a text
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_BLOCK = 1 << 20
MAX_LINE = 1 << 20  # characters; a longer line is no table


def refuse_binary(path: str) -> None:
    """Raises `SourceError` for a file that is no text; says what it is."""
    try:
        with open_bytes(path) as file:
            head = file.read(4096)
    except OSError as error:
        raise _unreadable(path, error) from error
    kinds = [kind for mark, kind in _BINARY.items() if head.startswith(mark)]
    num_controls = len(head) - len(head.translate(None, _CONTROLS))
    is_text = num_controls <= _MAX_CONTROLS * len(head) and _may_be_text(head)
    if not (kinds or is_text or head.startswith(tuple(_MARKS))):
        kinds = ["a binary file"]
    if kinds:
        raise SourceError(
            f"Invalid gaze file '{path}'. Expected text. Received: {kinds[0]}."
        )


def _may_be_text(head: bytes) -> bool:
    """Returns whether bytes have no zeros, or those of UTF-16."""
    zeros = [head[start:256:2].count(0) for start in (0, 1)]
    return max(zeros) == 0 or max(zeros) > 4 * min(zeros)


class MalformedLine(SourceError):
    """A line cannot be split into cells by a delimiter."""


def find_encoding(path: str) -> str:
    """Returns the Python name of a text file's encoding.

    Raises:
        SourceError: the file is unreadable.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_bytes(path) as file:
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
        with open_text(path, encoding, newline="") as file:
            while line := file.readline(MAX_LINE):
                if len(line) == MAX_LINE:
                    raise SourceError(
                        f"Invalid line {number} of '{path}'. Expected a line "
                        f"of fewer than {MAX_LINE} characters."
                    )
                # A byte order mark stays if the user names the encoding.
                yield line.removeprefix("\ufeff") if number == 1 else line
                number += 1
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
