"""The table that this project defines, and any other by `--columns`.

`gaze.csv` has the columns `video,observer,t_ms,x,y` for samples or
`video,observer,onset_ms,duration_ms,x,y` for fixations, in any order. Other
columns are passed over. Fixations on pictures need no times: a table with the
columns `video,observer,x,y` and no others has such fixations. A column without
a name, such as the numbers of rows that pandas writes, does not matter.
"""

from tfrecords_tools.trackers.headers import Column, Header
from tfrecords_tools.trackers.layout import Eye, Layout
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import asked_space

EVENT_HEADER = ("video", "observer", "onset_ms", "duration_ms", "x", "y")
SAMPLE_HEADER = ("video", "observer", "t_ms", "x", "y")
PLACE_HEADER = ("video", "observer", "x", "y")

_CANONICAL = {"onset_ms": "onset", "duration_ms": "duration", "t_ms": "t"}


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if some are missing."""
    if options.names_all_columns:
        return _by_options(header, options)
    for names in (EVENT_HEADER, SAMPLE_HEADER):
        found = {name: header.named(name) for name in names}
        if all(found.values()):
            roles = {_CANONICAL.get(n, n): c for n, c in found.items() if c}
            unit = options.time_unit or "ms"
            return _layout("gaze.csv", roles, unit, options)
    places = {name: header.named(name) for name in PLACE_HEADER}
    roles = {name: column for name, column in places.items() if column}
    named = [column for column in header.columns if column.name]
    if len(roles) == len(named) == len(PLACE_HEADER):
        return _layout("gaze.csv without times", roles, "ms", options)
    return None


def _by_options(header: Header, options: GazeOptions) -> Layout | None:
    found = {role: header.named(name) for role, name in options.roles.items()}
    if not all(found.values()):
        return None
    roles = {role: column for role, column in found.items() if column}
    time = roles.get("t") or roles.get("clock") or roles["onset"]
    return _layout("table with --columns", roles, time.unit, options)


def _layout(
    tracker: str,
    roles: dict[str, Column],
    unit: str | None,
    options: GazeOptions,
) -> Layout:
    is_clock = "clock" in roles
    return Layout(
        tracker=tracker,
        eyes=(Eye(roles["x"], roles["y"]),),
        time=roles.get("t") or roles.get("clock") or roles.get("onset"),
        unit=unit,
        space=asked_space(options),
        video=roles.get("video"),
        observer=(roles["observer"],) if "observer" in roles else (),
        duration=roles.get("duration"),
        end=roles.get("end"),
        is_clock=is_clock,
        needs_names=not is_clock,
        is_strict=not options.names_all_columns,
    )
