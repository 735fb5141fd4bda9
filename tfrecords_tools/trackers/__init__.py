"""The export of an eye tracker -> a table of gaze.

Times become milliseconds from the start of the stimulus. The table also says
how the file was understood: columns, unit of time, clock and coordinates.

Start at `formats.read_gaze`. A table of text takes this way:

1. `dialect` finds the encoding and splits lines into cells.
2. `tables` finds the line with the names of the columns (`headers`), and the
   tracker whose module knows them. Each such module, for example `tobii`, has a
   function `layout`, which tells what the columns mean (`layout`).
3. `chunks` and `cells` turn text into numbers, `rows` into gaze in the table's
   own units, and `assembly` into a table of gaze.

EyeLink's log of messages has a reader of its own, `eyelink`. `merging` joins
the tables of several files; `stimuli` finds the video that a table names.
"""
