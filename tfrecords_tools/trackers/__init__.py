"""The export of an eye tracker -> a table of gaze.

A file as Tobii, Pupil, EyeLink or another tracker writes it comes in. Gaze in
milliseconds from the stimulus' start goes out, with what was understood of the
file: columns, unit of time, clock and coordinates.

Start at `formats.read_gaze`. A tracker that writes a table has a module with
`layout`, which tells what the columns mean (`layout`); `tables` finds the
header, `rows` reads the lines and `assembly` makes the table of gaze.
"""
