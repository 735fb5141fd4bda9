"""How large a picture may be; apart, for settings that read none."""

# Slightly more than a frame of 8K, 7680 x 4320.
MAX_PIXELS = 2**25
