"""A trained model that gives every frame of a video its density.

import rmdn_tf

model = rmdn_tf.load()  # The model that comes with the package.
for frame, density in model.stream("video.mp4"):
    saliency_map = density.saliency_map(*frame.shape[:2])
density = model.predict("picture.jpg")
prediction = model.predict("short.mp4")
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
from PIL import Image

from rmdn_tf.model.clip_stream import ClipStream, Network
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_stream import (
    DensityStream,
    Moment,
    read_moments,
)
from rmdn_tf.prediction.settings import NetworkSettings, is_bfloat16
from rmdn_tf.runs.paths import DEFAULT, fastest_form, require_bfloat16
from rmdn_tf.runtimes.loading import load_portable
from rmdn_tf.video.decoding import RGB, FrameShrinker
from rmdn_tf.video.given_frames import rgb_frames, rgb_picture
from rmdn_tf.video.picture_names import is_picture_name
from rmdn_tf.video.pictures import read_picture
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.shots import ShotDetector
from rmdn_tf.video.sources import find_source

if TYPE_CHECKING:
    from rmdn_tf.prediction.whole_video import Prediction


class AttentionModel:
    """A trained model that runs through videos frame by frame.

    Several streams may run side by side: each has its own state.

    Args:
        network: the network, such as a `KerasNetwork` of
            `rmdn_tf.model.clip_stream`.
        config: its settings.
    """

    def __init__(self, network: Network, config: ModelConfig):
        self.network = network
        self.config = config

    def newest(self) -> "AttentionModel":
        """Gives the model that the next stream runs: this one.

        A `Client` gives the newest version of its model on the server.

        Returns:
            The model, of the same settings or of newer ones.
        """
        return self

    def stream(
        self,
        video: str | os.PathLike | Iterable,
        frames_per_second: float | None = None,
        *,
        clip_stride: int | None = None,
        interpolate: bool = False,
        reset_on_shots: bool = False,
        clips_at_once: int = 1,
    ) -> Iterator[tuple[np.ndarray, Density]]:
        """Gives every frame of a video its density.

        Memory does not grow with the length of the video.

        Args:
            video: a file, the URL of a stream or the number of a camera; or
                frames, see `rmdn_tf.video.given_frames.rgb_frames`.
            frames_per_second: rate of given frames; None for the rate that the
                model was trained at. In a faster video the model skips frames,
                so that motion has the speed that it knows.
            clip_stride: frames from one run of the network to the next; None
                for the stride of training.
            interpolate: frames between two runs get a density between the two,
                and wait for the second run. Otherwise they keep the last
                density, and no frame waits.
            reset_on_shots: start anew at each shot.
            clips_at_once: number of runs that are made together. With more than
                one, frames wait for later frames.

        Yields:
            A frame, uint8 `[H, W, 3]`, RGB, upright, and its density.

        Raises:
            ValueError: an argument or a frame is invalid, or the video cannot
                be read.
        """
        model = self.newest()
        densities = model.densities(
            clip_stride=clip_stride,
            interpolate=interpolate,
            reset_on_shots=reset_on_shots,
            clips_at_once=clips_at_once,
        )
        return model._run(densities, video, frames_per_second)

    def predict(
        self, source: str | os.PathLike | np.ndarray | Iterable
    ) -> "Density | Prediction":
        """Tells where people look in a picture, or in a short video.

        A picture gives a `Density`. A video gives a `Prediction`, also if it
        has one frame only. For a type checker, `predict_picture` and
        `predict_video` tell the two apart; they also say what each takes.

        Args:
            source: a picture: a file, uint8 `[H, W, 3]`, or a picture of
                Pillow. Or a video: another file, or frames, such as a list or
                uint8 `[L, H, W, 3]`.

        Returns:
            The density of the picture, or of every frame.

        Raises:
            ValueError: the picture or video is missing, damaged or too large.
        """
        if _is_picture(source):
            return self.predict_picture(source)
        return self.predict_video(source)

    def predict_picture(
        self, picture: str | os.PathLike | np.ndarray
    ) -> Density:
        """Tells where people look in a picture.

        A picture has no past: the network sees it as a video that has not
        changed yet.

        Args:
            picture: a PNG, JPEG, WebP, BMP or TIFF file, which is turned
                upright by its EXIF; or uint8 `[H, W, 3]`, RGB, or a picture of
                Pillow, both taken as they are.

        Returns:
            The density.

        Raises:
            ValueError: the picture is missing, damaged or of another kind.
        """
        if isinstance(picture, str | os.PathLike):
            picture = read_picture(picture)
        pixels = rgb_picture(picture, "picture")
        ((_, density),) = self.stream([pixels])
        return density

    def predict_video(
        self,
        video: str | os.PathLike | Iterable,
        frames_per_second: float | None = None,
        *,
        clip_stride: int | None = None,
        interpolate: bool = True,
        reset_on_shots: bool = False,
        keep_frames: bool = True,
    ) -> "Prediction":
        """Tells where people look in every frame of a short video, at once.

        The densities are those of `rmdn predict`. All of them are kept, and
        the frames: use `stream` for a long video.

        Args:
            video: a file, or frames, as for `stream`.
            frames_per_second: rate of given frames; None for the rate that the
                model was trained at.
            clip_stride: frames from one run of the network to the next; None
                for the stride of training.
            interpolate: frames between two runs get a density between the two.
                Otherwise they keep the last density, as in `stream`.
            reset_on_shots: start anew at each shot.
            keep_frames: keep the frames beside the densities.

        Returns:
            Times, densities and frames of the video.

        Raises:
            ValueError: an argument or a frame is invalid, the video cannot be
                read, or would take more than
                `rmdn_tf.prediction.whole_video.MAX_BYTES`.
        """
        # Here, since it imports this module.
        from rmdn_tf.prediction.whole_video import predict_whole

        settings = NetworkSettings(
            clip_stride=clip_stride,
            hold=not interpolate,
            reset_on_shots=reset_on_shots,
        )
        return predict_whole(
            self, video, frames_per_second, settings, keep_frames
        )

    def _run(
        self,
        densities: DensityStream,
        video: str | os.PathLike | Iterable,
        rate: float | None,
    ) -> Iterator[tuple[np.ndarray, Density]]:
        """Yields the frames of a file, of a camera or as given."""
        if isinstance(video, str | os.PathLike):
            with VideoReader(video) as reader:
                for frame, density in densities(self.moments(reader)):
                    # A thread for each frame would take longer than the work.
                    pixels = frame.reformat(format=RGB, threads=1)
                    yield pixels.to_ndarray(), density
        else:
            yield from densities(self._moments_of_frames(video, rate))

    def densities(
        self,
        *,
        clip_stride: int | None = None,
        interpolate: bool = False,
        reset_on_shots: bool = False,
        clips_at_once: int = 1,
    ) -> DensityStream:
        """Makes a stream of densities that takes `Moment`s.

        `stream` is simpler, unless frames come with times of their own.

        Args:
            clip_stride: frames from one run of the network to the next; None
                for the stride of training.
            interpolate: frames between two runs get a density between the two,
                and wait for the second run.
            reset_on_shots: start anew at each shot.
            clips_at_once: number of runs that are made together.

        Returns:
            The stream, for one video after another.
        """
        model = self.newest()
        if clip_stride is None:
            clip_stride = model.config.clip_stride
        is_cut: Callable | None = ShotDetector() if reset_on_shots else None
        return DensityStream(
            ClipStream(model.network, clip_stride),
            clip_stride,
            frames_per_second=model.config.frames_per_second,
            interpolate=interpolate,
            clips_at_once=clips_at_once,
            is_cut=is_cut,
        )

    def moments(self, reader: VideoReader) -> Iterator[Moment]:
        """Reads the frames of a video, shrunk for the network.

        Args:
            reader: the video, at its beginning.

        Yields:
            Each frame, an `av.VideoFrame`, with its pixels for the network.
        """
        return read_moments(reader, FrameShrinker(self.config.input_size))

    def rate_of_frames(self, rate: float | None) -> float:
        """Returns the rate of given frames: by default that of training."""
        if rate is None:
            return self.config.frames_per_second or 1.0
        if not 0 < rate < math.inf:
            raise ValueError(
                "Invalid `frames_per_second`. Expected a positive number. "
                f"Received: frames_per_second={rate}."
            )
        return rate

    def _moments_of_frames(
        self, frames: Iterable, rate: float | None
    ) -> Iterator[Moment]:
        """Yields given frames, shrunk for the network."""
        rate = self.rate_of_frames(rate)
        shrink = FrameShrinker(self.config.input_size)
        for number, frame in enumerate(rgb_frames(frames)):
            yield Moment(frame, shrink(frame), number / rate, 1 / rate)


def _is_picture(
    source: str | os.PathLike | np.ndarray | Iterable,
) -> TypeGuard[str | os.PathLike | np.ndarray]:
    """Tells whether a source is one picture, not a video."""
    if isinstance(source, str | os.PathLike):
        if is_picture_name(source):
            return True
        if find_source(os.fspath(source)).is_live:
            return False
        with VideoReader(source) as reader:
            return reader.picture is not None
    num_axes = len(getattr(source, "shape", ()))
    return isinstance(source, Image.Image) or num_axes in (2, 3)


def load(
    path: str | os.PathLike = DEFAULT, precision: str = "float32"
) -> AttentionModel:
    """Loads a trained model.

    A SavedModel is a program, and loading it runs it: load only those that you
    made or trust. The directory of a run holds no code. A file of another
    runtime holds no Python code, but a large C++ library parses it.

    Args:
        path: "default" for the model that comes with the package, see its
            `MODEL_CARD.md`; it runs in LiteRT if that is installed. Or the
            directory of a run, or its `best`; a SavedModel, or a folder of its
            versions; a file of ONNX or LiteRT, or the directory of OpenVINO, by
            `rmdn export`.
        precision: "float32", or "bfloat16": a little less exact, and faster
            where the processor or graphics card multiplies it. A directory of
            OpenVINO then computes all in it; "default" and the directory of a
            run only the encoder, in TensorFlow. Other files do without.

    Returns:
        The model, ready for any number of videos.

    Raises:
        FileNotFoundError: the model is missing.
        ImportError: the runtime of the file is not installed.
        ValueError: the model is damaged, or from an incompatible release.
    """
    bfloat16 = is_bfloat16(precision)
    if bfloat16:
        require_bfloat16(path)
    portable = load_portable(fastest_form(path, bfloat16), bfloat16)
    if portable:
        return AttentionModel(*portable)
    # Here, since TensorFlow takes seconds, which another runtime saves.
    from rmdn_tf.model.keras_network import KerasNetwork
    from rmdn_tf.runs.loading import load_exported, load_keras

    exported = load_exported(path)
    if exported:
        return AttentionModel(*exported)
    model, config = load_keras(path)
    return AttentionModel(KerasNetwork(model, bfloat16), config)
