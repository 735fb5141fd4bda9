"""Crops a video where people look: plans the path, then cuts the frames.

The video is read twice, once for each. Memory does not grow with its length,
except for a few numbers a frame. An output appears when it is complete.
"""

import contextlib
import dataclasses
import math
import os
from collections.abc import Callable, Iterator

from tqdm import tqdm

from rmdn_tf.applications.reframe.crop_path import CropPath, CropPlanner
from rmdn_tf.applications.reframe.crop_sizes import CropSizes, choose_sizes
from rmdn_tf.applications.reframe.cropping import FrameCropper
from rmdn_tf.applications.reframe.path_file import write_path
from rmdn_tf.applications.reframe.settings import CropSettings, OutputSettings
from rmdn_tf.files.published import published
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.predicted_video import (
    PredictedVideo,
    empty_part,
    predicted_video,
    wanted_end,
)
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.shots import ShotDetector
from rmdn_tf.video.sources import require_file
from rmdn_tf.video.span import Span
from rmdn_tf.video.writer import VideoWriter


@dataclasses.dataclass(frozen=True)
class Reframing:
    """Crops one video with a model.

    Attributes:
        model: of `rmdn_tf.load`.
        video: a file.
        network: how the network runs.
        crop: how the crop moves.
        output: what to write.
    """

    model: AttentionModel
    video: str | os.PathLike
    network: NetworkSettings
    crop: CropSettings
    output: OutputSettings

    def run(self) -> CropPath:
        """Crops the video and writes the outputs.

        Returns:
            The crop of every frame.

        Raises:
            ValueError: the video is invalid, or an output cannot be written in
                the format that its name asks for.
            OSError: a file cannot be read or written.
        """
        require_file(self.video)
        with contextlib.ExitStack() as stack:
            # An output that cannot be written is refused before the work.
            cut = self._open_output(stack, self.output.output)
            sizes, path = self._plan()
            if self.output.path:
                write_path(self.output.path, path, sizes)
            if cut:
                cut(path)
        return path

    def _plan(self) -> tuple[CropSizes, CropPath]:
        """Reads the video once, for where people look."""
        with predicted_video(self.model, self.video, self.network) as video:
            sizes = self._sizes(video.reader)
            planner = CropPlanner(sizes, self.crop)
            bar = tqdm(
                moments_of(video),
                "path",
                unit="frame",
                total=video.total,
                leave=False,
            )
            for time, density, begins_shot in bar:
                planner.add(time, density, begins_shot)
            path = planner.finish()
            video.report_damage(len(path.times))
            return sizes, path

    def _sizes(self, reader: VideoReader) -> CropSizes:
        if reader.reads_other_files:
            raise VideoError(
                f"Invalid video '{reader.name}'. Expected one file. Received: "
                "a list of files."
            )
        first = reader.first_frame
        if first is None:
            raise empty_part(reader.name, self.network)
        return choose_sizes(
            (first.height, first.width),
            self.crop.ratio,
            self.output.height,
            reader.pixel_aspect,
        )

    def _open_output(
        self, stack: contextlib.ExitStack, output: str | None
    ) -> Callable | None:
        """Opens the video again, and the output, which appears at the end.

        Returns:
            A function that cuts the frames along a path; None without output.
        """
        if not output:
            return None
        start = self.network.start
        end = wanted_end(self.video, self.network)
        reader = stack.enter_context(
            VideoReader(
                self.video,
                with_sound=self.output.sound,
                span=Span(start, end, start or -math.inf, end),
            )
        )
        crop = FrameCropper(self._sizes(reader), self.crop.padding == "blur")
        temporary = stack.enter_context(published(output))
        form = crop.blank(reader.first_frame)
        writer = stack.enter_context(VideoWriter(temporary, reader, form))

        def cut(path: CropPath) -> None:
            number, total = 0, len(path.boxes)
            # The reader comes first: at its end it reads the rest of the sound.
            frames = zip(reader, path.boxes, strict=False)
            bar = tqdm(frames, "crop", total, unit="frame", leave=False)
            for frame, box in bar:
                writer.write(crop(frame, box))
                number += 1
            if number < total:
                raise VideoError(
                    f"Changed video '{reader.name}'. Expected {total} frames, "
                    f"as before. Received: {number}."
                )

        return cut


def moments_of(video: PredictedVideo) -> Iterator[tuple[float, Density, bool]]:
    """Yields what a `CropPlanner` takes of each frame.

    Args:
        video: frames with their densities.

    Yields:
        When the frame is shown, in seconds; its density; and whether it begins
        another shot.
    """
    begins_shot = ShotDetector()
    for frame, density in video:
        yield frame.time, density, begins_shot(frame)
