"""Reads frames of video files and of folders of pictures."""
