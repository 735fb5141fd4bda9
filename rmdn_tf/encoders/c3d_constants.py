"""C3D as it was published: its layers, and the scale of its input."""

# conv1a .. conv5b (Tran et al. 2015).
PAPER_FILTERS = ((64,), (128,), (256, 256), (512, 512), (512, 512))

# Layers whose output may be the features.
FEATURES = ("conv5b", "pool5", "fc6", "fc7")

# Features in cells: each cell sees a part of the frame.
CELL_FEATURES = ("conv5b", "pool5")

# Mean colour of Sports-1M, 0 to 255, rounded; `c3d_mean.read_mean_rgb` reads
# the exact one. Ports that read BGR subtract 90, 98, 102:
# https://github.com/jfzhang95/pytorch-video-recognition, dataloaders/
MEAN_RGB = (102.0, 98.0, 90.0)

# Brings pixels to about unit variance, -1.6 to 2.6. Pretrained weights are
# adapted to it: their first kernel is divided by it.
PIXEL_SCALE = 1 / 64

# Orders of colours.
CHANNELS = ("bgr", "rgb")

# Axes of [out, in, t, h, w] that a converter to Theano flipped.
THEANO_FLIPS = {"thw": (2, 3, 4), "hw": (3, 4)}
