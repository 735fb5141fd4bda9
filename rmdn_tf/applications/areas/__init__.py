"""Measures how much attention areas of a video get, and how soon.

`read_areas` reads the areas: polygons that may move, appear and vanish.
`Measurement` gives, for each frame and area of a video, the share of attention
and the share of observers who have looked; `summarize` does so for the whole
video. `ShareErrors` makes intervals of shares. `report` does all of it, and
writes the tables and the plot.
"""
