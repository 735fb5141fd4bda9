"""What a worker must share with the machine that starts a command.

The same files under the same paths, and the same versions of all that the bytes
of a result depend on.
"""

import contextlib
import dataclasses
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from typing import Any

import rmdn_tf
from rmdn_tf.files.locks import InUseError

# A worker that was cut off may still write what its successor is to write.
SECONDS_FOR_ANOTHER = 300
SECONDS_BETWEEN_TRIALS = 2

# Libraries that change bytes or numbers.
_LIBRARIES = ("ai-edge-litert", "av", "keras", "numpy", "tensorflow")


class WorkerError(ValueError):
    """A worker of a cluster cannot do the tasks of a command."""


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """The folder and the versions of a process.

    Attributes:
        folder: where relative paths begin.
        versions: name -> version.
    """

    folder: str
    versions: dict[str, str]

    @classmethod
    def here(cls) -> "Surroundings":
        """Returns those of this process."""
        versions = {"rmdn-tf": rmdn_tf.__version__}
        python = platform.python_version_tuple()
        versions["Python"] = ".".join(python[:2])
        for name in _LIBRARIES:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                versions[name] = importlib.metadata.version(name)
        return cls(os.getcwd(), versions)

    def check(self) -> None:
        """Compares them with those of this process.

        Raises:
            WorkerError: a version differs, or the folder is missing.
        """
        worker = f"Unsuitable worker '{platform.node()}'."
        own = Surroundings.here().versions
        for name in sorted({*self.versions, *own}):
            expected, received = self.versions.get(name), own.get(name)
            if expected != received:
                raise WorkerError(
                    f"{worker} Expected {name} {expected}, as where the "
                    f"command was started. Received: {received}."
                )
        if not os.path.isdir(self.folder):
            raise WorkerError(
                f"{worker} Expected the folder '{self.folder}', where the "
                "command was started: all machines must see the same files. "
                "With absolute paths, start the command in a folder that all "
                "have, such as '/'."
            )

    def call(self, function: Callable[[Any], Any], item: Any) -> Any:
        """Calls a function on an item, with relative paths as in the command.

        Waits, for a time, until no other process writes the same output.

        Raises:
            WorkerError: see `check`.
        """
        self.check()
        # TensorFlow's messages would fill the log of a worker.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        end = time.monotonic() + SECONDS_FOR_ANOTHER
        with contextlib.chdir(self.folder):
            while True:
                try:
                    return function(item)
                except InUseError:
                    if time.monotonic() > end:
                        raise
                time.sleep(SECONDS_BETWEEN_TRIALS)
