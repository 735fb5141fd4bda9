"""Finds the number of the frame in the names of maps."""

import os
import re
from collections.abc import Sequence

_INTEGER = re.compile(r"[0-9]+")


def frame_numbers(names: Sequence[str]) -> list[int]:
    """Returns the number of the frame in each name of a file.

    If all names have one pattern, it is the number that counts up: 1, 2, ... in
    `v7_0001_384x224.png`, `v7_0002_384x224.png`, ... Otherwise it is the last
    number before the suffix.

    Raises:
        ValueError: a name has no digit; `args` holds the name.
    """
    stems = [os.path.splitext(name)[0] for name in names]
    found = [[int(n) for n in _INTEGER.findall(stem)] for stem in stems]
    if [] in found:
        raise ValueError(names[found.index([])])
    place = -1
    if len({_INTEGER.sub("#", stem) for stem in stems}) == 1:
        place = _place(list(zip(*found, strict=True)))
    return [numbers[place] for numbers in found]


def _place(columns: Sequence[Sequence[int]]) -> int:
    """Returns which of the numbers counts up: it differs in all names."""
    differing = [
        place
        for place, column in enumerate(columns)
        if len(set(column)) == len(column)
    ]
    unbroken = [
        place
        for place in differing
        if max(columns[place]) - min(columns[place]) == len(columns[place]) - 1
    ]
    return (unbroken or differing or [-1])[-1]
