"""Settings of the comparison of videos."""

import dataclasses
import math

from rmdn_tf.commands.settings import setting
from rmdn_tf.prediction.settings import model_setting, require_suffix

_SUFFIXES = {"output": ".csv", "json": ".json", "plot": ".png"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class QualitySettings:
    """The videos and the model:"""

    reference: str = setting(
        help="The original video or picture, where attention is predicted."
    )
    video: tuple[str, ...] = setting(
        help="Distorted videos or pictures, such as encodes, to compare with "
        "the reference."
    )
    model: str = model_setting()
    scale: bool = setting(
        False,
        "Resize each video to the size of the reference, bicubic, as a player "
        "does. Without it another size is an error.",
    )
    offset: float | None = setting(
        None,
        "Seconds of the reference before the first frame of a video. Frames "
        "that seem shifted then give a warning.",
        default_text="as 0, but frames that seem shifted are an error",
    )

    def __post_init__(self) -> None:
        if self.offset is not None and not math.isfinite(self.offset):
            raise ValueError(
                "Invalid `offset`. Expected a number of seconds. Received: "
                f"offset={self.offset}."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class QualityOutputs:
    """The files to write:

    The table is always printed.
    """

    output: str | None = setting(None, "Table of all frames, such as OUT.csv.")
    json: str | None = setting(
        None, "All frames and pooled values, such as OUT.json."
    )
    plot: str | None = setting(None, "Plot over time, such as OUT.png.")

    def files(self) -> dict[str, str | None]:
        """Returns the paths by the names of their flags."""
        return {f"--{name}": getattr(self, name) for name in _SUFFIXES}

    def check_suffixes(self) -> None:
        """Makes sure that the names fit what is written.

        Raises:
            ValueError: a name ends with another suffix.
        """
        for name, suffix in _SUFFIXES.items():
            if path := getattr(self, name):
                require_suffix(path, (suffix,), f"--{name}")
