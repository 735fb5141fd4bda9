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
    stimulus_message: str | None = setting(
        None,
        "Regular expression of the message that names the video, such as "
        "'TRIAL_VAR clip (\\S+)'; its group is the name.",
    )
    start_message: str | None = setting(
        None,
        "Regular expression of the message that is sent when the video "
        "appears, such as 'VIDEO_START'.",
    )
