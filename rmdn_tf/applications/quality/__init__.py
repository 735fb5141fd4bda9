"""Compares videos with their reference, weighted by where people look.

In come a reference and its distorted videos; out come PSNR and SSIM of every
frame, plain and weighted by the density of gaze in the reference. Start from
`comparison.compare`; `pooling` sums up a video, `report` and `plot` write what
was found. The metrics themselves are `rmdn_tf.metrics.picture_quality`.
"""
