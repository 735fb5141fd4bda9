"""Reads frames from a video file or a camera, and writes and draws them.

A path, an address or a camera comes in; upright frames with increasing times go
out. Start from `reader` (any source), `decoding` (files) and `writer`.
"""
