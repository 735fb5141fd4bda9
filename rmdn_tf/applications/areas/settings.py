"""Settings of the measurement of areas."""

import dataclasses
import os

from rmdn_tf.commands.settings import setting

# Suffixes of a plot.
PLOT_SUFFIXES = (".png", ".pdf", ".svg")


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
        suffix = os.path.splitext(self.plot or "")[1].lower()
        if self.plot and suffix not in PLOT_SUFFIXES:
            raise ValueError(
                "Invalid --plot. Expected a name that ends with "
                f"{', '.join(PLOT_SUFFIXES)}. Received: '{self.plot}'."
            )

    def check_suffixes(self) -> None:
        """Makes sure that the names of tables fit what is written.

        Raises:
            ValueError: a name does not end with `.csv`.
        """
        for name in ("output", "summary"):
            path = getattr(self, name)
            if path and not path.lower().endswith(".csv"):
                raise ValueError(
                    f"Invalid --{name}. Expected a name that ends with .csv. "
                    f"Received: '{path}'."
                )
