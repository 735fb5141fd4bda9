"""Gaze in the tracker's coordinates -> gaze in pixels of the stored video."""

import dataclasses

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts

# Kind -> the unit of x and y.
KINDS = {
    "video": "pixels of the video as stored",
    "shown": "pixels of the video as shown",
    "screen": "pixels of the screen",
    "normalized": "0 to 1 of the video",
    "normalized_screen": "0 to 1 of the screen",
}
_OF_SCREEN = ("screen", "normalized_screen")


# (left, top, width, height); width and height may be unknown.
Rectangle = tuple[float, float, float | None, float | None]


@dataclasses.dataclass(frozen=True)
class CoordinateSpace:
    """The unit and the origin of gaze; x to the right, y down.

    A video may have pixels that are not square. Players then stretch its width:
    a video of 180x144 pixels with the pixel aspect 64:45 is shown as 256x144.

    Attributes:
        kind: one of `KINDS`.
        size: (height, width) of the screen in pixels; None if x and y count on
            the video.
        rectangle: (left, top, width, height) of the video on the screen in
            pixels; it may reach beyond the screen. None for a video in the
            middle of the screen. (left, top, None, None) gives only the corner:
            the video is centred if its aspect allows, or else not scaled.
        is_fitted: whether a video without a rectangle is as large as the screen
            allows, with bars at two sides; if not, it is not scaled: one of its
            pixels, as shown, is one pixel of the screen.

    Example:

    >>> space = CoordinateSpace("screen", (1080, 1920))
    >>> facts = VideoFacts((480, 640), 25.0, 100)
    >>> space.to_video([[240, 0], [960, 540]], facts)
    array([[  0.,   0.],
           [320., 240.]])
    """

    kind: str = "video"
    size: tuple[int, int] | None = None
    rectangle: Rectangle | None = None
    is_fitted: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise self._invalid("kind", f"one of {tuple(KINDS)}")
        is_of_screen = self.kind in _OF_SCREEN
        if not is_of_screen and self.size is not None:
            raise self._invalid("size", f"None for the kind {self.kind!r}")
        if is_of_screen and not _are_positive(self.size or (None,)):
            expected = "a positive height and width of the screen"
            raise self._invalid("size", expected)
        if self.rectangle is not None and not (
            is_of_screen
            and len(self.rectangle) == 4
            and np.all(np.isfinite(self.rectangle[:2]))
            and (
                self.rectangle[2:] == (None, None)
                or _are_positive(self.rectangle[2:])
            )
        ):
            expected = "(left, top, width, height) on a screen"
            raise self._invalid("rectangle", expected)

    def _invalid(self, name: str, expected: str) -> ValueError:
        return ValueError(
            f"Invalid `{name}`. Expected {expected}. "
            f"Received: {name}={getattr(self, name)!r}."
        )

    def __str__(self) -> str:
        if self.size is None:
            return KINDS[self.kind]
        height, width = self.size
        place = "fitted" if self.is_fitted else "not scaled"
        place += " and centred"
        if self.rectangle is not None:
            left, top, wide, high = self.rectangle
            place = f"at {left:g},{top:g}"
            if wide is not None and high is not None:
                place += f" with {wide:g}x{high:g} pixels"
        return f"{KINDS[self.kind]} of {width}x{height}, the video {place}"

    @property
    def screen_size(self) -> tuple[int, int]:
        """(height, width) of the screen; ValueError if `size` is None."""
        if self.size is None:
            raise self._invalid("size", "a height and width of the screen")
        return self.size

    def to_video(self, points: np.ndarray, facts: VideoFacts) -> np.ndarray:
        """Maps places to pixels of the video.

        Places beside the video come out beside it; NaN stays NaN.

        Args:
            points: float `[n, 2]`, x and y.
            facts: size and pixel aspect of the video.

        Returns:
            float64 `[n, 2]`, x and y in pixels of the stored, upright video.
        """
        origin, scale = self._mapping(facts)
        with np.errstate(over="ignore", invalid="ignore"):
            return scale * (np.asarray(points, np.float64) - origin)

    def _mapping(self, facts: VideoFacts) -> tuple[np.ndarray, np.ndarray]:
        """Returns the video's top left corner, and video pixels per unit."""
        video = np.array(facts.size[::-1], np.float64)
        if self.kind == "video":
            return np.zeros(2), np.ones(2)
        if self.kind == "normalized":
            return np.zeros(2), video
        stretch = np.array([facts.pixel_aspect, 1.0])
        if self.kind == "shown":
            return np.zeros(2), 1 / stretch
        screen = np.array(self.screen_size[::-1], np.float64)
        if self.rectangle is not None:
            origin = np.array(self.rectangle[:2], np.float64)
            scale = video / _shape(self.rectangle, video * stretch, screen)
        elif self.is_fitted:
            origin, scale = _fit(video * stretch, screen)
            scale = scale / stretch
        else:
            origin, scale = (screen - video * stretch) / 2, 1 / stretch
        if self.kind == "normalized_screen":
            return origin / screen, scale * screen
        return origin, scale


def _shape(
    rectangle: Rectangle, shown: np.ndarray, screen: np.ndarray
) -> np.ndarray:
    """Returns the width and height of a rectangle, also if not given."""
    if rectangle[2:] != (None, None):
        return np.array(rectangle[2:], np.float64)
    centred = screen - 2 * np.array(rectangle[:2])
    width, height = centred / shown
    return centred if 0 < width < 1.02 * height < 1.04 * width else shown


def _fit(shown: np.ndarray, screen: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns the top left corner of the fitted video, and its scale."""
    scales = shown / screen
    bars = (screen - shown / scales.max()) / 2
    # Rounding must not shift the side that the video fills.
    return np.where(scales == scales.max(), 0, bars), scales.max()


def _are_positive(numbers: tuple[float | None, ...]) -> bool:
    return all(n is not None and 0 < n < float("inf") for n in numbers)
