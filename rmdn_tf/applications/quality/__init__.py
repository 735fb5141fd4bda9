"""Compares videos with their reference, weighted by where people look.

Gives PSNR and SSIM of every frame of a distorted video, plain and weighted by
the density of gaze in its reference. Start from `comparison.compare`:
`compared_video` reads a distorted video beside the reference, `scores` rates a
frame, and `video_scores` sums up a video. `report` and `plot` write the files.
The metrics themselves are in `rmdn_tf.metrics.picture_quality`.
"""
