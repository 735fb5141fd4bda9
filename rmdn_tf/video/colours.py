"""How densities and fixations look in pictures."""

# How a density is drawn over a frame, with the usual opacity.
STYLES = {"heat": 0.7, "contours": 1.0, "ellipses": 1.0}

# Name of a matplotlib colormap.
COLORMAP = "inferno"

# Colour of the ring around a fixation.
RING_RGB = (0, 255, 160)
