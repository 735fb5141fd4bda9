"""The lines of a table as text, with their numbers."""

import csv
from collections.abc import Iterator

from tfrecords_tools.raw_files import MAX_QUOTED, invalid_line
from tfrecords_tools.raw_video import SourceError


def read_lines(
    path: str, *headers: tuple[str, ...]
) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """Opens a CSV table in UTF-8 whose header is known.

    Returns:
        The header, and an iterator of (line number, cells).

    Raises:
        SourceError: the header or a line is invalid.
    """
    lines = _lines(path)
    number, first = next(lines, (1, []))
    header = tuple(first)
    if header not in headers:
        expected = " or ".join(f"'{','.join(h)}'" for h in headers)
        raise SourceError(
            f"Invalid header, line {number}, of '{path}'. Expected {expected}. "
            f"Received: {','.join(header)[:MAX_QUOTED]!r}."
        )

    def rows() -> Iterator[tuple[int, list[str]]]:
        for number, cells in lines:
            if len(cells) != len(header) or not cells[0]:
                expected = f"{len(header)} cells, the first with the video"
                raise invalid_line(path, number, expected, ",".join(cells))
            yield number, cells

    return header, rows()


def _lines(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yields (line number, stripped cells) of all lines with text."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise SourceError(
            f"Unreadable table '{path}': not UTF-8 ({error})."
        ) from error
    except csv.Error as error:
        raise SourceError(
            f"Invalid line {reader.line_num} of '{path}': {error}."
        ) from error
    except OSError as error:
        raise SourceError(
            f"Unreadable table '{path}': {error.strerror}."
        ) from error
