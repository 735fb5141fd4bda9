"""Formats of a file of quantiser offsets."""

# The encoders that read them; the first one is the default.
MAP_FORMATS = ("svt-av1", "kvazaar")
