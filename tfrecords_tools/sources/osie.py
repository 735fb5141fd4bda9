"""OSIE: 700 pictures with several objects, 15 observers.

Raw layout: `data/stimuli/1001.jpg` to `1700.jpg` and `data/eye/fixations.mat`.
"""

from tfrecords_tools.sources.picture_source import PictureSource
from tfrecords_tools.sources.picture_tables import subjects_of_pictures


class Osie(PictureSource):
    """Pictures of OSIE, each shown for 3 seconds."""

    name = "osie"
    citation = (
        "Xu, Jiang, Wang, Kankanhalli, Zhao: Predicting Human Gaze Beyond "
        "Pixels. Journal of Vision 14(1):28, 2014. MIT licence."
    )
    table_path = ("data", "eye", "fixations.mat")
    table_form = "cells `fixations` of structs with `img` and `subjects`"
    parse = staticmethod(subjects_of_pictures)

    def size_of(self, video_id: str) -> tuple[int, int]:
        return 600, 800
