"""A command: flags in, exit code out.

```python
@command(__doc__, Options)
def main(line: CommandLine) -> int | None:
    options = line.read(Options)
    ...

if __name__ == "__main__":
    start(main)
```
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.help import Presets, help_text
from rmdn_tf.commands.output_streams import flush_output, give_up_broken_output
from rmdn_tf.commands.plain_warnings import plain_warnings
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.signals import (
    exit_code,
    ignore_further,
    message,
    stopped_by_signals,
)
from rmdn_tf.files.file_systems import leave
from rmdn_tf.files.published import remove_unfinished
from rmdn_tf.files.shown_paths import redacted

# Errors of flags, data and the machine, reported in one line; so are those of
# TensorFlow.
ERRORS = (
    ValueError,
    OSError,
    ImportError,  # A library that only some files need.
    concurrent.futures.BrokenExecutor,
)

# Exit codes of an invalid command line, of work that left out unreadable
# videos, and of an output that nobody reads any more, as in `... | head -1`.
# For signals see `exit_code`; other errors have 1.
USAGE, UNREADABLE, CLOSED_PIPE = 2, 3, 141

Main = Callable[[Sequence[str] | None], int]


@dataclasses.dataclass(frozen=True)
class _Common:
    """Flags of every command:"""

    help: bool = setting(False, "Print this text.")
    verbosity: int = setting(0, "1 prints the traceback of an error.")


def command(
    description: str,
    *configs: type,
    errors: tuple[type[Exception], ...] = (),
    presets: Presets | None = None,
) -> Callable[[Callable[[CommandLine], int | None]], Main]:
    """Makes a function of a `CommandLine` a command.

    The command takes the words of the command line, by default those of the
    process, and returns the exit code.

    Args:
        description: docstring of the command's module, printed at `--help`.
        *configs: dataclasses whose settings are the flags.
        errors: further errors to report in one line.
        presets: values that the help shows as defaults of the settings.
    """

    def decorate(run: Callable[[CommandLine], int | None]) -> Main:
        @functools.wraps(run)
        @plain_warnings()
        def main(arguments: Sequence[str] | None = None) -> int:
            words = sys.argv[1:] if arguments is None else arguments
            verbosity = 0
            # TensorFlow's messages would hide the results.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            with stopped_by_signals():
                try:
                    _require_docstrings()
                    if {"-h", "--help"} & set(words):
                        kinds = (*configs, _Common)
                        print(help_text(description, kinds, presets))
                        code = 0
                    else:
                        line = CommandLine((*configs, _Common), words)
                        given = line.given(_Common)
                        verbosity = given.get("verbosity", 0)
                        code = run(line) or 0
                    flush_output()
                    return code
                except KeyboardInterrupt as stop:
                    return _stopped(stop)
                except _reported(errors) as error:
                    return _failed(error, verbosity)

        return main

    return decorate


def _require_docstrings() -> None:
    if sys.flags.optimize > 1:
        raise UsageError(
            "Expected Python's docstrings, which TensorFlow needs. Received: "
            "the option -OO, or PYTHONOPTIMIZE=2."
        )


def _reported(
    errors: tuple[type[Exception], ...],
) -> tuple[type[Exception], ...]:
    return (*ERRORS, *_tensorflow_errors(), *errors)


def _tensorflow_errors() -> tuple[type[Exception], ...]:
    """Returns the base of TensorFlow's errors; nothing before its import."""
    tensorflow = sys.modules.get("tensorflow")
    return (tensorflow.errors.OpError,) if tensorflow else ()


def _stopped(stop: KeyboardInterrupt) -> int:
    """Tidies up after a signal, and tells it in one line."""
    number = getattr(stop, "number", signal.SIGINT)
    ignore_further()
    remove_unfinished()
    _tell(message(number))
    return exit_code(number)


def _failed(error: Exception, verbosity: int) -> int:
    """Tells an error in one line."""
    is_broken = give_up_broken_output()
    if is_broken and isinstance(error, BrokenPipeError):
        return CLOSED_PIPE
    if verbosity > 0:
        lines = traceback.format_exception(error)
        print(redacted("".join(lines)), end="", file=sys.stderr)
    _tell(f"Error: {_text_of(error)}")
    return USAGE if isinstance(error, UsageError) else 1


def _tell(line: str) -> None:
    """Prints a line to standard error, even if nobody reads it any more."""
    if sys.stderr is None:  # `print` would take standard output instead.
        return
    line = redacted(line)
    # A name of a file may have bytes that are no text.
    line = line.encode(errors="backslashreplace").decode()
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)
    give_up_broken_output()


def _text_of(error: BaseException) -> str:
    """Returns the message of an error, in one line."""
    if isinstance(error, _tensorflow_errors()):
        return " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        name = error.filename
        return error.strerror + (f": '{os.fsdecode(name)}'" if name else "")
    return str(error)


def start(main: Main) -> NoReturn:
    """Runs a command and ends the process; call it in `__main__`."""
    # A name may have letters that the terminal's encoding lacks.
    # A process may begin without it.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = main(None)
    except KeyboardInterrupt as stop:  # A second one, just after the first.
        code = _stopped(stop)
    ignore_further()  # All is done.
    sys.exit(leave(code))
