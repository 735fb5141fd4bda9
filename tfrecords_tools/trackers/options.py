"""What the user tells of a table of gaze; the rest is found out."""

import dataclasses

from rmdn_tf.commands.settings import setting

AUTO = "auto"
GAZE_FORMATS = (
    AUTO,
    "tobii",
    "pupil",
    "eyelink_asc",
    "gazepoint",
    "smi",
    "generic",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GazeOptions:
    """How to read the gaze of `folder`:"""

    gaze_format: str = setting(
        AUTO, "Which tracker wrote the gaze of `folder`.", GAZE_FORMATS
    )
