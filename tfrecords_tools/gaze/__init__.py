"""Gaze samples, events and files -> one fixation per frame and observer.

Sources start from `fixations` (samples or events to fixations), `detection`
(samples without events to events) and `recordings` (a file per observer).
"""
