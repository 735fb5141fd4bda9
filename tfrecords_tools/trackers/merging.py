"""Several tables of gaze, one for each recording -> one table."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.gaze_table import GazeTable

LATER_SHOWINGS = "rows of later showings of a video to the same observer"

# Different facts of the files that the summary lists.
_MAX_LISTED = 3


def merge(tables: Mapping[str, GazeTable]) -> GazeTable:
    """Merges the tables of several files; observers of one name are one.

    If some files have samples and others fixations, only the samples are taken,
    since a folder of exports often holds the same gaze as both.

    Args:
        tables: path -> table.

    Raises:
        SourceError: x and y have different units or places on the screen.
    """
    tables, notes = _of_one_kind(tables)
    if len(tables) == 1:
        (table,) = tables.values()
        understood = {**table.understood, **notes}
        return dataclasses.replace(table, understood=understood)
    _check_spaces(tables)
    names = sorted({name for t in tables.values() for name in t.observers})
    rows, left_out = _joined_rows(tables, names)
    playbacks = collections.defaultdict(list)
    spaces: dict[str, CoordinateSpace] = {}
    for table in tables.values():
        spaces.update(table.spaces)
        for stimulus, frames in table.playbacks.items():
            playbacks[stimulus].append(_renumbered(frames, table, names))
    lines: dict[str, int] = {}
    for table in tables.values():
        lines = {**table.lines, **lines}
    return dataclasses.replace(
        next(iter(tables.values())),
        rows=rows,
        lines=lines,
        observers=tuple(names),
        left_out=left_out,
        spaces=spaces,
        playbacks={name: np.concatenate(p) for name, p in playbacks.items()},
        understood={
            "files": f"{len(tables)}",
            **_joined_facts([t.understood for t in tables.values()]),
            **notes,
        },
    )


def _of_one_kind(
    tables: Mapping[str, GazeTable],
) -> tuple[Mapping[str, GazeTable], dict[str, str]]:
    """Returns the samples if there are samples, and a note for the summary."""
    fixations = [path for path, table in tables.items() if table.is_events]
    if len(fixations) in (0, len(tables)):
        return tables, {}
    note = (
        f"{len(fixations)} files of fixations beside the samples, such as "
        f"'{fixations[0]}'"
    )
    samples = {p: t for p, t in tables.items() if not t.is_events}
    return samples, {"left out": note}


def _check_spaces(tables: Mapping[str, GazeTable]) -> None:
    (first, table), *others = tables.items()
    spaces: dict[str, CoordinateSpace] = {}
    for path, other in tables.items():
        for stimulus, space in other.spaces.items():
            if spaces.setdefault(stimulus, space) != space:
                raise SourceError(
                    f"Different places of '{stimulus}' on the screen: {space} "
                    f"in '{path}', {spaces[stimulus]} in a file before it."
                )
    for path, other in others:
        kinds = [f"{t.understood['format']}, {t.space}" for t in (table, other)]
        if kinds[0] != kinds[1]:
            raise SourceError(
                f"Different kinds of gaze: '{first}' has {kinds[0]}; '{path}' "
                f"has {kinds[1]}. Name the files of one kind by a pattern, "
                "such as 'exports/*.tsv'."
            )


def _joined_rows(
    tables: Mapping[str, GazeTable], names: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, collections.Counter]]:
    """Returns the rows and counts of each stimulus.

    An observer who sees a video again in a later file counts as left out.
    """
    parts = collections.defaultdict(list)
    left_out: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    seen: dict[str, set] = collections.defaultdict(set)
    for table in tables.values():
        for stimulus, rows in table.rows.items():
            rows = _renumbered(rows, table, names)
            observers = set(np.unique(rows[:, -1]))
            is_new = np.isin(rows[:, -1], [*(observers - seen[stimulus])])
            seen[stimulus] |= observers
            parts[stimulus].append(rows[is_new])
            left_out[stimulus] += table.left_out.get(stimulus, {})
            later = {LATER_SHOWINGS: int(np.sum(~is_new))}
            left_out[stimulus] += collections.Counter(later)
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    return joined, dict(left_out)


def _renumbered(
    rows: np.ndarray, table: GazeTable, names: Sequence[str]
) -> np.ndarray:
    """Returns rows with the observer, the last column, as an index in names."""
    index = {name: number for number, name in enumerate(names)}
    numbers = np.array([index[name] for name in table.observers])
    rows = rows.copy()
    rows[:, -1] = numbers[rows[:, -1].astype(int)]
    return rows


def _joined_facts(facts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Joins what was understood of each file; names the differences."""
    joined = {}
    for key in {key: None for of_file in facts for key in of_file}:
        values = list({f[key]: None for f in facts if key in f})
        more = len(values) - _MAX_LISTED
        text = "; ".join(values[:_MAX_LISTED])
        joined[key] = text + (f"; {more} others" if more > 0 else "")
    return joined
