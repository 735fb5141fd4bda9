"""Directories that another works in, and what killed writers leave."""

import contextlib
import os
import threading

from rmdn_tf.files import published
from rmdn_tf.files.locks import one_at_a_time


@contextlib.contextmanager
def held_by_another(directory):
    """Holds a directory as another process would; yields what lets it go."""
    held, end = threading.Event(), threading.Event()

    def hold():
        with one_at_a_time(directory, "testing"):
            held.set()
            end.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)
    try:
        yield end.set
    finally:
        end.set()
        thread.join()


def leave_behind(path):
    """Leaves what a process does that is killed while it writes `path`."""
    folder, lock = published._make_folder(*os.path.split(path), None)
    lock.release()
    with open(os.path.join(folder, os.path.basename(path)), "w") as file:
        file.write("half")
    return folder
