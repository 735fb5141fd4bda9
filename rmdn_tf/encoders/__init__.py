"""Computes features of frames and clips, with pretrained weights."""
