"""Flags of an engine."""

import dataclasses
from typing import ClassVar

from rmdn_tf.commands.command_line import UsageError
from rmdn_tf.commands.settings import argument, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Where the work is done, item by item:"""

    exclusive: ClassVar[tuple[str, ...]] = ("workers", "cluster", "runner")

    workers: int | None = setting(
        None, "Number of processes on this machine.", default_text="1"
    )
    cluster: str | None = setting(
        None,
        "Address of Dask's scheduler, tcp://HOST:8786, instead of processes "
        "on this machine.",
    )
    runner: str | None = setting(
        None,
        "Apache Beam's runner, e.g. FlinkRunner, instead of processes on this "
        "machine. Beam's own options follow after --.",
    )
    beam_options: tuple[str, ...] = argument(
        (), "Options of Beam's runner, after --.", follows_dashes=True
    )

    def __post_init__(self) -> None:
        if self.beam_options and self.runner is None:
            raise UsageError(
                f"Unknown argument: {self.beam_options[0]!r}. Only --runner "
                "takes arguments."
            )
        given = {f"--{name}": getattr(self, name) for name in self.exclusive}
        given = {flag: value for flag, value in given.items() if value}
        if len(given) > 1:
            raise UsageError(
                f"Expected one of {', '.join(given)}. Received all of them."
            )
        if self.workers is not None and self.workers < 1:
            raise ValueError(
                "Invalid `workers`. Expected a positive integer. Received: "
                f"workers={self.workers}."
            )

    @property
    def is_here(self) -> bool:
        """Whether this process does all tasks."""
        return not (self.cluster or self.runner) and self.workers in (None, 1)
