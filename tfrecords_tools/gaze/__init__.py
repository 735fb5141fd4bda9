"""Gaze samples, events and files -> one fixation per frame and observer.

Sources call `fixations` for samples or events, `detection` to find the events
in plain samples, `coordinates` to map places on a screen to the video,
`playback` to map the times of a player to the video, and `recordings` for a
file per observer. `checks` finds the rows in which the eye was not seen;
`units` refuses a table in unexpected units; `time_checks` is its part on times.
"""
