"""A picture of gaze over a frame, by which a person checks the import."""

import functools
import io
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rmdn_tf.files.safe_names import short_title
from tfrecords_tools.raw_video import RawVideo, SourceError

# Dots show the gaze of so long before and after the frame.
SECONDS_AROUND = 0.5
# A long video need not be decoded far.
_SECONDS_AT_FIRST = 60.0
_INCHES = 11.0  # longer side of the drawn frame

# Colours by Okabe and Ito, which colour-blind people can tell apart. After
# eight observers comes the next shape.
_COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7"),
    *("#56b4e9", "#e69f00", "#f0e442", "#ffffff"),
)
_SHAPES = ("o", "s", "^", "D", "v")
_MAX_LISTED = 40  # observers in the legend


def busiest_frame(video: RawVideo) -> int:
    """Returns the frame with the most fixations.

    The first minute is searched, or all of the video if it has no fixation
    there. Among equal frames, the middle one is taken, since at the start of a
    video all look at the centre.

    Raises:
        SourceError: the video has no fixation.
    """
    frame = np.asarray(video.fixations.frame)
    early = frame[frame < _SECONDS_AT_FIRST * video.frames_per_second]
    counts = np.bincount(early if len(early) else frame)
    if not len(counts):
        raise SourceError("No fixation lies in the video.")
    best = np.flatnonzero(counts == counts.max())
    return int(best[len(best) // 2])


def draw_gaze(
    name: str, video: RawVideo, observers: Mapping[int, str] | None = None
) -> bytes:
    """Draws the frame with the most fixations, and the gaze around it.

    Large marks are fixations in that frame. Dots are fixations in the half
    second before and after it. Each observer has a colour and a shape.

    Args:
        name: of the video, for the title.
        video: with fixations; its frames are read up to the drawn one.
        observers: number -> name; by default, the number is the name.

    Returns:
        A PNG.

    Raises:
        SourceError: the video is unreadable, or has no fixation.
    """
    index = busiest_frame(video)
    picture = next(itertools.islice(video.frames, index, None), None)
    if picture is None:
        raise SourceError(f"The video '{name}' has no frame {index}.")
    height, width = video.original_size
    shown_width = width * video.pixel_aspect
    scale = _INCHES / max(shown_width, height)
    figure = Figure(
        figsize=(shown_width * scale + 1.5, height * scale + 0.8),
        dpi=100,
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    # The extent puts a fixation at 0 on the frame's edge, not on the centre of
    # the first pixel.
    axis.imshow(
        picture.to_ndarray(format="rgb24"),
        extent=(0, 1, 1, 0),
        aspect=height / shown_width,
    )
    _draw_fixations(axis, video, index, observers or {})
    axis.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
    axis.set_title(_title(name, video, index), fontsize=9, parse_math=False)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def _draw_fixations(
    axis: Any, video: RawVideo, index: int, names: Mapping[int, str]
) -> None:
    around = round(SECONDS_AROUND * video.frames_per_second)
    first = max(index - around, 0)
    near = video.fixations.between(first, index + around + 1)
    here = near.frame == index - first
    observers = np.unique(near.observer)
    for number, observer in enumerate(observers):
        colour = _COLOURS[number % len(_COLOURS)]
        mine = near.observer == observer
        x, y = near.x[mine & ~here], near.y[mine & ~here]
        axis.scatter(x, y, s=9, color=colour, lw=0, alpha=0.5)
        marks = functools.partial(
            axis.scatter,
            near.x[mine & here],
            near.y[mine & here],
            s=80,
            marker=_SHAPES[number // len(_COLOURS) % len(_SHAPES)],
            facecolors="none",
        )
        marks(edgecolors="black", lw=3.2)  # An edge shows on any background.
        label = _label(names.get(observer, observer), number)
        marks(edgecolors=colour, lw=1.6, label=label)
    legend = axis.legend(
        title="observer",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        fontsize=7,
        title_fontsize=7,
        markerscale=0.7,
        labelspacing=0.7,
        ncols=1 + len(observers) // 20,
    )
    legend.get_frame().set_facecolor("#808080")


def _label(name: str | int, number: int) -> str | None:
    """Returns the text in the legend; None if there are too many."""
    if number >= _MAX_LISTED:
        return None
    # A "$" would begin a formula, a "_" hides the entry.
    return short_title(str(name), 16).replace("$", r"\$").lstrip("_")


def _title(name: str, video: RawVideo, index: int) -> str:
    here = video.fixations.between(index, index + 1)
    seconds = (
        index / video.frames_per_second
        if video.frame_times is None
        else video.frame_times[index]
    )
    total = len(np.unique(video.fixations.observer))
    return (
        f"{short_title(name)}, frame {index} at {seconds:.2f} s: "
        f"{len(here)} fixations of {total} observers.\n"
        f"Dots: gaze within {SECONDS_AROUND:g} s."
    )
