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

    def leave_out(self, name: str, error: Exception) -> None:
        """Notes that a video is unreadable, and prints the error.

        Args:
            name: of the video.
            error: names the file and the cause.
        """
        self.unreadable[name] = str(error)
        print(f"Left out: {error}", file=sys.stderr)

    def leave_out_missing(self, jobs: Sequence[Job]) -> None:
        """Notes the videos whose files are missing, before long work.

        Args:
            jobs: the videos and their outputs.
        """
        for job in jobs:
            try:
                require_present(job.video)
            except FileNotFoundError as error:
                self.leave_out(job.name, error)

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
