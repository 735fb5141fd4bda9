"""Does something with every part of a split, as tasks of an engine.

A network and the videos are not sent with a task: each process loads them
once. See `rmdn_tf.runs.shared_model` and `rmdn_tf.data.split_videos`.
"""

import dataclasses
import functools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.part_reader import PartReader
from rmdn_tf.data.split_parts import Part, parts_of
from rmdn_tf.data.windows import Window
from rmdn_tf.engines.processes import in_this_process
from rmdn_tf.engines.tasks import Run
from rmdn_tf.evaluation.frames import ChosenFrames
from rmdn_tf.files.json_arrays import from_json, to_json

# Batches of a part, and the frames to score, None for all -> a value of
# `rmdn_tf.files.json_arrays`.
Do = Callable[[Iterable[dict[str, tf.Tensor]], ChosenFrames | None], Any]


class PartTasks:
    """Does something with every part of a split.

    Args:
        data_dir: directory of a prepared dataset.
        info: its facts.
        run: does the tasks, see `rmdn_tf.engines`.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike,
        info: DatasetInfo,
        run: Run = in_this_process,
    ):
        self._data_dir, self._info, self._run = data_dir, info, run

    def each(
        self,
        split: str,
        window: Window,
        do: Do,
        choice: ChosenFrames | None = None,
    ) -> list[Any]:
        """Does something with every part.

        Args:
            split: "train", "validation" or "test", or several joined by "+".
            window: length and clip stride of a window.
            do: called for each part; can be pickled if other processes run.
            choice: frames to score; None for all.

        Returns:
            What `do` returns, in the order of the parts.
        """
        items = [
            _Item(number, part, choice and choice.of(p.video_id for p in part))
            for number, part in enumerate(parts_of(self._info, split))
        ]
        reader = PartReader(self._data_dir, self._info, window)
        results: list[Any] = [None] * len(items)
        num_frames = [item.num_frames for item in items]
        is_here = self._run is in_this_process
        with tqdm(
            total=sum(num_frames), desc=split, unit="frame", leave=False
        ) as bar:
            work = _Work(reader, do, bar.update if is_here else None)
            for outcome in self._run(work.do_part, items, _Item.describe):
                number = outcome["number"]
                results[number] = from_json(outcome["result"])
                bar.update(0 if is_here else num_frames[number])
        return results


@dataclasses.dataclass(frozen=True)
class _Item:
    number: int
    part: Part
    choice: ChosenFrames | None

    @property
    def num_frames(self) -> int:
        return sum(place.num_frames for place in self.part)

    def describe(self) -> str:
        first, last = self.part[0].video_id, self.part[-1].video_id
        return f"videos from '{first}' to '{last}'"


class _Work:
    """Does a task. A process unpickles it once, and keeps its graphs."""

    def __init__(
        self,
        reader: PartReader,
        do: Do,
        advance: Callable[[int], object] | None = None,
    ):
        self._reader, self._do, self._advance = reader, do, advance

    def do_part(self, item: _Item) -> dict[str, Any]:
        # The order of a BLAS's sums depends on its number of threads.
        with threadpool_limits(limits=1):
            batches = self._counted(self._reader.batches(item.part))
            result = self._do(batches, item.choice)
        return {"number": item.number, "result": to_json(result)}

    def _counted(self, batches: Iterable[dict]) -> Iterator[dict]:
        for batch in batches:
            yield batch
            if self._advance:
                self._advance(int(batch["frame_mask"].numpy().sum()))

    def __reduce__(self) -> tuple:
        return _restored, (self._content,)

    @functools.cached_property
    def _content(self) -> bytes:
        return pickle.dumps((self._reader, self._do))


@functools.lru_cache(maxsize=1)
def _restored(content: bytes) -> _Work:
    # An engine has already unpickled the task that holds this.
    return _Work(*pickle.loads(content))  # noqa: S301
