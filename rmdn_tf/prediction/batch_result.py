"""What became of several videos."""

import dataclasses
import sys
from collections.abc import Sequence

from rmdn_tf.commands.wording import counted
from rmdn_tf.prediction.batch_plan import Job
from rmdn_tf.video.sources import require_present


@dataclasses.dataclass
class BatchResult:
    """What became of several videos.

    Attributes:
        num_frames: name of a video -> frames that were predicted.
        skipped: names of videos whose outputs are already there.
        unreadable: name of a video -> what is wrong with it.
    """

    num_frames: dict[str, int] = dataclasses.field(default_factory=dict)
    skipped: list[str] = dataclasses.field(default_factory=list)
    unreadable: dict[str, str] = dataclasses.field(default_factory=dict)

    def add(
        self,
        name: str,
        num_frames: int | None = None,
        unreadable: str | None = None,
    ) -> None:
        """Notes what became of a video; prints what is wrong with it.

        Args:
            name: of the video.
            num_frames: frames that were predicted; None if the outputs were
                already there.
            unreadable: names the file and the cause.
        """
        if unreadable is not None:
            self.unreadable[name] = unreadable
            print(f"Left out: {unreadable}", file=sys.stderr)
        elif num_frames is None:
            self.skipped.append(name)
        else:
            self.num_frames[name] = num_frames

    def leave_out_missing(self, jobs: Sequence[Job]) -> None:
        """Notes the videos whose files are missing, before long work.

        Args:
            jobs: the videos and their outputs.
        """
        for job in jobs:
            try:
                require_present(job.video)
            except FileNotFoundError as error:
                self.add(job.name, unreadable=str(error))

    def in_order(self, jobs: Sequence[Job]) -> None:
        """Puts the unreadable videos in the order of the jobs.

        Args:
            jobs: the videos and their outputs.
        """
        self.unreadable = {
            job.name: self.unreadable[job.name]
            for job in jobs
            if job.name in self.unreadable
        }


def told(result: BatchResult, folder: str, num_others: int = 0) -> str:
    """Tells what became of the videos, in a few lines."""
    number, frames = len(result.num_frames), sum(result.num_frames.values())
    lines = [
        f"{counted(number, 'video')}, {counted(frames, 'frame')}: {folder}"
    ]
    if result.skipped:
        lines.append(f"  already there: {len(result.skipped)}")
    if num_others:
        lines.append(f"  {counted(num_others, 'other file')} passed over")
    if result.unreadable:
        lines.append("  unreadable:")
        lines += [f"    {cause}" for cause in result.unreadable.values()]
    return "\n".join(lines)
