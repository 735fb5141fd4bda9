"""A short video, predicted all at once."""

import contextlib
import math
import os
from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

import av
import numpy as np
import numpy.typing as npt

from rmdn_tf.model.moments import NUM_PARAMETERS
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.decoding import RGB
from rmdn_tf.video.sources import find_source

if TYPE_CHECKING:
    from rmdn_tf.prediction.attention_model import AttentionModel

# Memory of a prediction: 50 seconds of 640x360, or 5 of full HD, at 30 frames a
# second.
MAX_BYTES = 2**30

# A frame, or None where it is not kept, and its density.
Predicted = tuple[np.ndarray | None, Density]


class Prediction(Sequence[Predicted]):
    """Where people look in every frame of a video.

    Iterating yields each frame with its density. `prediction[40]` is one such
    pair, `prediction[40:80]` the prediction of a part. A notebook shows some
    frames of a prediction, and its entropy over time.

    Args:
        times: when each frame appears.
        densities: density of each frame.
        frames: the frames, if they are kept.

    Attributes:
        times: float64 `[L]`, seconds from the first frame of the video.
        densities: a `Density` for each frame.
        frames: uint8 `[L, H, W, 3]`, RGB, upright; None if they are not kept.
    """

    def __init__(
        self,
        times: npt.ArrayLike,
        densities: Iterable[Density],
        frames: np.ndarray | None = None,
    ):
        self.times = np.asarray(times, np.float64)
        self.densities = tuple(densities)
        self.frames = frames

    @property
    def parameters(self) -> np.ndarray:
        """Returns the mixtures of all frames, float32 `[L, C, 6]`.

        They are those of `rmdn predict --parameters OUT.npz`: frames between
        two clips have twice as many components; other frames are padded with
        components of weight 0, a logit of minus infinity.
        """
        most = max((len(one.parameters) for one in self.densities), default=0)
        padded = np.zeros((len(self), most, NUM_PARAMETERS), np.float32)
        padded[..., 0] = -np.inf
        for row, density in zip(padded, self.densities, strict=True):
            row[: len(density.parameters)] = density.parameters
        return padded

    def mass(self, area: npt.ArrayLike) -> np.ndarray:
        """Returns the share of an area in every frame; see `Density.mass`.

        Args:
            area: `[n, 2]`, corners of a polygon, x and y in [0, 1].

        Returns:
            float64 `[L]`, from 0 to 1.

        Raises:
            ValueError: the area is invalid.
        """
        return np.array([density.mass(area) for density in self.densities])

    def entropy(self) -> np.ndarray:
        """Returns how spread out the gaze is; see `Density.entropy`.

        Returns:
            float64 `[L]`, bits, at most 0.
        """
        return np.array([density.entropy() for density in self.densities])

    def __len__(self) -> int:
        return len(self.densities)

    @overload
    def __getitem__(self, index: int) -> Predicted: ...

    @overload
    def __getitem__(self, index: slice) -> "Prediction": ...

    def __getitem__(self, index: int | slice) -> "Predicted | Prediction":
        frames = None if self.frames is None else self.frames[index]
        if isinstance(index, slice):
            return Prediction(self.times[index], self.densities[index], frames)
        return frames, self.densities[index]

    def __repr__(self) -> str:
        frames = "densities" if self.frames is None else "frames, densities"
        return f"Prediction({len(self)} {frames})"

    def _repr_jpeg_(self) -> bytes | None:
        # Here, so that predicting imports no library of plots.
        from rmdn_tf.prediction.notebook import prediction_jpeg

        return prediction_jpeg(self) if len(self) else None


def predict_whole(
    model: "AttentionModel",
    video: str | os.PathLike | Iterable,
    frames_per_second: float | None,
    settings: NetworkSettings,
    keep_frames: bool,
) -> Prediction:
    """Predicts a video; see `AttentionModel.predict_video`."""
    if isinstance(video, str | os.PathLike):
        streamed = _of_file(model, video, settings, keep_frames)
    else:
        streamed = _of_frames(model, video, frames_per_second, settings)
    times: list[float] = []
    densities: list[Density] = []
    kept = _KeptFrames()
    with contextlib.closing(streamed):
        for time, frame, density in streamed:
            if keep_frames:
                kept.append(_pixels(frame))
            times.append(time)
            densities.append(density)
            num_bytes = kept.num_bytes + len(times) * density.parameters.nbytes
            if num_bytes > MAX_BYTES:
                raise _too_large(video, f"more after {len(times)} frames")
    if not times:
        raise ValueError("Empty `video`. Expected at least one frame.")
    return Prediction(times, densities, kept.array() if keep_frames else None)


def _of_file(
    model: "AttentionModel",
    video: str | os.PathLike,
    settings: NetworkSettings,
    keep_frames: bool,
) -> Generator[tuple[float, av.VideoFrame, Density], None, None]:
    """Yields time, frame and density."""
    if find_source(os.fspath(video)).is_live:
        raise ValueError(
            "Invalid `video`. Expected a file or frames. Received: a camera or "
            "a stream, which may not end. Use `stream`."
        )
    with predicted_video(model, video, settings) as predicted:
        first = predicted.reader.first_frame
        if keep_frames and first is not None and predicted.total:
            size = first.height, first.width
            if predicted.total * math.prod(size) * 3 > MAX_BYTES:
                frames = f"{predicted.total} frames of {size[1]}x{size[0]}"
                raise _too_large(video, frames)
        for frame, density in predicted:
            yield frame.time, frame, density


def _of_frames(
    model: "AttentionModel",
    video: Iterable,
    rate: float | None,
    settings: NetworkSettings,
) -> Generator[tuple[float, np.ndarray, Density], None, None]:
    """Yields time, frame and density."""
    model = model.newest()
    streamed = model.stream(
        video,
        rate,
        clip_stride=settings.clip_stride,
        interpolate=not settings.hold,
        reset_on_shots=settings.reset_on_shots,
    )
    rate = model.rate_of_frames(rate)
    for number, (frame, density) in enumerate(streamed):
        yield number / rate, frame, density


def _too_large(video: Any, received: str) -> ValueError:
    name = f" '{video}'" if isinstance(video, str | os.PathLike) else ""
    return ValueError(
        f"Too large `video`{name}. Expected at most {MAX_BYTES / 2**30:g} GiB "
        f"of frames and densities, since all are kept. Received: {received}. "
        "Use `stream`, which keeps none, or keep_frames=False."
    )


def _pixels(frame: av.VideoFrame | np.ndarray) -> np.ndarray:
    """Returns a frame as uint8 `[H, W, 3]`, RGB."""
    if isinstance(frame, np.ndarray):
        return frame
    # A thread for each frame would take longer than the work.
    return frame.reformat(format=RGB, threads=1).to_ndarray()


class _KeptFrames:
    """Collects frames in one array, which grows in place."""

    def __init__(self) -> None:
        self._frames = np.zeros((0,), np.uint8)
        self._number = 0
        self.num_bytes = 0

    def append(self, pixels: np.ndarray) -> None:
        if not self._number:
            self._frames = np.zeros((0, *pixels.shape), np.uint8)
        if self._number == len(self._frames):
            self._resize(self._number * 5 // 4 + 16)
        self._frames[self._number] = pixels
        self._number += 1
        self.num_bytes += pixels.nbytes

    def array(self) -> np.ndarray:
        self._resize(self._number)
        return self._frames

    def _resize(self, number: int) -> None:
        shape = number, *self._frames.shape[1:]
        self._frames.resize(shape, refcheck=False)
