"""Processes of tests, which start in a tenth of a second.

    process = PROCESSES.Process(target=work, args=(path,))

A server imports TensorFlow once and forks them.
"""

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["rmdn_tf.prediction.map_folder"])
