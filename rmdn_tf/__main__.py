"""The program `rmdn`: a table of commands, each one a module.

`rmdn predict ...` and `python -m rmdn_tf predict ...` run `rmdn_tf.predict`. A
module is imported when its command is chosen, by name: so the package knows the
tools without importing them.
"""

import ast
import dataclasses
import difflib
import importlib
import importlib.util
import pathlib
import sys
from collections.abc import Sequence

import rmdn_tf
from rmdn_tf.commands.signals import end_at_signals

# Name of a command -> the module whose `main` runs it.
COMMANDS = {
    "predict": "rmdn_tf.predict",
    "prepare": "tfrecords_tools.prepare",
    "show-records": "tfrecords_tools.show_records",
    "train": "train_tf",
    "calibrate": "rmdn_tf.calibrate",
    "evaluate": "rmdn_tf.evaluate",
    "export": "rmdn_tf.export",
    "reframe": "rmdn_tf.reframe",
    "compress": "rmdn_tf.compress",
    "quality": "rmdn_tf.quality",
    "areas": "rmdn_tf.areas",
    "view": "rmdn_tf.view",
    "recognize-actions": "rmdn_tf.recognize_actions",
    "convert-weights": "rmdn_tf.convert_weights",
    "demo-video": "tfrecords_tools.demo_video",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command that the first word names; returns the exit code.

    Args:
        arguments: words of the command line, without the program's name. None
            takes the words of the process, and ends the process.
    """
    if arguments is not None:
        return _run(arguments)
    end_at_signals()  # While modules are imported.
    from rmdn_tf.commands.command import start

    start(lambda _: _run(sys.argv[1:]))


def _run(words: Sequence[str]) -> int:
    name, *rest = words or [""]
    if name == "help":
        return _run([*rest[:1], "--help"])
    if name in COMMANDS:
        return importlib.import_module(COMMANDS[name]).main(rest)
    return _run_without_command(words)


def _run_without_command(words: Sequence[str]) -> int:
    """Prints the help or the version, or refuses an unknown command."""
    from rmdn_tf.commands.command import USAGE, command
    from rmdn_tf.commands.command_line import CommandLine, UsageError
    from rmdn_tf.commands.settings import setting

    @dataclasses.dataclass(frozen=True)
    class Options:
        """Flags without a command:"""

        version: bool = setting(False, "Print the version.")

    is_flag = not words or words[0].startswith("-")

    @command(_description(), Options)
    def program(line: CommandLine) -> None:
        if not is_flag:
            raise UsageError(_unknown(words[0]))
        if not line.read(Options).version:
            raise UsageError("Missing command. `rmdn --help` lists them.")
        print(f"rmdn-tf {rmdn_tf.__version__}")

    if not words:
        return program(["--help"]) or USAGE
    return program(words if is_flag else [])


def _description() -> str:
    """Returns the first part of the help: what each command does."""
    width = max(map(len, COMMANDS))
    lines = [f"  {n:{width}}  {_purpose(m)}" for n, m in COMMANDS.items()]
    return "\n".join(
        [
            _first_line(rmdn_tf.__doc__),
            "\nrmdn COMMAND FLAGS     # Runs a command."
            "\nrmdn COMMAND --help    # Explains its flags.\n\nCommands:",
            *lines,
        ]
    )


def _purpose(module: str) -> str:
    """Returns the first line of a module's docstring, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module '{module}'.")
    source = pathlib.Path(spec.origin).read_bytes()
    return _first_line(ast.get_docstring(ast.parse(source)))


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    advice = (
        f"Did you mean '{near[0]}'?"
        if near
        else f"Expected one of {', '.join(COMMANDS)}."
    )
    return f"Unknown command: '{name}'. {advice}"


if __name__ == "__main__":
    sys.exit(main())
