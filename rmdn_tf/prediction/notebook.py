"""Pictures of densities and predictions, for notebooks."""

import io
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from rmdn_tf.prediction.pictures import draw
from rmdn_tf.video.colours import COLORMAP, RING_RGB
from rmdn_tf.video.decoding import FrameScaler, size_within

if TYPE_CHECKING:
    from rmdn_tf.prediction.density import Density
    from rmdn_tf.prediction.whole_video import Predicted, Prediction

# (height, width) of a frame whose size is unknown.
USUAL_SIZE = (360, 640)

# Longest side of a map, in pixels, and share of the gaze from which a peak is
# marked.
MAP_SIDE, LEAST_SHARE = 320, 0.05

# Most frames of a strip, and points of a curve.
MAX_FRAMES, MAX_POINTS = 5, 100

# Sides of a picture, in inches, and pixels in an inch.
_MAP_INCHES, _STRIP_INCHES, _PLOT_INCHES, _DOTS = 3.6, 10.0, 2.0, 100


def density_png(density: "Density") -> bytes:
    """Draws the map of a density, with its entropy and strongest peaks.

    Args:
        density: the density.

    Returns:
        A PNG.
    """
    frame_size = density.frame_size or USUAL_SIZE
    height, width = size_within(MAP_SIDE, frame_size)
    grid = density.saliency_map(height, width)
    inches = _MAP_INCHES * np.array([width, height]) / max(height, width)
    figure = _figure(inches + (1.4, 0.8))
    axes = figure.add_subplot(
        title=f"entropy {density.entropy():.2f} bits",
        xlabel="x",
        ylabel="y",
        xticks=(0, 0.5, 1),
        yticks=(0, 0.5, 1),
    )
    # 1 is the density of gaze that is spread evenly.
    image = axes.imshow(
        grid * grid.size,
        cmap=COLORMAP,
        vmin=0,
        extent=(0, 1, 1, 0),
        aspect=frame_size[0] / frame_size[1],
    )
    figure.colorbar(image, label="density")
    for peak in density.peaks():
        if peak.share >= LEAST_SHARE:
            _mark(axes, peak.x, peak.y, f"{peak.share:.0%}")
    return _encoded(figure, "png")


def prediction_jpeg(prediction: "Prediction") -> bytes:
    """Draws some frames of a prediction, and its entropy over time.

    Args:
        prediction: a prediction of at least one frame.

    Returns:
        A JPEG.
    """
    shown = _some(len(prediction), MAX_FRAMES)
    size = prediction.densities[0].frame_size or USUAL_SIZE
    # No library writes a picture as high as the frames of a pole would be.
    shape = min(size[0] / size[1], MAX_FRAMES)
    inches = _STRIP_INCHES / MAX_FRAMES * shape
    figure = _figure((_STRIP_INCHES, inches + _PLOT_INCHES + 0.4))
    ratios = (inches + 0.4, _PLOT_INCHES)
    (strip,), (plot,) = figure.subfigures(
        2, height_ratios=ratios, squeeze=False
    )
    places = strip.subplots(1, MAX_FRAMES)
    for axes in places:
        axes.set_axis_off()
    for axes, number in zip(places, shown, strict=False):
        axes.imshow(_drawn(prediction[int(number)], size))
        axes.set_title(f"{prediction.times[number]:.1f} s", fontsize=9)
    points = _some(len(prediction), MAX_POINTS)
    axes = plot.add_subplot(xlabel="time (seconds)", ylabel="entropy (bits)")
    axes.plot(
        prediction.times[points],
        [prediction.densities[number].entropy() for number in points],
        marker="." if len(points) == 1 else None,
    )
    for number in shown:
        axes.axvline(prediction.times[number], color="0.8", zorder=0)
    axes.margins(x=0.01)
    return _encoded(figure, "jpeg")


def _figure(inches: tuple[float, float] | np.ndarray) -> Figure:
    width, height = map(float, inches)
    return Figure(figsize=(width, height), dpi=_DOTS, layout="compressed")


def _mark(axes: Axes, x: float, y: float, text: str) -> None:
    colour = tuple(level / 255 for level in RING_RGB)
    outline = [withStroke(linewidth=2, foreground="black")]
    axes.plot(x, y, "+", color=colour, path_effects=outline)
    axes.annotate(
        text,
        (x, y),
        (5, 5),
        textcoords="offset points",
        color=colour,
        fontsize=9,
        path_effects=outline,
    )


def _some(number: int, most: int) -> np.ndarray:
    """Returns at most so many numbers of frames, evenly spread."""
    return np.unique(np.linspace(0, number - 1, most).round().astype(int))


def _drawn(predicted: "Predicted", size: tuple[int, int]) -> np.ndarray:
    """Draws a density over its frame, or alone; a small picture, RGB."""
    frame, density = predicted
    side = round(_STRIP_INCHES / MAX_FRAMES * _DOTS)
    small = size_within(side, size)
    if frame is not None:
        return draw(FrameScaler(small)(frame), density)
    grid = density.saliency_map(*small)
    return matplotlib.colormaps[COLORMAP](np.sqrt(grid / grid.max()))


def _encoded(figure: Figure, form: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=form)
    return file.getvalue()
