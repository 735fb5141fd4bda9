"""Tests of `rmdn_tf.commands.command`: flags in, exit code out."""

import concurrent.futures
import dataclasses
import os
import signal
import subprocess
import sys
import warnings

import pytest
import tensorflow as tf

from rmdn_tf.commands import command as command_module
from rmdn_tf.commands.command import command
from rmdn_tf.commands.settings import setting
from rmdn_tf.files.published import published


@dataclasses.dataclass(frozen=True)
class Options:
    """Flags:"""

    code: int = setting(0, "Exit code.")


def main_that_raises(error, **options):
    @command("Fails.", Options, **options)
    def main(line):
        raise error

    return main


@pytest.mark.parametrize("code", [0, 1, 3])
def test_without_an_error_the_code_is_returned(code):
    @command("Ends.", Options)
    def main(line):
        """Does nothing."""
        return line.read(Options).code

    assert main([f"--code={code}"]) == code
    assert main.__doc__ == "Does nothing."


@pytest.mark.parametrize(
    "error",
    [
        ValueError("shard 3"),
        FileNotFoundError("shard 3"),
        ImportError("shard 3"),
        tf.errors.DataLossError(None, None, "shard\n3"),
        concurrent.futures.process.BrokenProcessPool("shard 3"),
    ],
)
def test_an_error_becomes_a_line_and_code_1(capsys, error):
    assert main_that_raises(error)([]) == 1
    assert capsys.readouterr() == ("", "Error: shard 3\n")


def test_an_error_of_the_command_alone_is_named_by_it(capsys):
    assert main_that_raises(KeyError("a"), errors=(KeyError,))([]) == 1
    assert capsys.readouterr().err == "Error: 'a'\n"


@pytest.mark.parametrize("error", [KeyError, SystemExit])
def test_any_other_error_is_not_hidden(error):
    with pytest.raises(error):
        main_that_raises(error)([])


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (signal.SIGINT, "Ctrl-C"),
        (signal.SIGTERM, "SIGTERM"),
        (signal.SIGHUP, "SIGHUP"),
    ],
)
@pytest.mark.usefixtures("taken_signals")
@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_ends_in_one_line_and_leaves_nothing(
    tmp_path, capsys, number, name, times
):
    begun = []

    @command("Writes.")
    def main(line):
        # Not in `with`, as if the signal came just before it began.
        begun.append(published(tmp_path / "a.json"))
        begun[0].__enter__()
        assert len(list(tmp_path.iterdir())) == 1
        try:
            signal.raise_signal(number)
        finally:
            if times == 2:
                signal.raise_signal(number)

    assert main([]) == 128 + number
    assert capsys.readouterr() == ("", f"Stopped by {name}.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("num_lines", [1, 100_000])
def test_an_output_that_nobody_reads_ends_the_command_in_silence(
    monkeypatch, capsys, num_lines
):
    @command("Prints.")
    def main(line):
        for _ in range(num_lines):
            print("a line")

    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stream:  # Closing it must not raise an error.
        monkeypatch.setattr(sys, "stdout", stream)
        assert main([]) == 141
    assert capsys.readouterr().err == ""


def test_a_broken_pipe_of_another_file_is_an_error(capsys):
    assert main_that_raises(BrokenPipeError(32, "Broken pipe", "a"))([]) == 1
    assert capsys.readouterr().err == "Error: Broken pipe: 'a'\n"


def test_a_full_standard_output_is_an_error(monkeypatch, capsys):
    with open("/dev/full", "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert command("Prints.")(lambda line: print("a"))([]) == 1
    told = capsys.readouterr().err
    assert told == "Error: No space left on device: '/dev/full'\n"


def test_verbosity_shows_where_an_error_came_from(capsys):
    assert main_that_raises(ValueError("a"))(["--verbosity=1"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [["--code=x"], ["--other"], ["surplus"]])
def test_an_invalid_command_line_has_code_2(flags, capsys):
    assert main_that_raises(KeyError)(flags) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_a_warning_is_shown_without_code(capsys):
    @command("Warns.")
    def main(line):
        print(warnings.formatwarning("careful", UserWarning, "a.py", 1))

    assert main([]) == 0
    assert capsys.readouterr().out == "Warning: careful\n\n"


def test_a_process_without_standard_output_runs(monkeypatch):
    @command("Ends.", Options)
    def main(line):
        print("done")

    monkeypatch.setattr(sys, "argv", ["command"])
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(command_module, "ignore_further", lambda: None)
    # `leave` would end this process, if another test has loaded it.
    monkeypatch.delitem(sys.modules, "tensorflow_io", raising=False)
    with pytest.raises(SystemExit) as ended:
        command_module.start(main)
    assert ended.value.code == 0


def test_without_standard_error_no_message_goes_to_standard_output(
    monkeypatch, capsys
):
    monkeypatch.setattr(sys, "stderr", None)
    assert main_that_raises(ValueError("a"))([]) == 1
    assert capsys.readouterr().out == ""


def test_python_without_docstrings_is_told_in_a_line():
    words = [sys.executable, "-OO", "-m", "rmdn_tf", "predict", "--help"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: Expected Python's docstrings")
    assert done.stderr.count("\n") == 1
