"""The videos of a split, which other processes read for themselves."""

import functools
import os

from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.prepared_dataset import dataset_digest
from rmdn_tf.data.records import RecordError


class SplitVideos(dict[str, Video]):
    """Name -> video, of a split.

    The fixations of a large split take 100 MB. So a pickle holds only where
    they are, and each process reads them once.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".

    Raises:
        FileNotFoundError, RecordError: see
            `rmdn_tf.data.annotations.read_videos`.
    """

    def __init__(self, data_dir: str | os.PathLike, split: str):
        super().__init__(read_videos(data_dir, split))
        self._data_dir, self._split = os.fspath(data_dir), split

    def __reduce__(self) -> tuple:
        return _of_process, (self._data_dir, self._split, self._digest)

    @functools.cached_property
    def _digest(self) -> str:
        return dataset_digest(self._data_dir)


@functools.lru_cache(maxsize=1)
def _of_process(data_dir: str, split: str, digest: str) -> SplitVideos:
    if dataset_digest(data_dir) != digest:
        raise RecordError(
            f"Invalid dataset '{data_dir}'. Expected the same as where the "
            "command was started. Received: another one."
        )
    return SplitVideos(data_dir, split)
