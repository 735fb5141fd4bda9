"""Gaze samples, events and files -> one fixation per frame and observer.

Sources call `fixations` for samples or events, `detection` to find the events
in plain samples, and `recordings` for a file per observer.
"""
