"""Tells by what a report was made: date, command, versions, commit."""

import datetime
import pathlib
import shlex
import sys

import keras
import tensorflow as tf

import rmdn_tf
from rmdn_tf.runs.source_commit import git_commit


def made_by() -> dict[str, str]:
    """Returns what made the results of this process, name -> text."""
    now = datetime.datetime.now(datetime.UTC)
    program = pathlib.Path(sys.argv[0])
    if program.name == "__main__.py":  # `python -m rmdn_tf`.
        program = program.parent
    return {
        "date": f"{now:%Y-%m-%d %H:%M} UTC",
        "command": shlex.join([program.name, *sys.argv[1:]]),
        "versions": f"rmdn-tf {rmdn_tf.__version__}, TensorFlow "
        f"{tf.__version__}, Keras {keras.__version__}, Python "
        f"{sys.version.split()[0]}",
        "commit of rmdn-tf": git_commit() or "unknown: an installed package",
    }
