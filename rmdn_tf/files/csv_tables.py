"""Tables of texts and numbers as CSV, safe to open in a spreadsheet.

A spreadsheet runs a cell such as `=HYPERLINK(...)` as a formula. An apostrophe
before it makes it a text. A text that begins with an apostrophe gets another
one, so a reader can always drop one apostrophe to get the original text.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence

from rmdn_tf.files.published import write_content

_FORMULA = re.compile(r" *['=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|nan)")


def write_table(
    path: str | os.PathLike, rows: Iterable[Sequence[str | int | float]]
) -> None:
    """Writes rows, the head first, whole or not at all, in UTF-8.

    Numbers keep every bit.
    """
    text = "".join(map(_line, rows))
    # Names of files need not be UTF-8.
    write_content(path, text.encode("utf-8", "surrogateescape"))


def _line(row: Sequence[str | int | float]) -> str:
    text = io.StringIO(newline="")
    # This line end makes the writer quote cells with "\r" or "\n".
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in row])
    return text.getvalue().removesuffix("\r\n") + "\n"


def safe_cell(cell: str | int | float) -> str | int | float:
    """Returns a cell that no spreadsheet runs as a formula.

    Numbers stay as they are, even as text: "-0.5" is not a formula.
    """
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}" if _FORMULA.match(cell) else cell
