"""Saliency in Crowd: 500 pictures with many faces, 16 observers.

Raw layout: `data/stimuli/001.jpg` to `500.jpg` and `data/eye/fixations.mat`.
"""

from tfrecords_tools.sources.picture_source import PictureSource
from tfrecords_tools.sources.picture_tables import subjects_of_pictures


class SaliencyInCrowd(PictureSource):
    """Pictures of crowds, each shown for 5 seconds."""

    name = "saliency_in_crowd"
    citation = (
        "Jiang, Xu, Zhao: Saliency in Crowd. European Conference on Computer "
        "Vision, 2014. MIT licence."
    )
    table_path = ("data", "eye", "fixations.mat")
    table_form = "cells `fixations` of structs with `img` and `subjects`"
    parse = staticmethod(subjects_of_pictures)

    def size_of(self, video_id: str) -> tuple[int, int]:
        return 768, 1024
