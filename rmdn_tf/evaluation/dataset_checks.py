"""Checks that need only `dataset_info.json`, before any long work.

Imports no TensorFlow.
"""

import os
from collections.abc import Collection

from rmdn_tf.data.dataset_info import DatasetInfo, VideoInfo
from rmdn_tf.data.prepared_dataset import load_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.data.shard_dealing import has_fixations, shards_of

# The protocol that chooses its blur on a split that is not scored.
CHOOSING_PROTOCOLS = ("paper",)

BASELINES = ("uniform", "centre", "TCB", "human", "oracle")

# Rows that predict some observers from others: a frame has several maps, and
# differences and information gain refer to a single one.
OBSERVER_ROWS = ("human", "human_leave_one_out")


def require_fixations(
    info: DatasetInfo, data_dir: str | os.PathLike, split: str
) -> None:
    """Makes sure that a split can be scored.

    Args:
        info: the dataset.
        data_dir: its directory, for the error.
        split: "train", "validation" or "test", or several joined by "+".

    Raises:
        RecordError: a split is unknown, empty or named twice.
        ValueError: no video has a fixation.
    """
    shards = shards_of(info, split)
    if has_fixations(info, split):
        return
    fit = [s for s in SPLITS if has_fixations(info, s)]
    num_videos = sum(len(shard.videos) for shard in shards)
    raise ValueError(
        f"Invalid `split` of '{data_dir}'. Expected videos with fixations, as "
        f"in {fit}. Received: split='{split}', {num_videos} videos without a "
        "fixation."
    )


def find_tuning_split(info: DatasetInfo, split: str) -> str | None:
    """Finds the split that settings are chosen on.

    Returns:
        "validation", or "train" if that one is scored or has no fixation; None
        if neither is left.
    """
    for name in ("validation", "train"):
        if name not in split.split("+") and has_fixations(info, name):
            return name
    return None


def require_tuning_split(info: DatasetInfo, split: str, protocol: str) -> None:
    """Makes sure that a protocol can choose its blur.

    Raises:
        ValueError: the protocol chooses a blur, and every split is scored.
    """
    if protocol in CHOOSING_PROTOCOLS and not find_tuning_split(info, split):
        raise ValueError(
            "Invalid `split`. Expected a training or validation split with "
            "fixations that is not scored, on which the protocol "
            f"'{protocol}' chooses its blur. Received: split='{split}'."
        )


def require_other_videos(info: DatasetInfo, split: str) -> None:
    """Makes sure that the trained centre of a video has others to be fitted to.

    Raises:
        ValueError: the only training video with fixations is scored, and no
            other video.
    """
    seen = [
        video.id
        for shard in shards_of(info, split)
        for video in shard.videos
        if video.num_fixations
    ]
    if "train" in split.split("+") and len(seen) < 2:
        raise ValueError(
            "Invalid `split`. Expected two videos or more, since the trained "
            "centre is fitted to other videos than the scored one; or give "
            "another dataset to fit it to, --tcb_data_dir. Received: "
            f"{seen}."
        )


def check_names(names: Collection[str], extras: Collection[str] = ()) -> None:
    """Makes sure that all predictors have names of their own.

    Args:
        names: of the models and maps.
        extras: of the further baselines.

    Raises:
        ValueError: a name is given twice, or is that of a baseline.
    """
    taken = [*BASELINES, *extras]
    for name in names:
        if name in taken:
            raise ValueError(
                "Invalid name of a model. Expected a name other than "
                f"{tuple(taken)}. Received: '{name}'."
            )
        taken.append(name)


def check_baseline(
    baseline: str, names: Collection[str], extras: Collection[str] = ()
) -> None:
    """Makes sure that the baseline can be a predictor.

    Args:
        baseline: name of a predictor.
        names: of the models and maps.
        extras: of the further baselines.

    Raises:
        ValueError: no predictor has that name, or it has several maps of a
            frame.
    """
    mixtures = [f"{name}+TCB" for name in names]
    require_baseline(baseline, (*BASELINES, *extras, *names), mixtures)


def require_baseline(
    baseline: str, names: Collection[str], mixtures: Collection[str] = ()
) -> None:
    """Makes sure that a baseline is a predictor with one map of a frame.

    Args:
        baseline: name of a predictor.
        names: of the predictors.
        mixtures: of those that an error need not list.

    Raises:
        ValueError: it is another one.
    """
    fit = tuple(name for name in names if name not in OBSERVER_ROWS)
    if baseline not in (*fit, *mixtures):
        raise ValueError(
            "Invalid `baseline`. Expected a predictor with a single map of "
            f"each frame, one of {fit}. Received: baseline={baseline!r}."
        )


def videos_of(info: DatasetInfo, split: str) -> list[str]:
    """Lists the videos of a split, or of several joined by "+"."""
    shards = shards_of(info, split)
    return [video.id for shard in shards for video in shard.videos]


def refuse_scored_videos(
    tcb_data_dir: str | os.PathLike,
    info: DatasetInfo,
    scored: Collection[str],
) -> None:
    """Makes sure that a trained centre is fitted to other videos.

    Args:
        tcb_data_dir: the prepared dataset that it is fitted to.
        info: the dataset that is scored.
        scored: names of its scored videos.

    Raises:
        ValueError: both datasets come from one source, and gaze on a scored
            video is in the training or validation split of the other dataset.
    """
    other = load_dataset_info(tcb_data_dir)
    if other.name != info.name:
        return
    own = _videos(info)
    shared = [
        name
        for name, video in _videos(other, ("train", "validation")).items()
        if name in scored and name in own and _is_same(video, own[name])
    ]
    if shared:
        raise ValueError(
            "Invalid `tcb_data_dir`. Expected gaze on other videos than the "
            "scored ones, which the trained centre must not have seen. "
            f"Received: '{tcb_data_dir}', with {len(shared)} scored videos, "
            f"such as '{shared[0]}'."
        )


def _videos(
    info: DatasetInfo, splits: Collection[str] | None = None
) -> dict[str, VideoInfo]:
    return {
        video.id: video
        for name, split in info.splits.items()
        if splits is None or name in splits
        for shard in split.shards
        for video in shard.videos
    }


def _is_same(video: VideoInfo, other: VideoInfo) -> bool:
    """Tells whether videos of one name have gaze of one recording.

    The same recording may be prepared at another frame rate: it then lasts as
    long, and a frame has about as many fixations.
    """
    if not video.num_fixations or not other.num_fixations:
        return False
    if video.num_frames == other.num_frames:
        return video.num_fixations == other.num_fixations
    (seconds, density), (of_other, density_of_other) = map(
        _length_and_density, (video, other)
    )
    slower = min(video.frames_per_second, other.frames_per_second)
    is_as_long = abs(seconds - of_other) <= 1 / slower
    return is_as_long and abs(density / density_of_other - 1) < 0.1


def _length_and_density(video: VideoInfo) -> tuple[float, float]:
    """Returns seconds, and fixations on a frame."""
    seconds = video.num_frames / video.frames_per_second
    return seconds, video.num_fixations / video.num_frames
