"""Settings of a crop that follows attention."""

import dataclasses
from fractions import Fraction

from rmdn_tf.applications.reframe.crop_sizes import LEAST_SIDE, parse_aspect
from rmdn_tf.commands.settings import setting
from rmdn_tf.prediction.settings import require_suffix

PADDINGS = ("none", "blur", "black")

PATH_SUFFIXES = (".csv", ".json")

# Largest zoom: pixels are then eight times as wide and high.
_MOST_ZOOM = 8

# Most pixels of the output's height: that of 16K.
_MOST_HEIGHT = 8640


@dataclasses.dataclass(frozen=True)
class CropSettings:
    """The crop:

    How the crop moves.
    """

    aspect: str = setting(
        "9:16", "Width:height of the output, such as 9:16, 1:1 or 2.39:1."
    )
    zoom: float = setting(
        1.0,
        "How many times closer than the largest crop the camera may go, where "
        "attention is narrow: 1 to 8.",
    )
    padding: str = setting(
        PADDINGS[0],
        "With bars, the crop shows more of the frame where two places far "
        "apart hold attention. none: no bars; blur or black fills them.",
        PADDINGS,
    )
    smoothness: float = setting(
        1.0,
        "How calm the camera is, 0.01 to 100: at 2, attention must stay at "
        "another place about twice as long before the camera moves.",
    )
    max_speed: float = setting(
        0.4, "Fastest pan, in widths or heights of the frame a second."
    )

    def __post_init__(self) -> None:
        parse_aspect(self.aspect)
        for name, least, most in (
            ("zoom", 1, _MOST_ZOOM),
            ("smoothness", 0.01, 100),
            ("max_speed", 0.01, 100),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(
                    f"Invalid `{name}`. Expected a number from {least} to "
                    f"{most}. Received: {name}={value}."
                )

    @property
    def ratio(self) -> Fraction:
        """Width / height of the output as a player shows it."""
        return parse_aspect(self.aspect)


@dataclasses.dataclass(frozen=True)
class OutputSettings:
    """The video and the path to write:

    What is written of a crop.
    """

    output: str | None = setting(None, "Video with sound, such as OUT.mp4.")
    height: int | None = setting(
        None,
        "Height of the output in pixels, even.",
        default_text="that of the largest crop, without enlarging it",
    )
    path: str | None = setting(
        None,
        "File of the crop in every frame, .csv or .json, for other editors.",
    )
    sound: bool = setting(True, "Keep the sound of the video.")

    def __post_init__(self) -> None:
        height = self.height
        if height is not None and (
            height % 2 or not LEAST_SIDE <= height <= _MOST_HEIGHT
        ):
            raise ValueError(
                f"Invalid `height`. Expected an even number from {LEAST_SIDE} "
                f"to {_MOST_HEIGHT}. Received: height={height}."
            )
        if self.path:
            require_suffix(self.path, PATH_SUFFIXES, "--path")
