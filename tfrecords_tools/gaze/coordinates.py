"""Places as a tracker counts them -> pixels of the stored video."""

import dataclasses

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts

# Kind -> what x and y count.
KINDS = {
    "video": "pixels of the video as stored",
    "shown": "pixels of the video as shown",
    "screen": "pixels of the screen",
    "normalized": "0 to 1 of the video",
    "normalized_screen": "0 to 1 of the screen",
}
_OF_SCREEN = ("screen", "normalized_screen")


@dataclasses.dataclass(frozen=True)
class CoordinateSpace:
    """What x and y of gaze count; x to the right, y down, from the top left.

    A video may have pixels that are not square. Players then stretch its width:
    a video of 180x144 pixels with the pixel aspect 64:45 is shown as 256x144.

    On a screen the video has its shown aspect. It is as large as the screen
    allows, in the middle, with bars above and below or left and right; or in
    the middle without being scaled; or it fills a known rectangle.

    Attributes:
        kind: one of `KINDS`.
        size: (height, width) of the screen in pixels; for the kinds of a screen
            only.
        rectangle: (left, top, width, height) of the video on the screen in
            pixels, if known; it may reach beyond the screen. Width and height
            may be None: the video is centred if that gives its shape, or else
            as large as its pixels.
        is_fitted: whether a video without a rectangle is as large as the screen
            allows; otherwise one of its pixels as shown is one of the screen.

    Example:

    >>> space = CoordinateSpace("screen", (1080, 1920))
    >>> facts = VideoFacts((480, 640), 25.0, 100)
    >>> space.to_video([[240, 0], [960, 540]], facts)
    array([[  0.,   0.],
           [320., 240.]])
    """

    kind: str = "video"
    size: tuple[int, int] | None = None
    rectangle: tuple[float, float, float | None, float | None] | None = None
    is_fitted: bool = True

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(
                f"Invalid `kind`. Expected one of {tuple(KINDS)}. "
                f"Received: kind={self.kind!r}."
            )
        is_of_screen = self.kind in _OF_SCREEN
        if is_of_screen != (self.size is not None) or not _are_positive(
            self.size or ()
        ):
            expected = (
                "a positive height and width of the screen"
                if is_of_screen
                else f"None for the kind {self.kind!r}"
            )
            raise ValueError(
                f"Invalid `size`. Expected {expected}. "
                f"Received: size={self.size}."
            )
        if self.rectangle is not None and not (
            is_of_screen
            and len(self.rectangle) == 4
            and np.all(np.isfinite(self.rectangle[:2]))
            and (
                self.rectangle[2:] == (None, None)
                or _are_positive(self.rectangle[2:])
            )
        ):
            raise ValueError(
                "Invalid `rectangle`. Expected (left, top, width, height) on a "
                f"screen. Received: rectangle={self.rectangle}."
            )

    def __str__(self) -> str:
        if self.size is None:
            return KINDS[self.kind]
        height, width = self.size
        place = "fitted" if self.is_fitted else "not scaled"
        place += " and centred"
        if self.rectangle is not None:
            left, top, *shape = self.rectangle
            place = f"at {left:g},{top:g}"
            if shape != [None, None]:
                place += " with {:g}x{:g} pixels".format(*shape)
        return f"{KINDS[self.kind]} of {width}x{height}, the video {place}"

    def to_video(self, points: np.ndarray, facts: VideoFacts) -> np.ndarray:
        """Maps x, y `[n, 2]` to pixels of the stored, upright video.

        Places beside the video come out beside it; NaN stays NaN.
        """
        origin, scale = self._mapping(facts)
        with np.errstate(over="ignore", invalid="ignore"):
            return scale * (np.asarray(points, np.float64) - origin)

    def _mapping(self, facts: VideoFacts) -> tuple[np.ndarray, np.ndarray]:
        """Returns the video's top left corner and video pixels in one unit."""
        video = np.array(facts.size[::-1], np.float64)
        if self.kind == "video":
            return np.zeros(2), np.ones(2)
        if self.kind == "normalized":
            return np.zeros(2), video
        stretch = np.array([facts.pixel_aspect, 1.0])
        if self.kind == "shown":
            return np.zeros(2), 1 / stretch
        screen = np.array(self.size[::-1], np.float64)
        if self.rectangle is not None:
            origin = np.array(self.rectangle[:2], np.float64)
            scale = video / self._shape(video * stretch, screen)
        elif self.is_fitted:
            origin, scale = _fit(video * stretch, screen)
            scale = scale / stretch
        else:
            origin, scale = (screen - video * stretch) / 2, 1 / stretch
        if self.kind == "normalized_screen":
            return origin / screen, scale * screen
        return origin, scale

    def _shape(self, shown: np.ndarray, screen: np.ndarray) -> np.ndarray:
        """Returns width and height on the screen of a video in `rectangle`."""
        if self.rectangle[2:] != (None, None):
            return np.array(self.rectangle[2:], np.float64)
        centred = screen - 2 * np.array(self.rectangle[:2])
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
