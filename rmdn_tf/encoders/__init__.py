"""Frames -> features of clips, by networks with published weights.

Start at `c3d` (the paper's network), `frame_features` (networks of single
frames) and `c3d_weights` (files of pretrained weights).
"""
