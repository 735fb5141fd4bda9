"""Tests of `tfrecords_tools.entry`: flags in, exit code out."""

import concurrent.futures
import subprocess
import sys

import pytest
import tensorflow as tf

from rmdn_tf.data.records import RecordError
from tfrecords_tools.entry import report_errors


@pytest.mark.parametrize("code", [0, 1, 3])
def test_without_an_error_the_code_passes_through(code):
    @report_errors
    def run(options, *, more):
        """Says what it does."""
        return options + more

    assert run(code, more=0) == code
    assert run.__doc__ == "Says what it does."


@pytest.mark.parametrize(
    "error",
    [
        RecordError("shard 3"),
        ValueError("shard 3"),
        FileNotFoundError("shard 3"),
        tf.errors.DataLossError(None, None, "shard 3"),
        concurrent.futures.process.BrokenProcessPool("shard 3"),
    ],
)
def test_an_error_of_data_or_machine_becomes_a_line(capsys, error):
    @report_errors
    def run():
        raise error

    assert run() == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[0] == "Error: shard 3"
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, SystemExit])
def test_any_other_error_is_not_hidden(error):
    @report_errors
    def run():
        raise error

    with pytest.raises(error):
        run()


ENTRY = """
import sys
from absl import flags
from tfrecords_tools import entry

def define_flags(values):
    table = [(flags.DEFINE_integer, "code", 0, "To end with.", {})]
    entry.define(table, values)

@entry.report_errors
def run(options):
    if options.code < 0:
        raise ValueError("negative")
    print("run")
    return options.code

entry.start(define_flags, run)
"""


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["--code=3"], 3, "run", ""),
        (["--code=-1"], 1, "", "Error: negative\n"),
        (["--code=-1", "--verbosity=1"], 1, "", "Traceback"),
        (["surplus"], 1, "", "Unknown argument: 'surplus'"),
        (["--help"], 1, "--code: To end with.", ""),
    ],
)
def test_an_entry_reads_its_flags_and_ends_with_its_code(
    arguments, code, out, err
):
    finished = subprocess.run(
        [sys.executable, "-c", ENTRY, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == code
    assert out in finished.stdout
    assert err in finished.stderr
