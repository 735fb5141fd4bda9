"""Settings -> the engine that does the tasks."""

import contextlib
import os
from collections.abc import Iterator

from rmdn_tf.engines.beam import beam_pipeline
from rmdn_tf.engines.dask import dask_cluster
from rmdn_tf.engines.processes import processes
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.engines.tasks import Run


@contextlib.contextmanager
def engine(
    settings: EngineSettings, folder: str | os.PathLike
) -> Iterator[Run]:
    """Opens the engine that the settings name; a context.

    Args:
        settings: flags of a command.
        folder: a folder of outputs, which all machines see.

    Yields:
        A `Run`.

    Raises:
        ClusterError, BeamError: the cluster cannot be used.
        WorkerError: a worker cannot do the tasks.
    """
    with cluster(settings, folder) as run:
        if run:
            yield run
            return
        with processes(settings.workers or 1) as local:
            yield local


@contextlib.contextmanager
def cluster(
    settings: EngineSettings, folder: str | os.PathLike
) -> Iterator[Run | None]:
    """Does as `engine`, but yields None where processes do the tasks."""
    if settings.cluster:
        with dask_cluster(settings.cluster) as run:
            yield run
    elif settings.runner:
        yield beam_pipeline(settings.runner, settings.beam_options, folder)
    else:
        yield None
