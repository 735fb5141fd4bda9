"""The export of an eye tracker -> a table of gaze.

A file as Tobii, Pupil, EyeLink or another tracker writes it comes in. Gaze in
milliseconds from the stimulus' start goes out, with what was understood of the
file: columns, unit of time, clock and coordinates.
"""
