"""A temporary folder that only this user may read."""

import contextlib
import os
import pathlib
import stat
import tempfile
from collections.abc import Iterator

from rmdn_tf.files.published import temporary_path


@contextlib.contextmanager
def private_folder(parent: str | os.PathLike | None = None) -> Iterator[str]:
    """Makes a folder; removes it at the end, with all that lies in it.

    All such folders lie in one folder of the user. Those that killed processes
    have left there are removed, too.

    Args:
        parent: holds the user's folder; None for the system's temporary folder,
            which the environment variable TMPDIR may name.

    Yields:
        The path of an empty folder, which only this user can read.

    Raises:
        OSError: the user's folder belongs to somebody else, or others may read
            it.
    """
    name = f"rmdn-view-{os.getuid()}" if hasattr(os, "getuid") else "rmdn-view"
    base = pathlib.Path(parent or tempfile.gettempdir(), name)
    with contextlib.suppress(FileExistsError):
        base.mkdir(mode=0o700)
    _require_private(base)
    with temporary_path(base / "videos") as folder:
        os.mkdir(folder, 0o700)
        yield folder


def _require_private(base: pathlib.Path) -> None:
    """Refuses a folder or link that another user may have put there."""
    if not hasattr(os, "getuid"):
        return
    found = os.lstat(base)
    is_private = (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and not found.st_mode & 0o077
    )
    if not is_private:
        raise OSError(
            f"Unsafe folder '{base}'. Expected a folder that only you can "
            "read. Received: another one. Remove it, or set TMPDIR."
        )
