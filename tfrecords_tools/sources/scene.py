"""Scene: 500 pictures of the database SUN2012, 12 observers.

Raw layout: `data/stimuli/001.jpg` to `500.jpg`, `data/tidy/fixations.mat` and
`data/tidy/imgInfo.mat` with the size of each picture.
"""

from collections.abc import Iterator

from tfrecords_tools.sources.picture_source import PictureSource
from tfrecords_tools.sources.picture_tables import (
    read_variable,
    rows_of_pictures,
    sizes_of_pictures,
)


class Scene(PictureSource):
    """Pictures of places, each shown for 3 seconds."""

    name = "scene"
    citation = (
        "Liang, Jiang, Liang, Zhao: Saliency Prediction with Scene Structural "
        "Guidance. IEEE International Conference on Systems, Man, and "
        "Cybernetics, 2017. MIT licence."
    )
    table_path = ("data", "tidy", "fixations.mat")
    table_form = "cells `fixations` of pictures and observers, [n, 4] each"
    parse = staticmethod(rows_of_pictures)

    def size_of(self, video_id: str) -> tuple[int, int]:
        return self._sizes()[video_id]

    def companion_files(self, video_id: str) -> list[str]:
        return [*super().companion_files(video_id), self._size_table()]

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        sizes = self._sizes()
        for name, path in super().find_files():
            yield name if name in sizes else None, path

    def _sizes(self) -> dict[str, tuple[int, int]]:
        return read_variable(
            self._size_table(),
            "imgInfo",
            sizes_of_pictures,
            "a struct `imgInfo` with `size`, [n, 2]",
        )

    def _size_table(self) -> str:
        return self.path_in("data", "tidy", "imgInfo.mat")
