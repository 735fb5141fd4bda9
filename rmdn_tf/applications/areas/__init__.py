"""Measures how much attention areas of a video get, and how soon.

`read_areas` reads the areas: polygons that may move, appear and vanish.
`measure` runs a model through a video and gives, for each frame and area, the
share of attention and the share of observers who have looked; `Summary` holds
what is left of a whole video. `ShareErrors` makes intervals of shares.
"""
