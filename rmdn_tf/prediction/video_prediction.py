"""Predicts a video: reads it, runs a model, and writes the outputs.

Memory does not grow with the length of the video. An output appears when it is
complete.
"""

import contextlib
import dataclasses

import av
from tqdm import tqdm

from rmdn_tf.files.published import published
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.checks import not_a_picture
from rmdn_tf.prediction.density import Density, DensityBetween
from rmdn_tf.prediction.density_files import (
    DensityFile,
    OverlayFile,
    parameter_file,
)
from rmdn_tf.prediction.map_folder import map_folder, origin_of
from rmdn_tf.prediction.predicted_video import PredictedVideo, predicted_video
from rmdn_tf.prediction.settings import (
    DrawingSettings,
    NetworkSettings,
    NumberSettings,
)
from rmdn_tf.prediction.summary import summary_file
from rmdn_tf.video.picture_names import is_picture_name
from rmdn_tf.video.pictures import PictureWriter
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter


@dataclasses.dataclass(frozen=True)
class VideoPrediction:
    """Predicts one video with a model.

    Attributes:
        model: of `rmdn_tf.load`, or a `Client`.
        video: a file, a stream's address, or the number of a camera.
        network: how the network runs; the model has its precision already.
        drawing: the video to write, if any.
        numbers: the maps and parameters to write, if any.
        model_path: path of the model, needed to resume interrupted maps; None
            if unknown.
        title: what the progress bar says before its numbers; None for no bar.
    """

    model: AttentionModel
    video: str
    network: NetworkSettings
    drawing: DrawingSettings
    numbers: NumberSettings
    model_path: str | None = None
    title: str | None = ""

    def run(self) -> int:
        """Predicts the video and writes the outputs.

        Returns:
            The number of frames.

        Raises:
            ValueError: the video is invalid, or an output cannot be written in
                the format that its name asks for.
            OSError: a file cannot be read or written.
        """
        with contextlib.ExitStack() as stack:
            video = stack.enter_context(
                predicted_video(
                    self.model,
                    self.video,
                    self.network,
                    with_sound=bool(self.drawing.output) and self.drawing.sound,
                )
            )
            reader = video.reader
            video.refuse_existing(
                {
                    "--output": self.drawing.output,
                    "--parameters": self.numbers.parameters,
                    "--summary": self.numbers.summary,
                }
            )
            # An output that cannot be written is refused before the work.
            files = self._open_video(stack, reader)
            number = 0
            bar = tqdm(
                video,
                self.title,
                video.total,
                leave=False,
                unit="frame",
                disable=self.title is None,
            )
            for frame, density in bar:
                if not number:  # The first frame tells the upright size.
                    files += self._open_files(stack, video, frame, density)
                number += 1
                for file in files:
                    file.write(frame, frame.time, density)
        video.report_damage(number)
        return number

    def _open_video(
        self, stack: contextlib.ExitStack, reader: VideoReader
    ) -> list[DensityFile]:
        """Opens the video to write, if any; it appears when the stack ends."""
        drawing, first = self.drawing, reader.first_frame
        if not drawing.output or first is None:
            return []
        is_picture = is_picture_name(drawing.output)
        overlay = drawing.overlay(in_rgb=is_picture)
        path = stack.enter_context(published(drawing.output))
        writer: VideoWriter | PictureWriter
        if is_picture:
            writer = self._picture_writer(reader, path)
        else:
            form = overlay.blank(first)
            writer = stack.enter_context(VideoWriter(path, reader, form))
        return [OverlayFile(writer, overlay, drawing.fixations, drawing.seed)]

    def _picture_writer(self, reader: VideoReader, path: str) -> PictureWriter:
        if not reader.picture:
            raise not_a_picture(reader.name, self.drawing.output)
        return PictureWriter(path, reader.picture.icc_profile)

    def _open_files(
        self,
        stack: contextlib.ExitStack,
        video: PredictedVideo,
        frame: av.VideoFrame,
        density: Density,
    ) -> list[DensityFile]:
        """Opens the other outputs, which appear when the stack ends."""
        numbers = self.numbers
        files: list[DensityFile] = []
        if numbers.maps:
            size = numbers.map_size or (frame.height, frame.width)
            origin = origin_of_one_file(
                video.reader, self.video, self.model_path, self.network
            )
            maps = map_folder(
                numbers.maps,
                size,
                numbers.map_format,
                origin,
                numbers.best_map,
            )
            files.append(stack.enter_context(maps))
        if numbers.parameters:
            num_components = len(density.parameters)
            # The first frame of a part may lie between two clips.
            is_between = isinstance(density, DensityBetween)
            if video.interpolates and not is_between:
                num_components *= 2
            table = parameter_file(numbers.parameters, num_components)
            files.append(stack.enter_context(table))
        if numbers.summary:
            files.append(stack.enter_context(summary_file(numbers.summary)))
        return files


def origin_of_one_file(
    reader: VideoReader,
    video: str,
    model_path: str | None,
    network: NetworkSettings,
) -> dict | None:
    """Returns what the densities of a video depend on, for JSON.

    Args:
        reader: of the video.
        video: its path.
        model_path: path of the model, which is not loaded; None if unknown.
        network: how the network runs.

    Returns:
        None if the input is not one file, or the model is unknown.
    """
    if not model_path or reader.is_live or reader.reads_other_files:
        return None
    return origin_of(video, model_path, network)
