"""Predicts where people look in every frame of any video, and writes it.

`attention_model` loads a trained model and streams videos through it: each
frame comes out with its `density`. `density_files`, `map_folder` and `overlay`
write densities as numbers, as maps and over the video.
"""
