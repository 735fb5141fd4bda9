"""Predicts several videos, and goes on where an earlier run stopped.

A folder of the outputs keeps what each video was made with, in files such as
`.predicted/NAME.json`. A video is skipped if its outputs are there, and were
made from the same video, model and settings by the same versions.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from rmdn_tf.engines.processes import in_this_process
from rmdn_tf.engines.tasks import Run
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.safe_names import file_name
from rmdn_tf.files.settings_file import SettingsFile
from rmdn_tf.files.write_errors import full_disk
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.batch_plan import Job
from rmdn_tf.prediction.batch_result import BatchResult
from rmdn_tf.prediction.map_folder import MAPS_FILE
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.prediction.video_prediction import (
    VideoPrediction,
    origin_of_one_file,
)
from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader

RECORDS = ".predicted"

_SCHEMA = {"type": "object", "required": ["origin", "outputs"]}


@dataclasses.dataclass(frozen=True)
class Batch:
    """Predicts videos with one model, each as a task of an engine.

    Attributes:
        load: returns the model; called for each video that is predicted. It
            and the model it keeps belong to one process; it can be pickled.
        network: how the network runs.
        folder: folder of the outputs, which is made if missing.
        model_path: path of the model, needed to skip videos; None if unknown.
    """

    load: Callable[[], AttentionModel]
    network: NetworkSettings
    folder: str
    model_path: str | None = None

    def run(
        self,
        jobs: Sequence[Job],
        result: BatchResult,
        run: Run = in_this_process,
    ) -> None:
        """Predicts the videos; prints a line for each that cannot be read.

        Args:
            jobs: the videos and their outputs.
            result: gets what becomes of each video; a video that it already
                calls unreadable is left out.
            run: does the tasks, see `rmdn_tf.engines`.

        Raises:
            ValueError: an output cannot be written in the format that its name
                asks for, or a folder of maps holds maps of another video.
            OSError: a file cannot be written, or another process predicts into
                the folder.
        """
        os.makedirs(self.folder, exist_ok=True)
        records = os.path.join(self.folder, RECORDS)
        is_here = run is in_this_process
        tasks = [
            (f"{number}/{len(jobs)} {job.name}" if is_here else None, job)
            for number, job in enumerate(jobs, start=1)
            if job.name not in result.unreadable
        ]
        with one_at_a_time(records, "predicting"):
            outcomes = run(self.predict, tasks, lambda task: task[1].name)
            for outcome in tqdm(
                outcomes, "videos", len(tasks), unit="video", disable=is_here
            ):
                result.add(**outcome)
        result.in_order(jobs)

    def predict(self, task: tuple[str | None, Job]) -> dict[str, Any]:
        """Predicts a video, if its outputs are not there already.

        Args:
            task: title of the progress bar, None for no bar; and the video.

        Returns:
            The arguments of `BatchResult.add`, which fit JSON.

        Raises:
            ValueError, OSError: see `run`.
        """
        title, job = task
        try:
            return {"name": job.name, "num_frames": self._predict(title, job)}
        except VideoError as error:
            # A full disk is no fault of the video.
            if full_disk(error):
                raise
            return {"name": job.name, "unreadable": str(error)}

    def _predict(self, title: str | None, job: Job) -> int | None:
        """Returns the number of frames; None if the outputs are there."""
        path = os.path.join(self.folder, RECORDS, f"{file_name(job.name)}.json")
        with VideoReader(job.video) as reader:
            origin = origin_of_one_file(
                reader, job.video, self.model_path, self.network
            )
        made_with = origin and self._made_with(job, origin)
        record = SettingsFile(path, _SCHEMA)
        if made_with and record.read() == {
            "origin": made_with,
            "outputs": self._sizes(job),
        }:
            return None
        prediction = VideoPrediction(
            self.load(),
            job.video,
            self.network,
            job.drawing,
            job.numbers,
            self.model_path,
            title,
        )
        for output in job.outputs.values():
            os.makedirs(os.path.dirname(output) or ".", exist_ok=True)
        num_frames = prediction.run()
        if made_with:
            record.write({"origin": made_with, "outputs": self._sizes(job)})
        return num_frames

    def _made_with(self, job: Job, origin: Mapping) -> dict:
        """Returns all that the outputs depend on, as JSON gives it back."""
        settings = {**vars(job.drawing), **vars(job.numbers), **origin}
        for flag in job.outputs:  # A folder may be moved as a whole.
            del settings[flag.removeprefix("--")]
        return json.loads(json.dumps(settings))

    def _sizes(self, job: Job) -> dict[str, int | None]:
        """Returns the path of each output in the folder -> its bytes."""
        sizes: dict[str, int | None] = {}
        for path in job.outputs.values():
            held = (
                os.path.join(path, MAPS_FILE) if os.path.isdir(path) else path
            )
            size = os.path.getsize(held) if os.path.isfile(held) else None
            sizes[os.path.relpath(path, self.folder)] = size
        return sizes
