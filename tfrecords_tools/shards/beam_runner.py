"""Calls a function on many items on a cluster, by Apache Beam.

Needs the extra `beam`. All machines need this package, and the raw files and
the output directory under the same paths.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tfrecords_tools.shards.processes import Run


class BeamError(OSError):
    """A pipeline cannot run, or failed."""


def beam_runner(runner: str, options: Sequence[str] = ()) -> Run:
    """Makes a `Run` that is one Beam pipeline.

    Results stay on the cluster: the run yields None for each item, after all
    are done.

    Args:
        runner: name of a Beam runner, e.g. "FlinkRunner", "SparkRunner".
        options: Beam's options, as on a command line.

    Raises:
        BeamError: Beam is not installed. The run raises it for an invalid
            option or a failed pipeline.
    """
    try:
        import apache_beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise BeamError(
            f"No Apache Beam for `--runner={runner}`: {error}. Install it with "
            "`pip install 'rmdn-tf[beam]'`."
        ) from error

    def run(function: Callable, items: Iterable) -> Iterator[None]:
        items = list(items)
        try:
            pipeline_options = PipelineOptions(list(options), runner=runner)
            with apache_beam.Pipeline(options=pipeline_options) as pipeline:
                _ = (
                    pipeline
                    | "Shards" >> apache_beam.Create(items)
                    # Keeps a runner from fusing all shards into one task.
                    | apache_beam.Reshuffle()
                    | "Write" >> apache_beam.Map(_without_result, function)
                )
        except Exception as error:  # Runners do not document their errors.
            raise BeamError(f"Beam's `{runner}` failed: {error}") from error
        yield from (None for _ in items)

    return run


def _without_result(item: object, function: Callable) -> None:
    function(item)
