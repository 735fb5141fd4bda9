"""Calls a function on many items on a cluster, by Apache Beam.

Needs the extra `beam`. The machines of the cluster must have this package and
see the raw files and the output directory under the same paths.
"""

from collections.abc import Callable, Iterator, Sequence

from tfrecords_tools.shards.processes import Run


class BeamError(OSError):
    """A pipeline could not be run, or failed."""


def beam_runner(runner: str, options: Sequence[str] = ()) -> Run:
    """Makes a `Run` that is one Beam pipeline.

    The results stay on the cluster: once all items are done, the run yields
    None for each.

    Args:
        runner: name of a Beam runner, e.g. "DirectRunner", "FlinkRunner",
            "SparkRunner", "DataflowRunner".
        options: any options of Beam, as on a command line.

    Raises:
        BeamError: Beam is not installed, an option is invalid, or, during the
            run, the pipeline fails.
    """
    try:
        import apache_beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise BeamError(
            f"No Apache Beam for `--runner={runner}`: {error}. Install it with "
            "`pip install rmdn-tf[beam]`."
        ) from error

    def run(function: Callable, items: Sequence) -> Iterator[None]:
        items = list(items)
        try:
            pipeline_options = PipelineOptions(list(options), runner=runner)
            with apache_beam.Pipeline(options=pipeline_options) as pipeline:
                _ = (
                    pipeline
                    | "Shards" >> apache_beam.Create(items)
                    # Else a runner may fuse all shards into one task.
                    | apache_beam.Reshuffle()
                    | "Write" >> apache_beam.Map(_without_result, function)
                )
        except Exception as error:  # What runners raise, they do not document.
            raise BeamError(f"Beam's `{runner}` failed: {error}") from error
        yield from (None for _ in items)

    return run


def _without_result(item: object, function: Callable) -> None:
    function(item)
