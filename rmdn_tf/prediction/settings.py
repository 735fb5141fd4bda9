"""Settings of the prediction of a video."""

import dataclasses
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rmdn_tf.commands.settings import setting
from rmdn_tf.files.image_limits import MAX_PIXELS
from rmdn_tf.runs.paths import DEFAULT, MODEL_HELP
from rmdn_tf.video.colours import COLORMAP, STYLES

if TYPE_CHECKING:
    from rmdn_tf.prediction.best_map import BestMap
    from rmdn_tf.prediction.overlay import Overlay

# Files of saliency maps, and of the parameters of mixtures.
MAP_FORMATS = ("png", "npy")
MAP_METRICS = ("auc", "nss", "cc", "sim", "kl")
PARAMETER_SUFFIXES = (".csv", ".npz")

# Of the network, or of its encoder.
PRECISIONS = ("float32", "bfloat16")


def model_setting() -> Any:
    """Makes the flag of the model, the same in every command."""
    return setting(
        DEFAULT,
        MODEL_HELP,
        default_text="'default', the model in this package",
    )


def is_bfloat16(precision: str) -> bool:
    """Tells which of two precisions a network runs in.

    Args:
        precision: one of `PRECISIONS`.

    Raises:
        ValueError: `precision` is something else.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            "Invalid `precision`. Expected 'float32' or 'bfloat16'. "
            f"Received: precision={precision!r}."
        )
    return precision == "bfloat16"


@dataclasses.dataclass(frozen=True, kw_only=True)
class InputSettings:
    """The video and the model:"""

    video: str = setting(
        help="A video or picture, rtsp://..., or the number of a camera."
    )
    model: str = model_setting()


@dataclasses.dataclass(frozen=True)
class NetworkSettings:
    """The network:

    How the network runs through the video.
    """

    start: float = setting(
        0.0,
        "Where to begin, in seconds of the video. The network also sees the "
        "seconds before.",
    )
    end: float | None = setting(
        None,
        "Where to end, in seconds of the video; the frame there is left out.",
        default_text="the end of the video",
    )
    num_frames: int | None = setting(
        None, "Number of frames after which to stop."
    )
    clip_stride: int | None = setting(
        None,
        "Frames from one run of the network to the next.",
        default_text="the stride that it was trained with",
    )
    hold: bool = setting(
        False,
        "Keep each density until the next one, instead of interpolating "
        "between the two.",
    )
    reset_on_shots: bool = setting(
        False, "Restart the network at each cut to a new shot."
    )
    precision: str = setting(
        PRECISIONS[0],
        "bfloat16 is less exact, and faster where the processor or graphics "
        "card multiplies it. 'default' and runs then compute in TensorFlow.",
        PRECISIONS,
    )

    def __post_init__(self) -> None:
        _require_at_least(self, 1, "num_frames", "clip_stride")
        is_bfloat16(self.precision)  # Refuses what is neither.
        if not 0 <= self.start < math.inf:
            raise ValueError(
                "Invalid `start`. Expected seconds, 0 or more. "
                f"Received: start={self.start}."
            )
        if self.end is not None and not self.start < self.end < math.inf:
            raise ValueError(
                "Invalid `end`. Expected seconds, more than the start. "
                f"Received: start={self.start}, end={self.end}."
            )

    @property
    def is_whole(self) -> bool:
        """Whether all frames of the video are wanted."""
        return not (self.start or self.end or self.num_frames)


@dataclasses.dataclass(frozen=True)
class DrawingSettings:
    """The video or picture to write:

    How densities are drawn over the video.
    """

    output: str | None = setting(
        None, "Video with sound, such as OUT.mp4; or OUT.png for a picture."
    )
    style: str = setting("heat", "How densities are drawn.", tuple(STYLES))
    colormap: str = setting(COLORMAP, "Name of a matplotlib colormap.")
    opacity: float | None = setting(
        None,
        "Opacity of the densest place, or of the lines, 0 to 1.",
        default_text=", ".join(f"{v:g} for {n}" for n, v in STYLES.items()),
    )
    side_by_side: bool = setting(
        False, "Show the plain video beside the drawn one."
    )
    legend: bool = setting(False, "Explain the colours and lines in a corner.")
    fixations: int = setting(
        0, "Number of gaze points to sample and draw in every frame."
    )
    seed: int = setting(0, "Seed of the gaze points.")
    sound: bool = setting(True, "Keep the sound of the video.")

    def __post_init__(self) -> None:
        _require_at_least(self, 0, "fixations")

    def overlay(self, in_rgb: bool = False) -> "Overlay":
        """Makes what draws the densities.

        Args:
            in_rgb: for a picture; see `Overlay`.

        Returns:
            The overlay.

        Raises:
            ValueError: a setting is invalid.
        """
        # Here, since settings import no library of pictures.
        from rmdn_tf.prediction.overlay import Overlay

        return Overlay(
            self.style,
            self.colormap,
            self.opacity,
            self.side_by_side,
            self.legend,
            in_rgb,
        )


@dataclasses.dataclass(frozen=True)
class NumberSettings:
    """The numbers to write:

    Which maps and parameters are written.
    """

    maps: str | None = setting(
        None, "Directory of saliency maps, one for every frame."
    )
    map_format: str = setting(
        MAP_FORMATS[0],
        "png: 16 bits, scaled to the peak; npy: float32 that sums to 1.",
        MAP_FORMATS,
    )
    map_size: tuple[int, int] | None = setting(
        None,
        "Height and width of the maps, such as 360 640.",
        default_text="the size of the video",
    )
    map_for: str | None = setting(
        None,
        "Metric by which the maps should score best. nss takes the density "
        "itself, auc its order of pixels; cc, sim and kl blur it as the "
        "benchmark blurs fixations.",
        MAP_METRICS,
        default_text="the density itself",
    )
    map_blur: float = setting(
        0.03,
        "Standard deviation of that blur, as a share of the width, for "
        "--map_for. That of DHF1K is 0.0199.",
    )
    map_fixations: int = setting(
        16, "Fixations on a frame of the benchmark, for --map_for."
    )
    parameters: str | None = setting(
        None,
        "File of the mixtures: .csv with the weight, mean, standard deviations "
        "and correlation of every component, or .npz with the network's "
        "parameters.",
    )

    summary: str | None = setting(
        None,
        "Table with a line for each frame, such as OUT.csv: mean, spread, "
        "entropy, and the strongest peaks with their shares.",
    )

    def __post_init__(self) -> None:
        _require_at_least(self, 1, "map_fixations")
        if not 0 < self.map_blur < 1:
            raise ValueError(
                "Invalid `map_blur`. Expected a share of the width, more than "
                f"0 and less than 1. Received: map_blur={self.map_blur}."
            )
        if self.map_for and not self.maps:
            raise ValueError(
                "Invalid `map_for`. Expected maps to write, --maps DIR. "
                f"Received: map_for={self.map_for!r} alone."
            )
        if not self.map_for:
            _require_defaults(self, "map_blur", "map_fixations")
        if not self.map_size:
            return
        height, width = self.map_size
        if min(self.map_size) < 1 or height * width > MAX_PIXELS:
            raise ValueError(
                "Invalid `map_size`. Expected two positive integers, at most "
                f"{MAX_PIXELS} pixels. Received: map_size={self.map_size}."
            )

    @property
    def best_map(self) -> "BestMap | None":
        """Makes the maps of `map_for`; None for the density itself."""
        if not self.map_for:
            return None
        # Here, since it imports SciPy.
        from rmdn_tf.prediction.best_map import BestMap

        return BestMap(self.map_for, self.map_blur, self.map_fixations)


def _require_defaults(settings: NumberSettings, *names: str) -> None:
    """Refuses what changes only the maps of `map_for`, and would be ignored."""
    defaults = {
        field.name: field.default for field in dataclasses.fields(settings)
    }
    for name in names:
        value = getattr(settings, name)
        if value != defaults[name]:
            raise ValueError(
                f"Invalid `{name}`. Expected a metric to make maps for, "
                f"--map_for. Received: {name}={value} alone."
            )


def _require_at_least(settings: object, least: int, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if value is not None and value < least:
            raise ValueError(
                f"Invalid `{name}`. Expected {least} or more. "
                f"Received: {name}={value}."
            )


def require_suffix(
    path: str | os.PathLike,
    suffixes: Sequence[str] = PARAMETER_SUFFIXES,
    what: str = "file of parameters",
) -> str:
    """Returns the suffix of a file, in lower case.

    Raises:
        ValueError: the suffix is not one of `suffixes`.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in suffixes:
        raise ValueError(
            f"Invalid {what}. Expected a name that ends with "
            f"{' or '.join(suffixes)}. Received: '{path}'."
        )
    return suffix
