"""Turns gaze samples and events into a point per frame and observer."""
