"""Limits of a request to a SavedModel: of what the server has to compute."""

import math

import keras

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.serving.network_cost import operations_of_clip

MAX_FRAMES = 256
"""Frames of a request, of any network."""

MAX_INPUT_PIXELS = 2**24
"""Pixels of all frames at the size of the network's input: 200 MB, as float32,
which is 334 frames of 224x224."""

MAX_OPERATIONS = 5 * 10**12
"""Floating-point operations of a request: 64 clips of the paper's network, or
60 seconds of four cores that make 21 thousand million a second each."""

MAX_ROWS = 256
"""Rows of a new state, and of answers with metadata."""

MAX_MAP_SIDE = 2**14
"""Rows, and columns, of a map."""

MAX_MAP_PIXELS = 2**25
"""Pixels of all maps of a request: 16 maps of 1920x1080, 134 MB of answer."""

MAX_MAP_NUMBERS = 2**32
"""Pixels of all maps times the components of the mixture: 10 maps of 1920x1080
of 196 components. Each takes about 3 ns of a processor."""

MAX_JPEG_BYTES = 2**26
"""Bytes of all JPEGs of a request: two for each of the pixels allowed."""

MAX_SCANS = 256
"""Scans of a JPEG. Its bytes are searched for the marker that begins a scan. By
chance the marker is also found in previews and notes, once in 65,536 bytes."""

MAX_SCANNED_PIXELS = 2**29
"""Scans times pixels of all JPEGs of a request: 16 scans each of 16 pictures of
1920x1080. A progressive JPEG has about 10."""

STATE_ROUNDING = 1.001
"""Factor on the largest magnitude that a state can have."""


def limits_of(model: keras.Model, config: ModelConfig) -> RequestLimits:
    """Chooses what a request to a server of this model may hold.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its configuration.

    Returns:
        Limits that allow one clip at least.
    """
    frames = MAX_INPUT_PIXELS // math.prod(config.input_size)
    clips = MAX_OPERATIONS // operations_of_clip(model)
    return RequestLimits(
        max_frames=min(MAX_FRAMES, max(CLIP_LENGTH, frames)),
        max_clips=min(MAX_FRAMES, max(1, clips)),
    )
