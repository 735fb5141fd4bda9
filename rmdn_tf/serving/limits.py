"""Limits for a request to a SavedModel, by what the server must compute."""

import dataclasses
import math

import keras

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.serving.network_cost import operations_of_clip

# Frames of a request, for every network.
MAX_FRAMES = 256

# Pixels of all frames, resized to the network's input: 334 frames of 224x224,
# or 200 MB as float32.
MAX_INPUT_PIXELS = 2**24

# Floating-point operations of a request: 64 clips of the paper's network, or
# 60 seconds of four cores at 21 thousand million a second each.
MAX_OPERATIONS = 5 * 10**12

# Rows of a new state, or of an answer with metadata.
MAX_ROWS = 256

# Rows, and columns, of a map.
MAX_MAP_SIDE = 2**14

# Pixels of all maps of a request: 16 maps of 1920x1080, 134 MB of answer.
MAX_MAP_PIXELS = 2**25

# Pixels of all maps times components of the mixture, at 3 ns each at most: 2
# maps of 1920x1080 with 784 components, or 23 of 640x360.
MAX_MAP_NUMBERS = 2**32

# Bytes of all JPEGs of a request: two for each allowed pixel.
MAX_JPEG_BYTES = 2**26

# Scans of a JPEG, counted by their markers. Previews and notes contain a
# marker by chance once in 65,536 bytes.
MAX_SCANS = 256

# Scans times pixels of all JPEGs of a request: 16 pictures of 1920x1080 with
# 16 scans each. A progressive JPEG has about 10 scans.
MAX_SCANNED_PIXELS = 2**29

# What the limits in the metadata of a SavedModel bound.
MEANINGS = {
    "max_frames": "frames of all rows, with the 15 frames of context",
    "max_clips": "clips of all rows; each is one run of the network",
    "max_pixels": "pixels of all frames, as they are sent",
    "max_map_side": "rows, and columns, of a map",
    "max_map_pixels": "pixels of all maps",
    "max_jpeg_bytes": "bytes of all JPEGs",
    "max_scans": "scans of a progressive JPEG",
    "max_scanned_pixels": "pixels times scans of all JPEGs",
    "max_rows": "rows of `initial_state` and of `metadata`",
}

# Factor on the largest magnitude that a state can have.
STATE_ROUNDING = 1.001


def max_map_pixels(num_components: int) -> int:
    """Returns the limit for the pixels of all maps of a request."""
    return min(MAX_MAP_PIXELS, MAX_MAP_NUMBERS // num_components)


def all_limits(limits: RequestLimits, num_components: int) -> dict[str, int]:
    """Returns the limits of a request by name, for metadata; see `MEANINGS`."""
    return dataclasses.asdict(limits) | {
        "max_map_side": MAX_MAP_SIDE,
        "max_map_pixels": max_map_pixels(num_components),
        "max_jpeg_bytes": MAX_JPEG_BYTES,
        "max_scans": MAX_SCANS,
        "max_scanned_pixels": MAX_SCANNED_PIXELS,
        "max_rows": MAX_ROWS,
    }


def limits_of(model: keras.Model, config: ModelConfig) -> RequestLimits:
    """Returns limits for this model, which allow at least one clip."""
    frames = MAX_INPUT_PIXELS // math.prod(config.input_size)
    clips = MAX_OPERATIONS // operations_of_clip(model)
    return RequestLimits(
        max_frames=min(MAX_FRAMES, max(CLIP_LENGTH, frames)),
        max_clips=min(MAX_FRAMES, max(1, clips)),
    )
