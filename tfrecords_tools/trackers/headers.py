"""The columns of a table, found by names that differ between versions."""

import dataclasses
import re
from collections.abc import Iterable

from rmdn_tf.files.safe_names import composed
from tfrecords_tools.raw_video import SourceError

ANY = "*"

_UNITS = {
    "s": "s sec secs second seconds insecs",
    "ms": "ms msec msecs millisecond milliseconds",
    "us": "us usec microsecond microseconds",
    "ns": "ns nanosecond nanoseconds",
}
_UNIT_OF = {
    name: unit for unit, names in _UNITS.items() for name in names.split()
}


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        index: from 0.
        name: as in the file.
        key: letters and digits of the name, without what is in brackets:
            "Gaze point X [MCS px]" and "GazePointX (MCSpx)" have the key
            "gazepointx".
        bracket: letters and digits in the brackets, here "mcspx".
    """

    index: int
    name: str
    key: str
    bracket: str

    @property
    def unit(self) -> str | None:
        """The unit of time in the brackets; None if they name no unit."""
        return _UNIT_OF.get(self.bracket)


class Header:
    """The columns of a table.

    Args:
        cells: cells of the line with the names.
    """

    def __init__(self, cells: Iterable[str]):
        names = [cell.strip() for cell in cells]
        while names and not names[-1]:  # Trailing delimiters.
            names.pop()
        self.columns = tuple(
            Column(index, name, *_parse(name))
            for index, name in enumerate(names)
        )

    def find(self, *wanted: str) -> Column | None:
        """Returns the first of the wanted columns that exists.

        Args:
            wanted: names, such as "gaze point x [mcs px]". Brackets must agree:
                a name without them finds a column without them; `[*]` finds a
                column with any brackets, or none.

        Raises:
            SourceError: two columns have that name.
        """
        for name in wanted:
            key, bracket = _parse(name)
            if name.endswith(f"[{ANY}]"):
                bracket = ANY
            found = [
                column
                for column in self.columns
                if column.key == key and bracket in (ANY, column.bracket)
            ]
            if len(found) > 1:
                raise SourceError(
                    f"Two columns for '{name}': "
                    + " and ".join(f"'{column.name}'" for column in found)
                    + "."
                )
            if found:
                return found[0]
        return None

    def find_all(self, *names: str) -> tuple[Column, ...]:
        """Returns those of the columns that exist, see `find`."""
        return tuple(filter(None, map(self.find, names)))

    def named(self, name: str) -> Column | None:
        """Returns the column of that name; case and spaces may differ."""
        plain = _plain(name)
        found = [c for c in self.columns if _plain(c.name) == plain]
        if len(found) > 1:
            raise SourceError(f"Two columns are named '{name}'.")
        return found[0] if found else None


def _plain(name: str) -> str:
    """Returns a composed name in lower case, with single spaces."""
    name = composed(name).casefold()
    return " ".join(name.strip("# ").split())


def _parse(name: str) -> tuple[str, str]:
    """Returns key and bracket of a name, see `Column`."""
    # The micro sign and the Greek letter are both written for micro.
    name = _plain(name).replace("µ", "u").replace("μ", "u")
    match = re.search(r"[\[(](.*)[\])]\s*$", name)
    bracket = match[1] if match else ""
    key = name[: match.start()] if match else name
    return _letters(key), _letters(bracket)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)
