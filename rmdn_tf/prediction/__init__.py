"""Predicts where people look in every frame of any video.

`attention_model` loads a model and streams videos through it. Each frame comes
out with its `density`. `density_files`, `map_folder` and `overlay` write
densities as numbers, as maps and over the video.
"""
