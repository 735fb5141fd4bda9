"""Counts of records, frames and fixations that add up over videos."""

import collections
import dataclasses
from collections.abc import Mapping

import numpy as np

from rmdn_tf.data.records import Record
from tfrecords_tools.raw_video import RawVideo


@dataclasses.dataclass
class Statistics:
    """Counts of one video, or of several together.

    Attributes:
        knows_observers: whether the numbers in `observers` identify people.
        truth_num_components: all numbers of components of true densities.
        left_out: cause -> number of items that were not written.
    """

    num_frames: int = 0
    num_records: int = 0
    num_fixations: int = 0
    num_frames_without_fixation: int = 0
    max_fixations_per_frame: int = 0
    observers: set[int] = dataclasses.field(default_factory=set)
    knows_observers: bool = True
    truth_num_components: set[int] = dataclasses.field(default_factory=set)
    left_out: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )

    @classmethod
    def of_opened(cls, raw: RawVideo) -> "Statistics":
        """Returns the counts of a video before its first record."""
        return cls(
            knows_observers=raw.knows_observers,
            left_out=collections.Counter(raw.left_out),
        )

    @property
    def num_observers(self) -> int:
        """The number of observers."""
        return len(self.observers)

    def add_record(self, record: Record) -> None:
        """Counts a record."""
        num_frames = len(record.frames)
        frame = record.fixations.frame
        # A damaged record may hold fixations on other frames.
        frame = frame[(frame >= 0) & (frame < num_frames)]
        per_frame = np.bincount(frame, minlength=num_frames)
        self.num_frames += num_frames
        self.num_records += 1
        self.num_fixations += len(record.fixations)
        self.num_frames_without_fixation += int(np.sum(per_frame == 0))
        self.max_fixations_per_frame = max(
            self.max_fixations_per_frame, int(per_frame.max(initial=0))
        )
        self.observers.update(record.fixations.observer.tolist())
        truth = record.truth
        self.truth_num_components.add(0 if truth is None else truth.shape[1])

    def add(self, other: "Statistics") -> None:
        """Adds the counts of another video or shard."""
        self.num_frames += other.num_frames
        self.num_records += other.num_records
        self.num_fixations += other.num_fixations
        self.num_frames_without_fixation += other.num_frames_without_fixation
        self.max_fixations_per_frame = max(
            self.max_fixations_per_frame, other.max_fixations_per_frame
        )
        self.observers |= other.observers
        self.knows_observers &= other.knows_observers
        self.truth_num_components |= other.truth_num_components
        self.left_out += other.left_out

    def to_json(self) -> dict:
        """Returns the counts as JSON, for `from_json`."""
        document = dataclasses.asdict(self)
        for name in ("observers", "truth_num_components"):
            document[name] = sorted(document[name])
        document["left_out"] = dict(sorted(self.left_out.items()))
        return document

    @classmethod
    def from_json(cls, document: Mapping) -> "Statistics":
        """Reads the result of `to_json`."""
        return cls(
            **{
                **document,
                "observers": set(document["observers"]),
                "truth_num_components": set(document["truth_num_components"]),
                "left_out": collections.Counter(document["left_out"]),
            }
        )
