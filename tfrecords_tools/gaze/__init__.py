"""Gaze samples, events and files -> one fixation per frame and observer.

Sources call `fixations` for samples or events, `detection` to find the events
in plain samples, `coordinates` to map places on a screen to the video, and
`recordings` for a file per observer.
"""
