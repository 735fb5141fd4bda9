"""Threads after a fork, and when Python ends."""

import os
import subprocess
import sys

import pytest

from rmdn_tf.runtimes import threads

BEGIN = """
import os, sys, threading, time
from rmdn_tf.runtimes.threads import for_each

done = []
for_each(done.append, range(9))
"""

FORKED = """
child = os.fork()
if not child:
    for_each(done.append, range(9, 12))
    os._exit(sorted(done) != [*range(12)])
sys.exit(os.waitpid(child, 0)[1])
"""

ENDING = """
def work():
    threading.main_thread().join()
    time.sleep(0.2)
    for_each(done.append, range(9, 12))
    print(sorted(done))

threading.Thread(target=work).start()
"""


def run(script):
    return subprocess.run(
        [sys.executable, "-c", BEGIN + script],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_process_begins_threads_of_its_own():
    run(FORKED)


def test_a_thread_that_outlives_the_main_one_still_computes():
    assert run(ENDING) == f"{[*range(12)]}\n"


def test_an_error_in_a_thread_is_raised():
    with pytest.raises(ZeroDivisionError):
        threads.for_each(lambda number: 1 // number, [1, 0])


def test_a_system_without_affinity_has_all_its_processors(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert threads.num_processors() == (os.cpu_count() or 1)
