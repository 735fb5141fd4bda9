"""Short name of `rmdn_tf.model.mixture` and `rmdn_tf.model.moments`."""

from rmdn_tf.model.mixture import *  # noqa: F403
from rmdn_tf.model.moments import *  # noqa: F403
