"""The gaze of `folder`: which rows of a table belong to which video."""

import collections
import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

from rmdn_tf.video.picture_names import is_picture_name
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.detection import TIMED_SAMPLE_COLUMNS
from tfrecords_tools.gaze.fixations import EVENT_COLUMNS
from tfrecords_tools.gaze.units import check_units
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.folder_tables import unknown_video
from tfrecords_tools.trackers.formats import read_gaze
from tfrecords_tools.trackers.gaze_table import GazeTable
from tfrecords_tools.trackers.generic import EVENT_HEADER, SAMPLE_HEADER
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.stimuli import FileStimulus, Videos
from tfrecords_tools.trackers.tables import NOT_UTF8

OTHER_STIMULI = "rows of gaze on other stimuli than the videos of the folder"

_MAX_NAMES = 5


@dataclasses.dataclass(frozen=True)
class FolderGaze:
    """A table of gaze whose stimuli are matched with the videos of a folder.

    Attributes:
        place: the file, folder or pattern of the table.
        options: how the table was read.
        table: the table.
        stimuli: id of a video -> its names in the table.
        others: names in the table that belong to no video.
    """

    place: str
    options: GazeOptions
    table: GazeTable
    stimuli: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...]

    @classmethod
    def read(
        cls, place: str, options: GazeOptions, videos: Mapping[str, str]
    ) -> "FolderGaze":
        """Reads a table and matches its stimuli.

        Args:
            place: see `read_gaze`.
            videos: id -> path.

        Raises:
            SourceError: the table is malformed; no stimulus is a video of the
                folder; or one is not, though the table is strict; or a video
                needs times, but the table has none.
        """
        table = read_gaze(place, options)
        known = Videos(videos)
        stimuli: dict[str, tuple[str, ...]] = collections.defaultdict(tuple)
        others = []
        for name in table.lines:
            video = known.find(name)
            if video is not None:
                stimuli[video] += (name,)
            elif table.is_strict:
                advice = _advice(table) + _advice_on_pictures(name, videos)
                raise unknown_video(name, place, table.lines[name], advice)
            else:
                others.append(name)
        if others and not stimuli:
            raise SourceError(
                f"No stimulus of '{place}' is a video of the folder. The table "
                f"has {_listed(others)}; the folder has {_listed(videos)}."
                + _advice(table)
            )
        for video, names in stimuli.items():
            _check_times(place, table, videos[video])
            _check_one_showing(place, table, video, names)
            _check_one_scene(video, names)
        return cls(place, options, table, dict(stimuli), tuple(others))

    def check_units(self, facts: Mapping[str, VideoFacts]) -> None:
        """Refuses a table whose numbers cannot be in the expected units.

        Args:
            facts: id of a video -> facts, of a few videos with gaze.

        Raises:
            SourceError: names the likely unit.
        """
        table = self.table
        of_spaces: dict[CoordinateSpace, dict[str, str]] = (
            collections.defaultdict(dict)
        )
        for video in facts:
            for name in self.stimuli[video]:
                space = table.spaces.get(name, table.space)
                if name not in table.playbacks:  # The log tells its clock.
                    of_spaces[space][name] = video
        for space, names in of_spaces.items():
            rows = {name: table.rows[name] for name in names}
            known = {name: facts[video] for name, video in names.items()}
            check_units(
                self.place,
                rows,
                table.is_events,
                known,
                space,
                self.options.time_unit or "ms",
            )

    def of_video(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[np.ndarray, collections.Counter]:
        """Returns a video's rows, in its pixels, and the rows left out."""
        table = self.table
        columns = EVENT_COLUMNS if table.is_events else TIMED_SAMPLE_COLUMNS
        rows = [np.zeros([0, len(columns)])]
        left_out: collections.Counter[str] = collections.Counter()
        for name in self.stimuli.get(video_id, ()):
            rows.append(table.to_video(name, table.rows[name], facts))
            left_out += table.left_out.get(name, collections.Counter())
        return np.concatenate(rows), left_out

    def num_rows(self, video_id: str) -> int:
        """Returns the number of a video's rows."""
        names = self.stimuli.get(video_id, ())
        return sum(len(self.table.rows[name]) for name in names)

    def left_out(self) -> collections.Counter:
        """Counts the rows of other stimuli."""
        counts = sum(len(self.table.rows[name]) for name in self.others)
        return +collections.Counter({OTHER_STIMULI: counts})

    def summary(self) -> str:
        """Tells how the table was understood, one fact in each line."""
        table = self.table
        facts = {"gaze": self.place, **table.understood}
        facts["coordinates"] = str(table.space)
        facts["observers"] = _listed(table.observers)
        facts["videos"] = f"{len(self.stimuli)} with gaze"
        if self.others:
            facts["other stimuli"] = _listed(self.others)
        lost = sum(table.left_out.values(), collections.Counter())
        lines = [*facts.items()]
        lines += [("left out", f"{n} {cause}") for cause, n in lost.items()]
        width = max(len(name) for name, _ in lines)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in lines)


def _check_times(place: str, table: GazeTable, path: str) -> None:
    """Refuses gaze without times on a video; a picture needs no times."""
    if not table.has_times and not is_picture_name(path):
        raise SourceError(
            f"Missing times in '{place}'. Expected "
            f"'{','.join(EVENT_HEADER)}' or '{','.join(SAMPLE_HEADER)}' for "
            f"the video '{path}'. Received: a table without times, which only "
            "pictures take."
        )


def _check_one_showing(
    place: str, table: GazeTable, video: str, names: tuple[str, ...]
) -> None:
    """Refuses two names of one video if an observer has gaze for both."""
    seen: dict[float, str] = {}
    for name in names:
        for observer in np.unique(table.rows[name][:, -1]):
            first = seen.setdefault(observer, name)
            if first != name:
                raise SourceError(
                    f"Two recordings of the video '{video}' by one observer in "
                    f"'{place}': '{first}' and '{name}'. Rename or remove one."
                )


def _check_one_scene(video: str, names: tuple[str, ...]) -> None:
    """Refuses two recordings on one video that a camera on a head took."""
    scenes = [n for n in names if isinstance(n, FileStimulus) and n.is_scene]
    if len(scenes) > 1:
        raise SourceError(
            f"'{scenes[0]}' and '{scenes[1]}' are both gaze on the video of a "
            f"camera on the head, but both would belong to '{video}'. Expected "
            "the video of each recording in the folder of its gaze."
        )


def _advice(table: GazeTable) -> str:
    """Returns a hint for a table whose encoding was guessed."""
    if NOT_UTF8 not in table.understood.get("text", ""):
        return ""
    return " The table is not UTF-8: if letters are wrong, give `--encoding`."


def _advice_on_pictures(name: str, videos: Mapping[str, str]) -> str:
    """Returns a hint for a picture that lies beside videos."""
    if not is_picture_name(name) or any(map(is_picture_name, videos.values())):
        return ""
    return (
        " The folder holds videos, so its pictures are left out: move them "
        "to a folder of their own."
    )


def _listed(given: Iterable[str]) -> str:
    names = [f"'{name}'" for name in given]
    more = len(names) - _MAX_NAMES
    text = ", ".join(names[:_MAX_NAMES])
    return f"{len(names)}: {text}" + (f" and {more} others" if more > 0 else "")
