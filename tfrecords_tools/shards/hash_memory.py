"""Remembers the checksums of raw files, so that a second start reads none.

As git's index does, an SQLite file in the user's cache keeps the state of each
file (device, inode, length and times; see `file_state`) beside its SHA-256. A
file of another state is read again. It lies in the cache since the output may
be remote, the raw files may be read-only, and several outputs share them. It
has SQLite's rollback journal, not WAL, which network file systems of home
folders do not support.

Nothing depends on the memory but time. Each row has a checksum of its own, so
a damaged file never gives a wrong one; it is removed with a warning.
"""

import contextlib
import functools
import hashlib
import itertools
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.unchanged import FileState
from rmdn_tf.files.user_cache import user_cache

# The number is the version: releases with other tables use other files.
FILE = "raw_files.1.sqlite"

SECONDS_OF_A_SAVE = 1.0  # A kill forgets no more.
MAX_UNSAVED = 10_000  # files
SECONDS_OF_A_LOCK = 30.0
DAYS_UNUSED = 365  # Older rows are removed.
DAYS_OF_A_STAMP = 30  # A row's day of use is not written more often.

_TABLE = """
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT NOT NULL,
    num_frames INTEGER, estimator TEXT NOT NULL, day INTEGER NOT NULL,
    digest BLOB NOT NULL
) WITHOUT ROWID
"""

_FILES_AT_ONCE = 500  # Older SQLites take 999 values.

# Errors of a sound file: it is locked, cannot be written or the disk is full.
_PASSING = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
)

Result = TypeVar("Result")


class KnownFile(NamedTuple):
    """What was read of a file.

    Attributes:
        path: of the file.
        state: as of `file_state`, when it was read.
        sha256: of its content, in hexadecimal.
        num_frames: of the video in it; None if unknown.
    """

    path: str
    state: FileState
    sha256: str
    num_frames: int | None = None


class HashMemory:
    """The checksums of files that were read before.

    Args:
        path: of the SQLite file; its folder is made if missing.
        estimator: what estimated the numbers of frames; those of others are
            unknown.
    """

    def __init__(self, path: str, estimator: str = ""):
        self.path = path
        self._estimator = estimator
        self._day = int(time.time() // 86400)
        self._unsaved: dict[bytes, tuple] = {}
        self._used: list[tuple[int, bytes]] = []
        self._has_stamped = False
        self._saved_at = time.monotonic()
        self._database: sqlite3.Connection | None = None
        self._try(self._open)

    def recall(self, states: Mapping[str, FileState]) -> dict[str, KnownFile]:
        """Returns what is known of files, by path.

        Args:
            states: path -> present state. The result lacks files of which
                nothing is known in this state.
        """
        keys = {_key(path): path for path in states}
        rows = [self._unsaved[key] for key in keys if key in self._unsaved]
        for begin in range(0, len(keys), _FILES_AT_ONCE):
            some = [*itertools.islice(keys, begin, begin + _FILES_AT_ONCE)]
            rows[:0] = self._try(functools.partial(self._find, some)) or []
        known: dict[str, KnownFile] = {}
        for row in rows:
            path = keys[row[0]]
            file = self._file_of(row, path, states[path])
            if file is None:
                known.pop(path, None)
            else:
                known[path] = file
        return known

    def _file_of(
        self, row: tuple, path: str, state: FileState
    ) -> KnownFile | None:
        """Returns the file of a row, if that is sound and of this state."""
        key, text, sha256, num_frames, estimator, day, digest = row
        if text != _text(state) or digest != _digest(row):
            return None
        if day < self._day - DAYS_OF_A_STAMP:
            self._stamp(key)
        if estimator != self._estimator:
            num_frames = None
        return KnownFile(path, state, sha256, num_frames)

    def remember(self, file: KnownFile) -> None:
        """Keeps a file; on disk a second later, or at the next `save`."""
        row = (
            _key(file.path),
            _text(file.state),
            file.sha256,
            file.num_frames,
            self._estimator,
            self._day,
        )
        self._unsaved[row[0]] = (*row, _digest(row))
        waited = time.monotonic() - self._saved_at
        if waited > SECONDS_OF_A_SAVE or len(self._unsaved) >= MAX_UNSAVED:
            self.save()

    def save(self) -> None:
        """Writes what was remembered, all of it or nothing."""
        if self._unsaved or self._used:
            self._try(self._write)
        self._unsaved, self._used = {}, []
        self._saved_at = time.monotonic()

    def close(self) -> None:
        """Writes what was remembered; the memory then knows nothing more."""
        self.save()
        if self._has_stamped:  # About once a month.
            self._try(self._prune)
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> None:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self._database = sqlite3.connect(
            self.path, timeout=SECONDS_OF_A_LOCK, isolation_level=None
        )
        self._database.execute(_TABLE)
        self._database.execute("SELECT * FROM files LIMIT 1").fetchall()

    def _find(self, keys: list[bytes]) -> list[tuple]:
        if self._database is None:
            return []
        marks = ", ".join("?" * len(keys))
        found = self._database.execute(
            "SELECT path, state, sha256, num_frames, estimator, day, digest "
            f"FROM files WHERE path IN ({marks})",
            keys,
        )
        return found.fetchall()

    def _write(self) -> None:
        database = self._database
        if database is None:
            return
        database.execute("BEGIN IMMEDIATE")
        try:
            database.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                self._unsaved.values(),
            )
            database.executemany(
                "UPDATE files SET day = ? WHERE path = ?", self._used
            )
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")

    def _stamp(self, key: bytes) -> None:
        """Notes that a row is in use."""
        self._has_stamped = True
        self._used.append((self._day, key))
        if len(self._used) >= MAX_UNSAVED:
            self.save()

    def _prune(self) -> None:
        if self._database is not None:
            oldest = (self._day - DAYS_UNUSED,)
            self._database.execute("DELETE FROM files WHERE day < ?", oldest)

    def _try(self, use: Callable[[], Result]) -> Result | None:
        """Uses the database; without it, work goes on and only takes longer."""
        try:
            return use()
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _PASSING:
                self._give_up(f"Cannot use '{self.path}': {error}.")
            else:
                self._give_up(f"Removed the damaged '{self.path}': {error}.")
                self._start_anew()
        except OSError as error:
            self._give_up(f"Cannot use '{self.path}': {error.strerror}.")
        return None

    def _start_anew(self) -> None:
        self._unsaved, self._used = {}, []
        for name in (self.path, f"{self.path}-journal"):
            with contextlib.suppress(OSError):
                os.remove(name)
        with contextlib.suppress(sqlite3.Error, OSError):
            self._open()

    def _give_up(self, cause: str) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
        print(
            f"Warning: {cause} Raw files are read again to compute their "
            "checksums.",
            file=sys.stderr,
        )


class _Forgetful(HashMemory):
    """Recalls nothing, and remembers as usual."""

    def recall(self, states: Mapping[str, FileState]) -> dict[str, KnownFile]:
        return {}


@contextlib.contextmanager
def open_memory(
    estimator: str, *, rehash: bool = False
) -> Iterator[HashMemory]:
    """Opens this user's memory, and saves it at the end.

    Args:
        estimator: see `HashMemory`.
        rehash: whether to recall nothing, so that all files are read again.
    """
    path = os.path.join(user_cache(), FILE)
    memory = (_Forgetful if rehash else HashMemory)(path, estimator)
    try:
        yield memory
    finally:
        memory.close()


def _key(path: str) -> bytes:
    is_whole = path.startswith("/") or not is_local(path)
    return os.fsencode(path if is_whole else os.path.abspath(path))


def _text(state: FileState) -> str:
    return ":".join(map(str, state))


def _digest(row: tuple) -> bytes:
    """Returns a checksum of a row's content; the day is left out."""
    return hashlib.blake2b(repr(row[:5]).encode(), digest_size=8).digest()
