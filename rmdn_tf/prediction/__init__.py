"""Predicts a density in every frame of any video, and writes it."""
