"""`dataset_info.json`: a prepared dataset, its splits and its shards.

The fields of the classes are the keys of the file, in their order.
`rmdn_tf.data.prepared_dataset` reads the file.
"""

import collections
import dataclasses
import functools
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rmdn_tf.data.records import SPEC_VERSION, SPLITS
from rmdn_tf.files.json_files import dataclass_schema, with_version

MAX_SIDE = 4096  # Pixels, of a frame as it is read.
MAX_JPEG_SIDE = 65535  # Pixels, of a frame as it is stored.
MAX_TRUTH_COMPONENTS = 1024

# Of the file, with about 2,500,000 videos.
MAX_INFO_BYTES = 512 * 2**20

# A split has the sums of its shards, a shard those of its videos.
SUMMED = ("num_frames", "num_fixations")


@dataclasses.dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video in `dataset_info.json`.

    Attributes:
        id: name of the video, unique in the dataset.
        num_frames: number of frames.
        num_fixations: number of fixations.
        frames_per_second: rate of the stored frames; the average if it varies.
        num_bytes: size of its records in the shard; None if an earlier release
            prepared the dataset.
    """

    id: str
    num_frames: int
    num_fixations: int
    frames_per_second: float
    num_bytes: int | None = None

    @classmethod
    def from_json(cls, document: Mapping) -> "VideoInfo":
        """Makes the video from its JSON object, which may have more keys."""
        return cls(
            document["id"],
            document["num_frames"],
            document["num_fixations"],
            document["frames_per_second"],
            document.get("num_bytes"),
        )


@dataclasses.dataclass(frozen=True)
class ShardInfo:
    """A shard in `dataset_info.json`.

    Attributes:
        file: name of the file.
        num_bytes: size of the file.
        num_frames: number of frames.
        num_records: number of records.
        num_fixations: number of fixations.
        videos: in the order of their records.
    """

    file: str
    num_bytes: int
    num_frames: int
    num_records: int
    num_fixations: int
    videos: tuple[VideoInfo, ...]

    @property
    def knows_bytes(self) -> bool:
        """Whether the bytes of each video are known."""
        return all(video.num_bytes is not None for video in self.videos)

    @classmethod
    def from_json(cls, document: Mapping) -> "ShardInfo":
        """Makes the shard from its JSON object."""
        videos = tuple(map(VideoInfo.from_json, document["videos"]))
        return _make(cls, document, videos=videos)


@dataclasses.dataclass(frozen=True)
class SplitInfo:
    """A split in `dataset_info.json`.

    Attributes:
        num_videos: number of videos.
        num_frames: number of frames.
        num_fixations: number of fixations.
        shards: in the order of their names.
    """

    num_videos: int
    num_frames: int
    num_fixations: int
    shards: tuple[ShardInfo, ...]

    @classmethod
    def from_json(cls, document: Mapping) -> "SplitInfo":
        """Makes the split from its JSON object."""
        shards = tuple(map(ShardInfo.from_json, document["shards"]))
        return _make(cls, document, shards=shards)

    @classmethod
    def of_shards(cls, shards: Sequence[ShardInfo]) -> "SplitInfo":
        """Makes the split that has these shards."""
        num_videos = sum(len(shard.videos) for shard in shards)
        return cls(num_videos, **sums(shards), shards=tuple(shards))


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """A prepared dataset.

    Attributes:
        name: name of the dataset.
        citation: whom to cite, and the terms of use.
        spec_version: version of the records; see `rmdn_tf.data.records`.
        manifest_sha256: checksum of the settings and of the list of raw files.
        size: (height, width) of the frames as they are read, in pixels.
        max_size: most pixels of a stored frame's longer side, if frames keep
            their own aspect ratio; None if all are stored at `size`.
        frames_per_second: one rate for all videos; None if each has its own.
        jpeg_quality: of the stored frames, 1 to 100; None if an earlier release
            prepared the dataset.
        max_fixations_per_frame: most fixations on one frame.
        truth_num_components: Ct of the true densities; 0 if unknown.
        num_videos_before_cutting: number of videos that were cut into shots;
            None if the videos are whole.
        num_observers: None if the raw data do not tell observers apart.
        num_frames_without_fixation: number of frames without a fixation.
        splits: name -> split, for all of `SPLITS`.
        splits_from: file of the user's own split; "" for that of the dataset.
        folds: name of an official split -> its test videos; None if an
            earlier release prepared the dataset.
        left_out: cause -> number of items left out.
        unreadable: id of a video that could not be read -> cause.
    """

    name: str
    citation: str = ""
    spec_version: int = SPEC_VERSION
    manifest_sha256: str = ""
    size: tuple[int, int]
    max_size: int | None
    frames_per_second: float | None
    jpeg_quality: int | None = None
    max_fixations_per_frame: int
    truth_num_components: int
    num_videos_before_cutting: int | None = None
    num_observers: int | None
    num_frames_without_fixation: int
    splits: Mapping[str, SplitInfo]
    splits_from: str = ""
    folds: Mapping[str, Sequence[str]] | None = None
    left_out: Mapping[str, int] = dataclasses.field(default_factory=dict)
    unreadable: Mapping[str, str]

    @classmethod
    def from_json(cls, document: Mapping) -> "DatasetInfo":
        """Makes the info from JSON; inverse: `to_json`.

        Args:
            document: JSON that matches `DATASET_INFO_SCHEMA`; keys of newer
                releases are ignored.

        Returns:
            The dataset.
        """
        splits = {
            name: SplitInfo.from_json(split)
            for name, split in document["splits"].items()
        }
        return _make(cls, document, size=tuple(document["size"]), splits=splits)

    def to_json(self) -> dict:
        """Returns the info as JSON; inverse: `from_json`."""
        return dataclasses.asdict(self)

    @property
    def shards(self) -> list[ShardInfo]:
        """The shards of all splits."""
        return [s for split in self.splits.values() for s in split.shards]


def _make(cls: type, document: Mapping, **parsed: object) -> Any:
    """Makes a dataclass from JSON; ignores keys of newer releases."""
    fields = _field_names(cls)
    known = {key: document[key] for key in document if key in fields}
    return cls(**known | parsed)


@functools.cache
def _field_names(cls: Any) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(cls))


def list_of(items: Mapping) -> dict:
    """Schema of a list."""
    return {"type": "array", "items": items}


def by_name(values: Mapping) -> dict:
    """Schema of an object with any names as keys."""
    return {"type": "object", "additionalProperties": values}


COUNT = {"type": "integer", "minimum": 0}
_RATE = {"type": "number", "exclusiveMinimum": 0}
_NAME = {"type": "string", "minLength": 1}
_OF_TYPE = {
    int: COUNT,
    int | None: {**COUNT, "type": ["integer", "null"]},
    float: _RATE,
    float | None: {**_RATE, "type": ["number", "null"]},
}


def _schema(cls: type, **places: Mapping) -> dict:
    """Schema of one of the classes above; allows keys of newer releases."""
    hints = typing.get_type_hints(cls)
    numbers = {
        key: _OF_TYPE[hint] for key, hint in hints.items() if hint in _OF_TYPE
    }
    schema = dataclass_schema(cls, **numbers | places)
    return {**schema, "additionalProperties": True}


SIDE = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE}
SIZE = {**list_of(SIDE), "minItems": 2, "maxItems": 2}  # (height, width)

VIDEO_SCHEMA = _schema(VideoInfo, id=_NAME)
_SHARD = _schema(ShardInfo, file=_NAME, videos=list_of(VIDEO_SCHEMA))
_SPLIT = _schema(SplitInfo, shards=list_of(_SHARD))
DATASET_INFO_SCHEMA = with_version(
    "spec_version",
    SPEC_VERSION,
    _schema(
        DatasetInfo,
        name=_NAME,
        size=SIZE,
        max_size={
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": MAX_JPEG_SIDE,
        },
        truth_num_components={**COUNT, "maximum": MAX_TRUTH_COMPONENTS},
        splits={
            "type": "object",
            "properties": dict.fromkeys(SPLITS, _SPLIT),
            "required": [*SPLITS],
            "additionalProperties": False,
        },
        folds=by_name(list_of(_NAME)),
        left_out=by_name(COUNT),
        unreadable=by_name({"type": "string"}),
    ),
)


def sums(parts: Iterable[ShardInfo | VideoInfo]) -> dict[str, int]:
    """Adds up the numbers `SUMMED` of shards or videos."""
    parts = list(parts)
    return {key: sum(getattr(part, key) for part in parts) for key in SUMMED}


def contradictions(info: DatasetInfo) -> Iterator[str]:
    """Yields a sentence for each repeated name and each wrong number."""
    videos = [video for shard in info.shards for video in shard.videos]
    yield from _repeated("shard", [shard.file for shard in info.shards])
    yield from _repeated("video", [video.id for video in videos])
    for name, split in info.splits.items():
        total = vars(SplitInfo.of_shards(split.shards))
        yield from _differences(
            f"split '{name}'", split, total, ("num_videos", *SUMMED)
        )
    for shard in info.shards:
        total = sums(shard.videos)
        keys = [*SUMMED]
        if shard.knows_bytes:
            total["num_bytes"] = sum(v.num_bytes or 0 for v in shard.videos)
            keys.append("num_bytes")
        yield from _differences(shard.file, shard, total, keys)
        yield from _exceeds_bytes(shard)
    most = info.max_fixations_per_frame
    num_fixations = sums(videos)["num_fixations"]
    if most > num_fixations:
        yield (
            f"max_fixations_per_frame={most}, more than all {num_fixations} "
            "fixations"
        )


def _repeated(kind: str, names: Sequence[str]) -> Iterator[str]:
    for name, number in collections.Counter(names).items():
        if number > 1:
            yield f"the {kind} '{name}' {number} times"


def _differences(
    name: str,
    whole: SplitInfo | ShardInfo,
    total: Mapping[str, int],
    keys: Iterable[str],
) -> Iterator[str]:
    for key in keys:
        number = getattr(whole, key)
        if number != total[key]:
            yield f"{name}: {key}={number}, but {total[key]} in its parts"


def _exceeds_bytes(shard: ShardInfo) -> Iterator[str]:
    """Compares frames, fixations and records with the bytes of the shard."""
    for key in (*SUMMED, "num_records"):
        if getattr(shard, key) > shard.num_bytes:
            yield (
                f"{shard.file}: {key}={getattr(shard, key)}, more than "
                f"num_bytes={shard.num_bytes}"
            )
