"""SHA-256 of a model's files, in `checksums.sha256` beside them.

`sha256sum -c checksums.sha256` checks the same file. Checksums find damage, not
an attack: an attacker can change the checksums too.
"""

import collections
import hashlib
import os
import pathlib
import re
import warnings
from collections.abc import Collection, Mapping

from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.published import write_content

CHECKSUM_FILE = "checksums.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_checksums(
    directory: str | os.PathLike,
    names: Collection[str],
    coming: Mapping[str, str | os.PathLike] | None = None,
) -> None:
    """Writes the checksums of files of a directory on this machine.

    Args:
        names: names of files; missing files are left out.
        coming: name -> path of a new version that will replace the file. Until
            the next call both versions are valid: the process may be killed
            before or after it replaces the file.
    """
    directory = pathlib.Path(directory)
    versions: list[tuple[str, str | os.PathLike]] = [
        *((name, directory / name) for name in names),
        *(coming or {}).items(),
    ]
    lines = [
        f"{sha256_of(path)}  {name}\n"
        for name, path in versions
        if os.path.isfile(path)
    ]
    write_content(directory / CHECKSUM_FILE, "".join(lines).encode())


def check_files(directory: str | os.PathLike, names: Collection[str]) -> None:
    """Compares all files of a model, on this machine, with their checksums.

    Warns if the checksums are missing: earlier releases did not write them.
    Every file of `names` must have a checksum.

    Raises:
        ValueError: a file or the list of checksums is damaged or incomplete.
    """
    directory = pathlib.Path(directory)
    file = directory / CHECKSUM_FILE
    if not file.exists():
        warnings.warn(
            f"No '{CHECKSUM_FILE}' in '{directory}': an earlier release wrote "
            "this model, and damage to its numbers cannot be found. Export or "
            "train the model again to get one.",
            stacklevel=2,
        )
        return
    checksums = _read(file)
    for name in sorted({*checksums, *names}):
        _check(directory / name, checksums.get(name, []), file)


def _check(path: pathlib.Path, expected: list[str], file: pathlib.Path) -> None:
    received = sha256_of(path) if path.is_file() else "no such file"
    if received not in expected:
        wanted = " or ".join(expected) or "which lacks this file"
        raise ValueError(
            f"Damaged file '{path}'. Expected the SHA-256 in '{file}', "
            f"{wanted}. Received: {received}. Get the model again; if you "
            f"changed the file yourself, remove '{CHECKSUM_FILE}'."
        )


def _read(file: pathlib.Path) -> dict[str, list[str]]:
    """Reads the checksums of each file: of the old and of the new version."""
    checksums = collections.defaultdict(list)
    for line in file.read_bytes().decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        name = pathlib.PurePosixPath(match[2] if match else "..")
        if match is None or name.is_absolute() or ".." in name.parts:
            raise ValueError(
                f"Damaged file '{file}'. Expected lines of a SHA-256 and the "
                f"name of a file in its directory. Received: {line[:200]!r}."
            )
        checksums[match[2]].append(match[1])
    return checksums


def sha256_of(path: str | os.PathLike) -> str:
    """Returns the SHA-256 of a file, local or remote, in hexadecimal.

    Takes little memory: the file is read in parts.

    Raises:
        OSError: the file is missing, or cannot be read.
    """
    if is_local(path):
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    from rmdn_tf.files.read_ahead import parts_of

    digest = hashlib.sha256()
    for part in parts_of(os.fspath(path)):
        digest.update(part)
    return digest.hexdigest()
