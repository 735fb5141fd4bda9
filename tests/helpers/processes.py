"""Processes of tests, which start in a tenth of a second.

    process = PROCESSES.Process(target=work, args=(path,))

A server imports TensorFlow once and forks them.
"""

import multiprocessing
import signal

import pytest

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["rmdn_tf.prediction.map_folder"])


@pytest.fixture
def forked_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the workers of a preparation such processes, too."""
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: PROCESSES)


def run_until_killed(target, *arguments):
    """Runs a function that kills its process."""
    process = PROCESSES.Process(target=target, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
