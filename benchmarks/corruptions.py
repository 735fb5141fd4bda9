"""Corrupts the bytes of a file, or the values in its JSON."""

import copy
import json
from collections.abc import Callable, Iterator

import numpy as np

# Placeholder -> text that `json.dumps` cannot write.
RAW = {
    "@nan@": "NaN",
    "@infinite@": "1e999",
    "@digits@": "9" * 5000,
    "@deep list@": "[" * 100_000 + "]" * 100_000,
    "@deep object@": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "@twice@": '{"a": 1, "a": 2}',
    "@surrogate@": '"\\ud800"',
}

VALUES = (
    *(None, True, False, -1, 0, 1, 7, 2**31, 10**9, 10**18, 10**30, -(10**18)),
    *(0.5, 1e-300, 1e308, -1.5, "", "x", "../x", "/etc/passwd", "a\0b"),
    *("x" * 10**5, [], [1], ["x"], [[[]]], {}, {"a": 1}, [1] * 10**5, *RAW),
)


def corrupt_json(content: bytes, rng: np.random.Generator) -> bytes:
    """Changes one to three values of a document, or bytes of its text."""
    if rng.random() < 0.2:
        return corrupt_bytes(content, rng)
    document = json.loads(content)
    for _ in range(rng.integers(1, 4)):
        document = _change(document, rng)
    text = json.dumps(document)
    for name, raw in RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text.encode()


def _change(document, rng):
    """Sets, removes, renames, repeats or adds a value."""
    document = copy.deepcopy(document)
    places = [()] * (rng.random() < 0.02) or [*_places(document)] or [()]
    place = places[rng.integers(len(places))]
    value = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    if not place:
        return value
    *parents, key = place
    parent = document
    for one in parents:
        parent = parent[one]
    action = rng.integers(4)
    if action == 0 and isinstance(parent, dict):
        del parent[key]
    elif action == 1 and isinstance(parent, dict):
        parent["a new key"] = parent.pop(key)
    elif action == 1:
        parent.append(parent[key])
    elif isinstance(parent[key], int) and rng.random() < 0.3:
        parent[key] += int(rng.integers(-2, 3))
    else:
        parent[key] = value
    return document


def _places(document, before: tuple = ()) -> Iterator[tuple]:
    """Yields the keys and indices that lead to each value of a document."""
    if isinstance(document, dict | list) and len(document) < 1000:
        keys = document if isinstance(document, dict) else range(len(document))
        for key in keys:
            yield (*before, key)
            yield from _places(document[key], (*before, key))


def corrupt_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    """Changes a file in one of the ways of `CHANGES`."""
    changed = bytearray(content)
    CHANGES[rng.integers(len(CHANGES))](changed, rng)
    return bytes(changed)


def _flip_bits(content: bytearray, rng) -> None:
    for place in rng.integers(len(content), size=rng.integers(1, 9)):
        content[place] ^= 1 << int(rng.integers(8))


def _flip_bits_of_header(content: bytearray, rng) -> None:
    end = min(len(content), 2048)
    for place in rng.integers(end, size=rng.integers(1, 9)):
        content[place] ^= 1 << int(rng.integers(8))


def _set_bytes(content: bytearray, rng) -> None:
    for place in rng.integers(len(content), size=rng.integers(1, 9)):
        content[place] = (0, 255, 127, 128)[rng.integers(4)]


def _cut(content: bytearray, rng) -> None:
    del content[rng.integers(len(content)) :]


def _insert(content: bytearray, rng) -> None:
    place = rng.integers(len(content))
    content[place:place] = rng.bytes(int(rng.integers(1, 100)))


def _swap_blocks(content: bytearray, rng) -> None:
    size = int(rng.integers(1, max(2, len(content) // 4)))
    one, other = sorted(rng.integers(0, len(content) - size, 2))
    block = content[one : one + size]
    content[one : one + size] = content[other : other + size]
    content[other : other + size] = block


def _set_block(content: bytearray, rng) -> None:
    size = int(rng.integers(1, max(2, len(content) // 4)))
    place = int(rng.integers(0, len(content) - size))
    content[place : place + size] = bytes([rng.choice([0, 255])]) * size


CHANGES: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    _flip_bits,
    _flip_bits_of_header,
    _set_bytes,
    _cut,
    _insert,
    _swap_blocks,
    _set_block,
)
