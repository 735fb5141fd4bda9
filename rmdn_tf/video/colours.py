"""The colours of densities and of fixations in pictures."""

# Name of a colormap of matplotlib.
COLORMAP = "inferno"

RING_RGB = (0, 255, 160)
