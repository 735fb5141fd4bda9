"""Crops a video to another shape, where people look.

Densities come in, frame by frame; the crop of every frame goes out.
`reframing` runs a whole video. `crop_path` plans: `shot_planner` for one shot,
by `steady_choice`, where the camera should be, and `optimal_path`, how it gets
there. `cropping` cuts a frame.
"""
