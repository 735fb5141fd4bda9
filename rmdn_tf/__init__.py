"""Where people look in a video, as a probability density in every frame."""

import os

# TensorFlow reads it once, when it is imported. It leaves oneDNN off on AMD's
# and older processors, where 3D convolutions are then several times as slow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
