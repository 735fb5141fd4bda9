"""Crops a video to another shape, where people look.

`reframing` runs a whole video. `crop_path` plans the crop of every frame from
the densities, shot by shot: `shot_planner` chooses where the camera should be,
by `steady_choice`, and how it gets there, by `optimal_path`. `cropping` cuts a
frame.
"""
