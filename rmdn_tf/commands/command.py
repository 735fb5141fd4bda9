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
import dataclasses
import functools
import sys
import traceback
from collections.abc import Callable, Sequence

import tensorflow as tf

from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.help import help_text
from rmdn_tf.commands.plain_warnings import plain_warnings
from rmdn_tf.commands.settings import setting
from rmdn_tf.files.file_systems import leave

# Errors of flags, data and the machine, reported in one line.
ERRORS = (
    ValueError,
    OSError,
    ImportError,  # A library that only some files need.
    tf.errors.OpError,
    concurrent.futures.BrokenExecutor,
)

# Exit codes of an invalid command line and of Ctrl-C; other errors have 1.
USAGE, INTERRUPTED = 2, 130

Main = Callable[[Sequence[str] | None], int]


@dataclasses.dataclass(frozen=True)
class _Common:
    """Flags of every command:"""

    help: bool = setting(False, "Print this text.")
    verbosity: int = setting(0, "1 shows where an error came from.")


def command(
    description: str, *configs: type, errors: tuple[type, ...] = ()
) -> Callable[[Callable[[CommandLine], int | None]], Main]:
    """Makes a function of a `CommandLine` a command.

    The command takes the words of the command line, by default those of the
    process, and returns the exit code.

    Args:
        description: docstring of the command's module, printed at `--help`.
        *configs: dataclasses whose settings are the flags.
        errors: further errors to report in one line.
    """

    def decorate(run: Callable[[CommandLine], int | None]) -> Main:
        @functools.wraps(run)
        @plain_warnings()
        def main(arguments: Sequence[str] | None = None) -> int:
            words = sys.argv[1:] if arguments is None else arguments
            verbosity = 0
            try:
                if {"-h", "--help"} & set(words):
                    print(help_text(description, (*configs, _Common)))
                    return 0
                line = CommandLine((*configs, _Common), words)
                verbosity = line.given(_Common).get("verbosity", 0)
                return run(line) or 0
            except KeyboardInterrupt:
                return INTERRUPTED
            except (*ERRORS, *errors) as error:
                if verbosity > 0:
                    traceback.print_exc()
                print(f"Error: {_message(error)}", file=sys.stderr)
                return USAGE if isinstance(error, UsageError) else 1

        return main

    return decorate


def _message(error: BaseException) -> str:
    """Returns the error's message; TensorFlow's is joined to one line."""
    if isinstance(error, tf.errors.OpError):
        return " ".join(str(error).split())
    return str(error)


def start(main: Main) -> None:
    """Runs a command and ends the process; call it in `__main__`."""
    sys.exit(leave(main(None)))
