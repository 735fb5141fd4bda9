"""Recognizes the action of a video by features that attention weights."""
