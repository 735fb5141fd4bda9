"""Short name of `rmdn_tf.model.mixture`."""

from rmdn_tf.model.mixture import *  # noqa: F403
