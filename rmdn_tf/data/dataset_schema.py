"""Schemas of the JSON files of a prepared dataset, and checks of their sums."""

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rmdn_tf.files.json_files import with_version

SPEC_VERSION = 1
"""Version of the records and of `dataset_info.json`; a reader refuses any
other."""

SPLITS = ("train", "validation", "test")

MAX_SIDE = 4096
"""Largest height and width that frames are read in, in pixels."""

MAX_JPEG_SIDE = 65535
"""Largest height and width of a JPEG, in pixels."""

MAX_TRUTH_COMPONENTS = 1024
"""Most components of a true density."""

SUMMED = ("num_frames", "num_fixations")
"""Numbers of a split and of a shard that are sums of those of their parts."""

COUNT = {"type": "integer", "minimum": 0}
_RATE = {"type": "number", "exclusiveMinimum": 0}
_NAME = {"type": "string", "minLength": 1}
_SHARD_NAME = {
    "type": "string",
    "pattern": rf"^(?:{'|'.join(SPLITS)})\.tfrecord-\d{{5}}-of-\d{{5}}\Z",
    "description": "the name of a shard",
}


def _object(required: Mapping[str, Mapping], **optional: Mapping) -> dict:
    """Schema of an object; a newer release may add keys to it."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def list_of(items: Mapping) -> dict:
    """Schema of a list."""
    return {"type": "array", "items": items}


def by_name(values: Mapping) -> dict:
    """Schema of an object whose keys are names, such as those of videos."""
    return {"type": "object", "additionalProperties": values}


VIDEO_SCHEMA = _object(
    {
        "id": _NAME,
        "num_frames": COUNT,
        "num_fixations": COUNT,
        "frames_per_second": _RATE,
    }
)

_SHARD = _object(
    {
        "file": _NAME,
        "num_bytes": COUNT,
        "num_frames": COUNT,
        "num_records": COUNT,
        "num_fixations": COUNT,
        "videos": list_of(VIDEO_SCHEMA),
    }
)

_SPLIT = _object(
    {
        "num_videos": COUNT,
        "num_frames": COUNT,
        "num_fixations": COUNT,
        "shards": list_of(_SHARD),
    }
)

SIDE = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE}
SIZE = {**list_of(SIDE), "minItems": 2, "maxItems": 2}
"""Schema of (height, width)."""

DATASET_INFO_SCHEMA = with_version(
    "spec_version",
    SPEC_VERSION,
    _object(
        {
            "name": _NAME,
            "size": SIZE,
            "max_size": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": MAX_JPEG_SIDE,
            },
            "frames_per_second": {**_RATE, "type": ["number", "null"]},
            "max_fixations_per_frame": COUNT,
            "truth_num_components": {
                **COUNT,
                "maximum": MAX_TRUTH_COMPONENTS,
            },
            "num_observers": {**COUNT, "type": ["integer", "null"]},
            "num_frames_without_fixation": COUNT,
            "splits": {
                **_object({split: _SPLIT for split in SPLITS}),
                "additionalProperties": False,
            },
            "unreadable": by_name({"type": "string"}),
        },
        num_videos_before_cutting={**COUNT, "type": ["integer", "null"]},
        folds=by_name(list_of(_NAME)),
    ),
)
"""Schema of `dataset_info.json`."""

MANIFEST_SCHEMA = _object(
    {
        "settings": {"type": "object"},
        "videos": by_name(
            _object({"split": {"enum": [*SPLITS]}, "shard": _SHARD_NAME})
        ),
    }
)
"""Schema of the `manifest.json` of a prepared dataset."""


def sums(parts: Iterable[Mapping]) -> dict[str, int]:
    """Adds the numbers `SUMMED` of shards or of videos."""
    total = dict.fromkeys(SUMMED, 0)
    for part in parts:
        for name in SUMMED:
            total[name] += part[name]
    return total


def contradictions(info: Mapping) -> Iterator[str]:
    """Finds numbers in a `dataset_info.json` that contradict each other.

    Args:
        info: matches `DATASET_INFO_SCHEMA`.

    Yields:
        Sentences: names that come twice, sums that are wrong, numbers that
        exceed what the bytes of a shard can hold.
    """
    splits = info["splits"].items()
    shards = [shard for _, numbers in splits for shard in numbers["shards"]]
    videos = [video for shard in shards for video in shard["videos"]]
    yield from _repeated("shard", [shard["file"] for shard in shards])
    yield from _repeated("video", [video["id"] for video in videos])
    for split, numbers in splits:
        yield from _wrong_sums(f"split '{split}'", numbers, numbers["shards"])
    for shard in shards:
        yield from _wrong_sums(shard["file"], shard, shard["videos"])
        yield from _exceeds_bytes(shard)
    most = info["max_fixations_per_frame"]
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


def _wrong_sums(
    name: str, whole: Mapping, parts: Sequence[Mapping]
) -> Iterator[str]:
    for key, number in sums(parts).items():
        if whole[key] != number:
            yield f"{name}: {key}={whole[key]}, but {number} in its parts"


def _exceeds_bytes(shard: Mapping) -> Iterator[str]:
    """Finds numbers of parts, of more than a byte each, beyond the bytes."""
    for key in (*SUMMED, "num_records"):
        if shard[key] > shard["num_bytes"]:
            yield (
                f"{shard['file']}: {key}={shard[key]}, more than "
                f"num_bytes={shard['num_bytes']}"
            )
