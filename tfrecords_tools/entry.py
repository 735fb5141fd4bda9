"""What the entry points of the tools share: flags in, exit code out."""

import concurrent.futures
import functools
import sys
from collections.abc import Callable, Iterable, Sequence

import tensorflow as tf
from absl import app, flags, logging

from rmdn_tf.files.file_systems import leave

flags.disclaim_key_flags()  # `--help` lists them under the entry point.

ERRORS = (
    ValueError,  # SourceError and RecordError are such.
    OSError,
    tf.errors.OpError,
    concurrent.futures.BrokenExecutor,
)
"""What a run reports in a line: data or the machine are at fault."""


def report_errors(run: Callable[..., int]) -> Callable[..., int]:
    """Decorates a function so that errors of data become a line and code 1.

    --verbosity=1 shows where the error came from.

    Args:
        run: returns an exit code.

    Returns:
        The function, which prints "Error: ..." where `run` raises `ERRORS`.
    """

    @functools.wraps(run)
    def reporting(*arguments, **options) -> int:
        try:
            return run(*arguments, **options)
        except ERRORS as error:
            print(f"Error: {error}", file=sys.stderr)
            logging.debug("Where it came from:", exc_info=True)
            return 1

    return reporting


def define(table: Iterable[tuple], values: flags.FlagValues) -> None:
    """Defines the flags of a table.

    Args:
        table: rows of absl's function for the kind of flag, its positional
            arguments (name, default, ...), and a dict of the named ones.
        values: where to define them.
    """
    for define_flag, *arguments, options in table:
        define_flag(*arguments, **options, flag_values=values)


def start(
    define_flags: Callable[[flags.FlagValues], None],
    run: Callable[..., int],
    *,
    takes_arguments: bool = False,
) -> None:
    """Runs an entry point and ends the process; call it in `__main__`.

    Args:
        define_flags: defines the flags of the entry.
        run: takes the flags as read and returns the exit code.
        takes_arguments: whether `run` also takes what stands on the command
            line besides flags; an error otherwise.
    """

    def main(argv: Sequence[str]) -> int:
        if takes_arguments:
            return leave(run(flags.FLAGS, argv[1:]))
        if len(argv) > 1:
            raise app.UsageError(f"Unknown argument: {argv[1]!r}.")
        return leave(run(flags.FLAGS))

    define_flags(flags.FLAGS)
    app.run(main)
