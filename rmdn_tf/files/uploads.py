"""Remote files are written in a folder of this machine first."""

import errno
import os
import tempfile

from rmdn_tf.files.file_systems import require_file_system


def folder_of_uploads() -> str:
    """Makes the folder of files to upload, which only this user can read."""
    user = getattr(os, "getuid", lambda: "user")()
    folder = os.path.join(tempfile.gettempdir(), f"rmdn-tf-{user}")
    os.makedirs(folder, 0o700, exist_ok=True)
    if hasattr(os, "getuid") and os.stat(folder).st_uid != user:
        raise PermissionError(
            errno.EACCES, "The folder belongs to another user", folder
        )
    return folder


def require_writable_remote(path: str | os.PathLike) -> None:
    """Makes sure that a remote path can be written; needs no network.

    Raises:
        OSError: its driver is missing, or only reads.
    """
    require_file_system(path)
    from rmdn_tf.files import drivers

    drivers.require_writable(os.fspath(path))
