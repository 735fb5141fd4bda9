"""Checks that files are whole, and compares two directories."""

import csv
import json
import os
import pathlib
import re
from collections.abc import Iterator

import av
import h5py
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from rmdn_tf.files.checksums import check_files

# Leftovers of a killed process, which the next process must remove.
LEFTOVER = re.compile(r"partial\..*|.*_temp|checkpoint\.tmp.*")

# For numbers in JSON, whose sums may be taken in another order.
TOLERANCE = 1e-5

# TensorBoard's files hold times, also in their names; a fingerprint depends on
# the order of the graph's nodes, which is random.
_NOT_COMPARED = re.compile(
    r"(?:.*/)?(?:events\.out\..*|\.lock|fingerprint\.pb)"
)

_BY_CONTENT = re.compile(
    r".*\.(?:json|npz|pb|html)|checkpoint|variables\.(?:index|data-.*)"
    r"|checksums\.sha256"
)

_VERSION = re.compile(r"saved/\w+/(\d+)/(.*)")


def leftovers(directory: pathlib.Path) -> list[str]:
    """Returns the leftovers of killed processes below a directory."""
    return sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if LEFTOVER.fullmatch(path.name)
    )


def half_files(directory: pathlib.Path) -> list[str]:
    """Returns the files with a final name that cannot be read to their end."""
    return [
        f"{name}: {error}"
        for name, path in files_of(directory).items()
        if (error := _damage(path))
    ]


def differences(expected: pathlib.Path, received: pathlib.Path) -> list[str]:
    """Returns the differences between two directories, in bytes or content.

    A command that is killed after its export exports again: each version must
    equal the first one in `expected`.
    """
    wanted, found = _by_version(expected), []
    for version, files in _by_version(received).items():
        same_place = wanted["1" if version else ""]
        found += [
            f"{name}, version '{version}': only in one"
            for name in same_place.keys() ^ files.keys()
        ]
        found += [
            f"{name}, version '{version}': differs"
            for name in sorted(same_place.keys() & files.keys())
            if not _is_same(same_place[name], files[name])
        ]
    return found


def _by_version(directory: pathlib.Path) -> dict:
    """Returns version of a SavedModel, or "" -> name -> path."""
    found = {"": {}}
    for name, path in files_of(directory).items():
        match = _VERSION.fullmatch(name)
        version = match[1] if match else ""
        found.setdefault(version, {})[match[2] if match else name] = path
    return found


def files_of(directory: pathlib.Path) -> dict[str, pathlib.Path]:
    """Returns path below a directory -> file, without leftovers."""
    found = {}
    for folder, folders, files in os.walk(directory):
        folders[:] = [f for f in folders if not LEFTOVER.fullmatch(f)]
        for file in files:
            path = pathlib.Path(folder, file)
            name = str(path.relative_to(directory))
            if not LEFTOVER.fullmatch(file) and not _NOT_COMPARED.fullmatch(
                name
            ):
                found[name] = path
    return found


def _damage(path: pathlib.Path) -> str:
    """Returns why a file cannot be read, or ""."""
    try:
        for _ in _content(path):
            pass
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _is_same(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Compares bytes, or content in formats with times or a random order."""
    if one.read_bytes() == other.read_bytes():
        return True
    if not _BY_CONTENT.fullmatch(one.name):
        return False
    mine, theirs = list(_content(one)), list(_content(other))
    return len(mine) == len(theirs) and all(map(_is_close, mine, theirs))


def _is_close(one, other) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            _is_close(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE))
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(np.all(one == other))
    return one == other


def _content(path: pathlib.Path) -> Iterator:
    """Yields the content of a file; raises an error if it is not whole."""
    if path.suffix in _READERS:
        yield from _READERS[path.suffix](path)
    elif ".tfrecord-" in path.name:
        dataset = tf.data.TFRecordDataset(str(path))
        yield from (len(record.numpy()) for record in dataset)
    elif path.name == "checkpoint":
        state = tf.train.get_checkpoint_state(str(path.parent))
        for prefix in map(os.path.basename, state.all_model_checkpoint_paths):
            yield prefix
            yield from _variables(path.parent / prefix)
    elif path.name.startswith("variables."):
        yield from _variables(path.parent / "variables")


def _variables(prefix: pathlib.Path) -> Iterator:
    """Yields the variables, without the object graph, whose order is random."""
    reader = tf.train.load_checkpoint(str(prefix))
    for name in sorted(reader.get_variable_to_shape_map()):
        value = np.asarray(reader.get_tensor(name))
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
            yield name
            yield value


def _json(path: pathlib.Path) -> Iterator:
    yield json.loads(path.read_text())


def _checksums(path: pathlib.Path) -> Iterator:
    """Checks the listed files; yields their names."""
    check_files(path.parent, ())
    yield sorted(line[66:] for line in path.read_text().splitlines())


def _npz(path: pathlib.Path) -> Iterator:
    with np.load(path, allow_pickle=False) as arrays:
        yield from (arrays[name] for name in sorted(arrays))


def _hdf5(path: pathlib.Path) -> Iterator:
    with h5py.File(path, locking=False) as file:
        names = []
        file.visit(names.append)
        for name in names:
            if isinstance(file[name], h5py.Dataset):
                yield np.asarray(file[name])


def _csv(path: pathlib.Path) -> Iterator:
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of several lengths")
    yield from rows


def _picture(path: pathlib.Path) -> Iterator:
    yield tf.io.decode_image(path.read_bytes()).shape


def _video(path: pathlib.Path) -> Iterator:
    with av.open(str(path)) as file:
        yield sum(1 for _ in file.decode(video=0))


def _graph(path: pathlib.Path) -> Iterator:
    """Yields the signatures and the number of each operation in the graph."""
    message = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for graph in message.meta_graphs:
        yield sorted(graph.signature_def)
        operations = [node.op for node in graph.graph_def.node]
        for function in graph.graph_def.library.function:
            operations += [node.op for node in function.node_def]
        yield sorted(operations)


def _text(path: pathlib.Path) -> Iterator:
    """Yields a page without its numbers, which a JSON file also holds."""
    page = path.read_text()
    if not page.rstrip().endswith("</html>"):
        raise ValueError("no end")
    yield re.sub(r"\d+(?:\.\d+)?", "0", page)


_READERS = {
    ".json": _json,
    ".sha256": _checksums,
    ".npz": _npz,
    ".h5": _hdf5,
    ".csv": _csv,
    ".png": _picture,
    ".mp4": _video,
    ".pb": _graph,
    ".html": _text,
}
