"""Settings of the measurement of areas."""

import dataclasses

from rmdn_tf.commands.settings import setting
from rmdn_tf.prediction.settings import require_suffix

_TABLE = (".csv",)
_SUFFIXES = {
    "output": _TABLE,
    "summary": _TABLE,
    "plot": (".png", ".pdf", ".svg"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class AreaSettings:
    """The areas, and what to write of them:"""

    areas: str = setting(
        help="Table of areas, .csv, .tsv or .txt with the columns name, "
        "time_seconds, x0, y0, x1, y1; or areas that Tobii Pro Lab has "
        "exported, .json or .aois."
    )
    output: str | None = setting(
        None, "Table with a row for each frame and area, such as OUT.csv."
    )
    summary: str | None = setting(
        None, "Table with a row for each area; a shorter one is always printed."
    )
    plot: str | None = setting(
        None,
        "Plot of shares over time, or of the shares in a picture: OUT.png, "
        "OUT.pdf or OUT.svg.",
    )
    observers: int = setting(
        1,
        "Number of observers. If several, the tables also tell the "
        "probability that any of them, and that all of them, have looked.",
    )

    def __post_init__(self) -> None:
        if self.observers < 1:
            raise ValueError(
                "Invalid `observers`. Expected 1 or more. "
                f"Received: observers={self.observers}."
            )

    def check_suffixes(self) -> None:
        """Makes sure that the names fit what is written.

        Raises:
            ValueError: a name ends with another suffix.
        """
        for name, suffixes in _SUFFIXES.items():
            if path := getattr(self, name):
                require_suffix(path, suffixes, f"--{name}")
