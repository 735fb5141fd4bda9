"""The flags that tell how to read a table of gaze."""

import dataclasses
import functools
import re
from collections.abc import Mapping

from rmdn_tf.commands.settings import setting
from tfrecords_tools.gaze.time_units import UNITS

AUTO = "auto"
GAZE_FORMATS = (
    AUTO,
    "tobii",
    "pupil",
    "eyelink_asc",
    "eyelink_report",
    "gazepoint",
    "smi",
    "imotions",
    "generic",
)

UNSCALED = "unscaled"

DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
DECIMALS = {"point": ".", "comma": ","}

# Roles that may be given for the table of a known tracker.
_NAMES = {"video", "observer"}

# The roles of columns in `--columns`.
ROLES = (
    *("video", "observer", "t", "clock", "onset", "duration", "end"),
    *("x", "y"),
)
_NEEDED = (
    {"t", "x", "y"},
    {"clock", "x", "y"},
    {"onset", "duration", "x", "y"},
    {"onset", "end", "x", "y"},
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GazeOptions:
    """How to read the gaze of `folder`, where the file does not tell it:

    Each setting is a flag of `rmdn prepare`.
    """

    gaze_format: str = setting(
        AUTO, "The tracker or program that wrote the gaze.", GAZE_FORMATS
    )
    delimiter: str | None = setting(
        None, "What separates the columns.", tuple(DELIMITERS)
    )
    decimal: str | None = setting(
        None, "The decimal mark of the numbers.", tuple(DECIMALS)
    )
    encoding: str | None = setting(
        None, "Encoding of the text, such as utf-16 or latin-1."
    )
    columns: str | None = setting(
        None,
        "Names of the columns, such as t=Time,x=PORX,y=PORY,video=Clip,"
        "observer=Subject. Times of samples are t, from the video's start, or "
        "clock, from any moment; fixations have onset, and duration or end.",
    )
    time_unit: str | None = setting(None, "Unit of the times.", tuple(UNITS))
    normalized: bool = setting(
        False,
        "x and y are from 0 to 1 of the video; with --screen_size, of the "
        "screen.",
    )
    screen_size: str | None = setting(
        None,
        "Width x height in pixels, such as 1920x1080, of the screen whose "
        "pixels x and y count. The video was fitted to it and centred.",
    )
    video_on_screen: str | None = setting(
        None,
        "Place of a video that was not fitted to the screen: "
        "left,top,width,height in pixels of the screen; or `unscaled`: centred "
        "at one pixel of the screen for each pixel of the video.",
    )
    gaze_pixels: str | None = setting(
        None,
        "Pixels that x and y count in a video whose pixels are not square: "
        "those stored, or those that a player shows.",
        ("stored", "shown"),
        "stored",
    )
    stimulus_message: str | None = setting(
        None,
        "Regular expression of the message that names the video, such as "
        "'TRIAL_VAR clip (\\S+)'; its group holds the name.",
    )
    start_message: str | None = setting(
        None,
        "Regular expression of the message that is sent when the video "
        "appears, such as 'VIDEO_START'.",
    )

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except LookupError as error:
                raise _invalid(
                    "encoding", "a known encoding of text", self.encoding
                ) from error
        self._check_columns()
        if self.gaze_pixels and (self.normalized or self.screen_size):
            expected = "no such flag with `normalized` or `screen_size`"
            raise _invalid("gaze_pixels", expected, self.gaze_pixels)
        for name in ("stimulus_message", "start_message"):
            try:
                re.compile(getattr(self, name) or "")
            except re.error as error:
                expected = f"a regular expression ({error})"
                raise _invalid(name, expected, getattr(self, name)) from error
        _ = self.screen, self.placing

    def _check_columns(self) -> None:
        roles, expected = set(self.roles), None
        if not self.names_all_columns and not roles <= _NAMES:
            expected = "t, x and y, or onset, duration, x and y"
        elif "clock" in roles and {"duration", "end"} & roles:
            expected = "an onset, from the video's start, with a duration"
        elif self.names_all_columns and self.gaze_format not in (
            AUTO,
            "generic",
        ):
            expected = f"only video and observer with `{self.gaze_format}`"
        if expected:
            raise _invalid("columns", expected, self.columns)

    def __str__(self) -> str:
        given = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }
        return ", ".join(f"--{name}={value}" for name, value in given.items())

    @functools.cached_property
    def roles(self) -> Mapping[str, str]:
        """Role of `ROLES` -> name of the column."""
        roles = {}
        for part in (self.columns or "").split(",") if self.columns else ():
            role, separator, name = (p.strip() for p in part.partition("="))
            if role not in ROLES or not separator or not name or role in roles:
                expected = f"role=name, with the roles {', '.join(ROLES)}"
                raise _invalid("columns", expected, self.columns)
            roles[role] = name
        return roles

    @property
    def names_all_columns(self) -> bool:
        """Whether `columns` tells all that a table of gaze needs."""
        return any(needed <= set(self.roles) for needed in _NEEDED)

    @property
    def screen(self) -> tuple[int, int] | None:
        """(height, width) of the screen."""
        if self.screen_size is None:
            return None
        match = re.fullmatch(
            r"\s*([1-9]\d{0,4})\s*[x×*,]\s*([1-9]\d{0,4})\s*",
            self.screen_size,
            re.ASCII | re.IGNORECASE,
        )
        if match is None:
            expected = "width x height, such as 1920x1080"
            raise _invalid("screen_size", expected, self.screen_size)
        return int(match[2]), int(match[1])

    @property
    def placing(self) -> dict:
        """Arguments of `CoordinateSpace` for the place of the video."""
        if self.video_on_screen in (None, UNSCALED):
            return {} if self.video_on_screen is None else {"is_fitted": False}
        try:
            left, top, width, height = map(
                float, self.video_on_screen.split(",")
            )
            return {"rectangle": (left, top, width, height)}
        except ValueError as error:
            expected = f"`{UNSCALED}` or left,top,width,height"
            raise _invalid(
                "video_on_screen", expected, self.video_on_screen
            ) from error


def _invalid(name: str, expected: str, value: object) -> ValueError:
    return ValueError(
        f"Invalid `{name}`. Expected {expected}. Received: {name}={value!r}."
    )
