"""Imports TensorFlow in a worker of Dask, before it joins its cluster.

    dask worker tcp://SCHEDULER:8786 --nthreads 1 \\
        --preload rmdn_tf.engines.preload

While a process imports TensorFlow, it answers nobody, and a scheduler might
take it for lost.
"""

import rmdn_tf  # noqa: F401, I001  Before TensorFlow, as in every entry.
import tensorflow as tf  # noqa: F401
