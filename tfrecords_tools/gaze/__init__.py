"""Gaze samples, events and files -> one fixation per frame and observer.

Sources start from `fixations` (samples or events to fixations), `detection`
(samples without events to events), `recordings` (files by video and observer)
and `screen` (pixels of the screen to pixels of the video).
"""
