"""Reads frames from a video file or a camera, and writes and draws them."""
