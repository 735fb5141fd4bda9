"""Calls a function on many items on a cluster, by Apache Beam.

Needs the extra `beam`. All machines need this package, and the same files under
the same paths. Beam's runner decides where a task is done again after a worker
was lost.
"""

import contextlib
import functools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rmdn_tf.engines.surroundings import Surroundings
from rmdn_tf.engines.tasks import Run, TasksFailedError, in_attempts
from rmdn_tf.files.file_systems import (
    is_local,
    make_directory,
    remove_directory,
)
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.published import temporary_path, write_json

OUTCOME_SCHEMA = {
    "type": "object",
    "properties": {"failure": {"type": ["string", "null"]}},
    "required": ["result", "failure"],
}


class BeamError(OSError):
    """A pipeline cannot run, or failed."""


def beam_pipeline(
    runner: str, options: Sequence[str], folder: str | os.PathLike
) -> Run:
    """Makes a `Run` that is one pipeline of Beam.

    It yields the results after all tasks have ended. They must fit JSON.

    Args:
        runner: name of a Beam runner, e.g. "FlinkRunner", "SparkRunner".
        options: Beam's options, as on a command line.
        folder: an existing folder that all machines see, for the results.

    Raises:
        BeamError: Beam is not installed. The run raises it for an invalid
            option or a failed pipeline.
    """
    try:
        import apache_beam  # noqa: F401
    except ImportError as error:
        raise BeamError(
            f"No Apache Beam for `--runner={runner}`: {error}. Install it with "
            "`pip install 'rmdn-tf[beam]'`."
        ) from error
    return functools.partial(_run, runner, tuple(options), os.fspath(folder))


def _run(
    runner: str,
    options: Sequence[str],
    folder: str,
    function: Callable,
    items: Iterable,
    name: Callable[[Any], str] = str,
) -> Iterator:
    """Does the tasks in one pipeline; see `Run`."""
    items = list(items)
    # A killed command leaves a folder that the next one removes.
    with _outcomes_in(folder) as outcomes:
        task = functools.partial(
            _record, Surroundings.here(), function, outcomes
        )
        _run_pipeline(runner, options, task, enumerate(items))
        failures = {}
        for number, item in enumerate(items):
            outcome = read_json(_path(outcomes, number), OUTCOME_SCHEMA)
            if outcome["failure"] is None:
                yield outcome["result"]
            else:
                failures[name(item)] = outcome["failure"]
    if failures:
        raise TasksFailedError(failures, len(items))


def _run_pipeline(
    runner: str, options: Sequence[str], task: Callable, items: Iterable
) -> None:
    import apache_beam
    from apache_beam.options.pipeline_options import PipelineOptions

    try:
        pipeline_options = PipelineOptions(list(options), runner=runner)
        with apache_beam.Pipeline(options=pipeline_options) as pipeline:
            _ = (
                pipeline
                | "Items" >> apache_beam.Create(list(items))
                # Keeps a runner from fusing all items into one task.
                | apache_beam.Reshuffle()
                | "Tasks" >> apache_beam.Map(task)
            )
    except Exception as error:  # Runners do not document their errors.
        raise BeamError(f"Beam's `{runner}` failed: {error}") from error


def _record(
    surroundings: Surroundings,
    function: Callable,
    outcomes: str,
    numbered: tuple[int, Any],
) -> None:
    """Does a task, and writes its outcome."""
    number, item = numbered
    result, failure = in_attempts(
        functools.partial(surroundings.call, function), item
    )
    write_json(_path(outcomes, number), {"result": result, "failure": failure})


@contextlib.contextmanager
def _outcomes_in(folder: str) -> Iterator[str]:
    """Makes a folder that all workers see, and removes it at the end."""
    if is_local(folder):
        with temporary_path(os.path.join(folder, "outcomes")) as outcomes:
            make_directory(outcomes)
            yield outcomes
        return
    outcomes = f"{folder}/outcomes-{secrets.token_hex(4)}"
    make_directory(outcomes)
    try:
        yield outcomes
    finally:
        remove_directory(outcomes)


def _path(outcomes: str, number: int) -> str:
    return os.path.join(outcomes, f"{number:06d}.json")
