"""Compresses one video with a model.

Memory does not grow with the length of the video. An output appears when it is
complete.
"""

import contextlib
import dataclasses
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from tqdm import tqdm

from rmdn_tf.applications.compress.blur import AttentionBlur
from rmdn_tf.applications.compress.encoders import options_of
from rmdn_tf.applications.compress.map_files import BLOCK, WRITERS, MapFile
from rmdn_tf.applications.compress.offsets import block_grid, offsets_of
from rmdn_tf.applications.compress.regions import Regions
from rmdn_tf.applications.compress.settings import CompressionSettings
from rmdn_tf.files.published import published
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.formats import Encoding, pixel_format
from rmdn_tf.video.planes import in_format, size_of
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter

# Height and width of the blocks in which encoders take offsets, in pixels.
# Large frames have larger blocks: at most `_MAX_ROWS` rows of them.
_BLOCK, _MAX_ROWS = 16, 45

# The encoder's offsets stay until one of them is wrong by more than this: new
# filters take milliseconds, and small changes save nothing.
_TOLERANCE = 1.0


@dataclasses.dataclass(frozen=True)
class Compression:
    """Compresses one video.

    Attributes:
        model: of `rmdn_tf.load`, or a `Client`.
        video: a file, a stream's address, or the number of a camera.
        network: how the network runs.
        settings: how the video is encoded.
    """

    model: AttentionModel
    video: str
    network: NetworkSettings
    settings: CompressionSettings

    def run(self) -> int:
        """Compresses the video, and writes the map if one is wanted.

        Returns:
            The number of frames.

        Raises:
            ValueError: the video is invalid, or the format of the output does
                not take it.
            OSError: a file cannot be read or written.
        """
        settings, number = self.settings, 0
        with contextlib.ExitStack() as stack:
            video = stack.enter_context(
                predicted_video(
                    self.model,
                    self.video,
                    self.network,
                    with_sound=bool(settings.output) and settings.sound,
                )
            )
            outputs = {"--output": settings.output, "--map": settings.map}
            video.refuse_existing(outputs)
            encoded = self._open_video(stack, video.reader)
            map_file = self._open_map(stack)
            bar = tqdm(video, unit="frame", total=video.total, leave=False)
            for frame, density in bar:
                number += 1
                if encoded:
                    encoded.write(frame, density)
                if map_file:
                    grid = block_grid(size_of(frame), BLOCK)
                    offsets = offsets_of(density, grid, settings.strength)
                    map_file.write(offsets)
        video.report_damage(number)
        return number

    def _open_video(
        self, stack: contextlib.ExitStack, reader: VideoReader
    ) -> "CompressedVideo | None":
        first = reader.first_frame
        if not self.settings.output or first is None:
            return None
        path = stack.enter_context(published(self.settings.output))
        return stack.enter_context(
            CompressedVideo(path, reader, first, self.settings)
        )

    def _open_map(self, stack: contextlib.ExitStack) -> MapFile | None:
        if not self.settings.map:
            return None
        path = stack.enter_context(published(self.settings.map))
        file = stack.enter_context(open(path, "w", encoding="ascii"))
        return WRITERS[self.settings.map_format](file)


class CompressedVideo:
    """Encodes frames, with more bits where people look; a context manager.

    Args:
        path: path of the video.
        reader: the video that was read, at its first frame.
        first: its first frame.
        settings: how to encode.

    Raises:
        VideoError: FFmpeg cannot write the video, now or later.
    """

    def __init__(
        self,
        path: str,
        reader: VideoReader,
        first: av.VideoFrame,
        settings: CompressionSettings,
    ):
        self._strength = settings.offset_strength
        self._reformatter = VideoReformatter()
        self._format = _format_of(first, settings.codec, reader.name)
        size = size_of(first)
        block = _BLOCK
        while block_grid(size, block)[0] > _MAX_ROWS:
            block += _BLOCK
        self._grid = block_grid(size, block)
        self._offsets = np.full(self._grid, np.inf)
        self._steps: list[AttentionBlur | Regions] = []
        if "blur" in settings.methods:
            self._steps.append(AttentionBlur())
        if "roi" in settings.methods:
            self._steps.append(Regions(block))
        self._writer = VideoWriter(
            path, reader, self._converted(first), encoding_of(settings)
        )

    def write(self, frame: av.VideoFrame, density: Density) -> None:
        """Encodes the next frame.

        Args:
            frame: the frame.
            density: where people look in it.

        Raises:
            VideoError: FFmpeg cannot write the frame.
        """
        offsets = offsets_of(density, self._grid, self._strength)
        if np.abs(offsets - self._offsets).max() > _TOLERANCE:
            self._offsets = offsets
        frame = self._converted(frame)
        for step in self._steps:
            frame = step(frame, self._offsets)
        self._writer.write(frame)

    def _converted(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Returns a frame in a pixel format that the encoder takes."""
        return in_format(frame, self._format, self._reformatter)

    def __enter__(self) -> "CompressedVideo":
        self._writer.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._writer.__exit__(*exception)


def _format_of(frame: av.VideoFrame, codec: str, name: str) -> str:
    try:
        return pixel_format(codec, frame)
    except ValueError as error:
        raise VideoError(
            f"Cannot compress the video '{name}': {error}. Choose libx264 or "
            "libx265."
        ) from error


def encoding_of(settings: CompressionSettings) -> Encoding:
    """Returns the encoder and its options.

    Args:
        settings: of the compression.
    """
    codec = settings.codec
    options = options_of(codec, settings.preset or settings.encoder.preset)
    if settings.bitrate:
        return Encoding(codec, options, 1000 * settings.bitrate)
    return Encoding(codec, options | {"crf": str(settings.crf)})
